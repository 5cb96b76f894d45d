"""Logs and other running text, line by line; the lines are each other's context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scanners.datasets.batches import MAX_CELLS, MAX_CHARACTERS, Batch, Gathering
from scanners.datasets.cells import Cell, Editor
from scanners.datasets.encodings import Line, encoding_of, lines
from scanners.personal_data.redact import WITHHELD

COLUMN = "text"


def read(path: Path, encoding: str) -> Iterator[Batch]:
    """A batch of lines at a time."""
    gathering = Gathering(path.name, (COLUMN,), running=True)
    with path.open("rb") as file:
        for line in lines(file, encoding_of(file, encoding)):
            if line.unread:
                gathering.unreadable(f"line {line.number}", line.unread)
            yield from gathering.add((line.text.rstrip("\r\n"),))
    yield from gathering.rest()


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """The file with its lines edited; one that cannot be read is withheld."""
    with path.open("rb") as file:
        encoding = encoding_of(file, encoding)
        with output.open("w", encoding=encoding, errors="replace", newline="") as written:
            for block in _blocks(lines(file, encoding)):
                for line in block:
                    if line.unread:
                        editor.unread(path.name, f"line {line.number}", line.unread)
                cells = [Cell(line.number, COLUMN, line.text.rstrip("\r\n")) for line in block]
                for line, cell, text in zip(block, cells, editor.edited(path.name, cells, running=True), strict=True):
                    written.write(f"{WITHHELD}\n" if line.unread else text + line.text[len(cell.text) :])


def _blocks(found: Iterator[Line]) -> Iterator[list[Line]]:
    block: list[Line] = []
    characters = 0
    for line in found:
        block.append(line)
        characters += len(line.text)
        if len(block) >= MAX_CELLS or characters >= MAX_CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block
