"""Deadlines of many tasks under one timer: a call costs an entry in a set, where a timer of its own costs 15 µs."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final

_TICK: Final = 0.25
"""Seconds between two looks: a task is ended at most so long after its deadline."""


class Deadlines:
    """Ends tasks that take too long. Belongs to one event loop."""

    def __init__(self, tick: float = _TICK) -> None:
        self._tick = tick
        self._running: set[_Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> _Deadline:
        """`with deadlines.within(5):` raises TimeoutError where the block takes longer, as `asyncio.timeout` does."""
        return _Deadline(self, seconds)

    def begin(self, deadline: _Deadline, loop: asyncio.AbstractEventLoop) -> None:
        self._running.add(deadline)
        if self._timer is None:
            self._timer = loop.call_later(self._tick, self._look, loop)

    def end(self, deadline: _Deadline) -> None:
        self._running.discard(deadline)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in self._running:
            deadline.enforce(now)
        self._timer = loop.call_later(self._tick, self._look, loop) if self._running else None


class _Deadline:
    """One block of one task."""

    __slots__ = ("_cancelling", "_deadlines", "_due", "_expired", "_seconds", "_task")

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds
        self._expired = False

    def enforce(self, now: float) -> None:
        """Cancel the task, once, if its time is over."""
        if not self._expired and now >= self._due:
            self._expired = True
            self._task.cancel()

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a deadline is for a task")
        self._task: asyncio.Task[object] = task
        self._cancelling = task.cancelling()
        self._due = loop.time() + self._seconds
        self._deadlines.begin(self, loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._deadlines.end(self)
        # Only our own cancellation becomes a TimeoutError: somebody else's goes on.
        if self._expired and self._task.uncancel() <= self._cancelling and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error
