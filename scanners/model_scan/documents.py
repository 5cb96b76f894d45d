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
_MAX_DEPTH = 200
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
    builder = _YamlBuilder()
    try:
        for event in yaml.parse(bytes(data), Loader=_SafeLoader):
            builder.take(event)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UnreadableInput(f"not valid YAML ({type(error).__name__})") from None
    return builder.documents, builder.tags


class _YamlBuilder:
    """Puts documents together from the parser's events, and counts what they would hold with every alias copied out."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.tags: list[str] = []
        self._open: list[tuple[list[Document], bool, str | None, int]] = []
        """Of each open collection: its items (keys and values in turn), whether it is a mapping, anchor, size so far."""
        self._anchors: dict[str, tuple[Document, int]] = {}
        self._size = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._note_tag(event.tag)
            self._add(event.value, event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise UnreadableInput("an alias in the YAML names nothing")
            value, size = self._anchors[event.anchor]
            self._size += size
            self._add(value, None)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._note_tag(event.tag)
            if len(self._open) >= _MAX_DEPTH:
                raise UnreadableInput(f"the YAML is nested more than {_MAX_DEPTH} deep")
            if event.anchor is not None:
                self._anchors[event.anchor] = None, 1  # until it is closed: it may hold itself
            self._open.append(([], isinstance(event, yaml.MappingStartEvent), event.anchor, self._size))
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            items, is_mapping, anchor, before = self._open.pop()
            value = dict(zip(map(str, items[::2]), items[1::2], strict=False)) if is_mapping else items
            self._add(value, anchor, self._size - before + 1)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()

    def _add(self, value: Document, anchor: str | None, size: int = 1) -> None:
        self._size += 1
        if self._size > _MAX_EXPANDED:
            raise LimitReached("the YAML's aliases expand to more than it could ever mean")
        if anchor is not None:
            self._anchors[anchor] = value, size
        if self._open:
            self._open[-1][0].append(value)
        else:
            self.documents.append(value)

    def _note_tag(self, tag: str | None) -> None:
        if tag not in (None, "!") and (not str(tag).startswith("tag:yaml.org,2002:") or "python" in str(tag)):
            self.tags.append(str(tag))
