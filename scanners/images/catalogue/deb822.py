"""Paragraphs of 'Field: value' lines (deb822(5)): dpkg's status file; also the headers of Python's METADATA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MAXIMUM_FIELDS = 1000


def paragraphs(text: str, fields: frozenset[str]) -> Iterator[Mapping[str, str]]:
    """Each paragraph's chosen fields, by lower-case name. The first of a repeated field counts; a field that goes
    over several lines is joined with newlines."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        if block.strip():
            yield dict(_fields(block, fields))


def _fields(block: str, fields: frozenset[str]) -> Iterator[tuple[str, str]]:
    name, value = "", ""
    seen: set[str] = set()
    for line in block.split("\n"):
        if line[:1] in (" ", "\t"):
            if name:
                value += "\n" + line.strip()
            continue
        if name:
            yield name, value
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        value = value.strip()
        if not colon or name not in fields or name in seen or len(seen) > MAXIMUM_FIELDS:
            name = ""
        seen.add(name)
    if name:
        yield name, value
