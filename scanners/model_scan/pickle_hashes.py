"""Hashes of the keys that a pickle builds, as its loader would compute them, each shared tuple gone through once.

Numbers, tuples, frozensets, and the number-like classes of the standard library hash the same in every process; texts
and whatever holds them do not.
"""

from __future__ import annotations

import decimal
import fractions
import re
import uuid
from collections.abc import Hashable
from typing import Any

from scanners.model_scan.pickle_values import DictValue, Global, Result, SetValue, Value

_LARGE = 64
_DIGITS = re.compile(r"[+-]?\d{1,4000}")
_RATIO = re.compile(r"([+-]?\d{1,4000})/(\d{1,4000})")
_MAX_TEXT = 10_000


class _Shared:
    """Stands for a tuple: hashes as it does, and is equal to what also hashes alike another way."""

    __slots__ = ("_other", "_value")

    def __init__(self, value: int, other: int) -> None:
        self._value = value
        self._other = other

    def __hash__(self) -> int:
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shared) and other._other == self._other


class Hashes:
    """Turns keys into values of the same hash. Tuples inside of large keys are kept, for the next key that has them."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Value, _Shared]] = {}

    def key(self, value: Value, parts: int) -> Hashable | None:
        """A value that hashes as the loader's key does, and is equal where keys are; None if that is not known."""
        if type(value) is Result:
            return _number(value)
        if type(value) is SetValue:
            return self._frozen(value)
        if type(value) is tuple and parts > _LARGE:
            return self._shared(value)
        return value if isinstance(value, Hashable) else None

    def _frozen(self, value: SetValue) -> Hashable | None:
        known = self._kept.get(id(value))
        if known is None:
            try:
                frozen = frozenset(value.items)
            except TypeError:
                return None
            known = self._kept[id(value)] = value, _Shared(hash(frozen), hash(frozenset(map(_otherwise, frozen))))
        return known[1]

    def _shared(self, root: tuple[Value, ...]) -> _Shared | None:
        pending: list[tuple[Value, ...]] = [root]
        while pending:
            value = pending[-1]
            inner = [item for item in value if type(item) is tuple and id(item) not in self._kept]
            if inner:
                pending.extend(inner)
                continue
            pending.pop()
            items = [self._kept[id(item)][1] if type(item) is tuple else item for item in value]
            try:
                made = _Shared(hash(tuple(items)), hash(tuple(map(_otherwise, items))))
            except TypeError:  # a list in it: no loader hashes that
                return None
            if value is root:
                return made
            self._kept[id(value)] = value, made
        return None


def _otherwise(item: object) -> int:
    """Another hash, which nobody can aim at: of the texts of numbers, whose hash is seeded anew in every process."""
    if isinstance(item, _Shared):
        return item._other
    return hash(hex(item) if isinstance(item, int) else str(item)) if isinstance(item, int | float) else hash(item)


def _number(value: Result) -> _Shared | None:
    """A number of the standard library as its constructor makes it of constants."""
    if not isinstance(value.function, Global):
        return None
    path, args = f"{value.function.module}.{value.function.name}", value.args
    if path == "uuid.UUID":
        args = (value.state.get("int"),) if isinstance(value.state, DictValue) else ()
    if not args or value.kwargs is not None or not all(isinstance(item, str | int | float) for item in args):
        return None
    try:
        made = _made(path, args)
    except (ValueError, TypeError, ArithmeticError):
        return None
    return None if made is None else _Shared(made, hash((path, *map(_otherwise, args))))


def _made(path: str, args: tuple[Any, ...]) -> int | None:
    """The hash of what a constructor makes. Raises ValueError, TypeError, ArithmeticError."""
    first = args[0]
    if path == "uuid.UUID":
        return hash(uuid.UUID(int=first))
    if path in ("decimal.Decimal", "_decimal.Decimal", "_pydecimal.Decimal"):
        return hash(decimal.Decimal(first)) if isinstance(first, str) and len(first) < _MAX_TEXT else None
    if path == "fractions.Fraction":
        if isinstance(first, str):  # others than these, as 1e999999, would take long
            match = _RATIO.fullmatch(first) or _DIGITS.fullmatch(first)
            return hash(fractions.Fraction(*map(int, match[0].split("/")))) if match else None
        return hash(fractions.Fraction(*args)) if all(type(item) is int for item in args) else None
    if path == "builtins.complex":
        return hash(complex(*args)) if not isinstance(first, str) else None
    return hash(range(*args)) if path == "builtins.range" else None
