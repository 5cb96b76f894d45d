"""The server's side of `tools.context.ToolContext`: one for each call."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel

from mcp_server.calls import Call, Principal
from mcp_server.sources import Brought, Sources
from scanners.errors import TargetRefused
from scanners.files import admit
from scanners.findings import Report, Subject, Verdict
from scanners.sandbox import Grant, Sandbox
from scanners.sources.interface import Wanted
from scanners.sources.locations import Location, is_location, parse_location

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
    sources: Sources | None = None

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
    brought: dict[str, Brought] = field(default_factory=dict)
    """By the place as the caller wrote it, once parsed and printed again."""

    def __enter__(self) -> CallContext:
        return self

    def __exit__(self, *_: object) -> None:
        for brought in self.brought.values():
            if self.workplace.sources is not None:
                self.workplace.sources.release(brought)

    async def bring(self, location: Location, image: Wanted | None = None) -> None:
        if self.workplace.sources is None:
            raise TargetRefused("no source is configured")
        if str(location) not in self.brought:
            left = max(0.001, self.ends - time.monotonic())
            self.brought[str(location)] = await self.workplace.sources.bring(
                location, seconds=left, image=image, on_progress=self.on_progress
            )

    def credited(self, answer: BaseModel, places: Mapping[str, Location]) -> BaseModel:
        credited = {}
        for argument, location in places.items():
            field = "subject" if argument == "target" else argument
            subject = getattr(answer, field, None)
            if isinstance(subject, Subject):
                credited[field] = replace(subject, origin=self.brought[str(location)].origin)
        return answer.model_copy(update=credited) if credited else answer

    @property
    def caller(self) -> Principal:
        return self.call.principal

    @property
    def call_id(self) -> str:
        return self.call.id

    @property
    def data_dir(self) -> Path:
        return self.workplace.data_dir

    def resolve(self, target: str) -> Path:
        if is_location(target) and (brought := self.brought.get(str(parse_location(target)))) is not None:
            return brought.path
        real = Path(os.path.realpath(target))
        if any(real.is_relative_to(brought.path.parent) for brought in self.brought.values()):
            return admit(real)
        return self.workplace.resolve(target)

    async def scan(
        self, function: Callable[..., T], *arguments: Any, writable: tuple[Path, ...] = (), **keywords: Any
    ) -> T:
        left = max(0.001, self.ends - time.monotonic())
        return await self.workplace.sandbox.run(
            function,
            *arguments,
            deadline=left,
            on_progress=self.on_progress,
            grant=Grant(writable=writable),
            **keywords,
        )

    async def verdict(self, report: Report) -> Verdict:
        return await self.workplace.judge.verdict(report, self.call.name)

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        return await self.workplace.judge.evaluate(entrypoint, document)

    def service(self, kind: type[T]) -> T:
        return cast("T", self.workplace.services[kind])
