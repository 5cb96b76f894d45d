"""Requests that were refused before the gate, on their way into the record without filling it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mcp_server.calls import Origin, Principal
from mcp_server.limits.buckets import Buckets, spend
from mcp_server.limits.settings import Rate

_ONE_KIND = Rate(per_second=0.2, burst=10)
"""Recorded singly: refusals of one kind from one address."""
_ALL = Rate(per_second=10, burst=200)
"""Recorded singly: all refusals together, so that many addresses cannot fill the log either."""
_REMEMBERED = 10_000
_EVERYBODY = ("", "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was answered without reaching the gate."""

    status: int
    """The HTTP status that it got."""
    code: str
    """Stable reason, e.g. 'unauthenticated.expired', 'host', 'body_too_large', 'protocol.404'."""
    origin: Origin
    principal: Principal | None = None
    detail: str = ""
    """For the operator: may quote the request, printable and cut."""
    unreported: int = 0
    """How many refusals were only counted since the last one that was reported."""


OnRefused = Callable[[Refusal], Awaitable[None]]
"""Takes a refusal into the record. What it raises ends the request with 503."""


class RefusalMeter:
    """Says which refusals are worth a record of their own; counts every one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: Buckets[tuple[str, str]] = Buckets(_REMEMBERED)
        self._unreported = 0
        self.counts: Counter[str] = Counter()
        """Refusals by code; codes are a closed set."""

    def due(self, address: str, code: str) -> int | None:
        """How many went unreported since the last report, or None when this one is only counted too."""
        self.counts[code] += 1
        now = self._clock()
        kind = (address, code)
        kind_tat, kind_wait = spend(self._buckets.tat(kind), now, _ONE_KIND)
        all_tat, all_wait = spend(self._buckets.tat(_EVERYBODY), now, _ALL)
        if kind_wait > 0 or all_wait > 0:
            self._unreported += 1
            return None
        self._buckets.put(kind, kind_tat)
        self._buckets.put(_EVERYBODY, all_tat)
        unreported, self._unreported = self._unreported, 0
        return unreported
