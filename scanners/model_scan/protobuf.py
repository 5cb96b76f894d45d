"""Protobuf on the wire: fields and values without any schema, and which kind of model a message looks like.

Format: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanners.errors import UnreadableInput

MAX_FIELDS = 5_000_000


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, and its value as an integer (varint, fixed) or as a view of its bytes."""

    number: int
    wire: int
    value: int
    body: memoryview
    offset: int

    @property
    def text(self) -> str:
        return bytes(self.body).decode("utf-8", "replace")


_EMPTY = memoryview(b"")


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a message in order. Raises UnreadableInput where the bytes stop being protobuf."""
    position, end = 0, len(message)
    for _ in range(MAX_FIELDS):
        if position >= end:
            return
        start = position
        key, position = _varint(message, position)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise UnreadableInput("a protobuf field has number 0")
        if wire == 0:
            value, position = _varint(message, position)
            yield Field(number, wire, value, _EMPTY, start)
        elif wire == 2:
            length, position = _varint(message, position)
            if position + length > end:
                raise UnreadableInput("a protobuf field reaches past its message")
            yield Field(number, wire, length, message[position : position + length], start)
            position += length
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            if position + size > end:
                raise UnreadableInput("a protobuf field is cut off")
            yield Field(number, wire, int.from_bytes(message[position : position + size], "little"), _EMPTY, start)
            position += size
        elif wire in (3, 4):
            yield Field(number, wire, 0, _EMPTY, start)
        else:
            raise UnreadableInput("a protobuf field has no known wire type")
    raise UnreadableInput("the protobuf message has too many fields")


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(message) or shift > 63:
            raise UnreadableInput("a protobuf number is cut off")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def guess_model(data: memoryview, extension: str) -> str | None:
    """'onnx', 'savedmodel', 'graphdef', 'coreml' or 'sentencepiece' for a message that has the shape of one; else None."""
    try:
        seen = [(field.number, field.wire, bytes(field.body[:64])) for field in fields(data)]
    except UnreadableInput:
        return {".onnx": "onnx", ".pb": "savedmodel", ".mlmodel": "coreml"}.get(extension)
    numbers = {(number, wire) for number, wire, _ in seen}
    if extension == ".onnx" or ((7, 2) in numbers and (1, 0) in numbers and numbers <= _ONNX_FIELDS):
        return "onnx"
    if extension == ".mlmodel":
        return "coreml"
    if numbers <= {(1, 0), (2, 2)} and (2, 2) in numbers:
        return "savedmodel" if extension != ".mlmodel" else "coreml"
    if _is_sentencepiece(data, numbers):
        return "sentencepiece"
    if extension == ".meta" and (2, 2) in numbers:
        return "savedmodel"  # a checkpoint's MetaGraphDef
    if extension == ".pb":
        return "graphdef"
    if numbers <= {(1, 2), (2, 2), (3, 0), (4, 2)} and (1, 2) in numbers and _is_node(seen):
        return "graphdef"
    if (1, 0) in numbers and (2, 2) in numbers and any(wire == 2 and number >= 200 for number, wire in numbers):
        return "coreml"
    return None


_ONNX_FIELDS = {(1, 0), (2, 2), (3, 2), (4, 2), (5, 0), (6, 2), (7, 2), (8, 2), (14, 2), (20, 2), (25, 2), (26, 2)}


def _is_sentencepiece(data: memoryview, numbers: set[tuple[int, int]]) -> bool:
    """sentencepiece_model.proto: pieces of a text, a score and a type, then what it was trained and is normalised with."""
    if not ({(1, 2), (3, 2)} <= numbers <= {(number, 2) for number in range(1, 6)}):
        return False
    return all(
        {(inner.number, inner.wire) for inner in fields(piece.body)} <= {(1, 2), (2, 5), (3, 0)}
        for piece in fields(data)
        if piece.number == 1
    )


def _is_node(seen: list[tuple[int, int, bytes]]) -> bool:
    first = next((body for number, wire, body in seen if number == 1 and wire == 2), b"")
    return first[:1] == b"\x0a" and len(first) > 4
