"""GGUF: counts and lengths that C++ loaders believe, and chat templates that they render.

Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from scanners.errors import UnreadableInput
from scanners.model_scan.configuration import examine_document
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.templates import examine_template, looks_like_template

_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_STRING, _ARRAY = 8, 9
_MAX_PAIRS = 1 << 16
_MAX_TENSORS = 1 << 20
_MAX_NAME = 64  # GGML_MAX_NAME
_MAX_KEY = 1 << 16
_MAX_TEMPLATE = 4 << 20
# Bytes of a block and elements in it, by ggml type.
_BLOCKS = {
    0: (4, 1),
    1: (2, 1),
    2: (18, 32),
    3: (20, 32),
    6: (22, 32),
    7: (24, 32),
    8: (34, 32),
    9: (40, 32),
    10: (84, 256),
    11: (110, 256),
    12: (144, 256),
    13: (176, 256),
    14: (210, 256),
    15: (292, 256),
    16: (66, 256),
    17: (74, 256),
    18: (98, 256),
    19: (50, 256),
    20: (18, 32),
    21: (110, 256),
    22: (82, 256),
    23: (136, 256),
    24: (1, 1),
    25: (2, 1),
    26: (4, 1),
    27: (8, 1),
    28: (8, 1),
    29: (56, 256),
    30: (2, 1),
    34: (54, 256),
    35: (66, 256),
    39: (17, 32),
}


@dataclass(slots=True)
class _Cursor:
    data: memoryview
    order: str
    position: int = 0
    wide: bool = True

    def number(self, code: str) -> int:
        size = struct.calcsize(code)
        if self.position + size > len(self.data):
            raise UnreadableInput("the GGUF file is cut off")
        value: int = struct.unpack_from(self.order + code, self.data, self.position)[0]
        self.position += size
        return value

    def count(self) -> int:
        return self.number("Q" if self.wide else "I")

    def text(self, limit: int) -> bytes:
        length = self.count()
        if length > len(self.data) - self.position or length > limit:
            raise UnreadableInput(f"a text of {length} bytes")
        start = self.position
        self.position += length
        return bytes(self.data[start : self.position])

    def skip(self, length: int) -> None:
        if length > len(self.data) - self.position:
            raise UnreadableInput(f"{length} bytes are declared where {len(self.data) - self.position} are left")
        self.position += length


def read_gguf(part: Part, scan: Examiner) -> None:
    """Examine a GGUF file: every count, every key, every tensor's place, every template."""
    scan.ledger.count("gguf files")
    try:
        _read(part, scan)
    except UnreadableInput as error:
        scan.ledger.find("model.gguf.structure", part.path, error.message)
        scan.ledger.skip(part.path, f"the GGUF file cannot be read to its end: {error.message}")


def _read(part: Part, scan: Examiner) -> None:
    data = part.data
    little = struct.unpack_from("<I", data, 4)[0] if len(data) >= 8 else 0
    order = "<" if part.head(4) == b"GGUF" and little & 0xFFFF else ">"
    cursor = _Cursor(data, order, 4)
    version = cursor.number("I")
    if version not in (1, 2, 3):
        raise UnreadableInput(f"version {version}")
    cursor.wide = version > 1
    tensors, pairs = cursor.count(), cursor.count()
    if pairs > _MAX_PAIRS or tensors > _MAX_TENSORS or pairs * 13 + tensors * 25 > len(data):
        raise UnreadableInput(f"{tensors} tensors and {pairs} keys in a file of {len(data)} bytes")
    seen: set[bytes] = set()
    alignment = 32
    for _ in range(pairs):
        key = cursor.text(_MAX_KEY)
        if key in seen:
            scan.ledger.find("model.gguf.structure", part.path, f"the key {key[:80]!r} occurs twice")
        seen.add(key)
        value = _value(cursor, key.decode("utf-8", "replace"), part, scan, 0)
        if key == b"general.alignment":
            if not isinstance(value, int) or value == 0 or value & (value - 1) or value > 1 << 20:
                raise UnreadableInput(f"an alignment of {value!r}")
            alignment = value
    _tensors(cursor, tensors, alignment, part, scan)


