"""CBOR of hostile origin (RFC 8949), as much of it as signed envelopes need: bounded, and with one meaning only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scanners.signatures.strict_json import MalformedDocument

MAX_DEPTH = 16
MAX_ITEMS = 10_000
_CONSTANTS = {20: False, 21: True, 22: None}


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a number that says what it is (§3.4)."""

    tag: int
    value: Any


def parse(raw: bytes) -> Any:
    """The one value in `raw`: int, bytes, str, list, dict, bool, None or Tagged.

    Raises MalformedDocument, also for what may be written in two ways or read in two: lengths that are left open, a key
    twice, numbers with a point, bytes behind the end.
    """
    reader = _Reader(raw)
    value = reader.value(0)
    if reader.at != len(raw):
        raise MalformedDocument("something follows the CBOR value")
    return value


def encode_head(kind: int, number: int) -> bytes:
    """The first bytes of a value of a major type, in their shortest form (§4.2.1)."""
    if number < 24:
        return bytes((kind << 5 | number,))
    size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
    return bytes((kind << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size],)) + number.to_bytes(size)


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._items = 0
        self.at = 0

    def value(self, depth: int) -> Any:
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            raise MalformedDocument("the CBOR value is nested too deeply, or too large")
        head = self._take(1)[0]
        kind, number = head >> 5, self._number(head & 31)
        if kind == 0:
            return number
        if kind == 1:
            return -1 - number
        if kind == 2:
            return self._take(number)
        if kind == 3:
            try:
                return self._take(number).decode("utf-8")
            except UnicodeDecodeError:
                raise MalformedDocument("a text in the CBOR value is not UTF-8") from None
        if kind == 4:
            return [self.value(depth + 1) for _ in range(self._count(number))]
        if kind == 5:
            return self._map(number, depth)
        if kind == 6:
            return Tagged(number, self.value(depth + 1))
        if head in (0xF4, 0xF5, 0xF6):
            return _CONSTANTS[number]
        raise MalformedDocument("the CBOR value holds a kind that is not read")

    def _map(self, pairs: int, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for _ in range(self._count(pairs)):
            key = self.value(depth + 1)
            if not isinstance(key, int | str) or isinstance(key, bool) or key in found:
                raise MalformedDocument("a map in the CBOR value has a key twice, or a strange one")
            found[key] = self.value(depth + 1)
        return found

    def _number(self, short: int) -> int:
        if short < 24:
            return short
        if short > 27:
            raise MalformedDocument("the CBOR value leaves a length open")
        return int.from_bytes(self._take(1 << (short - 24)))

    def _count(self, number: int) -> int:
        if number > MAX_ITEMS:
            raise MalformedDocument("the CBOR value is too large")
        return number

    def _take(self, size: int) -> bytes:
        if size > len(self._raw) - self.at:
            raise MalformedDocument("the CBOR value is cut off")
        self.at += size
        return self._raw[self.at - size : self.at]
