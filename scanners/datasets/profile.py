"""What a data set holds, column by column: kind, level and confidence, from the counts of its batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from scanners.datasets.name_columns import names_in
from scanners.datasets.partition import BatchResult
from scanners.findings import Skipped
from scanners.personal_data.profiles import profile

Kind = Literal["identifier", "mixed", "free_text", "clean", "empty"]

MOSTLY = 0.6
"""The share of filled cells that must be of one type for the column to be of that type."""
LEVELS = "jrt_0197_2020"
NAME = "PERSON"


@dataclass(frozen=True, slots=True)
class Column:
    """One column, classified."""

    table: str
    name: str
    kind: Annotated[
        Kind, Field(description="identifier: mostly one type; mixed: several; free_text: inside longer text")
    ]
    types: Annotated[dict[str, int], Field(description="Entity type -> cells that hold it")]
    type: Annotated[str | None, Field(description="The type of an identifier column")] = None
    confidence: Annotated[float, Field(description="Share of filled cells that are of that type, or hold any")] = 0.0
    level: Annotated[int, Field(description="Level by JR/T 0197-2020, 1 to 5; 0 without personal data")] = 0
    filled: Annotated[int, Field(description="Cells that are not empty")] = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole data set."""

    columns: tuple[Column, ...]
    rows: int
    rows_hit: int
    skipped: tuple[Skipped, ...] = ()


@dataclass
class Totals:
    """Batch results, added up. The order in which they arrive does not matter."""

    rows: int = 0
    rows_hit: int = 0
    filled: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    whole: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    shapes: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    place: dict[tuple[str, str], int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, result: BatchResult) -> None:
        self.rows += result.rows
        self.rows_hit += result.rows_hit
        self.place.update(((result.table, name), place) for place, name in enumerate(result.columns))
        for name, count in result.filled.items():
            self.filled[result.table, name] += count
        for mine, theirs in ((self.hits, result.hits), (self.whole, result.whole), (self.shapes, result.shapes)):
            for name, counts in theirs.items():
                mine.setdefault((result.table, name), Counter()).update(counts)
        self.skipped += result.skipped

    def profile(self) -> Profile:
        columns = tuple(self._columns())
        # A name that only its column tells is not among the hits of its row.
        named = max((column.types.get(NAME, 0) for column in columns if column.type == NAME), default=0)
        return Profile(columns, self.rows, max(self.rows_hit, named), tuple(self.skipped))

    def _columns(self) -> Iterator[Column]:
        levels = profile(LEVELS).levels
        for table, name in sorted(self.place, key=lambda column: (column[0], self.place[column])):
            filled = self.filled[table, name]
            hits = self.hits.get((table, name), Counter())
            whole = self.whole.get((table, name), Counter())
            first, count = whole.most_common(1)[0] if whole else ("", 0)
            names = names_in(name, self.shapes.get((table, name), {}), filled)
            if names and (count < MOSTLY * filled or (first == NAME and count < names)):
                first, count = NAME, names
                hits = hits | Counter({NAME: names})
            level = max((levels.get(kind, 3) for kind in hits), default=0)
            if not filled or not hits:
                yield Column(table, name, "clean" if filled else "empty", {}, filled=filled)
            elif count >= MOSTLY * filled:
                yield Column(
                    table, name, "identifier", dict(hits), first, round(count / filled, 3), levels.get(first, 3), filled
                )
            else:
                kind: Kind = "mixed" if sum(whole.values()) >= MOSTLY * sum(hits.values()) else "free_text"
                share = min(1.0, max(hits.values()) / filled)
                yield Column(table, name, kind, dict(hits), None, round(share, 3), level, filled)


def profiled(results: Iterable[BatchResult]) -> Profile:
    """The profile of all batches of a data set."""
    totals = Totals()
    for result in results:
        totals.add(result)
    return totals.profile()
