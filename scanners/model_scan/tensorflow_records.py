"""TFRecord files (data sets, and the event files of TensorBoard): records with a length and two checksums, and nothing else.

Format: tensorflow.org/tutorials/load_data/tfrecord. The checksum is CRC-32C (RFC 3720 B.4), rotated and offset.
"""

from __future__ import annotations

from functools import cache

from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_stream import search_hidden

_FRAME = 16
"""Bytes of a record beside its content: length (8), checksum of the length (4), checksum of the content (4)."""
_MASK = 0xA282EAD8


def is_record_file(data: memoryview) -> bool:
    """Whether a file begins with a record: the length fits, and its checksum is right."""
    if len(data) < _FRAME:
        return False
    length = int.from_bytes(data[:8], "little")
    return length + _FRAME <= len(data) and _masked(bytes(data[:8])) == int.from_bytes(data[8:12], "little")


def read_records(part: Part, scan: Examiner) -> None:
    """The records hold data for a program to parse; what does not belong to one is not passed."""
    scan.ledger.count("record files")
    position, size = 0, len(part.data)
    while position < size:
        length = int.from_bytes(part.data[position : position + 8], "little")
        if position + _FRAME + length > size:
            scan.ledger.skip(part.path, f"{size - position} bytes that are no whole record")
            break
        position += _FRAME + length
    search_hidden(part, scan, 0, size)


def _masked(content: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in content:
        register = _table()[(register ^ byte) & 0xFF] ^ (register >> 8)
    sum_ = register ^ 0xFFFFFFFF
    return ((sum_ >> 15 | sum_ << 17) + _MASK) & 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)
