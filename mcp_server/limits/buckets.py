"""The token bucket as one number: the generic cell rate algorithm (ITU-T I.371), pure.

A bucket is its *theoretical arrival time* (TAT): the moment at which it will be full again. One float a bucket,
no timer, and the same arithmetic fits a Redis script.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from mcp_server.limits.settings import Rate

K = TypeVar("K", bound=Hashable)


def spend(tat: float, now: float, rate: Rate) -> tuple[float, float]:
    """Take one token from a bucket.

    Returns the bucket's next TAT and the seconds to wait; when the wait is above 0 nothing was taken.
    """
    interval = 1.0 / rate.per_second
    following = (tat if tat > now else now) + interval
    wait = following - now - rate.burst * interval
    # A wait below a nanosecond is rounding of the clock's float, not a caller ahead of its time.
    return (following, 0.0) if wait <= 1e-9 else (tat, wait)


class Buckets(Generic[K]):
    """TATs by key in bounded memory. A key that is not there is a full bucket."""

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._tats: OrderedDict[K, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tats)

    def tat(self, key: K) -> float:
        """When the bucket is full again, by the caller's clock; 0.0 for one never used."""
        return self._tats.get(key, 0.0)

    def put(self, key: K, tat: float) -> None:
        """Remember a bucket, forgetting the longest unused one when there are too many."""
        self._tats[key] = tat
        self._tats.move_to_end(key)
        if len(self._tats) > self._remembered:
            self._tats.popitem(last=False)
