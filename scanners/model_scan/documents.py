"""JSON and YAML as plain data, with bounds, and with what their readers may disagree about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TypeAlias

import yaml

from scanners.errors import LimitReached, UnreadableInput

Document: TypeAlias = "bool | int | float | str | list[Document] | dict[str, Document] | None"

MAX_JSON = 512 << 20
MAX_YAML = 8 << 20
_MAX_EXPANDED = 20_000_000
_OPENING = re.compile(rb'\{\s*"(?:[^"\\]|\\.){1,64}"\s*:')
_MAX_HUNTED = 4000
_SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_json(data: memoryview | bytes) -> tuple[Document, list[str]]:
    """The value, and the keys that occur twice in one object. Raises UnreadableInput, LimitReached."""
    if len(data) > MAX_JSON:
        raise LimitReached(f"a JSON document of more than {MAX_JSON >> 20} MiB")
    repeated: list[str] = []

    def unique(pairs: list[tuple[str, Document]]) -> dict[str, Document]:
        result = dict(pairs)
        if len(result) != len(pairs):
            seen: set[str] = set()
            repeated.extend(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return result

    try:
        return json.loads(bytes(data), object_pairs_hook=unique), repeated[:20]
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableInput(f"not valid JSON ({type(error).__name__})") from None


def hunt_json(data: memoryview) -> Iterator[tuple[int, Document]]:
    """Every JSON object that lies in binary data as plain text, with its offset; at most some thousands."""
    decoder = json.JSONDecoder()
    position = number = 0
    while number < _MAX_HUNTED:
        opening = _OPENING.search(data, position)
        if opening is None:
            return
        number += 1
        start = opening.start()
        end = _text_end(data, start)
        try:
            value, length = decoder.raw_decode(bytes(data[start:end]).decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            position = start + 1
            continue
        yield start, value
        position = start + max(length, 1)


def _text_end(data: memoryview, start: int) -> int:
    """Where the text ends: at the next NUL, and never more than 64 MiB on."""
    step = 1 << 16
    limit = min(len(data), start + (1 << 26))
    position = start
    while position < limit:
        piece = bytes(data[position : min(position + step, limit)])
        nul = piece.find(b"\0")
        if nul >= 0:
            return position + nul
        position += len(piece)
    return limit


def parse_yaml(data: memoryview | bytes) -> tuple[list[Document], list[str]]:
    """The documents with every scalar as text, and the tags used. Nothing is constructed.

    Raises UnreadableInput, LimitReached.
    """
    if len(data) > MAX_YAML:
        raise LimitReached(f"a YAML document of more than {MAX_YAML >> 20} MiB")
    tags: list[str] = []
    try:
        roots = list(yaml.compose_all(bytes(data), Loader=_SafeLoader))
        for root in roots:
            if root is not None and _expanded(root, {}) > _MAX_EXPANDED:
                raise LimitReached("the YAML's aliases expand to more than it could ever mean")
        return [_plain(root, tags, {}) for root in roots], tags
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UnreadableInput(f"not valid YAML ({type(error).__name__})") from None


def _expanded(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there would be if every alias were copied out."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = 1
    total = 1
    if isinstance(node, yaml.SequenceNode):
        total += sum(_expanded(item, known) for item in node.value)
    elif isinstance(node, yaml.MappingNode):
        total += sum(_expanded(key, known) + _expanded(value, known) for key, value in node.value)
    known[id(node)] = total
    return total


def _plain(node: yaml.Node | None, tags: list[str], known: dict[int, Document]) -> Document:
    if node is None:
        return None
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = None
    if not node.tag.startswith("tag:yaml.org,2002:") or "python" in node.tag:
        tags.append(node.tag)
    result: Document
    if isinstance(node, yaml.SequenceNode):
        result = [_plain(item, tags, known) for item in node.value]
    elif isinstance(node, yaml.MappingNode):
        result = {str(_plain(key, tags, known)): _plain(value, tags, known) for key, value in node.value}
    else:
        result = str(node.value)
    known[id(node)] = result
    return result
