"""TFLite: a flatbuffer whose offsets must stay inside, and the operators that are not its own.

Format: tensorflow/lite/schema/schema.fbs; flatbuffers.dev/internals.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from scanners.model_scan.operators import DANGEROUS_OPERATORS, file_names, is_tensorflow_operator
from scanners.model_scan.parts import Examiner, Part

_KNOWN_CUSTOM = frozenset(
    (
        "TFLite_Detection_PostProcess",
        "Convolution2DTransposeBias",
        "MaxPoolingWithArgmax2D",
        "MaxUnpooling2D",
        "edgetpu-custom-op",
    )
)
_MAX_ITEMS = 1_000_000


def read_tflite(part: Part, scan: Examiner) -> None:
    """Examine a TFLite model."""
    ledger, data = scan.ledger, part.data
    ledger.count("tflite models")
    try:
        root = _uint(data, 0)
        operators = 0
        for table in _tables(data, root, 1):
            operators += 1
            name = _text(data, table, 1)
            if name:
                _judge(name, part, scan)
        for table in _tables(data, root, 4):
            offset, size = _scalar(data, table, 1, "<Q", 0), _scalar(data, table, 2, "<Q", 0)
            if offset > 1 and offset + size > len(data):
                ledger.find("model.tflite.structure", part.path, f"a buffer at {offset} of {size} bytes")
        graphs = sum(1 for _ in _tables(data, root, 2))
        ledger.count("tflite graphs", graphs)
        if not graphs and not operators:
            ledger.skip(part.path, "a TFLite file without graph and operators")
    except (struct.error, IndexError, ValueError):
        ledger.find("model.tflite.structure", part.path, "an offset leads outside the file")
        ledger.skip(part.path, "the TFLite file contradicts itself")


def _judge(name: str, part: Part, scan: Examiner) -> None:
    if name.startswith("Flex"):
        if name[4:] in DANGEROUS_OPERATORS:
            scan.ledger.find("model.tflite.operator", part.path, name)
        elif is_tensorflow_operator(name[4:]) and not file_names(name[4:]):
            scan.ledger.count("tensorflow operators")
        else:
            scan.ledger.find("model.tflite.custom_operator", part.path, name)
            scan.ledger.skip(f"{part.path}: {name}", "an operator that is not on the allow-list")
    elif name not in _KNOWN_CUSTOM:
        scan.ledger.find("model.tflite.custom_operator", part.path, name)
        scan.ledger.skip(f"{part.path}: {name}", "a custom operator")


def _uint(data: memoryview, position: int) -> int:
    if position < 0:
        raise ValueError("negative offset")
    return int(struct.unpack_from("<I", data, position)[0])


def _field(data: memoryview, table: int, index: int) -> int | None:
    vtable = table - struct.unpack_from("<i", data, table)[0]
    if vtable < 0:
        raise ValueError("negative offset")
    size = struct.unpack_from("<H", data, vtable)[0]
    if 4 + index * 2 >= size:
        return None
    offset = struct.unpack_from("<H", data, vtable + 4 + index * 2)[0]
    return table + offset if offset else None


def _scalar(data: memoryview, table: int, index: int, code: str, default: int) -> int:
    position = _field(data, table, index)
    return default if position is None else int(struct.unpack_from(code, data, position)[0])


def _tables(data: memoryview, table: int, index: int) -> Iterator[int]:
    position = _field(data, table, index)
    if position is None:
        return
    vector = position + _uint(data, position)
    count = _uint(data, vector)
    if count > _MAX_ITEMS or vector + 4 + count * 4 > len(data):
        raise ValueError("a vector is too long")
    for number in range(count):
        entry = vector + 4 + number * 4
        yield entry + _uint(data, entry)


def _text(data: memoryview, table: int, index: int) -> str:
    position = _field(data, table, index)
    if position is None:
        return ""
    start = position + _uint(data, position)
    length = _uint(data, start)
    if start + 4 + length > len(data):
        raise ValueError("a text is too long")
    return bytes(data[start + 4 : start + 4 + min(length, 4096)]).decode("utf-8", "replace")
