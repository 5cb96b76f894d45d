"""What a checkpoint holds: tensors by name, and where their bytes lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from scanners.errors import UnreadableInput
from scanners.findings import Skipped

ELEMENT_BYTES: Mapping[str, int] = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "C64": 8,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}  # fmt: skip
"""Bytes of an element, for the types whose values can be read here. Others are compared byte by byte."""

MAX_TENSORS = 1_000_000
MAX_RANK = 32
MAX_ELEMENTS = 1 << 50


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: contiguous, row by row, little-endian."""

    name: str
    dtype: str
    """safetensors' word for the type (F32, BF16, …), or the format's own for packed ones (Q4_K, …)."""
    shape: tuple[int, ...]
    path: Path
    offset: int
    """Byte in the file where it starts."""
    bytes: int

    @property
    def elements(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tensors of a model, over all of its files."""

    tensors: Mapping[str, Tensor]
    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...] = ()
    """What lies in the files and is no tensor that can be compared."""


def broken(path: Path, why: str) -> UnreadableInput:
    """The error for a file that is not what its format says."""
    return UnreadableInput(f"{path.name!r} {why}", remedy="the file is damaged or of another format; fetch it again")


def checked(tensor: Tensor, size: int) -> Tensor:
    """`tensor`, if it lies inside a file of `size` bytes and its length is that of its shape. Raises UnreadableInput."""
    shape = tensor.shape
    if len(shape) > MAX_RANK or any(not 0 <= length <= MAX_ELEMENTS for length in shape):
        raise broken(tensor.path, f"gives the tensor {tensor.name[:200]!r} an impossible shape")
    if tensor.elements > MAX_ELEMENTS or tensor.offset < 0 or tensor.bytes < 0:
        raise broken(tensor.path, f"gives the tensor {tensor.name[:200]!r} an impossible size")
    if tensor.offset + tensor.bytes > size:
        raise broken(tensor.path, f"ends before the tensor {tensor.name[:200]!r} does")
    width = ELEMENT_BYTES.get(tensor.dtype)
    if width is not None and tensor.elements * width != tensor.bytes:
        raise broken(tensor.path, f"gives the tensor {tensor.name[:200]!r} a length that is not that of its shape")
    return tensor
