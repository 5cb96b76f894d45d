"""The one function that examines a batch: the same in this process, in a pool, and on a cluster. Pure and picklable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from scanners.datasets.batches import Batch
from scanners.findings import Skipped
from scanners.personal_data.entities import Entity
from scanners.personal_data.find import DEFAULT_THRESHOLD, find
from scanners.personal_data.values import Leaf, in_one_text, in_words

SECONDS = 30.0
"""CPU seconds a batch may take; what is left is reported unread."""


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
    rows_hit: int = 0
    skipped: tuple[Skipped, ...] = ()


def examine(batch: Batch, threshold: float = DEFAULT_THRESHOLD) -> BatchResult:
    """Personal data in a batch; the column's name is context for its cells."""
    found, unread = entities_of(batch, threshold)
    filled: Counter[str] = Counter()
    for row in batch.rows:
        filled.update(name for name, cell in zip(batch.columns, row, strict=False) if cell)
    hits: dict[str, Counter[str]] = {}
    whole: dict[str, Counter[str]] = {}
    for (place, column), entities in found.items():
        name = batch.columns[column]
        cell = batch.rows[place][column]
        hits.setdefault(name, Counter()).update({entity.type for entity in entities})
        covering = {e.type for e in entities if e.end - e.start >= 0.8 * len(cell.strip())}
        whole.setdefault(name, Counter()).update(covering)
    return BatchResult(
        batch.table,
        batch.number,
        len(batch.rows),
        batch.columns,
        dict(filled),
        {name: dict(counts) for name, counts in hits.items()},
        {name: dict(counts) for name, counts in whole.items()},
        len({row for row, _ in found}),
        batch.skipped + unread,
    )


def entities_of(
    batch: Batch, threshold: float = DEFAULT_THRESHOLD
) -> tuple[dict[tuple[int, int], list[Entity]], tuple[Skipped, ...]]:
    """The entities of each cell by (row, column), and the cells that were not examined in time."""
    labels = [in_words(name) for name in batch.columns]
    cells = [
        Leaf(f"{row}/{column}", cell, labels[column] if len(labels) > 1 else "")
        for row, values in enumerate(batch.rows)
        for column, cell in enumerate(values)
        if cell
    ]
    detection = in_one_text(cells, lambda text: find(text, threshold=threshold, seconds=SECONDS))
    found: dict[tuple[int, int], list[Entity]] = {}
    for entity in detection.entities:
        row, _, column = (entity.path or "0/0").partition("/")
        found.setdefault((int(row), int(column)), []).append(entity)
    if not detection.unread:
        return found, ()
    row = cells[detection.unread[0][0]].path.partition("/")[0]
    first = batch.first_row + int(row)
    last = batch.first_row + len(batch.rows) - 1
    return found, (Skipped(f"{batch.table}: rows {first} to {last}", "the time limit was reached; not examined"),)
