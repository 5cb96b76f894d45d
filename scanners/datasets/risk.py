"""How easily a row can be tied to a person: k-anonymity, l-diversity, t-closeness over quasi-identifiers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scanners.datasets.batches import Batch
from scanners.datasets.reading import batches
from scanners.errors import LimitReached, UnreadableInput

MAX_CLASSES = 5_000_000
SMALL = 5


@dataclass(frozen=True, slots=True)
class Risk:
    """The measures of one table. Small k, l and large t are bad."""

    rows: int
    classes: Annotated[int, Field(description="Groups of rows that share all quasi-identifiers")]
    k: Annotated[int, Field(description="Size of the smallest group (Sweeney 2002); 1: somebody stands alone")]
    unique_rows: Annotated[int, Field(description="Rows that stand alone")]
    rows_below_5: Annotated[int, Field(description="Rows in groups smaller than five")]
    highest_risk: Annotated[float, Field(description="Prosecutor risk of the worst row: 1/k")]
    average_risk: Annotated[float, Field(description="Prosecutor risk on average: groups/rows")]
    l_diversity: Annotated[int | None, Field(description="Fewest different sensitive values in a group")] = None
    t_closeness: Annotated[
        float | None,
        Field(description="Largest distance (total variation) of a group's sensitive values from all rows'"),
    ] = None


def risk(rows_in: Iterable[Batch], quasi_identifiers: tuple[str, ...], sensitive: str | None = None) -> Risk:
    """The risk of a table. Raises UnreadableInput for a column that is not there, LimitReached for too many groups."""
    sizes: Counter[tuple[str, ...]] = Counter()
    values: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    overall: Counter[str] = Counter()
    for batch in rows_in:
        if not batch.rows:
            continue
        places = [_place(batch, name) for name in quasi_identifiers]
        watched = _place(batch, sensitive) if sensitive is not None else None
        for row in batch.rows:
            key = tuple(row[place].strip() if place < len(row) else "" for place in places)
            sizes[key] += 1
            if watched is not None:
                value = row[watched] if watched < len(row) else ""
                values[key][value] += 1
                overall[value] += 1
        if len(sizes) > MAX_CLASSES:
            raise LimitReached(f"more than {MAX_CLASSES} different combinations of {', '.join(quasi_identifiers)}")
    rows = sum(sizes.values())
    if not rows:
        raise UnreadableInput("the table has no rows")
    k = min(sizes.values())
    return Risk(
        rows=rows,
        classes=len(sizes),
        k=k,
        unique_rows=sum(1 for size in sizes.values() if size == 1),
        rows_below_5=sum(size for size in sizes.values() if size < SMALL),
        highest_risk=round(1 / k, 4),
        average_risk=round(len(sizes) / rows, 4),
        l_diversity=min(len(counts) for counts in values.values()) if values else None,
        t_closeness=round(max(_distance(counts, overall) for counts in values.values()), 4) if values else None,
    )


def risk_of_file(
    path: Path, quasi_identifiers: tuple[str, ...], sensitive: str | None = None, encoding: str = "auto"
) -> Risk:
    """`risk` of one file. Raises UnreadableInput, LimitReached."""
    return risk(batches(path, encoding), quasi_identifiers, sensitive)


def _place(batch: Batch, name: str) -> int:
    try:
        return batch.columns.index(name)
    except ValueError:
        raise UnreadableInput(
            f"{batch.table} has no column {name!r}", remedy=f"it has {', '.join(batch.columns[:50])}"
        ) from None


def _distance(group: Counter[str], overall: Counter[str]) -> float:
    """Total variation: the earth mover's distance when every two categories are equally far apart."""
    size, rows = sum(group.values()), sum(overall.values())
    return sum(abs(group[value] / size - count / rows) for value, count in overall.items()) / 2
