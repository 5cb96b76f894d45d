"""A watch over requests that take long: bodies that dribble in, and credentials that stop holding meanwhile.

One timer serves all requests; a request costs an entry in a set.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Literal

from mcp_server.calls import Principal
from scanners.errors import YumenError

Ended = Literal["body_too_slow", "lapsed"]
"""Why a request was cut short: its body took too long, or its credential no longer holds."""

_TICK = 1.0
"""Most seconds between two looks."""


class Vigil:
    """Cancels requests whose body is late, or whose credential was revoked, expired or lost its key while they ran."""

    def __init__(
        self,
        authenticate: Callable[[str | None], Awaitable[Principal]],
        *,
        body_seconds: float,
        recheck_seconds: float,
    ) -> None:
        self._authenticate = authenticate
        self._body_seconds = body_seconds
        self._recheck_seconds = recheck_seconds
        self._tick_seconds = min(_TICK, body_seconds, recheck_seconds)
        self._watches: set[Watch] = set()
        self._checks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def over(self, credential: str | None) -> Watch:
        """A watch over the request that is being served by the current task; enter it before the body is read."""
        return Watch(self, credential)

    def begin(self, watch: Watch, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        watch.body_due = now + self._body_seconds
        watch.check_due = now + self._recheck_seconds
        self._watches.add(watch)
        if self._timer is None:
            self._timer = loop.call_later(self._tick_seconds, self._look, loop)

    def end(self, watch: Watch) -> None:
        self._watches.discard(watch)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for watch in self._watches:
            if now >= watch.body_due:
                watch.cut_short("body_too_slow")
            elif now >= watch.check_due:
                watch.check_due = now + self._recheck_seconds
                check = loop.create_task(self._check(watch))
                self._checks.add(check)
                check.add_done_callback(self._checks.discard)
        self._timer = loop.call_later(self._tick_seconds, self._look, loop) if self._watches else None

    async def _check(self, watch: Watch) -> None:
        try:
            await self._authenticate(watch.credential)
        except YumenError as error:
            watch.detail = error.diagnostics()
            watch.cut_short("lapsed")


class Watch:
    """One request under the vigil. After the block `ended` says whether, and why, it was cut short."""

    __slots__ = ("_task", "_vigil", "body_due", "check_due", "credential", "detail", "ended")

    def __init__(self, vigil: Vigil, credential: str | None) -> None:
        self._vigil = vigil
        self._task: asyncio.Task[object] | None = None
        self.credential = credential
        self.body_due = math.inf
        self.check_due = math.inf
        self.ended: Ended | None = None
        self.detail = ""
        """Why the credential no longer holds, for the operator."""

    def body_is_here(self) -> None:
        self.body_due = math.inf

    def cut_short(self, why: Ended) -> None:
        """Cancel the request, once, if it is still being served."""
        if self.ended is None and self._task is not None:
            self.ended = why
            self._task.cancel()

    def __enter__(self) -> Watch:
        self._task = asyncio.current_task()
        self._vigil.begin(self, asyncio.get_running_loop())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._vigil.end(self)
        task, self._task = self._task, None
        if self.ended is None or task is None:
            return False
        # Only our own cancellation is taken back: a shutdown that came as well still counts.
        return task.uncancel() == 0 and isinstance(error, asyncio.CancelledError)
