"""Admission of a call: size, then concurrency, then rate; a slot is held until the call ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Protocol

from mcp_server.calls import Principal
from mcp_server.limits.buckets import Buckets, spend
from mcp_server.limits.errors import Busy, RateLimited, TooLarge
from mcp_server.limits.settings import LimitSettings

Who = tuple[str, str, str]
"""Tenant, issuer and subject: the same person through two issuers is two principals."""


class Limits(Protocol):
    """What the gate asks before it does any work. One process's memory or a shared store implements it."""

    def admit(self, principal: Principal, tool: str, size: int) -> AbstractAsyncContextManager[None]:
        """`async with limits.admit(…)`: admitted for the block, or refused on entry.

        `tool` is the tool's name, or the method for what is not a tool call; `size` is bytes of canonical JSON.
        Entering raises TooLarge, Busy or RateLimited; a refused call costs nothing.
        """
        ...


def identity_of(principal: Principal) -> Who:
    return (principal.tenant, principal.issuer, principal.subject)


class LocalLimits:
    """`Limits` in the memory of one process. Not thread-safe: it belongs to the event loop."""

    def __init__(self, settings: LimitSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._principals: Buckets[Who] = Buckets(settings.remembered)
        self._tools: Buckets[tuple[Who, str]] = Buckets(settings.remembered)
        self._running: dict[Who, int] = {}
        self._running_tools: dict[str, int] = {}
        self._total = 0

    @property
    def running(self) -> int:
        """Calls admitted and not yet ended."""
        return self._total

    def admit(self, principal: Principal, tool: str, size: int) -> AbstractAsyncContextManager[None]:
        return _Slot(self, identity_of(principal), tool, size)

    def take(self, who: Who, tool: str, size: int) -> None:
        """Admit or raise; what is refused changes nothing."""
        settings = self._settings
        if size > settings.argument_bytes:
            raise TooLarge(size, settings.argument_bytes)
        if self._total >= settings.concurrency_total:
            raise Busy("The server is running as many calls as it may.")
        running = self._running.get(who, 0)
        if running >= settings.concurrency_principal:
            raise Busy(f"You have {running} calls running, which is the limit.")
        special = settings.tools.get(tool)
        most = None if special is None else special.concurrency
        if most is not None and self._running_tools.get(tool, 0) >= most:
            raise Busy(f"{tool} is running as many times as it may.")
        now = self._clock()
        rate = settings.tool if special is None or special.rate is None else special.rate
        principal_tat, wait = spend(self._principals.tat(who), now, settings.principal)
        tool_tat, tool_wait = spend(self._tools.tat((who, tool)), now, rate)
        if wait > 0 or tool_wait > 0:
            raise RateLimited("Too many calls.", retry_after=max(wait, tool_wait))
        self._principals.put(who, principal_tat)
        self._tools.put((who, tool), tool_tat)
        self._total += 1
        self._running[who] = running + 1
        if most is not None:
            self._running_tools[tool] = self._running_tools.get(tool, 0) + 1

    def release(self, who: Who, tool: str) -> None:
        """Give back what `take` held."""
        self._total -= 1
        running = self._running[who] - 1
        if running:
            self._running[who] = running
        else:
            del self._running[who]
        if tool in self._running_tools:
            self._running_tools[tool] -= 1


class _Slot:
    """One admission; entered once, left once."""

    __slots__ = ("_limits", "_size", "_tool", "_who")

    def __init__(self, limits: LocalLimits, who: Who, tool: str, size: int) -> None:
        self._limits = limits
        self._who = who
        self._tool = tool
        self._size = size

    async def __aenter__(self) -> None:
        self._limits.take(self._who, self._tool, self._size)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limits.release(self._who, self._tool)
