"""NumPy's .npy and .npz. Arrays of objects are pickles: they are listed and not read."""

from __future__ import annotations

import ast
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from scanners.findings import Skipped
from scanners.model_files.reading import SteadyFile
from scanners.model_files.weights.archives import members
from scanners.model_files.weights.tensors import Tensor, broken, checked

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 64 << 10
_TYPES = {
    "f8": "F64", "f4": "F32", "f2": "F16", "c8": "C64", "b1": "BOOL",
    "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8", "u8": "U64", "u4": "U32", "u2": "U16", "u1": "U8",
}  # fmt: skip


def read_npy(path: Path, file: SteadyFile) -> Iterator[Tensor | Skipped]:
    """The one array of a .npy file, under the file's name without the ending."""
    yield _array(path, file, path.stem, 0, file.size)


def read_npz(path: Path, file: SteadyFile) -> Iterator[Tensor | Skipped]:
    """The arrays of a .npz file. Compressed ones are skipped: they cannot be read in place."""
    for member in members(path, file):
        if not member.name.endswith(".npy"):
            continue
        name = member.name.removesuffix(".npy")
        if member.method != zipfile.ZIP_STORED:
            yield Skipped(name, "the array is compressed; save it with numpy.savez to have it compared")
        else:
            yield _array(path, file, name, member.offset, member.offset + member.bytes)


def _array(path: Path, file: SteadyFile, name: str, start: int, end: int) -> Tensor | Skipped:
    with file.piece(start, min(start + 12, end)) as piece:
        head = bytes(piece)
    if len(head) < 10 or head[:6] != _MAGIC or head[6] not in (1, 2, 3):
        raise broken(path, f"holds {name[:200]!r}, which is not a NumPy array")
    layout, first = ("<H", 10) if head[6] == 1 else ("<I", 12)
    (length,) = struct.unpack(layout, head[8:first]) if len(head) >= first else (_MAX_HEADER + 1,)
    if length > _MAX_HEADER or start + first + length > end:
        raise broken(path, f"holds {name[:200]!r} with a header that does not fit")
    with file.piece(start + first, start + first + length) as piece:
        text = bytes(piece)
    order, shape, descr = _described(path, name, text)
    dtype = _TYPES.get(descr.lstrip("<|=")) if not descr.startswith(">") else None
    if dtype is None:
        return Skipped(name, f"arrays of the type {descr[:50]!r} are not compared")
    if order and len(shape) > 1:
        # The bytes run column by column: read as the transposed array they run row by row.
        shape = tuple(reversed(shape))
    begin = start + first + length
    return checked(Tensor(name, dtype, shape, path, begin, end - begin), end)


def _described(path: Path, name: str, text: bytes) -> tuple[bool, tuple[int, ...], str]:
    try:
        header = ast.literal_eval(text.decode("latin1"))
        order, shape, descr = header["fortran_order"], header["shape"], header["descr"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise broken(path, f"holds {name[:200]!r} with a header that is malformed") from None
    natural = isinstance(shape, tuple) and all(type(length) is int and length >= 0 for length in shape)
    if not natural or not isinstance(order, bool):
        raise broken(path, f"holds {name[:200]!r} with a header that is malformed")
    return order, shape, descr if isinstance(descr, str) else "record"
