"""GGUF versions 2 and 3. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from scanners.model_files.reading import SteadyFile
from scanners.model_files.weights.tensors import MAX_RANK, Tensor, broken, checked

MAX_HEADER = 512 << 20
"""Bytes of metadata: a vocabulary of a million entries takes some tens of MiB."""
MAX_ENTRIES = 1 << 16
"""Tensors, and entries of metadata: both some thousands in the largest models."""

_STRING, _ARRAY, _U32 = 8, 9, 4
_SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

# Type number: name, elements of a block, bytes of a block (ggml.h, ggml-common.h).
_TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}  # fmt: skip


def read_gguf(path: Path, file: SteadyFile) -> Iterator[Tensor]:
    """The tensors of one file. Raises UnreadableInput for whatever the format does not allow."""
    head = _Reader(path, file)
    if head.take(4) != b"GGUF" or head.number("<I") not in (2, 3):
        raise broken(path, "is not a little-endian GGUF file of version 2 or 3")
    count, entries = head.number("<Q"), head.number("<Q")
    if count > MAX_ENTRIES or entries > MAX_ENTRIES:
        raise broken(path, "claims more entries than any model has")
    alignment = 32
    for _ in range(entries):
        key, kind = head.string(), head.number("<I")
        if key == "general.alignment" and kind == _U32:
            alignment = head.number("<I")
        else:
            head.skip_value(kind)
    if not 0 < alignment <= 1 << 20 or alignment & (alignment - 1):
        raise broken(path, "has an alignment that is not a power of two")
    found = [_description(path, head) for _ in range(count)]
    begin = -(-head.position // alignment) * alignment
    for name, kind, shape, offset in found:
        dtype, elements, width = _TYPES.get(kind, ("", 1, 0))
        if not dtype:
            raise broken(path, f"holds the tensor {name[:200]!r} of the unknown type {kind}")
        tensor = Tensor(name, dtype, shape, path, begin + offset, 0)
        if tensor.elements % elements:
            raise broken(path, f"cuts a block of the tensor {name[:200]!r}")
        length = tensor.elements // elements * width
        yield checked(Tensor(name, dtype, shape, path, begin + offset, length), file.size)


def _description(path: Path, head: _Reader) -> tuple[str, int, tuple[int, ...], int]:
    name, rank = head.string(), head.number("<I")
    if rank > MAX_RANK:
        raise broken(path, f"gives the tensor {name[:200]!r} an impossible shape")
    # GGUF writes the fastest-running dimension first.
    shape = tuple(reversed([head.number("<Q") for _ in range(rank)]))
    return name, head.number("<I"), shape, head.number("<Q")


class _Reader:
    """Reads a header front to back, never past the file or the limit."""

    def __init__(self, path: Path, file: SteadyFile) -> None:
        self._path = path
        self._file = file
        self._buffer = b""
        self._start = 0
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > min(self._file.size, MAX_HEADER):
            raise broken(self._path, "ends in the middle of its header, or has one without an end")
        if end > self._start + len(self._buffer):
            stop = min(max(end, self.position + (1 << 20)), self._file.size)
            with self._file.piece(self.position, stop) as piece:
                self._buffer, self._start = bytes(piece), self.position
        found = self._buffer[self.position - self._start : end - self._start]
        self.position = end
        return found

    def number(self, layout: str) -> int:
        return int(struct.unpack(layout, self.take(struct.calcsize(layout)))[0])

    def string(self) -> str:
        try:
            return self.take(self.number("<Q")).decode()
        except UnicodeDecodeError:
            raise broken(self._path, "has a name in its header that is not UTF-8") from None

    def skip(self, count: int) -> None:
        if self.position + count > min(self._file.size, MAX_HEADER):
            raise broken(self._path, "ends in the middle of its header, or has one without an end")
        self.position += count
        if self.position > self._start + len(self._buffer):
            self._buffer, self._start = b"", self.position

    def skip_value(self, kind: int, depth: int = 0) -> None:
        if kind in _SCALAR_BYTES:
            self.skip(_SCALAR_BYTES[kind])
        elif kind == _STRING:
            self.skip(self.number("<Q"))
        elif kind == _ARRAY and depth < 4:
            inner, count = self.number("<I"), self.number("<Q")
            if inner in _SCALAR_BYTES:
                self.skip(_SCALAR_BYTES[inner] * count)
                return
            if count > self._file.size:
                raise broken(self._path, "claims an array longer than the file")
            for _ in range(count):
                self.skip_value(inner, depth + 1)
        else:
            raise broken(self._path, f"has a value of the unknown kind {kind} in its header")
