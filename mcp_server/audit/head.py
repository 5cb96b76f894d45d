"""The high-water mark: the newest checkpoint that was acknowledged, remembered beside the log.

Two slots are written in turn, so that a torn write leaves the other one whole. Recovery never cuts below it.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

NAME = "head"
_SLOT = struct.Struct("<8sQQ32sI")
_MAGIC = b"YUMHEAD1"
_STRIDE = 512


@dataclass(frozen=True, slots=True)
class Head:
    """Tree size and root of an acknowledged checkpoint; `turn` grows by one with each write."""

    turn: int
    size: int
    root: bytes


def _encode(head: Head) -> bytes:
    bare = _SLOT.pack(_MAGIC, head.turn, head.size, head.root, 0)
    return bare[:-4] + struct.pack("<I", crc32(bare[:-4]))


def _decode(data: bytes) -> Head | None:
    if len(data) < _SLOT.size:
        return None
    magic, turn, size, root, checksum = _SLOT.unpack_from(data)
    if magic != _MAGIC or crc32(data[: _SLOT.size - 4]) != checksum:
        return None
    return Head(turn, size, root)


def read_head(path: Path) -> Head | None:
    """The newest whole slot; None when there is no head file. Raises ValueError when no slot is whole."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    slots = [head for at in (0, _STRIDE) if (head := _decode(data[at : at + _SLOT.size]))]
    if not slots:
        raise ValueError("no slot of the head file is whole")
    return max(slots, key=lambda head: head.turn)


class HeadFile:
    """The one writer of the head file."""

    def __init__(self, path: Path) -> None:
        self._turn = 0
        if path.exists():
            newest = read_head(path)
            self._turn = newest.turn if newest else 0
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def remember(self, size: int, root: bytes) -> None:
        """Survives a killed process at once, and a power cut after `sync`."""
        self._turn += 1
        os.pwrite(self._fd, _encode(Head(self._turn, size, root)), (self._turn & 1) * _STRIDE)

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def close(self) -> None:
        os.close(self._fd)
