"""MessagePack (Flax, spaCy, Paddle's exporters): plain data, unless a decoder of NumPy arrays finds pickled objects in it.

Format: github.com/msgpack/msgpack/blob/master/spec.md. Walked over, not built: only map keys and short values are kept.
"""

from __future__ import annotations

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_stream import search_hidden

MAX_DEPTH = 200
MAX_VALUES = 20_000_000
_ARRAY_TYPES = range(-1, 4)
"""Ext types that decoders give a plain meaning: -1 a time, and Flax's 1 an array, 2 a complex number, 3 a scalar."""
_LEAST = 8
"""A file shorter than this is MessagePack by chance."""
_SHORT = 64
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXT_FIXED = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_EXT_SIZED = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_NUMBERS = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}


def looks_like_msgpack(data: memoryview) -> bool:
    """Whether a file is one map or array of MessagePack from its first byte to its last."""
    if len(data) < _LEAST or not (0x80 <= data[0] <= 0x9F or data[0] in _ARRAYS or data[0] in _MAPS):
        return False
    try:
        return _Walk(data).value()[1] == len(data)
    except (UnreadableInput, LimitReached):
        return False


def _is_array(content: memoryview) -> bool:
    """Whether the content of an ext type is one array of MessagePack: shape, type and numbers, or the parts of a number."""
    try:
        return bool(content) and 0x90 <= content[0] <= 0x9F and _Walk(content).value()[1] == len(content)
    except (UnreadableInput, LimitReached):
        return False


def read_msgpack(part: Part, scan: Examiner) -> None:
    """Examine a MessagePack file."""
    scan.ledger.count("msgpack files")
    walk = _Walk(part.data)
    walk.value()
    for kind in sorted(walk.ext_types - set(_ARRAY_TYPES)):
        scan.ledger.skip(part.path, f"values of the application's own type {kind}")
    if not all(_is_array(part.data[start:end]) for start, end in walk.arrays):
        scan.ledger.skip(part.path, "an array that is not written as Flax writes it")
        search_hidden(part, scan, 0, len(part.data))
    for start, end in walk.pickles:
        scan.ledger.find(
            "model.pickle.hidden_payload",
            part.path,
            "an array of objects, which msgpack-numpy unpickles",
            offset=start,
        )
        scan.examine(part.inside("<array of objects>", part.data[start:end]))


class _Walk:
    """Goes over all values once; keeps which ext types there are, and where arrays of objects have their pickles."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.position = 0
        self.values = 0
        self.ext_types: set[int] = set()
        self.arrays: list[tuple[int, int]] = []
        """Content of Flax's own types."""
        self.pickles: list[tuple[int, int]] = []

    def value(self, depth: int = 0) -> tuple[int, int]:
        """Walk one value; the span of its content. Raises UnreadableInput and LimitReached."""
        self.values += 1
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise LimitReached("the MessagePack is nested too deeply or holds too many values")
        code = self._number(1)
        start = self.position
        if 0x80 <= code <= 0x8F or code in _MAPS:
            self._map(code & 15 if code <= 0x8F else self._number(_MAPS[code]), depth)
        elif 0x90 <= code <= 0x9F or code in _ARRAYS:
            for _ in range(code & 15 if code <= 0x9F else self._number(_ARRAYS[code])):
                self.value(depth + 1)
        elif code in _EXT_FIXED or code in _EXT_SIZED:
            length = _EXT_FIXED.get(code) or self._number(_EXT_SIZED[code])
            kind = self._number(1)
            self.ext_types.add(kind - 256 if kind > 127 else kind)
            start = self._over(length)
            if 0 < kind <= 3:
                self.arrays.append((start, self.position))
        elif 0xA0 <= code <= 0xBF or code in _SIZED:
            start = self._over(code & 31 if code <= 0xBF else self._number(_SIZED[code]))
        elif code in _NUMBERS:
            self._over(_NUMBERS[code])
        elif code == 0xC1:
            raise UnreadableInput("a MessagePack value has no known type")
        return start, self.position

    def _map(self, count: int, depth: int) -> None:
        entries: dict[bytes, tuple[int, int]] = {}
        for _ in range(count):
            start, end = self.value(depth + 1)
            found = self.value(depth + 1)
            if end - start <= _SHORT:
                entries[bytes(self.data[start:end])] = found
        kind, content = entries.get(b"kind"), entries.get(b"data")
        if b"nd" in entries and kind and content and bytes(self.data[slice(*kind)][:_SHORT]) == b"O":
            self.pickles.append(content)

    def _number(self, size: int) -> int:
        start = self._over(size)
        return int.from_bytes(self.data[start : self.position], "big")

    def _over(self, length: int) -> int:
        """Step over `length` bytes; where they began."""
        start = self.position
        if start + length > len(self.data):
            raise UnreadableInput("the MessagePack is cut off")
        self.position += length
        return start
