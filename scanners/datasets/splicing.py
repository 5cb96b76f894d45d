"""A text that was picked out of a source, edited line by line: what changes where."""

from __future__ import annotations

from collections.abc import Mapping

from scanners.datasets.cells import Cell, Editor
from scanners.documents.spliced import Edit, Picked


def edits_of(picked: Picked, shown: str, editor: Editor, kinds: Mapping[int, str] | None = None) -> list[Edit]:
    """The edits of the text that `editor` makes of its lines; `kinds`: lines, from 0, that are of a type as a whole."""
    kinds = kinds or {}
    lines = picked.text.split("\n")
    cells = [Cell(number + 1, "text", line, kinds.get(number, "")) for number, line in enumerate(lines)]
    edits: list[Edit] = []
    at = 0
    for line, edited in zip(lines, editor.edited(shown, cells, running=True), strict=True):
        if line != edited:
            edits.append(_smallest(at, line, edited))
        at += len(line) + 1
    return edits


def _smallest(at: int, before: str, after: str) -> Edit:
    """The edit without what both begin and end with, so that as much markup as can be stays."""
    start = 0
    most = min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return at + start, at + len(before) - end, after[start : len(after) - end]
