"""Credentials written into configuration: where they are, never what they are."""

from __future__ import annotations

import base64
import binascii
import bisect
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, JsonValue

from scanners.configuration.resources import Resource
from scanners.secrets.find import find_secrets

MAX_TEXT = 4 << 20
"""Characters of one resource that are searched."""
_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential, by its place and the rule that knew it."""

    address: str
    path: str
    at: Annotated[tuple[str | int, ...], Field(description="Where it is in the resource")]
    rule: str


def credentials_in(resource: Resource) -> tuple[tuple[Credential, ...], bool]:
    """The credentials in the texts of `resource`, each read beside its name, and whether all of it was searched."""
    places: list[tuple[str | int, ...]] = []
    starts: list[int] = []
    parts: list[str] = []
    length = 0
    for at, name, text in _texts(resource.values, resource):
        line = f"{name}: {text}\n"
        places.append(at)
        starts.append(length)
        parts.append(line)
        length += len(line)
        if length > MAX_TEXT:
            break
    deadline = time.thread_time() + _SECONDS
    found = find_secrets("".join(parts), deadline=deadline)
    seen = {(places[bisect.bisect_right(starts, entity.start) - 1], entity.rule): None for entity in found if places}
    credentials = tuple(Credential(resource.address, resource.path, at, rule) for at, rule in seen)
    return credentials, length <= MAX_TEXT and time.thread_time() < deadline


def _texts(
    value: JsonValue | Mapping[str, JsonValue], resource: Resource, at: tuple[str | int, ...] = (), name: str = ""
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Every text with its place and the name that says what it is."""
    if isinstance(value, Mapping):
        given = value.get("name")
        for key, item in value.items():
            beside = given if key == "value" and isinstance(given, str) else key  # env: [{name: …, value: …}]
            yield from _texts(item, resource, (*at, key), str(beside))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, resource, (*at, index), name)
    elif isinstance(value, str):
        yield at, name, _decoded(value) if resource.type == "Secret" and at[:1] == ("data",) else value


def _decoded(text: str) -> str:
    """The text in base64, as a Secret's `data` has it; as written where it is none."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text
