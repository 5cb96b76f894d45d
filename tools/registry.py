"""The list of Yumen's own tools, as data: name, schemas, risk and the function that runs."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from tools.context import ToolContext

Risk = Literal["read", "change", "admin"]
"""read: observes only. change: writes something or reveals originals. admin: alters Yumen itself."""

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True)
class Tool:
    """One tool: what clients see of it, what policy knows of it, and what runs."""

    name: str
    title: str
    description: str
    family: str
    risk: Risk
    arguments: type[BaseModel]
    answer: type[BaseModel]
    run: Callable[[Any, ToolContext], Awaitable[BaseModel]]
    idempotent: bool = True
    deadline: float = 60.0
    """Seconds of wall time before the call is stopped; a decision may shorten it."""
    targets: tuple[str, ...] = ()
    """Names of the arguments that are paths or URIs of what is examined: policy sees them resolved."""
    remote: tuple[str, ...] = ()
    """Those of `targets` that may also be a place in a configured store (s3://, gs://, oss://, oci://)."""
    images: bool = False
    """What they name in a registry are container images, of the platform in the argument `platform`."""
    outputs: tuple[str, ...] = ()
    """Names of the arguments that are paths of files to be made: policy sees them too; nothing is there yet."""

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        return self.arguments.model_json_schema()

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        return self.answer.model_json_schema(mode="serialization")

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all that a client is told about the tool: approvals and records bind to it."""
        shown = [self.name, self.title, self.description, self.risk, self.input_schema, self.output_schema]
        canonical = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


class ToolRegistry:
    """Tools by name; a name can be taken once."""

    def __init__(self) -> None:
        self._tools: dict[str, Tool] = {}

    def add(self, *tools: Tool) -> None:
        for tool in tools:
            if tool.name in self._tools:
                raise ValueError(f"tool name {tool.name!r} is already taken")
            self._tools[tool.name] = tool

    def get(self, name: str) -> Tool | None:
        return self._tools.get(name)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)


FAMILIES = (
    "models",
    "model_scan",
    "images",
    "personal_data",
    "policies",
    "policy_workshop",
    "compliance",
    "remediation_apply",
    "approvals",
    "audit",
)
"""Modules of this package that export `TOOLS: tuple[Tool, ...]`."""


def own_tools() -> ToolRegistry:
    """Every tool that ships with Yumen."""
    registry = ToolRegistry()
    for family in FAMILIES:
        registry.add(*importlib.import_module(f"tools.{family}").TOOLS)
    return registry
