"""`[policy]`: which Rego decides, and how long it may take."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class PolicySettings(BaseModel):
    """`[policy]`: the packs and the engine that evaluates them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    packs: tuple[Path, ...] = Field(
        default=(), description="Folders of the team's own Rego and data, added to the shipped pack in this order"
    )
    replace_packages: tuple[str, ...] = Field(
        default=(),
        description="Shipped packages, e.g. 'yumen.checks', that a team pack may replace as a whole",
    )
    deadline: float = Field(default=0.2, gt=0, le=10, description="Seconds that one evaluation may take")
    memory_bytes: int = Field(
        default=512 << 20, ge=128 << 20, description="Address space that one engine process may take"
    )
    queue: int = Field(default=1024, ge=1, description="Evaluations that may wait; the next one is refused at once")
    watch_interval: float = Field(
        default=1.0, ge=0, description="Seconds between looks for changed files; 0 turns hot reload off"
    )
    test_on_load: bool = Field(
        default=True, description="Run the packs' own test rules before a changed pack takes effect"
    )
