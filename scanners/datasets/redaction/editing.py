"""The editor that takes personal data out of cells: entity by entity, and whole cells of columns that are known for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanners.datasets.cells import Cell, located
from scanners.datasets.redaction.ledger import Change, Ledger
from scanners.datasets.redaction.plan import ColumnMethod, Plan
from scanners.findings import Skipped
from scanners.personal_data.entities import Entity
from scanners.personal_data.redact import WITHHELD, redact_text
from scanners.personal_data.transform import Keys, Transformer

NO_TYPE = "VALUE"
"""What a cell is called that goes because its column was named, and in which nothing was recognised."""
COLUMN_RULE = "dataset.column"


class RedactingEditor:
    """Implements `Editor`.

    `known`: (table, column) -> the type that most of its cells are of. There a cell in which nothing of that type is
    found goes as a whole: an identity number with a typing error is one all the same.
    """

    def __init__(self, plan: Plan, keys: Keys, known: Mapping[tuple[str, str], str], ledger: Ledger) -> None:
        self._regime = plan.profile
        self._threshold = self._regime.lowest_threshold if self._regime else plan.threshold
        self._ways = plan.transformer(keys)
        self._columns = plan.columns
        self._keys = keys
        self._known = known
        self._ledger = ledger

    def edited(self, table: str, cells: Sequence[Cell], *, running: bool = False) -> list[str]:
        found = located(cells, self._threshold, running=running)
        told: list[str] = []
        for number, cell in enumerate(cells):
            if number in found.unread:
                self.unread(table, f"row {cell.row}, column {cell.column}", "the time limit was reached; withheld")
                told.append(WITHHELD)
            else:
                told.append(self._edited(table, cell, list(filter(self._counts, found.entities.get(number, ())))))
        return told

    def unread(self, table: str, place: str, why: str) -> None:
        self._ledger.unread(Skipped(f"{table}: {place}", why))

    def _counts(self, entity: Entity) -> bool:
        if self._regime is None:
            return True
        least = self._regime.thresholds.get(entity.type, self._regime.threshold)
        return entity.type in self._regime.entities and entity.score >= least

    def _is_wanted(self, kind: str) -> bool:
        return kind != NO_TYPE and (self._regime is None or kind in self._regime.entities)

    def _edited(self, table: str, cell: Cell, entities: list[Entity]) -> str:
        kind = self._known.get((table, cell.column), NO_TYPE)
        method = self._columns.get(cell.column)
        if method == "keep":
            return cell.text
        if method is None and cell.kind and self._is_wanted(cell.kind):
            kind, method = cell.kind, self._ways.way(cell.kind)
        if method is None and self._is_wanted(kind) and not any(entity.type == kind for entity in entities):
            method = self._ways.way(kind)
        if method is not None and (text := cell.text.strip()):
            start = cell.text.index(text)
            return self._whole(table, cell, Entity(kind, start, start + len(text), 1.0, COLUMN_RULE), method)
        for entity in entities:
            self._note(table, cell, entity, self._ways.way(entity.type))
        return redact_text(cell.text, entities, self._ways)

    def _whole(self, table: str, cell: Cell, whole: Entity, method: ColumnMethod) -> str:
        self._note(table, cell, whole, method)
        return "" if method == "empty" else redact_text(cell.text, [whole], Transformer(self._keys, method))

    def _note(self, table: str, cell: Cell, entity: Entity, method: ColumnMethod) -> None:
        original = cell.text[entity.start : entity.end]
        self._ledger.changed(Change.of(table, cell, entity, original, method, self._keys.key))
