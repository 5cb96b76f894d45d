"""HDF5 without its library: Keras configurations in attributes, and links that lead into other files.

Attributes are never compressed and never split, so the text of a configuration lies in the file as it is. Link and
storage messages are found by walking every object header that a signature or a symbol table points to.
Format: HDF5 File Format Specification 3.0.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from scanners.model_scan.configuration import examine_document
from scanners.model_scan.documents import hunt_json
from scanners.model_scan.parts import Examiner, Part
from scanners.model_scan.pickle_stream import search_hidden

_SIGNATURES = re.compile(rb"OHDR|OCHK|SNOD|FHDB|GCOL")
_EXTERNAL_LINK = re.compile(rb"\x01[\x08-\x1f]\x40", re.S)
_MAX_BLOCKS = 500_000
_EXTERNAL_FILES, _LINK, _LAYOUT = 0x07, 0x06, 0x08


_MAGIC = b"\x89HDF\r\n\x1a\n"


def read_hdf5(part: Part, scan: Examiner) -> None:
    """Examine an HDF5 file, Keras's or any other."""
    ledger = scan.ledger
    ledger.count("hdf5 files")
    begins = _begins(part.data)
    wrong = _wrong_superblock(part.data[begins:])
    if wrong:
        ledger.find("model.structure.damaged", part.path, wrong)
        ledger.skip(part.path, wrong)
    for offset, document in hunt_json(part.data):
        if isinstance(document, dict):
            examine_document(document, part, scan)
        ledger.count("json documents")
        del offset
    for number, (rule_evidence, offset) in enumerate(_external(part.data[begins:])):
        ledger.find("model.hdf5.external", part.path, rule_evidence, offset=offset)
        if number > 50:
            break
    search_hidden(part, scan, 0, min(len(part.data), 1 << 20))


def is_whole_hdf5(data: memoryview) -> bool:
    """Whether HDF5 with a sound superblock lies at the start, or behind a user block."""
    return not _wrong_superblock(data[_begins(data) :])


def _begins(data: memoryview) -> int:
    """Where the superblock lies: at the start, or behind a user block of 512 bytes, or twice as many, and so on."""
    start = 0
    while start + 8 <= len(data):
        if bytes(data[start : start + 8]) == _MAGIC:
            return start
        start = start * 2 or 512
    return 0


def _wrong_superblock(data: memoryview) -> str:
    """What is wrong with the superblock, in words: addresses of 8 bytes, and an end that the file has."""
    head = bytes(data[:48])
    if len(head) < 48 or head[:8] != _MAGIC or head[8] > 3:
        return "the HDF5 superblock is cut off or of no known version"
    sizes, end = (head[13:15], head[40:48]) if head[8] == 0 else (head[9:11], head[28:36])
    if head[8] == 1:
        sizes, end = head[13:15], head[44:48] + bytes(data[48:52])
    if sizes != b"\x08\x08":
        return "the HDF5 file has addresses of other than 8 bytes, which are not followed"
    if int.from_bytes(end, "little") > len(data):
        return "the HDF5 file is cut off"
    return ""


def _external(data: memoryview) -> Iterator[tuple[str, int]]:
    for number, found in enumerate(_SIGNATURES.finditer(data)):
        if number > _MAX_BLOCKS:
            return
        start, kind = found.start(), found.group()
        if kind == b"OHDR":
            yield from _version2(data, start)
        elif kind == b"OCHK":
            yield from _messages2(data, start + 4, min(len(data), start + 65536), 0)
        elif kind == b"SNOD":
            yield from _symbol_table(data, start)
        elif kind == b"FHDB":
            yield from _links_in(data, start, min(len(data), start + (1 << 20)))
    root = _root_header(data)
    if root is not None:
        yield from _version1(data, root)


def _root_header(data: memoryview) -> int | None:
    """The root group's object header in superblocks of version 0 and 1."""
    head = bytes(data[:96])
    if head[:8] == b"\x89HDF\r\n\x1a\n" and head[8] in (0, 1) and len(head) == 96:
        at = 24 + 32 + (4 if head[8] == 1 else 0) + 8
        return int(struct.unpack_from("<Q", head, at)[0]) if head[13] == 8 else None
    return None


def _symbol_table(data: memoryview, start: int) -> Iterator[tuple[str, int]]:
    if start + 8 > len(data):
        return
    count = struct.unpack_from("<H", data, start + 6)[0]
    for index in range(min(count, 4096)):
        entry = start + 8 + index * 40
        if entry + 40 > len(data):
            return
        yield from _version1(data, struct.unpack_from("<Q", data, entry + 8)[0])


def _version1(data: memoryview, start: int) -> Iterator[tuple[str, int]]:
    if start + 16 > len(data) or data[start] != 1:
        return
    size = struct.unpack_from("<I", data, start + 8)[0]
    blocks = [(start + 16, min(len(data), start + 16 + size))]
    for number, (position, end) in enumerate(blocks):
        if number > 64:
            return
        while position + 8 <= end:
            kind, length = struct.unpack_from("<HH", data, position)
            body = position + 8
            if kind == 0x10 and body + 16 <= len(data):  # continuation
                where, extent = struct.unpack_from("<QQ", data, body)
                if where + extent <= len(data):
                    blocks.append((where, where + extent))
            yield from _message(data, kind, body, min(end, body + length))
            position = body + length


def _version2(data: memoryview, start: int) -> Iterator[tuple[str, int]]:
    if start + 8 > len(data) or data[start + 4] != 2:
        return
    flags = data[start + 5]
    position = start + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(data[position : position + width], "little")
    position += width
    yield from _messages2(data, position, min(len(data), position + size), flags)


def _messages2(data: memoryview, position: int, end: int, flags: int) -> Iterator[tuple[str, int]]:
    while position + 4 <= end:
        kind = data[position]
        length = struct.unpack_from("<H", data, position + 1)[0]
        body = position + 4 + (2 if flags & 4 else 0)
        yield from _message(data, kind, body, min(end, body + length))
        position = body + length
        if kind == 0 and length == 0:
            return


def _message(data: memoryview, kind: int, start: int, end: int) -> Iterator[tuple[str, int]]:
    if kind == _LINK:
        yield from _links_in(data, start, end)
    elif kind == _EXTERNAL_FILES:
        used = struct.unpack_from("<H", data, start + 6)[0] if end - start >= 8 else 0
        if used and data[start] == 1:
            yield f"a data set is stored in {used} other files", start
    elif kind == _LAYOUT and end - start >= 2 and data[start] == 4 and data[start + 1] == 3:
        yield "a virtual data set maps other files", start


def _links_in(data: memoryview, start: int, end: int) -> Iterator[tuple[str, int]]:
    """External links: version 1, flags with a type, type 64, name, then 'file NUL path NUL'."""
    block = bytes(data[start:end])
    for found in _EXTERNAL_LINK.finditer(block):
        flags = block[found.start() + 1]
        position = found.end() + (8 if flags & 4 else 0) + (1 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        name_length = int.from_bytes(block[position : position + width], "little")
        position += width + name_length
        if name_length > 1024 or position + 3 > len(block):
            continue
        length = struct.unpack_from("<H", block, position)[0]
        value = block[position + 2 : position + 2 + length]
        if (
            len(value) == length
            and length > 3
            and value[:1] == b"\0"
            and value[-1:] == b"\0"
            and value.count(b"\0") >= 3
        ):
            file, _, path = value[1:-1].partition(b"\0")
            yield (
                f"external link to {file.decode('utf-8', 'replace')}:{path.decode('utf-8', 'replace')}",
                start + found.start(),
            )
