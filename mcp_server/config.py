"""`yumen.toml`: every setting, joined from the parts that own them. Unknown keys are errors; every default is safe.

A setting can be overridden from the environment by its path: `YUMEN__SERVER__HTTP=127.0.0.1:9000`. Secrets stand here
only by reference (`env:NAME`, `file:/path`).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, ClassVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mcp_server.audit.settings import AuditSettings
from mcp_server.identity.settings import IdentitySettings
from mcp_server.limits.settings import LimitSettings
from mcp_server.models import ModelSettings
from mcp_server.policy.residency import ResidencySettings
from mcp_server.policy.settings import PolicySettings
from mcp_server.sources import SourceSettings
from mcp_server.vulnerabilities import VulnerabilitySettings
from scanners.errors import YumenError
from scanners.sandbox import SandboxSettings

ENVIRONMENT_PREFIX = "YUMEN__"


class ConfigurationError(YumenError):
    """The configuration cannot be used: which key, in which file or variable, and why."""

    code: ClassVar[str] = "configuration_error"


class ServerSettings(BaseModel):
    """`[server]`: the HTTP side."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    http: str = Field(default="127.0.0.1:8765", description="HOST:PORT to listen on")
    path: str = Field(default="/mcp", pattern=r"^/[A-Za-z0-9/_-]*$", description="Path of the MCP endpoint")
    public_url: str | None = Field(
        default=None, description="URL under which clients reach the endpoint, if a proxy stands in front"
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Host headers accepted besides those of the address listened on; 'name:*' for any port"
    )
    allowed_origins: tuple[str, ...] = Field(default=(), description="Origin headers accepted from browsers")
    max_request_bytes: int = Field(default=4 << 20, ge=1024, description="Largest HTTP request body")
    drain_seconds: float = Field(
        default=20.0, ge=0, description="How long running calls may finish when the server stops"
    )

    @field_validator("http")
    @classmethod
    def _address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError("must be HOST:PORT")
        return value

    @property
    def host(self) -> str:
        return self.http.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.http.rpartition(":")[2])

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def resource_url(self) -> str:
        """The URL of this resource server (RFC 8707): what tokens must be issued for."""
        return self.public_url or f"http://{self.http}{self.path}"


class PathSettings(BaseModel):
    """`[paths]`: what may be examined."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roots: tuple[Path, ...] = Field(
        default=(), description="Folders whose content may be examined; with none, tools that take a target refuse"
    )
    allow_hard_links: bool = Field(
        default=False, description="Examine files with a second hard link, which may lie outside the roots"
    )


class Settings(BaseModel):
    """All of `yumen.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(
        default=Path(".yumen"), description="Keys, audit log, databases: everything that Yumen keeps"
    )
    server: ServerSettings = Field(default=ServerSettings())
    paths: PathSettings = Field(default=PathSettings())
    sources: SourceSettings = Field(default=SourceSettings())
    models: ModelSettings = Field(default=ModelSettings())
    vulnerabilities: VulnerabilitySettings = Field(default=VulnerabilitySettings())
    identity: IdentitySettings = Field(default=IdentitySettings())
    limits: LimitSettings = Field(default=LimitSettings())
    policy: PolicySettings = Field(default=PolicySettings())
    residency: ResidencySettings = Field(default=ResidencySettings())
    audit: AuditSettings = Field(default=AuditSettings())
    sandbox: SandboxSettings = Field(default_factory=SandboxSettings)


def load(file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings from `file` (if any), then the environment, then `overrides` (a nested mapping), later ones winning.

    Raises ConfigurationError naming every key that is unknown or wrong.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(
                f"{file} cannot be read: {error}", remedy="correct the file, or name another"
            ) from None
    for name, text in os.environ.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            _set(values, name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"), _parsed(text))
    _merge(values, overrides or {})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError(
            f"the configuration is wrong: {problems}", remedy="see docs/configuration.md for every key"
        ) from None


def _parsed(text: str) -> Any:
    """A value from the environment: JSON where it is JSON, else the text itself."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for key in path[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise ConfigurationError(f"the environment sets something below {key!r}, which is not a section")
    values[path[-1]] = value


def _merge(values: dict[str, Any], overrides: Mapping[str, Any]) -> None:
    for key, value in overrides.items():
        if isinstance(value, Mapping) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value
