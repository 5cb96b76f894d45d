"""safetensors: a JSON header and raw tensors. Loaders trust its arithmetic, so it is checked exactly.

Format: github.com/huggingface/safetensors#format; the reference reader limits the header to 100 MB.
"""

from __future__ import annotations

import re
import struct

from scanners.errors import UnreadableInput
from scanners.model_scan.configuration import examine_document
from scanners.model_scan.documents import Document, parse_json
from scanners.model_scan.parts import Examiner, Part

MAX_HEADER = 100_000_000
_BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "I64": 64,
    "U64": 64,
    "F64": 64,
    "C64": 64,
    "C128": 128,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
}
_MARKUP = re.compile(r"<script[\s>]|javascript:", re.I)
_MAX_SIZE = 1 << 63


def read_safetensors(part: Part, scan: Examiner) -> None:
    """Examine a safetensors file: header, and where every tensor lies."""
    ledger, data = scan.ledger, part.data
    ledger.count("safetensors files")

    def broken(rule: str, evidence: str) -> None:
        ledger.find(rule, part.path, evidence)

    if len(data) < 8:
        broken("model.safetensors.header", f"a file of {len(data)} bytes")
        return
    length = struct.unpack_from("<Q", data)[0]
    if length > MAX_HEADER or length > len(data) - 8 or length < 2:
        broken("model.safetensors.header", f"a header of {length} bytes in a file of {len(data)}")
        return
    raw = bytes(data[8 : 8 + length])
    if raw[:1] != b"{":
        broken("model.safetensors.header", "the header does not begin with '{'")
    try:
        raw.decode("utf-8")
        header, repeated = parse_json(raw)
    except (UnicodeDecodeError, UnreadableInput):
        broken("model.safetensors.header", "the header is not JSON in UTF-8")
        return
    if not isinstance(header, dict):
        broken("model.safetensors.header", "the header is not an object")
        return
    for key in repeated:
        broken("model.safetensors.header", f"the key {key} occurs twice")
    metadata = header.get("__metadata__")
    if metadata is not None:
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            broken("model.safetensors.header", "__metadata__ is not a map of text to text")
        examine_document(metadata, part, scan)
        for key, value in metadata.items() if isinstance(metadata, dict) else ():
            if isinstance(value, str) and _MARKUP.search(value):
                ledger.find("model.config.code_string", part.path, f"{key}: {value[:160]}")
    spans = []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        span = _span(name, entry, part, scan)
        if span is not None:
            spans.append((*span, name))
    _check_layout(sorted(spans), len(data) - 8 - length, part, scan)
    ledger.count("tensors", len(spans))


def _span(name: str, entry: Document, part: Part, scan: Examiner) -> tuple[int, int] | None:
    ledger = scan.ledger
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        ledger.find("model.safetensors.header", part.path, f"{name}: the entry is incomplete")
        return None
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if set(entry) != {"dtype", "shape", "data_offsets"}:
        ledger.find(
            "model.safetensors.header",
            part.path,
            f"{name}: unknown keys {sorted(set(entry) - {'dtype', 'shape', 'data_offsets'})}",
        )
    if (
        not isinstance(shape, list)
        or not all(type(extent) is int and extent >= 0 for extent in shape)
        or len(shape) > 64
    ):
        ledger.find("model.safetensors.header", part.path, f"{name}: shape {str(shape)[:100]}")
        return None
    if (
        not isinstance(offsets, list)
        or len(offsets) != 2
        or not all(type(offset) is int and offset >= 0 for offset in offsets)
    ):
        ledger.find("model.safetensors.header", part.path, f"{name}: offsets {str(offsets)[:100]}")
        return None
    begin, end = (offset for offset in offsets if isinstance(offset, int))
    if not isinstance(dtype, str) or dtype not in _BITS:
        ledger.find("model.safetensors.header", part.path, f"{name}: dtype {str(dtype)[:60]}")
        ledger.skip(f"{part.path}: {name}", f"a tensor of unknown dtype {str(dtype)[:60]}")
        return begin, end
    bits = _BITS[dtype]
    for extent in shape:
        bits *= extent if isinstance(extent, int) else 0
    if bits >= _MAX_SIZE * 8:
        ledger.find("model.safetensors.layout", part.path, f"{name}: the size overflows 64 bits")
    elif bits % 8 or end - begin != bits // 8:
        ledger.find(
            "model.safetensors.layout", part.path, f"{name}: {end - begin} bytes for a shape that needs {bits / 8:g}"
        )
    return begin, end


def _check_layout(spans: list[tuple[int, int, str]], size: int, part: Part, scan: Examiner) -> None:
    position = 0
    for begin, end, name in spans:
        if end < begin or end > size:
            scan.ledger.find("model.safetensors.layout", part.path, f"{name}: bytes {begin} to {end} of {size}")
        elif begin < position:
            scan.ledger.find("model.safetensors.layout", part.path, f"{name} overlaps the tensor before it")
        elif begin > position:
            scan.ledger.find("model.safetensors.layout", part.path, f"a hole of {begin - position} bytes before {name}")
        position = max(position, end)
    if position < size:
        scan.ledger.find("model.safetensors.layout", part.path, f"{size - position} bytes after the last tensor")
        scan.examine(part.inside("<after the last tensor>", part.data[len(part.data) - (size - position) :]))
