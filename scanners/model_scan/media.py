"""Pictures, sound and films beside a model: they hold what they show, if they end where their format says."""

from __future__ import annotations

from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_stream import search_hidden

_SEARCHED = 64 << 20
_MAX_BOXES = 100_000


def read_media(part: Part, scan: Examiner) -> None:
    """A picture or recording holds only that, if it ends where its format says; what follows is examined."""
    scan.ledger.count("media files")
    end = media_end(part.data)
    if end is None:
        scan.ledger.skip(part.path, "a picture or recording that does not end as its format asks")
        search_hidden(part, scan, 0, len(part.data))
    elif any(part.data[end : end + _SEARCHED]):
        scan.examine(part.inside("<after the picture>", part.data[end:]))


def media_end(data: memoryview) -> int | None:
    """Where a PNG's last chunk, a RIFF or the boxes of an MP4 end; for JPEG and GIF the end of the file, if marked there."""
    if bytes(data[:4]) == b"\x89PNG":
        return _png_end(data)
    if bytes(data[:4]) == b"RIFF":
        end = 8 + int.from_bytes(data[4:8], "little")
        end += end % 2 and end < len(data)  # chunks are padded to even lengths
        return end if end <= len(data) else None
    if bytes(data[4:8]) == b"ftyp":
        return _boxes_end(data)
    tail = bytes(data[-2:])
    return len(data) if tail == b"\xff\xd9" or tail[-1:] == b"\x3b" else None


def _png_end(data: memoryview) -> int | None:
    position = 8
    while position + 12 <= len(data):
        length, kind = int.from_bytes(data[position : position + 4], "big"), bytes(data[position + 4 : position + 8])
        position += 12 + length
        if kind == b"IEND":
            return position if position <= len(data) else None
    return None


def _boxes_end(data: memoryview) -> int | None:
    """ISO/IEC 14496-12: boxes of a length and a name; length 1 means 64 bits more, 0 to the end of the file."""
    position = 0
    for _ in range(_MAX_BOXES):
        if position == len(data):
            return position
        length, name = int.from_bytes(data[position : position + 4], "big"), bytes(data[position + 4 : position + 8])
        if length == 1:
            length = int.from_bytes(data[position + 8 : position + 16], "big")
        elif length == 0:
            length = len(data) - position
        if length < 8 or position + length > len(data) or not name.isalnum():
            return position if position else None
        position += length
    return None
