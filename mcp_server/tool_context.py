"""The server's side of `tools.context.ToolContext`: one for each call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from mcp_server.calls import Call, Principal
from scanners.findings import Report, Verdict
from scanners.sandbox import Sandbox

T = TypeVar("T")
ProgressListener = Callable[[float, float | None, str], None]


class Judge(Protocol):
    """The part of the policy decision point that tools may use."""

    async def verdict(self, report: Report, tool_name: str) -> Verdict: ...
    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True)
class Workplace:
    """What all calls share."""

    data_dir: Path
    sandbox: Sandbox
    judge: Judge
    resolve: Callable[[str], Path]
    services: Mapping[type, object] = field(default_factory=dict)

    def context(self, call: Call, *, seconds: float, on_progress: ProgressListener) -> CallContext:
        """The context of one call that may take `seconds` from now."""
        return CallContext(self, call, time.monotonic() + seconds, on_progress)


@dataclass(frozen=True)
class CallContext:
    """Implements `ToolContext` for one call."""

    workplace: Workplace
    call: Call
    ends: float
    """Value of the monotonic clock at which the call is over."""
    on_progress: ProgressListener

    @property
    def caller(self) -> Principal:
        return self.call.principal

    @property
    def data_dir(self) -> Path:
        return self.workplace.data_dir

    def resolve(self, target: str) -> Path:
        return self.workplace.resolve(target)

    async def scan(self, function: Callable[..., T], *arguments: Any, **keywords: Any) -> T:
        left = max(0.001, self.ends - time.monotonic())
        return await self.workplace.sandbox.run(
            function, *arguments, deadline=left, on_progress=self.on_progress, **keywords
        )

    async def verdict(self, report: Report) -> Verdict:
        return await self.workplace.judge.verdict(report, self.call.name)

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        return await self.workplace.judge.evaluate(entrypoint, document)

    def service(self, kind: type[T]) -> T:
        return cast("T", self.workplace.services[kind])
