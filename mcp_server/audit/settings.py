"""The `[audit]` section of yumen.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.audit.anchors.settings import AnchorSettings
from mcp_server.audit.sinks.settings import AnySinkSettings


class AuditSettings(BaseModel):
    """How the audit log is kept. The defaults are safe for one machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str = Field(
        default="",
        description="Name of the log in its checkpoints, e.g. 'logs.example.org/yumen'. "
        "Empty: a unique one is made up on first start and kept.",
        pattern=r"^[^\s+]*$",
        max_length=200,
    )
    signing_key: str = Field(
        default="",
        description="Ed25519 seed (32 bytes, base64) that signs checkpoints, as env:NAME or file:/path. "
        "Empty: made on first start, in the log's directory, readable by the owner only.",
    )
    mldsa_key: str = Field(
        default="",
        description="Seed (32 bytes, base64) of an ML-DSA-44 key that signs every checkpoint a second time, as env:NAME or "
        "file:/path: 3.3 KB and some milliseconds a commit more. Empty: Ed25519 alone",
    )
    digest_key: str = Field(
        default="",
        description="Secret (32 bytes, base64) behind the keyed digests of arguments, as env:NAME or file:/path. "
        "Empty: made on first start.",
    )
    acknowledge: Literal["durable", "buffered"] = Field(
        default="durable",
        description="When the answer of a read-only call may leave: once its record is on the disk, or once it is accepted in "
        "order (at most buffer_ms are lost in a power cut). Calls that change something are always durable",
    )
    linger_ms: float = Field(
        default=0.7, ge=0, le=20, description="How long a commit waits for others when more than one caller waits"
    )
    buffer_ms: float = Field(
        default=50, ge=1, le=1000, description="The longest that a record acknowledged from memory stays unwritten"
    )
    max_pending: int = Field(
        default=4096, ge=1, description="Records waiting to be written before buffered ones wait for the disk too"
    )
    max_record_bytes: int = Field(
        default=64 << 10,
        ge=4096,
        le=1 << 20,
        description="Largest record. What is larger is recorded in part (`reduced`), and a call that waits for it is refused",
    )
    segment_bytes: int = Field(default=64 << 20, ge=4096, description="A new segment file begins after this size")
    ballast_bytes: int = Field(
        default=1 << 20, ge=64 << 10, description="Space kept in reserve, so that a full disk can still be recorded"
    )
    retry_seconds: float = Field(
        default=5, ge=0.05, description="How long to wait before the log is opened again after a failed write"
    )
    postgres: str = Field(
        default="",
        description="PostgreSQL connection string, as env:NAME or file:/path, for several replicas that share one log. "
        "Empty: the log is kept in this machine's files alone",
    )
    postgres_timeout: float = Field(
        default=5, gt=0, le=60, description="How long the database, and the replica that orders the records, may take"
    )
    anchors: AnchorSettings = Field(
        default=AnchorSettings(), description="Where checkpoints are remembered outside the log's directory"
    )
    sinks: tuple[AnySinkSettings, ...] = Field(default=(), description="Where records go besides the log")
    retention: str = Field(default="standard", description="Retention class of records that no rule gives another")
