"""The gate's way in: detect and redact arguments and results in the server process, without Presidio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from scanners.errors import YumenError
from scanners.personal_data.entities import Detection, Entity
from scanners.personal_data.find import DEFAULT_THRESHOLD
from scanners.personal_data.find import find as find_in_text
from scanners.personal_data.redact import Method, redact_text, redact_value, simple_change
from scanners.personal_data.schema import fitted, named_properties, validator
from scanners.personal_data.values import Json, Leaf, in_one_text, leaves

SECONDS_A_MEGABYTE = 10.0
LEAST_SECONDS = 2.0


class CannotRedact(YumenError):
    """The value cannot be redacted and still be what its schema promises: it must be withheld whole."""

    code = "cannot_redact"


@dataclass(frozen=True, slots=True)
class Redaction:
    """A redacted value, and what was taken out of it."""

    value: Json
    entities: tuple[Entity, ...]
    complete: bool
    """False when part of it was not examined in time; that part is withheld."""


_TYPICAL = (
    "Dear Ms. Anna Bergmann, call +49 171 2345678 or 13812345678, write to a.b@example.org or https://example.org/a?token=1, "
    "born 12.03.1981, 12 Oak Street, Springfield. Card 4111 1111 1111 1111, IBAN DE89370400440532013000, 10.0.0.1, "
    "password: x7Kq2mZp9w. "
    "姓名：王小明，身份证号 110101199003070000，住址：北京市海淀区中关村大街1号，经办人李华说已付款。"
)
"""Nobody's data: it wakes the rules that most texts wake."""


def warm() -> None:
    """Compile the rules now (a second or two once a process), so that the first call does not wait for it."""
    find(_TYPICAL)


def find(text: str, *, entities: tuple[str, ...] | None = None, threshold: float = DEFAULT_THRESHOLD) -> list[Entity]:
    """Personal data in a text. Fast and without Presidio; see `detect_text` for what was left unread."""
    return list(detect_text(text, entities=entities, threshold=threshold).entities)


def detect_text(
    text: str, *, entities: tuple[str, ...] | None = None, threshold: float = DEFAULT_THRESHOLD
) -> Detection:
    """`find`, with the spans that were not read before the time limit."""
    return find_in_text(text, entities=entities, threshold=threshold, seconds=_seconds(len(text)))


def detect_json(
    value: Json,
    schema: Mapping[str, Any] | None = None,
    *,
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> Detection:
    """Personal data in every string, number and key of a JSON value, each with its path.

    A key that `schema` names is no data.
    """
    return _searched(_items(value, schema), entities, threshold)


def redact_string(
    text: str,
    *,
    method: Method = "replace",
    key: bytes = b"",
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> Redaction:
    """A text without its personal data: progress and error messages, text content."""
    found = detect_text(text, entities=entities, threshold=threshold)
    value = redact_text(text, found.entities, simple_change(method, key), unread=found.unread)
    return Redaction(value, found.entities, not found.skipped)


def redact_json(
    value: Json,
    schema: Mapping[str, Any] | None = None,
    *,
    method: Method = "replace",
    key: bytes = b"",
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> Redaction:
    """A JSON value without its personal data that still validates against `schema`, if it did before.

    Object keys are left as they are under a schema that names them. Raises CannotRedact when no redaction fits.
    """
    items = _items(value, schema)
    found = _searched(items, entities, threshold)
    withheld = frozenset(items[number].path for number, _ in found.unread)
    redacted = redact_value(value, found.entities, simple_change(method, key), withheld=withheld)
    if schema is not None and redacted != value:
        paths = {entity.path or "" for entity in found.entities} | withheld
        redacted = fitted(value, redacted, schema, frozenset(paths))
        if not validator(schema).is_valid(redacted) and validator(schema).is_valid(value):
            raise CannotRedact(
                "the result holds personal data that cannot be taken out without breaking the tool's output schema",
                remedy="let the policy deny this result, or widen the schema",
            )
    return Redaction(redacted, found.entities, not found.skipped)


@dataclass(frozen=True, slots=True)
class Examined:
    """What a worker found in a value: counts, and the value without it as JSON text. Never the data."""

    types: dict[str, int]
    """Entity type -> how many."""
    complete: bool
    """False when part of it was not examined in time."""
    redacted: bytes = b""


def examine(
    value: bytes, schema: bytes, entities: tuple[str, ...] | None, method: Method | None = None, key: bytes = b""
) -> Examined:
    """`redact_json`, or `detect_json` where there is no method, of JSON text: what a worker does for large values.

    Raises CannotRedact.
    """
    document, shape = orjson.loads(value), orjson.loads(schema)
    if method is None:
        found = detect_json(document, shape, entities=entities)
        return Examined(counted(found.entities), not found.skipped)
    redaction = redact_json(document, shape, method=method, key=key, entities=entities)
    return Examined(counted(redaction.entities), redaction.complete, orjson.dumps(redaction.value))


def counted(entities: Iterable[Entity]) -> dict[str, int]:
    """How many of each type."""
    return dict(Counter(entity.type for entity in entities))


def _items(value: Json, schema: Mapping[str, Any] | None) -> list[Leaf]:
    named = named_properties(schema) if schema is not None else frozenset()
    return [leaf for leaf in leaves(value, keys=True) if not (leaf.path.endswith("#key") and leaf.text in named)]


def _searched(items: list[Leaf], entities: tuple[str, ...] | None, threshold: float) -> Detection:
    size = sum(len(leaf.text) for leaf in items)
    return in_one_text(items, partial(find_in_text, entities=entities, threshold=threshold, seconds=_seconds(size)))


def _seconds(size: int) -> float:
    return max(LEAST_SECONDS, size / 1_000_000 * SECONDS_A_MEGABYTE)
