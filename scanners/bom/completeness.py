"""How complete a bill of materials is: the weights of OWASP's AIBOM generator, over what a reader needs of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from scanners.bom.facts import Described

_PARTS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "required": (20, ("digest", "files")),
    "metadata": (20, ("supplier", "authors", "version", "url")),
    "component": (20, ("name", "description", "licence", "libraries")),
    "model card": (
        30,
        (
            "task", "approach", "architecture", "architecture_family", "inputs", "outputs", "datasets",
            "hyperparameters", "metrics", "use_cases", "limitations", "risks", "energy",
        ),
    ),
    "references": (10, ("url", "ancestors")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Completeness:
    """A score of 0 to 100, and what is missing for more."""

    score: Annotated[int, Field(description="0 to 100, weighted as OWASP's AIBOM generator does: 20/20/20/30/10")]
    parts: Annotated[Mapping[str, int], Field(description="Points by part")]
    missing: Annotated[tuple[str, ...], Field(description="Facts that nobody has given")]


def completeness(described: Described) -> Completeness:
    """How much of what is asked for is there."""
    present = {name for name, state in described.states.items() if state != "missing"}
    present |= {"digest"} if described.digest else set()
    present |= {"files"} if described.files else set()
    points = {
        part: round(weight * sum(name in present for name in names) / len(names))
        for part, (weight, names) in _PARTS.items()
    }
    asked = dict.fromkeys(name for _, names in _PARTS.values() for name in names)
    return Completeness(sum(points.values()), points, tuple(name for name in asked if name not in present))
