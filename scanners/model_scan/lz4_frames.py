"""LZ4 frames, as joblib writes them: decoded in Python, for small streams only.

Format: lz4_Frame_format.md and lz4_Block_format.md of the LZ4 project.
"""

from __future__ import annotations

import struct

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.parts import Examiner, Part

MAX_UNPACKED = 64 << 20


def read_lz4(part: Part, scan: Examiner) -> None:
    """Examine what an LZ4 frame holds."""
    scan.ledger.count("compressed streams")
    content = unpack_frame(part.data)
    scan.ledger.budget.spend_expanded(len(content))
    scan.examine(part.inside(part.name.removesuffix(".lz4").rpartition("/")[2] or "content", content))


def unpack_frame(data: memoryview) -> bytes:
    """The content of the first frame. Raises UnreadableInput, LimitReached (past MAX_UNPACKED)."""
    flags = data[4]
    position = 6 + (8 if flags & 0x08 else 0) + (4 if flags & 0x01 else 0) + 1
    out = bytearray()
    while True:
        if position + 4 > len(data):
            raise UnreadableInput("the LZ4 frame is cut off")
        size = struct.unpack_from("<I", data, position)[0]
        position += 4
        if size == 0:
            return bytes(out)
        stored, size = bool(size >> 31), size & 0x7FFFFFFF
        block = bytes(data[position : position + size])
        if len(block) != size:
            raise UnreadableInput("the LZ4 frame is cut off")
        position += size + (4 if flags & 0x10 else 0)
        if stored:
            out += block
        else:
            _unpack_block(block, out)
        if len(out) > MAX_UNPACKED:
            raise LimitReached(f"an LZ4 stream of more than {MAX_UNPACKED >> 20} MiB")


def _unpack_block(block: bytes, out: bytearray) -> None:
    position = 0
    while position < len(block):
        token = block[position]
        position += 1
        length, position = _length(token >> 4, block, position)
        out += block[position : position + length]
        position += length
        if position >= len(block):
            return
        distance = block[position] | block[position + 1] << 8
        position += 2
        length, position = _length(token & 15, block, position)
        length += 4
        start = len(out) - distance
        if distance == 0 or start < 0 or len(out) + length > MAX_UNPACKED + (1 << 23):
            raise UnreadableInput("the LZ4 block is damaged")
        piece = bytes(out[start : start + length])
        while len(piece) < length:
            piece += piece[: length - len(piece)]
        out += piece


def _length(short: int, block: bytes, position: int) -> tuple[int, int]:
    if short < 15:
        return short, position
    while True:
        more = block[position]
        position += 1
        short += more
        if more < 255:
            return short, position
