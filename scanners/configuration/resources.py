"""The one form in which configuration is handed to policy: what it is, where it is written, and its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from scanners.findings import Skipped

Source = Literal["terraform", "kubernetes", "inventory", "compose"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. Nothing is judged here: `values` are as written."""

    source: Source
    type: Annotated[str, Field(description="'aws_s3_bucket', 'Deployment', 'ACS::OSS::Bucket', …")]
    address: Annotated[str, Field(description="Where it is in its document, unique there")]
    path: Annotated[str, Field(description="The file it was read from")]
    values: Annotated[Mapping[str, JsonValue], Field(description="Its attributes")]
    unknown: Annotated[tuple[str, ...], Field(description="Attributes known only after apply")] = ()
    refers: Annotated[tuple[str, ...], Field(description="Addresses of resources that its expressions name")] = ()
    literals: Annotated[
        tuple[str, ...], Field(description="Attributes written out, in place or as a variable's default")
    ] = ()
    lines: Annotated[tuple[int, ...], Field(description="A line for each value in the order of a walk, from 1")] = ()
    template: Annotated[str, Field(description="The template of a Helm chart that it was made from")] = ""

    def line(self, at: Sequence[str | int]) -> int | None:
        """The line of the value at `at`, or of the nearest one around it that is written; None where lines are unknown."""
        if not self.lines:
            return None
        here: object = self.values
        position = 0
        for part in at:
            step = _step(here, part)
            if step is None:
                break
            here, position = step[0], position + step[1]
        return self.lines[min(position, len(self.lines) - 1)]

    def facts(self) -> dict[str, Any]:
        """What a policy is told of it."""
        told = asdict(self)
        del told["lines"], told["template"]
        return told


def size(value: object) -> int:
    """How many values a walk over `value` meets, itself included."""
    if isinstance(value, Mapping):
        return 1 + sum(size(item) for item in value.values())
    if isinstance(value, list | tuple):
        return 1 + sum(size(item) for item in value)
    return 1


def part(value: object, lines: Sequence[int], at: Sequence[str | int]) -> tuple[int, ...]:
    """Of the lines of `value`, those of what is at `at`, which is in it."""
    position = 0
    for name in at:
        step = _step(value, name)
        if step is None:
            return ()
        value, position = step[0], position + step[1]
    return tuple(lines[position : position + size(value)])


def _step(value: object, name: str | int) -> tuple[object, int] | None:
    """What is at `name` in `value`, and how far on in a walk; None if nothing is."""
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[object, object]] = value.items()
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    else:
        return None
    ahead = 1
    for key, item in pairs:
        if key == name:
            return item, ahead
        ahead += size(item)
    return None


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that was read from one target."""

    digest: Annotated[str, Field(description="'sha256:<hex>' over the files read, in order of their names")]
    resources: tuple[Resource, ...]
    skipped: tuple[Skipped, ...]
    files: Annotated[int, Field(description="How many files were read")]
