"""Typed and nested values as the texts in them, and back as values of the same types."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from scanners.datasets.batches import cell
from scanners.errors import LimitReached

Path = tuple[str | int, ...]
MAX_DEPTH = 128


def parsed(text: str) -> Any:
    """A JSON text as a value. Raises ValueError for one that is not JSON, or says two things under one name."""
    try:
        return json.loads(text, object_pairs_hook=_told_apart)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _told_apart(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name comes twice in one object")
    return made


def texts(value: object, name: str = "", path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """(path, dotted name, text) of everything in a value but what is empty, true or false; items share their list's name.

    Raises LimitReached past MAX_DEPTH levels.
    """
    if len(path) > MAX_DEPTH:
        raise LimitReached(f"values are nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, f"{name}.{key}" if name else str(key), (*path, key))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from texts(item, name, (*path, number))
    elif not isinstance(value, bool) and (text := cell(value)):
        yield path, name or "value", text


def flattened(value: object, name: str = "") -> dict[str, str]:
    """The texts of a value by dotted name, those that share one joined by semicolons."""
    found: dict[str, list[str]] = {}
    for _, column, text in texts(value, name):
        found.setdefault(column, []).append(text)
    return {column: " ; ".join(held) for column, held in found.items()}


def with_texts(value: object, changed: Mapping[Path, str], path: Path = ()) -> Any:
    """The value with other texts at some paths. A number or a date that the new text is none of becomes None."""
    if isinstance(value, Mapping):
        return {key: with_texts(item, changed, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(with_texts(item, changed, (*path, number)) for number, item in enumerate(value))
    return typed(changed[path], value) if path in changed else value


def typed(text: str, like: object) -> Any:
    """A text as a value of the type of `like`, or None."""
    if isinstance(like, str):
        return text
    if isinstance(like, bytes):
        return text.encode()
    try:
        match like:
            case datetime():
                return datetime.fromisoformat(text)
            case date():
                return date.fromisoformat(text)
            case Decimal():
                return Decimal(text) if text.isascii() and text.isdigit() else None
            case int() | float():
                return type(like)(text) if text.isascii() and text.isdigit() else None
    except (ValueError, InvalidOperation, OverflowError):
        pass
    return None
