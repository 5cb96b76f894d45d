"""The one function that examines a batch: the same in this process, in a pool, and on a cluster. Pure and picklable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from scanners.datasets.batches import Batch
from scanners.datasets.cells import Cell, located
from scanners.datasets.name_columns import shapes_of
from scanners.findings import Skipped
from scanners.personal_data.entities import Entity
from scanners.personal_data.find import DEFAULT_THRESHOLD


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What one batch held: per column how many cells are filled, and how many hold each type. Never the data."""

    table: str
    number: int
    rows: int
    columns: tuple[str, ...]
    filled: Mapping[str, int] = field(default_factory=dict)
    hits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    whole: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The same, for cells that are nothing but the entity."""
    shapes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Per column how many cells are built like names, see `name_columns`."""
    rows_hit: int = 0
    skipped: tuple[Skipped, ...] = ()


def examine(batch: Batch, threshold: float = DEFAULT_THRESHOLD) -> BatchResult:
    """Personal data in a batch; the column's name is context for its cells."""
    found, unread = _entities_of(batch, threshold)
    filled: Counter[str] = Counter()
    shapes: dict[str, Counter[str]] = {}
    for place, name in enumerate(batch.columns):
        cells = [row[place] for row in batch.rows if place < len(row) and row[place]]
        filled[name] += len(cells)
        if not batch.running:
            shapes.setdefault(name, Counter()).update(shapes_of(cells))
    hits: dict[str, Counter[str]] = {}
    whole: dict[str, Counter[str]] = {}
    for (place, column), entities in found.items():
        name = batch.columns[column]
        cell = batch.rows[place][column]
        hits.setdefault(name, Counter()).update({entity.type for entity in entities})
        covering = set() if batch.running else {e.type for e in entities if e.end - e.start >= 0.8 * len(cell.strip())}
        whole.setdefault(name, Counter()).update(covering)
    return BatchResult(
        batch.table,
        batch.number,
        len(batch.rows),
        batch.columns,
        dict(filled),
        {name: dict(counts) for name, counts in hits.items()},
        {name: dict(counts) for name, counts in whole.items()},
        {name: dict(counts) for name, counts in shapes.items() if counts},
        len({row for row, _ in found}),
        batch.skipped + unread,
    )


def _entities_of(batch: Batch, threshold: float) -> tuple[dict[tuple[int, int], list[Entity]], tuple[Skipped, ...]]:
    """The entities of each cell by (row, column), and the cells that were not examined in time."""
    places = [(row, column) for row, values in enumerate(batch.rows) for column, text in enumerate(values) if text]
    cells = [Cell(batch.first_row + row, batch.columns[column], batch.rows[row][column]) for row, column in places]
    found = located(cells, threshold, running=batch.running)
    entities = {places[number]: held for number, held in found.entities.items()}
    if not found.unread:
        return entities, ()
    first = min(cells[number].row for number in found.unread)
    last = batch.first_row + len(batch.rows) - 1
    return entities, (Skipped(f"{batch.table}: rows {first} to {last}", "the time limit was reached; not examined"),)
