"""Keys of dictionaries and sets that hash alike: each is compared with all before it, which takes quadratic time.

Numbers hash to themselves or to their remainder by Python's modulus, tuples of numbers by a formula that can be
inverted, both the same everywhere. Texts do not: Python seeds their hashes anew for every process.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

_MAX_ALIKE = 1000
_SUSPECT = 1000
_BUCKETS = 1 << 16
_SPREAD = 0x9E3779B97F4A7C15
"""Knuth's multiplier (2^64 over the golden ratio): hashes that have their low bits in common come apart."""
_MAX_KEPT = 10_000


class Collisions:
    """Counts keys by their hash, in bounded memory: all of them roughly, and exactly where many meet."""

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._total = 0
        self._alike: dict[int, set[Hashable]] = {}
        """Hash -> different keys that have it, of the hashes in crowded buckets."""

    def add(self, keys: Sequence[Hashable]) -> bool:
        """Whether with these, more different keys hash alike than chance would have it; the same key may come again."""
        if keys and not self._counts:
            self._counts = [0] * _BUCKETS
        self._total += len(keys)
        counts, bound = self._counts, _SUSPECT + 4 * self._total // _BUCKETS
        for key in keys:
            try:
                found = hash(key)
            except TypeError:  # a list in it: no loader hashes that
                continue
            bucket = (found * _SPREAD >> 48) & (_BUCKETS - 1)
            counts[bucket] += 1
            if counts[bucket] > bound and self._is_crowded(found, key):
                return True
        return False

    def _is_crowded(self, found: int, key: Hashable) -> bool:
        if len(self._alike) >= _MAX_KEPT:
            return True
        alike = self._alike.setdefault(found, set())
        if len(alike) <= _MAX_ALIKE:
            alike.add(key)
        return len(alike) > _MAX_ALIKE
