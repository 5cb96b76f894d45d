"""What was changed where, a JSON line each, written as it happens: the data itself is never in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import BinaryIO

import orjson

from scanners.datasets.batches import MAX_NAMED
from scanners.datasets.cells import Cell
from scanners.findings import Skipped
from scanners.personal_data.entities import Entity
from scanners.personal_data.redact import keyed_digest


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was taken out of one cell."""

    table: str
    row: int
    column: str
    type: str
    rule: str
    start: int
    """First code point in the cell."""
    end: int
    digest: str
    """HMAC-SHA256 of what it was, under the key of its scope."""
    method: str

    @classmethod
    def of(cls, table: str, cell: Cell, entity: Entity, original: str, method: str, key: bytes) -> Change:
        digest = keyed_digest(entity.type, original, key)
        return cls(table, cell.row, cell.column, entity.type, entity.rule, entity.start, entity.end, digest, method)


@dataclass
class Ledger:
    """The changes of one file, counted, and written to `file`."""

    file: BinaryIO
    types: Counter[str] = field(default_factory=Counter)
    columns: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    """(table, column) -> changes by type."""
    skipped: list[Skipped] = field(default_factory=list)
    not_named: int = 0

    def changed(self, change: Change) -> None:
        self.file.write(orjson.dumps(asdict(change)) + b"\n")
        self.types[change.type] += 1
        self.columns.setdefault((change.table, change.column), Counter())[change.type] += 1

    def unread(self, skipped: Skipped) -> None:
        if len(self.skipped) < MAX_NAMED:
            self.skipped.append(skipped)
        else:
            self.not_named += 1

    def all_skipped(self) -> tuple[Skipped, ...]:
        rest = (Skipped(f"{self.not_named} further places", "not named one by one"),) if self.not_named else ()
        return (*self.skipped, *rest)
