"""How one tensor relates to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

State = Literal["equal", "changed", "cast", "added", "removed", "shape", "dtype"]


@dataclass(frozen=True, slots=True)
class TensorDifference:
    """How one tensor of the target relates to that of the reference."""

    name: Annotated[str, Field(description="The tensor's name")]
    state: Annotated[State, Field(description="equal bit by bit; changed; cast to another type without other change; "
                                              "added; removed; shape or dtype changed")]  # fmt: skip
    dtype: Annotated[str, Field(description="Element type, 'reference -> target' where they differ")]
    shape: Annotated[tuple[int, ...], Field(description="Shape in the target, or in the reference if it was removed")]
    changed_fraction: Annotated[float, Field(description="Part of the elements whose value differs, 0 to 1")] = 0.0
    max_difference: Annotated[float, Field(description="Largest absolute difference of two elements")] = 0.0
    mean_difference: Annotated[float, Field(description="Mean absolute difference over all elements")] = 0.0
    relative_difference: Annotated[
        float, Field(description="Norm of the difference over the norm of the reference")
    ] = 0.0
    cosine: Annotated[float | None, Field(description="Cosine of the two as vectors; null if one is zero")] = None
    detail: Annotated[str, Field(description="How it was cast, or what else is to be said")] = ""
