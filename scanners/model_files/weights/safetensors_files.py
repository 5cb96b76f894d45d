"""safetensors: a JSON header with offsets, then the bytes. https://huggingface.co/docs/safetensors"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scanners.model_files.reading import SteadyFile
from scanners.model_files.weights.tensors import MAX_TENSORS, Tensor, broken, checked
from scanners.signatures.strict_json import MalformedDocument, parse

MAX_HEADER = 100_000_000
"""Bytes, the format's own limit."""


def read_safetensors(path: Path, file: SteadyFile) -> Iterator[Tensor]:
    """The tensors of one file. Raises UnreadableInput for whatever the format does not allow."""
    with file.piece(0, min(8, file.size)) as piece:
        length = int.from_bytes(piece, "little")
    if file.size < 8 or not 2 <= length <= min(MAX_HEADER, file.size - 8):
        raise broken(path, "has no safetensors header")
    with file.piece(8, 8 + length) as piece:
        raw = bytes(piece)
    try:
        header = parse(raw)
    except MalformedDocument as malformed:
        raise broken(path, f"has a safetensors header that is malformed: {malformed}") from None
    if not isinstance(header, dict) or len(header) > MAX_TENSORS:
        raise broken(path, "has a safetensors header that is not an object")
    begin = 8 + length
    for name, entry in header.items():
        if name != "__metadata__":
            yield checked(_tensor(path, name, entry, begin), file.size)


def _tensor(path: Path, name: str, entry: Any, begin: int) -> Tensor:
    try:
        dtype, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise broken(path, f"describes the tensor {name[:200]!r} incompletely") from None
    if not isinstance(dtype, str) or not isinstance(shape, list) or not all(map(_natural, [*shape, start, end])):
        raise broken(path, f"describes the tensor {name[:200]!r} with something else than numbers")
    return Tensor(name, dtype.replace("F8_E4M3FN", "F8_E4M3"), tuple(shape), path, begin + start, end - start)


def _natural(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
