"""`[policy]`: which Rego decides, and how long it may take."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcp_server.policy.signatures import VerificationKey


class OpaSettings(BaseModel):
    """`[policy.opa]`: an OPA that decides instead of the embedded engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        default="",
        pattern=r"^(https?://[^\s@]+|unix:///\S+)?$",
        description="https://HOST:PORT or unix:///PATH of an OPA that runs elsewhere and decides by its own bundles; "
        "empty to run one ourselves, with our packs, on a Unix socket",
    )
    program: str = Field(default="opa", description="The opa program to run where no url is given")
    token: str = Field(
        default="", pattern=r"^((env|file):.+)?$", description="Bearer token, by reference: env:NAME or file:/path"
    )
    ca_file: Path | None = Field(default=None, description="Certificates that the server's must lead to")
    certificate: Path | None = Field(default=None, description="Our client certificate")
    key: Path | None = Field(default=None, description="Private key of the client certificate")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.token and self.url.startswith("http://"):
            raise ValueError("a token may only be sent over https or a Unix socket")
        return self


class BundleSettings(BaseModel):
    """`[[policy.bundles]]`: a bundle that is pulled from a server or an OCI registry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="Name in messages and resource URIs")
    url: str = Field(
        pattern=r"^(https?://[^\s@]+|oci://[^\s@]+(@sha256:[0-9a-f]{64})?)$",
        description="Where the tar.gz lies; or oci://REGISTRY/NAME:TAG of an artefact with it as its one layer, with "
        "@sha256:… to take that one and no other",
    )
    user: str = Field(default="", description="User at an OCI registry, whose password `token` then is")
    token: str = Field(
        default="", pattern=r"^((env|file):.+)?$", description="Bearer token, by reference: env:NAME or file:/path"
    )
    ca_file: Path | None = Field(default=None, description="Certificates that the server's must lead to")
    interval: float = Field(default=60.0, ge=1, description="Seconds between looks for a new version")
    unsigned: bool = Field(default=False, description="Take it without a signature: whoever holds the server decides")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.token and self.url.startswith("http://"):
            raise ValueError("a token may only be sent over https")
        if self.user and not (self.token and self.url.startswith("oci://")):
            raise ValueError("a user goes with a token and an oci:// URL")
        return self


class PolicySettings(BaseModel):
    """`[policy]`: the packs and the engine that evaluates them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    packs: tuple[Path, ...] = Field(
        default=(),
        description="The team's own Rego and data, added to the shipped pack in this order: folders, or .tar.gz bundles",
    )
    bundles: tuple[BundleSettings, ...] = Field(
        default=(), description="Bundles pulled from a server, added after the packs"
    )
    verification_keys: dict[str, VerificationKey] = Field(
        default={}, description="Keys by id that bundles are signed with; with any, every bundle must be signed"
    )
    replace_packages: tuple[str, ...] = Field(
        default=(),
        description="Shipped packages, e.g. 'yumen.checks', that a team pack may replace as a whole",
    )
    engine: Literal["embedded", "opa"] = Field(default="embedded", description="What evaluates the packs")
    opa: OpaSettings = Field(default=OpaSettings(), description="The OPA to use with engine = 'opa'")
    deadline: float = Field(default=0.2, gt=0, le=10, description="Seconds that one decision on access may take")
    tool_deadline: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="Seconds that one evaluation for a tool may take, in a process of its own",
    )
    memory_bytes: int = Field(
        default=512 << 20, ge=128 << 20, description="Address space that one engine process may take"
    )
    queue: int = Field(default=1024, ge=1, description="Evaluations that may wait; the next one is refused at once")
    watch_interval: float = Field(
        default=1.0, ge=0, description="Seconds between looks for changed files; 0 turns hot reload off"
    )
    decision_log: Path | None = Field(
        default=None,
        description="File for a decision log in OPA's shape, masked by data.system.log.mask; none if unset",
    )
    test_on_load: bool = Field(
        default=True, description="Run the packs' own test rules before a changed pack takes effect"
    )

    @model_validator(mode="after")
    def _verified(self) -> Self:
        unsigned = [bundle.name for bundle in self.bundles if not bundle.unsigned]
        if unsigned and not self.verification_keys:
            raise ValueError(f"bundles {', '.join(unsigned)} need verification_keys, or unsigned = true")
        return self
