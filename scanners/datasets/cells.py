"""Cells searched many at a time, and what an editor does with them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from scanners.personal_data.entities import Detection, Entity
from scanners.personal_data.find import find
from scanners.personal_data.values import Leaf, in_one_text, in_words

SECONDS = 30.0
"""CPU seconds that one search may take; what is left is reported unread."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One text of a table, or one line of running text."""

    row: int
    """From 1, the header not counted."""
    column: str
    text: str
    kind: str = ""
    """The entity type that the whole of it is, where that is known: the name of an author, the address of a sender."""


class Editor(Protocol):
    """What a format asks while a file is written anew."""

    def edited(self, table: str, cells: Sequence[Cell], *, running: bool = False) -> list[str]:
        """The text of each cell as it is to be written. `running`: the cells are the lines of one text."""
        ...

    def unread(self, table: str, place: str, why: str) -> None:
        """Something of the original that nobody read; it is not written."""
        ...


@dataclass(frozen=True, slots=True)
class Located:
    """The entities of each cell, by its number, and the numbers of those that were not read in time."""

    entities: dict[int, list[Entity]]
    unread: frozenset[int]


def located(cells: Sequence[Cell], threshold: float, *, running: bool = False) -> Located:
    """Personal data in cells. The column's name is context for its cells; lines of running text are for each other."""
    if running:
        return _in_lines([cell.text for cell in cells], threshold)
    labels = {cell.column: "" for cell in cells}
    if len(labels) > 1:
        labels = {column: in_words(column) for column in labels}
    items = [Leaf(str(number), cell.text, labels[cell.column]) for number, cell in enumerate(cells)]
    found = in_one_text(items, partial(find, threshold=threshold, seconds=SECONDS))
    placed: dict[int, list[Entity]] = {}
    for entity in found.entities:
        placed.setdefault(int(entity.path or 0), []).append(entity)
    return Located(placed, frozenset(number for number, _ in found.unread))


def _in_lines(texts: list[str], threshold: float) -> Located:
    found: Detection = find("\n".join(texts), threshold=threshold, seconds=SECONDS)
    starts: list[int] = []
    position = 0
    for text in texts:
        starts.append(position)
        position += len(text) + 1
    placed: dict[int, list[Entity]] = {}
    for entity in found.entities:  # one that goes over several lines, such as a private key, has a part in each
        for number in range(bisect_right(starts, entity.start) - 1, len(texts)):
            if starts[number] >= entity.end:
                break
            start = max(entity.start - starts[number], 0)
            end = min(entity.end - starts[number], len(texts[number]))
            if end > start:
                placed.setdefault(number, []).append(replace(entity, start=start, end=end))
    border = min((start for start, _ in found.unread), default=position)
    unread = (number for number, text in enumerate(texts) if text and starts[number] + len(text) > border)
    return Located(placed, frozenset(unread))
