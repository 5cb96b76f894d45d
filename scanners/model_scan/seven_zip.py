"""7z archives: headers and the usual coders (LZMA, LZMA2, BCJ, Delta, Copy, Deflate, BZip2, Zstandard).

Format: 7zFormat.txt of the LZMA SDK. Everything else (PPMd, AES, BCJ2) is reported as not examined.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.streams import Bomb, Position, inflate
from scanners.model_scan.zip_archive import check_member_name

_MAX_ITEMS = 100_000
_MAX_HEADER = 64 << 20
_END, _HEADER, _MAIN, _FILES, _PACK, _UNPACK, _SUB, _SIZE, _CRC, _FOLDER, _UNPACK_SIZE, _COUNT, _EMPTY, _NAMES, _ENCODED = (
    0x00, 0x01, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x11, 0x17,
)  # fmt: skip
_LZMA, _LZMA2, _COPY, _DELTA, _DEFLATE, _BZIP2, _ZSTD = (
    b"\x03\x01\x01",
    b"\x21",
    b"\x00",
    b"\x03",
    b"\x04\x01\x08",
    b"\x04\x02\x02",
    b"\x04\xf7\x11\x01",
)
_BRANCHES = {
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x04": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
}
_STREAMS = {_DEFLATE: "deflate", _BZIP2: "bz2", _ZSTD: "zstd"}


@dataclass(slots=True)
class _Folder:
    coders: list[tuple[bytes, bytes]] = field(default_factory=list)
    """(method id, properties) in the order of decoding."""
    sizes: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    streams: int = 1


@dataclass(slots=True)
class _Layout:
    position: int = 0
    packed: list[int] = field(default_factory=list)
    folders: list[_Folder] = field(default_factory=list)


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def byte(self) -> int:
        if self.position >= len(self.data):
            raise UnreadableInput("the 7z header is cut off")
        self.position += 1
        return self.data[self.position - 1]

    def take(self, length: int) -> bytes:
        if length > len(self.data) - self.position:
            raise UnreadableInput("the 7z header is cut off")
        self.position += length
        return self.data[self.position - length : self.position]

    def number(self) -> int:
        first = self.byte()
        mask, value = 0x80, 0
        for index in range(8):
            if not first & mask:
                return value + ((first & (mask - 1)) << (8 * index))
            value |= self.byte() << (8 * index)
            mask >>= 1
        return value

    def count(self) -> int:
        number = self.number()
        if number > _MAX_ITEMS:
            raise LimitReached(f"{number} items in a 7z header")
        return number

    def bits(self, count: int) -> list[bool]:
        raw = self.take((count + 7) // 8)
        return [bool(raw[index // 8] & 0x80 >> index % 8) for index in range(count)]

    def digests(self, count: int) -> None:
        defined = [True] * count if self.byte() else self.bits(count)
        self.take(4 * sum(defined))


def read_7z(part: Part, scan: Examiner) -> None:
    """Examine a 7z archive and all that is in it."""
    ledger, data = scan.ledger, part.data
    ledger.count("7z archives")
    if len(data) < 32:
        raise UnreadableInput("the 7z archive is cut off")
    offset, size = struct.unpack_from("<QQ", data, 12)
    if size > _MAX_HEADER or 32 + offset + size > len(data):
        raise UnreadableInput("the 7z header lies outside the file")
    header = bytes(data[32 + offset : 32 + offset + size])
    for _ in range(4):
        if header[:1] != bytes([_ENCODED]):
            break
        cursor = _Cursor(header)
        cursor.byte()
        layout = _streams(cursor)
        header = b"".join(bytes(unpacked) for unpacked in _unpacked(layout, part, scan))
    if not header:
        return
    _read_files(_Cursor(header), part, scan)


def _read_files(cursor: _Cursor, part: Part, scan: Examiner) -> None:
    if cursor.byte() != _HEADER:
        raise UnreadableInput("the 7z header is of an unknown kind")
    kind = cursor.byte()
    layout = _Layout()
    if kind == _MAIN:
        layout = _streams(cursor)
        kind = cursor.byte()
    names: list[str] = []
    empty: list[bool] = []
    if kind == _FILES:
        count = cursor.count()
        while (property_ := cursor.byte()) != _END:
            body = _Cursor(cursor.take(cursor.number()))
            if property_ == _NAMES and body.byte() == 0:
                names = body.data[1:].decode("utf-16-le", "replace").split("\0")[:count]
            elif property_ == _EMPTY:
                empty = body.bits(count)
    files = [name for index, name in enumerate(names) if not (index < len(empty) and empty[index])]
    siblings = frozenset(names)
    remaining = iter(files)
    for folder, content in zip(layout.folders, _unpacked(layout, part, scan), strict=False):
        position = 0
        for index in range(folder.streams):
            length = folder.parts[index] if index < len(folder.parts) else len(content) - position
            name = next(remaining, f"<unnamed {index}>")
            check_member_name(f"{part.path}!{name}", name, scan)
            scan.examine(part.inside(name, content[position : position + length], siblings))
            position += length


def _streams(cursor: _Cursor) -> _Layout:
    layout = _Layout()
    while (kind := cursor.byte()) != _END:
        if kind == _PACK:
            layout.position, count = cursor.number(), cursor.count()
            while (inner := cursor.byte()) != _END:
                if inner == _SIZE:
                    layout.packed = [cursor.number() for _ in range(count)]
                elif inner == _CRC:
                    cursor.digests(count)
        elif kind == _UNPACK:
            _folders(cursor, layout)
        elif kind == _SUB:
            _substreams(cursor, layout)
        else:
            raise UnreadableInput(f"a 7z property {kind:#x} of unknown meaning")
    return layout


def _folders(cursor: _Cursor, layout: _Layout) -> None:
    while (kind := cursor.byte()) != _END:
        if kind == _FOLDER:
            count = cursor.count()
            if cursor.byte():
                raise UnreadableInput("7z folders outside the header")
            layout.folders = [_folder(cursor) for _ in range(count)]
        elif kind == _UNPACK_SIZE:
            for folder in layout.folders:
                folder.sizes = [cursor.number() for _ in folder.coders]
        elif kind == _CRC:
            cursor.digests(len(layout.folders))


def _folder(cursor: _Cursor) -> _Folder:
    coders: list[tuple[bytes, bytes]] = []
    for _ in range(cursor.count()):
        flags = cursor.byte()
        method = cursor.take(flags & 0x0F)
        if flags & 0x10 and (cursor.number(), cursor.number()) != (1, 1):
            raise UnreadableInput("7z coders with several streams (BCJ2) are not supported")
        coders.append((method, cursor.take(cursor.number()) if flags & 0x20 else b""))
    feeds = {}
    for _ in range(len(coders) - 1):
        taker, giver = cursor.number(), cursor.number()
        feeds[giver] = taker
    start = next((index for index in range(len(coders)) if index not in feeds.values()), 0)
    order = [start]
    while order[-1] in feeds and len(order) < len(coders):
        order.append(feeds[order[-1]])
    if any(index >= len(coders) for index in order):
        raise UnreadableInput("7z coders that are not there")
    return _Folder([coders[index] for index in order])


def _substreams(cursor: _Cursor, layout: _Layout) -> None:
    while (kind := cursor.byte()) != _END:
        if kind == _COUNT:
            for folder in layout.folders:
                folder.streams = cursor.count()
        elif kind == _SIZE:
            for folder in layout.folders:
                folder.parts = [cursor.number() for _ in range(folder.streams - 1)]
        elif kind == _CRC:
            cursor.digests(sum(folder.streams for folder in layout.folders))


def _unpacked(layout: _Layout, part: Part, scan: Examiner) -> Iterator[memoryview]:
    position = 32 + layout.position
    for index, folder in enumerate(layout.folders):
        length = layout.packed[index] if index < len(layout.packed) else 0
        raw = part.data[position : position + length]
        position += length
        try:
            yield _decode(folder, raw, scan)
        except Bomb as bomb:
            scan.ledger.find("model.archive.bomb", part.path, bomb.message)
            scan.ledger.skip(part.path, bomb.message)
            yield memoryview(b"")
        except (LimitReached, UnreadableInput) as error:
            scan.ledger.skip(part.path, error.message)
            yield memoryview(b"")


def _decode(folder: _Folder, raw: memoryview, scan: Examiner) -> memoryview:
    if len(folder.coders) == 1 and folder.coders[0][0] == _COPY:
        return raw
    if len(folder.coders) == 1 and folder.coders[0][0] in _STREAMS:
        return inflate(_STREAMS[folder.coders[0][0]], raw, scan.ledger.budget).data
    filters = [_filter(method, properties) for method, properties in reversed(folder.coders)]
    size = max(folder.sizes, default=0)

    def pieces(data: memoryview, position: Position) -> Iterator[bytes]:
        machine = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
        start = done = 0
        try:
            while done < size and (start < len(data) or not machine.needs_input):
                chunk = b""
                if machine.needs_input:
                    chunk = bytes(data[start : start + (1 << 18)])
                    start += len(chunk)
                    position.consumed = start
                piece = machine.decompress(chunk, min(1 << 22, size - done))
                done += len(piece)
                if piece:
                    yield piece
                elif machine.eof:
                    return
        except (lzma.LZMAError, EOFError, MemoryError):
            return
        position.complete = done == size

    inflated = inflate(pieces, raw, scan.ledger.budget)
    if not inflated.complete:
        raise UnreadableInput("a 7z stream is damaged")
    return inflated.data


def _filter(method: bytes, properties: bytes) -> dict[str, Any]:
    if method == _LZMA and len(properties) == 5:
        first = properties[0]
        lc, rest = first % 9, first // 9
        return {
            "id": lzma.FILTER_LZMA1,
            "lc": lc,
            "lp": rest % 5,
            "pb": rest // 5,
            "dict_size": _window(struct.unpack("<I", properties[1:])[0]),
        }
    if method == _LZMA2 and len(properties) == 1 and properties[0] <= 40:
        bits = properties[0]
        return {"id": lzma.FILTER_LZMA2, "dict_size": _window((2 | bits & 1) << (bits // 2 + 11))}
    if method == _DELTA and len(properties) == 1:
        return {"id": lzma.FILTER_DELTA, "dist": properties[0] + 1}
    if method in _BRANCHES:
        return {"id": _BRANCHES[method]}
    raise UnreadableInput(f"the 7z method {method.hex()} is not supported")


def _window(size: int) -> int:
    if size > 1 << 28:
        raise LimitReached("a 7z dictionary of more than 256 MiB")
    return max(size, 4096)
