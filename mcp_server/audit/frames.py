"""The bytes of a segment: length | crc32 | kind | payload, one frame after another.

The checksum finds accidents (torn writes, rotten sectors); the Merkle tree finds intent.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zlib import crc32

SEGMENT: Final = 1
"""First frame of every segment: where it continues from."""
RECORD: Final = 2
"""Canonical envelope of one record: a leaf of the tree."""
CONTENT: Final = 3
"""Sealed content of the record just before it; bound to it by digest, not itself a leaf."""
CHECKPOINT: Final = 4
"""Signed note over everything before it. Ends a commit."""

_KINDS: Final = frozenset((SEGMENT, RECORD, CONTENT, CHECKPOINT))
_HEADER: Final = struct.Struct("<IIB")
_CHECKED: Final = struct.Struct("<IB")
HEADER_SIZE: Final = _HEADER.size
MAX_PAYLOAD: Final = 16 << 20


class BadFrame(ValueError):
    """The bytes at `offset` are not a whole, intact frame."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"frame at byte {offset}: {reason}")
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Frame:
    """One intact frame; `offset` is where it starts, `end` where the next one does."""

    offset: int
    kind: int
    payload: bytes

    @property
    def end(self) -> int:
        return self.offset + HEADER_SIZE + len(self.payload)


def encode(kind: int, payload: bytes) -> bytes:
    """The frame's bytes. The checksum covers length, kind and payload, so a flip in any of them is seen."""
    length = len(payload)
    return _HEADER.pack(length, crc32(payload, crc32(_CHECKED.pack(length, kind))), kind) + payload


def encode_record(envelope: bytes, content: bytes | None) -> bytes:
    """The frame of a record, followed by that of its content if it has some."""
    record = encode(RECORD, envelope)
    return record if content is None else record + encode(CONTENT, content)


def decode(data: bytes | memoryview, offset: int) -> Frame:
    """The frame that starts at `offset`. Raises BadFrame."""
    left = len(data) - offset
    if left < HEADER_SIZE:
        raise BadFrame(offset, f"cut off inside its header, {left} of {HEADER_SIZE} bytes are there")
    length, checksum, kind = _HEADER.unpack_from(data, offset)
    if kind not in _KINDS or length > MAX_PAYLOAD:
        raise BadFrame(offset, "header is not that of a frame")
    start = offset + HEADER_SIZE
    if left - HEADER_SIZE < length:
        raise BadFrame(offset, f"cut off, {left - HEADER_SIZE} of {length} payload bytes are there")
    payload = bytes(data[start : start + length])
    if crc32(payload, crc32(_CHECKED.pack(length, kind))) != checksum:
        raise BadFrame(offset, "checksum does not match its bytes")
    return Frame(offset, kind, payload)


def scan(data: bytes | memoryview, offset: int = 0) -> Iterator[Frame]:
    """Every frame from `offset` to the end. Raises BadFrame at the first that is not intact."""
    end = len(data)
    while offset < end:
        frame = decode(data, offset)
        yield frame
        offset = frame.end
