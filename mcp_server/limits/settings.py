"""The `[limits]` section of yumen.toml."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class Rate(BaseModel):
    """A token bucket: `per_second` tokens flow in, at most `burst` are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_second: float = Field(gt=0, le=1e6, allow_inf_nan=False, description="Calls a second in the long run")
    burst: int = Field(ge=1, le=1_000_000, description="Calls at once after a quiet time")


class ToolLimit(BaseModel):
    """What differs for one tool."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Rate | None = Field(default=None, description="Replaces `tool` for each caller of this tool")
    concurrency: int | None = Field(
        default=None, ge=1, description="Calls of this tool running at once, all callers together"
    )


class SharedLimitSettings(BaseModel):
    """A Redis that several replicas share, so that the limits hold for all of them together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        pattern=r"^(env|file):.+", description="redis:// or rediss:// URL, by reference: env:NAME or file:/path"
    )
    prefix: str = Field(default="yumen:limits", pattern=r"^[A-Za-z0-9:_-]{1,64}$", description="Prefix of the keys")
    timeout: float = Field(default=0.5, gt=0, le=10, description="Longest wait for Redis, seconds; then no admission")
    lease: float = Field(
        default=600.0, ge=1, description="Slot of a call whose server died is free again after so long, seconds"
    )


class LimitSettings(BaseModel):
    """Size, rate and concurrency limits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    principal: Rate = Field(
        default=Rate(per_second=50, burst=100), description="Calls of one principal, all tools together"
    )
    tool: Rate = Field(default=Rate(per_second=20, burst=40), description="Calls of one principal to any one tool")
    protocol: Rate = Field(
        default=Rate(per_second=20, burst=200),
        description="HTTP requests of one principal that are no calls: initialize, notifications, pings, malformed ones",
    )
    tools: Mapping[str, ToolLimit] = Field(default_factory=dict, description="Tool name -> what differs for it")
    concurrency_principal: int = Field(default=16, ge=1, description="Running calls of one principal")
    concurrency_total: int = Field(default=128, ge=1, description="Running calls in the server")
    shared: SharedLimitSettings | None = Field(
        default=None, description="Count in Redis for all replicas; absent: each process for itself"
    )
    argument_bytes: int = Field(default=1_048_576, ge=1, description="Largest arguments, bytes of canonical JSON")
    remembered: int = Field(
        default=20_000,
        ge=100,
        description="Buckets kept; the longest unused is forgotten first (it is full again by then)",
    )