def _value(cursor: _Cursor, key: str, part: Part, scan: Examiner, depth: int) -> int | None:
    kind = cursor.number("I")
    if kind in _SCALARS:
        start = cursor.position
        cursor.skip(_SCALARS[kind])
        if kind in (4, 5):
            return int(struct.unpack_from(cursor.order + "I", cursor.data, start)[0])
        return None
    if kind == _STRING:
        limit = _MAX_TEMPLATE if "template" in key else 1 << 26
        text = cursor.text(limit).decode("utf-8", "replace")
        if "template" in key or looks_like_template(text):
            examine_template(text, part, scan, key)
        else:
            examine_document({key: text}, part, scan)
        return None
    if kind == _ARRAY:
        _array(cursor, key, part, scan, depth)
        return None
    raise UnreadableInput(f"the key {key[:80]} has the unknown type {kind}")


def _array(cursor: _Cursor, key: str, part: Part, scan: Examiner, depth: int) -> None:
    if depth > 4:
        raise UnreadableInput("arrays are nested too deeply")
    kind, count = cursor.number("I"), cursor.count()
    if kind in _SCALARS:
        cursor.skip(count * _SCALARS[kind])
    elif kind == _STRING:
        if count * (8 if cursor.wide else 4) > len(cursor.data) - cursor.position:
            raise UnreadableInput(f"an array of {count} texts")
        templates = "template" in key
        for _ in range(count):
            text = cursor.text(_MAX_TEMPLATE)
            if templates:
                examine_template(text.decode("utf-8", "replace"), part, scan, key)
    elif kind == _ARRAY:
        if count * 12 > len(cursor.data) - cursor.position:
            raise UnreadableInput(f"an array of {count} arrays")
        for _ in range(count):
            _array(cursor, key, part, scan, depth + 1)
    else:
        raise UnreadableInput(f"an array of the unknown type {kind}")


def _tensors(cursor: _Cursor, count: int, alignment: int, part: Part, scan: Examiner) -> None:
    ledger = scan.ledger
    spans: list[tuple[int, int, str]] = []
    names: set[bytes] = set()
    for _ in range(count):
        name = cursor.text(_MAX_KEY)
        shown = name[:80].decode("utf-8", "replace")
        if len(name) >= _MAX_NAME or name in names:
            ledger.find("model.gguf.structure", part.path, f"the tensor name {shown} is too long or occurs twice")
        names.add(name)
        dimensions = cursor.number("I")
        if dimensions > 4:
            raise UnreadableInput(f"the tensor {shown} has {dimensions} dimensions")
        elements = 1
        for _ in range(dimensions):
            elements *= cursor.count()
        kind, offset = cursor.number("I"), cursor.number("Q")
        if elements >= 1 << 62:
            raise UnreadableInput(f"the size of the tensor {shown} overflows")
        if kind not in _BLOCKS:
            ledger.find("model.gguf.structure", part.path, f"the tensor {shown} has the unknown type {kind}")
            ledger.skip(f"{part.path}: {shown}", f"a tensor of the unknown type {kind}")
            continue
        size, block = _BLOCKS[kind]
        if offset % alignment:
            ledger.find("model.gguf.structure", part.path, f"the tensor {shown} is not aligned")
        spans.append((offset, offset + elements // block * size, shown))
    start = (cursor.position + alignment - 1) // alignment * alignment
    room = len(cursor.data) - start
    position = 0
    for begin, end, shown in sorted(spans):
        if end > max(room, 0):
            ledger.find("model.gguf.structure", part.path, f"the tensor {shown} reaches past the end of the file")
        if begin < position:
            ledger.find("model.gguf.structure", part.path, f"the tensor {shown} overlaps the one before it")
        position = max(position, end)
    ledger.count("tensors", len(spans))
    padding = part.data[cursor.position : start]
    if any(padding):
        scan.examine(part.inside("<between header and tensors>", padding))
    rest = part.data[min(start + position, len(part.data)) :]
    if len(rest) > alignment and any(rest[: 1 << 16]):
        scan.examine(part.inside("<after the last tensor>", rest))
