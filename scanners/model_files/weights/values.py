"""The values behind a tensor's bytes, and how two lists of them differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Floats = NDArray[np.floating[Any]]

BLOCK = 1 << 15
"""Elements looked at together: what the statistics need of them stays in the processor's cache."""

_NATIVE: Mapping[str, str] = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "u1",
}  # fmt: skip


def _eight_bit_table(exponent: int, mantissa: int, *, finite: bool) -> NDArray[np.float32]:
    """The value of each byte of an 8-bit float (OCP 8-bit Floating Point Specification 1.0)."""
    bias, table = (1 << (exponent - 1)) - 1, np.zeros(256, np.float32)
    for code in range(256):
        power, fraction = (code >> mantissa) & ((1 << exponent) - 1), code & ((1 << mantissa) - 1)
        value = math.ldexp((power > 0) + fraction / (1 << mantissa), max(power, 1) - bias)
        if power == (1 << exponent) - 1:
            if finite and fraction == (1 << mantissa) - 1:
                value = math.nan
            elif not finite:
                value = math.nan if fraction else math.inf
        table[code] = -value if code & 128 else value
    return table


_TABLES = {
    "F8_E4M3": _eight_bit_table(4, 3, finite=True),
    "F8_E5M2": _eight_bit_table(5, 2, finite=False),
}

COMPARABLE = frozenset({*_NATIVE, *_TABLES, "BF16"})
"""Types whose values are known here; of others only the bytes are compared."""


def values_of(raw: memoryview, dtype: str) -> Floats:
    """The elements in `raw` as floats that hold each of them exactly (64-bit integers beyond 2^53 nearly)."""
    if dtype == "BF16":
        widened = np.frombuffer(raw, "<u2").astype(np.uint32)
        np.left_shift(widened, 16, out=widened)
        return widened.view(np.float32)
    if dtype in _TABLES:
        return _TABLES[dtype][np.frombuffer(raw, np.uint8)]
    if dtype == "F32":
        return np.frombuffer(raw, np.dtype("<f4"))
    array = np.frombuffer(raw, _NATIVE[dtype])
    return array.astype(np.float32 if array.itemsize <= 2 else np.float64)


def _rounded_bfloat(values: Floats) -> NDArray[np.uint16]:
    """To nearest, ties to even, as every framework casts; what is no number stays none."""
    bits = values.view(np.uint32)
    rounded = bits >> 16
    rounded &= 1
    rounded += 0x7FFF
    rounded += bits
    rounded >>= 16
    strange = np.isnan(values)
    if strange.any():
        rounded[strange] = (bits[strange] >> 16) | 0x40
    return rounded.astype(np.uint16)


def _cut_bfloat(values: Floats) -> NDArray[np.uint16]:
    return (values.view(np.uint32) >> 16).astype(np.uint16)


Cast = Callable[[Floats], Array]
_CASTS: Mapping[tuple[str, str], Mapping[str, Cast]] = {
    ("F32", "BF16"): {"rounded": _rounded_bfloat, "cut off": _cut_bfloat},
    ("F64", "BF16"): {"rounded": lambda values: _rounded_bfloat(values.astype(np.float32))},
    ("F16", "BF16"): {"rounded": lambda values: _rounded_bfloat(values.astype(np.float32))},
    ("F32", "F16"): {"rounded": lambda values: values.astype("<f2").view("<u2")},
    ("F64", "F16"): {"rounded": lambda values: values.astype("<f2").view("<u2")},
    ("BF16", "F16"): {"rounded": lambda values: values.astype("<f2").view("<u2")},
    ("F64", "F32"): {"rounded": lambda values: values.astype("<f4").view("<u4")},
    ("F16", "F32"): {"exact": lambda values: values.astype("<f4").view("<u4")},
    ("BF16", "F32"): {"exact": lambda values: values.astype("<f4").view("<u4")},
    ("F32", "F64"): {"exact": lambda values: values.astype("<f8").view("<u8")},
    ("F16", "F64"): {"exact": lambda values: values.astype("<f8").view("<u8")},
    ("BF16", "F64"): {"exact": lambda values: values.astype("<f8").view("<u8")},
}
_WIDTH = {"BF16": "<u2", "F16": "<u2", "F32": "<u4", "F64": "<u8"}


class CastCheck:
    """Whether one tensor is, element by element, a cast of the other, and in which way."""

    def __init__(self, before: str, after: str) -> None:
        self._after = after
        self._ways = dict(_CASTS.get((before, after), {}))

    def see(self, before: Floats, raw_after: memoryview) -> None:
        """Drop every way of casting that does not give the bytes in `raw_after`."""
        if not self._ways:
            return
        bits = np.frombuffer(raw_after, _WIDTH[self._after])
        with np.errstate(over="ignore", invalid="ignore"):
            self._ways = {way: cast for way, cast in self._ways.items() if np.array_equal(cast(before), bits)}

    @property
    def way(self) -> str:
        """'exact', 'rounded' or 'cut off' if every element seen fits; empty if it is no cast."""
        return next(iter(self._ways), "")


@dataclass(slots=True)
class Sums:
    """What the differences of two lists of values add up to."""

    elements: int = 0
    changed: int = 0
    largest: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    product: float = 0.0
    before: float = 0.0
    after: float = 0.0
    strange: int = 0
    """Pairs with a value that is no finite number, left out of the sums."""

    def add(self, before: Floats, after: Floats) -> None:
        """A block of values of equal length."""
        if before.dtype != after.dtype:
            self.add(before.astype(np.float64), after.astype(np.float64))
            return
        self.elements += len(before)
        with np.errstate(invalid="ignore", over="ignore"):
            difference: Floats = after - before
            squares, own = float(np.dot(difference, difference)), float(np.dot(before, before))
        if not math.isfinite(squares + own):
            before, after, difference = self._finite(before, after)
            squares, own = float(np.dot(difference, difference)), float(np.dot(before, before))
        if not len(difference):
            return
        self.changed += int(np.count_nonzero(before != after))
        # after = before + difference, so one product more is enough for both norms and the cosine.
        mixed = float(np.dot(before, difference))
        self.before += own
        self.product += own + mixed
        self.after += own + 2 * mixed + squares
        self.squares += squares
        np.abs(difference, out=difference)
        self.largest = max(self.largest, float(difference.max()))
        self.total += float(difference.sum())

    def _finite(self, before: Floats, after: Floats) -> tuple[Floats, Floats, Floats]:
        kept = np.isfinite(before) & np.isfinite(after)
        outside = ~kept
        same = np.array_equal(before[outside], after[outside], equal_nan=True)
        self.strange += int(outside.sum())
        self.changed += 0 if same else int(outside.sum())
        one: Floats = before[kept].astype(np.float64)
        other: Floats = after[kept].astype(np.float64)
        return one, other, other - one
