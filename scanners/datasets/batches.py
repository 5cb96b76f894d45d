"""Some rows of one table at a time, of bounded size, with whatever could not be read named by its place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanners.findings import Skipped
from scanners.personal_data.values import written

MAX_LINE = 4_000_000
"""Bytes of one line; what is longer is skipped whole, so that a 5 GB line costs no memory."""
MAX_CELLS = 20_000
MAX_CHARACTERS = 1_000_000
MAX_NAMED = 1_000
"""Unreadable places that are named one by one; past it they are only counted."""
MAX_COLUMNS = 100_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive rows of one table. Cells are text; an absent one is empty."""

    table: str
    number: int
    first_row: int
    """From 1, the header not counted."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    skipped: tuple[Skipped, ...] = ()
    running: bool = False
    """The rows are the lines of one text."""

    def digest(self, key: bytes) -> str:
        """Its columns and rows under a key: of few cells, a plain digest would say what they hold."""
        rows = json.dumps((self.columns, self.rows)).encode()
        return hashlib.blake2b(rows, key=key, digest_size=16).hexdigest()


@dataclass
class Gathering:
    """Rows until a batch is full."""

    table: str
    columns: tuple[str, ...]
    running: bool = False
    number: int = 0
    row: int = 0
    rows: list[tuple[str, ...]] = field(default_factory=list)
    cells: int = 0
    characters: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    named: int = 0

    def add(self, row: tuple[str, ...]) -> Iterator[Batch]:
        self.rows.append(row)
        self.row += 1
        self.cells += len(row)
        self.characters += sum(map(len, row))
        if self.cells >= MAX_CELLS or self.characters >= MAX_CHARACTERS:
            yield self.batch()

    def unreadable(self, place: str, why: str) -> None:
        self.named += 1
        if self.named <= MAX_NAMED:
            self.skipped.append(Skipped(f"{self.table}: {place}", why))
        elif self.named == MAX_NAMED + 1:
            self.skipped.append(Skipped(f"{self.table}: further places from {place} on", "not named one by one"))

    def batch(self) -> Batch:
        first = self.row - len(self.rows) + 1
        made = Batch(self.table, self.number, first, self.columns, tuple(self.rows), tuple(self.skipped), self.running)
        self.number += 1
        self.rows, self.cells, self.characters, self.skipped = [], 0, 0, []
        return made

    def rest(self) -> Iterator[Batch]:
        if self.rows or self.skipped or self.number == 0:
            yield self.batch()


def cell(value: object) -> str:
    """A typed value as the text that is searched."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return written(value)
    return value if isinstance(value, str) else str(value)


def unique(names: list[str]) -> tuple[str, ...]:
    """Column names as they can be told apart: empty ones numbered, repeated ones counted."""
    seen: dict[str, int] = {}
    out = []
    for place, name in enumerate(names, 1):
        name = name.strip() or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(out)
