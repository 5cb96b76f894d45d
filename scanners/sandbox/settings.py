"""Configuration of the scan workers."""

from __future__ import annotations

import os

from pydantic import BaseModel, ConfigDict, Field


class SandboxSettings(BaseModel):
    """`[sandbox]`: how many scan workers there are and what one scan may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int = Field(
        default_factory=lambda: max(2, os.cpu_count() or 1),
        ge=1,
        le=256,
        description="Scans that run at the same time",
    )
    memory_bytes: int = Field(
        default=2 << 30,
        ge=64 << 20,
        description="Private memory of one scan (RLIMIT_DATA); files mapped read-only do not count",
    )
    cpu_seconds: int = Field(
        default=600, ge=1, description="CPU time of one scan, all its threads together (RLIMIT_CPU)"
    )
    open_files: int = Field(default=512, ge=32, description="Files a scan may hold open (RLIMIT_NOFILE)")
    persistent: tuple[str, ...] = Field(
        default=("personal_data",),
        description="Scanner families whose worker is kept for the next call; every other scan gets a fresh process",
    )
    landlock: bool = Field(
        default=True,
        description="Confine a worker's reads to its target and deny it the network, where the kernel can",
    )
