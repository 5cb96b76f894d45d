"""What a detection says: typed spans, and which parts of the text nobody read."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from scanners.findings import Skipped


@dataclass(frozen=True, slots=True)
class Entity:
    """One piece of personal data. Offsets are Unicode code points of the original text, end exclusive."""

    type: Annotated[str, Field(description="Presidio's name where there is one, else e.g. CN_ID_CARD, SECRET")]
    start: Annotated[int, Field(description="First code point of the entity")]
    end: Annotated[int, Field(description="One past its last code point")]
    score: Annotated[float, Field(description="Confidence from 0 to 1")]
    rule: Annotated[str, Field(description="The rule that found it, e.g. 'cn.id_card'")]
    path: Annotated[
        str | None,
        Field(
            description="For JSON: RFC 6901 pointer of the value; ends in '#key' for an object key. "
            "For a document: the place, e.g. 'page 3, line 2' or 'Sheet1!B7'; offsets count from the part's start"
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Detection:
    """All entities found, in order of place, with what could not be read."""

    entities: tuple[Entity, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    """Spans that were not examined; one is enough to make the answer 'unknown'."""
    unread: tuple[tuple[int, int], ...] = ()
    """The same spans as offsets, so that redaction can withhold them. For JSON: leaf numbers in walking order."""
    characters: int = 0
    """Code points that were examined."""


def settled(candidates: list[Entity]) -> list[Entity]:
    """One entity a place: the surer one wins, then the longer, then the earlier. In order of place.

    A URL is a container: what was found inside it stays beside it, and it gives way only to what covers all of it.
    O(n log n): only candidates that touch are compared.
    """
    chosen: list[Entity] = []
    cluster: list[Entity] = []
    reach = -1
    for entity in sorted(candidates, key=lambda e: e.start):
        if entity.start >= reach and cluster:
            chosen += _strongest(cluster)
            cluster = []
        cluster.append(entity)
        reach = max(reach, entity.end)
    return chosen + _strongest(cluster)


def _strongest(cluster: list[Entity]) -> list[Entity]:
    """The winners among candidates that touch one another."""
    if len(cluster) == 1:
        return cluster
    ranked = sorted(cluster, key=lambda e: (e.type == "URL", -e.score, e.start - e.end, e.start, e.rule))
    chosen: list[Entity] = []
    starts: list[int] = []
    for entity in ranked:
        at = bisect_left(starts, entity.end)
        if any(_excludes(other, entity) for other in chosen[max(0, at - 2) : at]):
            continue
        place = bisect_left(starts, entity.start)
        starts.insert(place, entity.start)
        chosen.insert(place, entity)
    return chosen


def _excludes(other: Entity, entity: Entity) -> bool:
    """Whether `entity` must go because `other` is already there."""
    if entity.type == "URL" and other.type != "URL":
        return other.start <= entity.start and entity.end <= other.end
    return other.end > entity.start and other.start < entity.end
