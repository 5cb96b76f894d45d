"""A circuit breaker: after some failures in a row nobody waits for the next one."""

from __future__ import annotations

from collections.abc import Callable


class Breaker:
    """Closed: calls go through. Open: none does, for `pause` seconds. Then one may try, and its outcome decides.

    Each time the trial fails the pause doubles, up to `longest`.
    """

    def __init__(
        self, clock: Callable[[], float], *, failures: int = 5, pause: float = 0.5, longest: float = 15.0
    ) -> None:
        self._clock = clock
        self._limit = failures
        self._first_pause = pause
        self._longest = longest
        self._failures = 0
        self._pause = pause
        self._opened: float | None = None
        self._trying = False

    @property
    def is_closed(self) -> bool:
        return self._opened is None

    def admits(self) -> bool:
        """Whether a call may go through now. A caller that was admitted reports `succeeded` or `failed`."""
        if self._opened is None:
            return True
        if self._trying or self._clock() < self._opened + self._pause:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._opened = None
        self._trying = False
        self._pause = self._first_pause

    def abandoned(self) -> None:
        """The caller went away before there was an outcome, which says nothing; a trial has to be repeated."""
        self._trying = False

    def failed(self) -> None:
        self._failures += 1
        if self._trying:
            self._trying = False
            self._pause = min(2 * self._pause, self._longest)
            self._opened = self._clock()
        elif self._opened is None and self._failures >= self._limit:
            self._opened = self._clock()
