"""JSON and YAML that somebody else wrote: read with bounds, into plain JSON values."""

from __future__ import annotations

import codecs
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import yaml

from scanners.errors import LimitReached, UnreadableInput

MAX_BYTES = 64 << 20
"""Bytes of one document."""
MAX_NODES = 1_000_000
"""Values in one file. Counted after YAML aliases are followed, so that a small file cannot become a huge one."""
MAX_DEPTH = 100


class _Loader(yaml.CSafeLoader):
    """The safe loader, refusing a mapping that gives one key twice: which one counts would be a guess."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._merged: set[int] = set()

    def follow_merges(self, node: Any) -> None:
        """Put what a merge key brings before the mapping's own keys, which win. Once, however often it is referred to."""
        if id(node) not in self._merged:
            self._merged.add(id(node))
            self.refuse_doubles(node)
            self.flatten_mapping(node)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        self.refuse_doubles(node)
        result: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return result

    def refuse_doubles(self, node: Any) -> None:
        """Raises ConstructorError for a key that is given twice. To be asked before merge keys are followed."""
        seen: set[Any] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                value = self.construct_object(key)
                if value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} is given twice", key.start_mark
                    )
                seen.add(value)


def parse_json(data: bytes) -> object:
    """The one JSON value in `data`.

    Raises UnreadableInput and LimitReached.
    """
    _within(data)
    try:
        value = orjson.loads(_utf8(data))
    except orjson.JSONDecodeError as error:
        raise UnreadableInput(f"not JSON: {error.msg} at line {error.lineno}", remedy="check the file") from None
    return _plain(value, [MAX_NODES], 0)


def _utf8(data: bytes) -> bytes:
    """`data` without a byte order mark; UTF-16, as PowerShell redirects the output of a command, in UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except UnicodeError:
            raise UnreadableInput("not UTF-16, as its first bytes say", remedy="check the file") from None
    return data.removeprefix(codecs.BOM_UTF8)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a YAML stream, and where each of its values is written."""

    value: object
    lines: tuple[int, ...]
    """A line for each value in the order of a walk, from 1: that of its key, or of itself in a list."""


def parse_yaml(data: bytes) -> list[object]:
    """The documents of a YAML stream, empty ones left out.

    Raises UnreadableInput and LimitReached.
    """
    return [document.value for document in parse_yaml_lines(data)]


def parse_yaml_lines(data: bytes) -> list[Document]:
    """The documents of a YAML stream with their lines, empty ones left out.

    Raises UnreadableInput and LimitReached.
    """
    _within(data)
    try:
        return [document for document in _documents(data) if document.value is not None]
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UnreadableInput(f"not YAML: {error.problem}{where}", remedy="check the file") from None
    except yaml.YAMLError as error:
        raise UnreadableInput("not YAML", remedy="check the file", detail=str(error)) from None
    except (ValueError, OverflowError, TypeError) as error:
        raise UnreadableInput("the YAML holds a value that cannot be read", detail=str(error)) from None
    except RecursionError:
        raise LimitReached(f"nested more than {MAX_DEPTH} deep") from None


def _documents(data: bytes) -> Iterator[Document]:
    loader = _Loader(data)
    budget = [MAX_NODES]
    try:
        while loader.check_node():
            node: Any = loader.get_node()
            value, lines = _written(loader, node, node.start_mark.line + 1, budget, 0)
            yield Document(value, tuple(lines))
    finally:
        loader.dispose()


def _written(loader: _Loader, node: Any, line: int, budget: list[int], depth: int) -> tuple[object, list[int]]:
    """The value of `node` and the lines of all that is in it."""
    if depth > MAX_DEPTH:
        raise LimitReached(f"nested more than {MAX_DEPTH} deep")
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        _spend(budget)
        return _mapping(loader, node, line, budget, depth)
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        _spend(budget)
        parts = [_written(loader, item, item.start_mark.line + 1, budget, depth + 1) for item in node.value]
        return [value for value, _ in parts], [line, *(number for _, lines in parts for number in lines)]
    before = budget[0]
    value = _plain(loader.construct_object(node, deep=True), budget, depth)
    return value, [line] * (before - budget[0])


def _mapping(loader: _Loader, node: Any, line: int, budget: list[int], depth: int) -> tuple[object, list[int]]:
    loader.follow_merges(node)
    parts: dict[str, tuple[object, list[int]]] = {}
    texts: dict[str, object] = {}
    for key, item in node.value:
        plain = loader.construct_object(key, deep=True)
        text = _key(plain)
        if texts.setdefault(text, plain) != plain or type(texts[text]) is not type(plain):
            raise UnreadableInput("the document has two keys that are the same as text")
        parts[text] = _written(loader, item, key.start_mark.line + 1, budget, depth + 1)
    values = {text: value for text, (value, _) in parts.items()}
    return values, [line, *(number for _, lines in parts.values() for number in lines)]


def _within(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise LimitReached(f"the document is larger than {MAX_BYTES >> 20} MiB")


def _spend(budget: list[int]) -> None:
    budget[0] -= 1
    if budget[0] < 0:
        raise LimitReached(f"the document holds more than {MAX_NODES} values")


def _plain(value: object, budget: list[int], depth: int) -> object:
    _spend(budget)
    if depth > MAX_DEPTH:
        raise LimitReached(f"nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        result = {_key(key): _plain(item, budget, depth + 1) for key, item in value.items()}
        if len(result) < len(value):
            raise UnreadableInput("the document has two keys that are the same as text")
        return result
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, budget, depth + 1) for item in value]
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("ascii", "replace")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise UnreadableInput("the document holds a number that is none (NaN or infinity)")
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        raise UnreadableInput("the document holds an integer beyond 64 bits")
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise UnreadableInput("the document holds text that is not Unicode")
    return value


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"  # YAML 1.1 reads `on:` as True
    if isinstance(key, int | float):
        return str(key)
    if isinstance(key, datetime.date):
        return key.isoformat()
    raise UnreadableInput("the document has a key that is neither text nor number")
