"""How much a value is: how long, and how many parts there are when everything in it is gone through.

What is shared is measured once and counts anew wherever it is used: a loader hashes, compares and writes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from scanners.model_scan.pickle_values import Blob, DictValue, Result, SetValue, Value

_MODULUS = sys.hash_info.modulus
ENDLESS = 1 << 62
_MAX_FROM_FILE = 1 << 26
"""A text that lies in the file counts no more: the file pays for it."""
_NUMBERS = frozenset((int, float, bool, type(None)))
_TEXTS = frozenset((str, bytes))
_DEEP = frozenset((tuple, Result))
"""What a hash goes into; a frozenset keeps its hash, and a text."""
_MAX_COUNTED = 1 << 29
"""A key of more parts is too much; how much too much does not matter."""
_KEPT = 64
"""The weights of tuples with more parts are kept for the next time."""


class Unmeasured(Exception):
    """There is more to go through than one pickle is granted."""


class Meter:
    """Measures the values of one pickle; `left` is how many parts it may still go through."""

    def __init__(self, left: int) -> None:
        self.left = left
        self._kept: dict[int, tuple[Value, int]] = {}

    def hashed(self, value: Value) -> int:
        """How many parts a hash of the value goes through. Raises Unmeasured."""
        if type(value) is not tuple:
            return value.parts if type(value) is Result else 1
        total = len(value) + 1
        if _DEEP.isdisjoint(map(type, value)):
            return total
        for item in value:
            if type(item) is Result or (type(item) is tuple and not self._is_shallow(item)):
                return self._walk(value, _members, _one, self._kept)
            total += len(item) if type(item) is tuple else 0
            if total > _MAX_COUNTED:
                break
        return total

    def _is_shallow(self, value: tuple[Value, ...]) -> bool:
        """Whether nothing in a tuple goes deeper; of a large one, found out once."""
        if len(value) <= _KEPT:
            return _DEEP.isdisjoint(map(type, value))
        if id(value) not in self._kept:
            if not _DEEP.isdisjoint(map(type, value)):
                return False
            self._kept[id(value)] = value, 1 + len(value)
        return self._kept[id(value)][1] == 1 + len(value)

    def parts(self, value: Value) -> int:
        """How many parts the value has at any depth; a text is one. Raises Unmeasured."""
        return self._walk(value, _items, _one, {})

    def written(self, value: Value) -> int:
        """How many characters, or bytes, and parts without them the value has at any depth. Raises Unmeasured."""
        return self._walk(value, _items, extent, {})

    def _walk(
        self,
        root: Value,
        inner: Callable[[Value], Sequence[Value]],
        leaf: Callable[[Value], int],
        kept: dict[int, tuple[Value, int]],
    ) -> int:
        """The weight of `root`: one for itself and the weights of all that is in it; what holds itself ends there."""
        weights: dict[int, int] = {}

        def weight(value: Value) -> int:
            known = weights.get(id(value))
            if known is None:
                known = kept[id(value)][1] if id(value) in kept else value.parts if isinstance(value, Result) else 0
            return known or max(1, leaf(value))

        pending: list[Value] = [root]
        while pending:
            value = pending[-1]
            items = inner(value) if id(value) not in kept else ()
            if id(value) not in weights and items:
                if self.left < 0:
                    raise Unmeasured
                if self._is_flat(items, leaf):
                    weights[id(value)] = 1 + len(items)
                    pending.pop()
                    continue
                weights[id(value)] = 0
                self.left -= len(items)
                pending.extend(item for item in items if inner(item) and id(item) not in weights)
                if pending[-1] is not value:
                    continue
            pending.pop()
            if weights.get(id(value)) == 0:
                weights[id(value)] = total = min(ENDLESS, 1 + sum(map(weight, items)))
                if inner is _members and total > _KEPT:
                    kept[id(value)] = value, total  # with the tuple, so that no other value gets its id
        return weight(root)

    def _is_flat(self, items: Sequence[Value], leaf: Callable[[Value], int]) -> bool:
        """Whether all items weigh one, told by their types alone, which costs little."""
        self.left -= len(items) // 4
        return set(map(type, items)) <= (_NUMBERS if leaf is extent else _NUMBERS | _TEXTS)


def _items(value: Value) -> Sequence[Value]:
    if isinstance(value, tuple | list):
        return value
    return value.items if isinstance(value, DictValue | SetValue) else ()


def _members(value: Value) -> Sequence[Value]:
    """What a hash goes into: tuples. A frozenset keeps its hash, and nothing else can be hashed by what it holds."""
    return value if isinstance(value, tuple) else ()


def _one(_value: Value) -> int:
    return 1


def long_numbers(keys: Value) -> list[Value]:
    """The numbers among keys that hash to their remainder by Python's modulus, as any number of them may do."""
    items = keys if isinstance(keys, tuple | list) else ()
    return [key for key in items if type(key) is int and not -_MODULUS < key < _MODULUS]


def extent(value: Value) -> int:
    """How many characters, bytes or items the value has; of a number, how many bytes it takes."""
    if isinstance(value, str | bytes | tuple | list):
        return len(value)
    if isinstance(value, Result):
        return value.extent
    if isinstance(value, Blob):
        return min(value.length, _MAX_FROM_FILE)
    if isinstance(value, DictValue | SetValue):
        return len(value.items)
    return value.bit_length() // 8 if isinstance(value, int) else 0
