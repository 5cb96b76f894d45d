"""`[audit.anchors]`: where checkpoints are remembered outside the log's directory."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class WitnessSettings(BaseModel):
    """A witness that speaks c2sp.org/tlog-witness."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="Submission prefix; '/add-checkpoint' is appended", pattern=r"^https?://")
    key: str = Field(description="The witness's cosignature key, 'name+id+key' with type 0x04")


class TimestampSettings(BaseModel):
    """A time-stamping authority (RFC 3161)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="Where time-stamp requests are posted", pattern=r"^https?://")
    roots: Path = Field(description="PEM file with the root certificates that the authority must chain to")
    folder: Path = Field(description="Folder for the tokens; on another volume, or it goes down with the log")


class AnchorSettings(BaseModel):
    """A checkpoint that only the log itself holds can be rolled back with it; these cannot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every_seconds: float = Field(default=60, ge=0.05, description="How often the newest checkpoint is sent out")
    files: tuple[Path, ...] = Field(default=(), description="Files on other volumes that hold the newest checkpoint")
    witnesses: tuple[WitnessSettings, ...] = Field(default=(), description="Witnesses that cosign checkpoints")
    timestamps: TimestampSettings | None = Field(default=None, description="An authority that time-stamps checkpoints")
    timeout_seconds: float = Field(default=5, gt=0, le=60, description="How long a witness or authority may take")
    require_at_start: bool = Field(
        default=False,
        description="Refuse to start when a configured witness cannot be asked whether the log was rolled back",
    )
