"""A ZIP as several readers would see it: central directory and local headers, compared, with what lies between.

Format: PKWARE APPNOTE 6.3.10. Nothing here decompresses.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from scanners.errors import LimitReached, UnreadableInput

LOCAL, CENTRAL, END, END64, LOCATOR64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
DESCRIPTOR = b"PK\x07\x08"
MAX_MEMBERS = 100_000
_END_SIZE = 22
_MAX_COMMENT = 65535


@dataclass(frozen=True, slots=True)
class Header:
    """What one header says of a member; sizes in bytes."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    offset: int
    """Of the local header."""
    mode: int = 0
    """Unix file mode, where the creator gave one."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member: what the central directory and its local header say, and where its bytes begin."""

    central: Header | None
    local: Header | None
    start: int
    """Offset of the packed bytes."""

    @property
    def shown(self) -> Header:
        return self.central or self.local or Header("", 0, 0, 0, 0, 0, self.start)


@dataclass(slots=True)
class ZipLayout:
    """All members, the bytes that belong to none of them, and what contradicts what."""

    members: list[Member] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Spans of bytes that no header accounts for, as (start, end)."""
    prefix: int = 0
    """Bytes before the first member."""
    suffix: int = 0
    """Offset of the first byte after the archive and its comment."""
    comment: bytes = b""
    disagreements: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    shared: int = 0
    """How many members lie over others: a bomb that multiplies one stream."""


def find(data: memoryview, signature: bytes) -> int:
    """Offset of the first occurrence, or -1; the first 256 MiB are searched."""
    step = 1 << 22
    for start in range(0, min(len(data), 1 << 28), step):
        found = bytes(data[start : start + step + len(signature)]).find(signature)
        if found >= 0:
            return start + found
    return -1


def is_zip_member(data: memoryview, position: int) -> bool:
    """Whether a plausible local header lies at `position`."""
    found = _local_header(data, position)
    return found is not None and found[0].method in (0, 8, 9, 12, 14, 93, 95) and 0 < found[1] - position - 30 < 4096


def find_end(data: memoryview) -> int | None:
    """Offset of the end-of-central-directory record, searched from the back; None when there is none."""
    start = max(0, len(data) - _END_SIZE - _MAX_COMMENT)
    tail = bytes(data[start:])
    position = tail.rfind(END)
    while position >= 0:
        if position + _END_SIZE <= len(tail):
            comment = struct.unpack_from("<H", tail, position + 20)[0]
            if position + _END_SIZE + comment <= len(tail):
                return start + position
        position = tail.rfind(END, 0, position)
    return None


def read_layout(data: memoryview) -> ZipLayout:
    """Everything a ZIP's headers say. Raises UnreadableInput without any header, LimitReached past MAX_MEMBERS."""
    layout = ZipLayout()
    end = find_end(data)
    central: list[Header] = []
    shift = 0
    directory_start = len(data)
    if end is None:
        layout.disagreements.append("no end-of-central-directory record: only readers that stream it see the members")
    else:
        central, directory_start, shift = _central(data, end, layout)
        comment = struct.unpack_from("<H", data, end + 20)[0]
        layout.suffix = end + _END_SIZE + comment
        layout.comment = bytes(data[end + _END_SIZE : layout.suffix])
    claimed: list[tuple[int, int]] = [(directory_start, layout.suffix or len(data))] if end is not None else []
    for header in central:
        member = _member(data, header, header.offset + shift, layout)
        layout.members.append(member)
        if member.local is not None:
            claimed.append((header.offset + shift, member.start + header.packed))
    if end is None:
        _stream(data, 0, len(data), layout, claimed)
    _collect_gaps(data, claimed, layout)
    names: set[str] = set()
    for member in layout.members:
        name = member.shown.name
        if name in names:
            layout.duplicates.append(name)
        names.add(name)
    if not layout.members and end is None:
        raise UnreadableInput("there is no ZIP member in the file")
    return layout


def _central(data: memoryview, end: int, layout: ZipLayout) -> tuple[list[Header], int, int]:
    disk, _, here, total, size, offset = struct.unpack_from("<4H2L", data, end + 4)
    locator = end - 20
    directory_end = end
    if locator >= 0 and bytes(data[locator : locator + 4]) == LOCATOR64:
        where = struct.unpack_from("<Q", data, locator + 8)[0]
        record = (
            where
            if bytes(data[where : where + 4]) == END64
            else bytes(data[max(0, locator - 4096) : locator]).rfind(END64) + max(0, locator - 4096)
        )
        if bytes(data[record : record + 4]) == END64 and record + 56 <= len(data):
            total64, size64, offset64 = struct.unpack_from("<3Q", data, record + 32)
            for small, big, limit in (
                (total, total64, 0xFFFF),
                (size, size64, 0xFFFFFFFF),
                (offset, offset64, 0xFFFFFFFF),
            ):
                if small not in (big, limit):
                    layout.disagreements.append("the ZIP64 record and the classic one give different directories")
            total, size, offset, directory_end = total64, size64, offset64, record
    if disk not in (0, 0xFFFF) or here not in (total, 0xFFFF):
        layout.disagreements.append("the archive says it spans several disks")
    start = directory_end - size
    if start < 0 or (size and bytes(data[start : start + 4]) != CENTRAL):
        layout.disagreements.append("the central directory is not where its size says")
        start = offset if bytes(data[offset : offset + 4]) == CENTRAL else start
    if start < 0:
        raise UnreadableInput("the central directory lies outside the file")
    shift = start - offset
    if shift < 0:
        layout.disagreements.append("the central directory's offset lies behind it")
        shift = 0
    headers: list[Header] = []
    position = start
    while position + 46 <= directory_end and bytes(data[position : position + 4]) == CENTRAL:
        if len(headers) >= MAX_MEMBERS:
            raise LimitReached(f"more than {MAX_MEMBERS} members in one ZIP")
        header, position = _central_header(data, position)
        headers.append(header)
    if len(headers) != total and not (total == 0xFFFF or total == len(headers) & 0xFFFF):
        layout.disagreements.append(f"{total} members announced, {len(headers)} listed")
    return headers, start, shift


def _central_header(data: memoryview, position: int) -> tuple[Header, int]:
    made_by, flags, method, crc, packed, size, name_length, extra_length, comment_length, attributes, offset = (
        struct.unpack_from("<4xH2xHH4xLLLHHH4xLL", data, position)
    )
    body = position + 46
    raw = bytes(data[body : body + name_length])
    extra = bytes(data[body + name_length : body + name_length + extra_length])
    size, packed, offset = _zip64(extra, size, packed, offset)
    mode = attributes >> 16 if made_by >> 8 == 3 else 0
    return Header(
        _name(raw, flags), method, flags, crc, packed, size, offset, mode
    ), body + name_length + extra_length + comment_length


def _local_header(data: memoryview, position: int) -> tuple[Header, int] | None:
    if position < 0 or position + 30 > len(data) or bytes(data[position : position + 4]) != LOCAL:
        return None
    flags, method, crc, packed, size, name_length, extra_length = struct.unpack_from("<6xHH4xLLLHH", data, position)
    body = position + 30
    raw = bytes(data[body : body + name_length])
    extra = bytes(data[body + name_length : body + name_length + extra_length])
    size, packed, _ = _zip64(extra, size, packed, 0)
    return Header(_name(raw, flags), method, flags, crc, packed, size, position), body + name_length + extra_length


def _zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            values = [
                value for (value,) in struct.iter_unpack("<Q", extra[position + 4 : position + 4 + length // 8 * 8])
            ]
            if size == 0xFFFFFFFF and values:
                size = values.pop(0)
            if packed == 0xFFFFFFFF and values:
                packed = values.pop(0)
            if offset == 0xFFFFFFFF and values:
                offset = values.pop(0)
        position += 4 + length
    return size, packed, offset


def _name(raw: bytes, flags: int) -> str:
    return raw.decode("utf-8" if flags & 0x800 else "cp437", "replace")


def _member(data: memoryview, header: Header, position: int, layout: ZipLayout) -> Member:
    if "\0" in header.name:
        layout.disagreements.append(f"{header.name}: the name holds a NUL, at which some readers stop")
    found = _local_header(data, position)
    if found is None:
        layout.disagreements.append(f"{header.name}: there is no local header where the directory says")
        return Member(header, None, position)
    local, start = found
    described = local.flags & 8  # sizes and checksum follow the data (APPNOTE 4.4.4, bit 3)
    if local.name != header.name and local.name.encode("cp437", "replace") != header.name.encode("cp437", "replace"):
        layout.disagreements.append(f"{header.name}: its local header calls it {local.name}")
    if local.method != header.method:
        layout.disagreements.append(
            f"{header.name}: compression method {header.method} in the directory, {local.method} in its header"
        )
    if (local.flags ^ header.flags) & 1:
        layout.disagreements.append(f"{header.name}: encrypted in one header and not in the other")
    if not described and (local.packed != header.packed or local.size != header.size) and local.packed != 0xFFFFFFFF:
        layout.disagreements.append(
            f"{header.name}: {header.packed}/{header.size} bytes in the directory, {local.packed}/{local.size} in its header"
        )
    if not described and local.crc != header.crc:
        layout.disagreements.append(f"{header.name}: its two headers give different checksums")
    if start + header.packed > len(data):
        layout.disagreements.append(f"{header.name}: its bytes reach past the end of the file")
    return Member(header, local, start)


def _stream(data: memoryview, position: int, end: int, layout: ZipLayout, claimed: list[tuple[int, int]]) -> None:
    """Members as a streaming reader meets them, from `position` on."""
    while (found := _local_header(data, position)) is not None and position < end:
        local, start = found
        if len(layout.members) >= MAX_MEMBERS:
            raise LimitReached(f"more than {MAX_MEMBERS} members in one ZIP")
        layout.members.append(Member(None, local, start))
        claimed.append((position, start + local.packed))
        position = start + local.packed
        if local.flags & 8 and bytes(data[position : position + 4]) == DESCRIPTOR:
            position += 16


def _collect_gaps(data: memoryview, claimed: list[tuple[int, int]], layout: ZipLayout) -> None:
    claimed.sort()
    position = 0
    for index, (start, end) in enumerate(claimed):
        if start > position:
            if index == 0:
                layout.prefix = start
            if not _is_descriptor(data, position, start):
                layout.gaps.append((position, start))
        elif start < position and index:
            layout.shared += 1
            if layout.shared <= 3:
                layout.disagreements.append(f"two members share the bytes at {start}")
        position = max(position, end)
    if position < len(data):
        layout.gaps.append((position, len(data)))
    for start, _ in layout.gaps:
        found = _local_header(data, start)
        if found is not None:
            local, body = found
            layout.disagreements.append(f"{local.name}: a member that the central directory does not list")
            layout.members.append(Member(None, local, body))


def _is_descriptor(data: memoryview, start: int, end: int) -> bool:
    """A data descriptor (12 to 24 bytes), or zeros that only align what follows."""
    length = end - start
    if length in (16, 24) and bytes(data[start : start + 4]) == DESCRIPTOR:
        return True
    return length in (12, 20) or (length < 8192 and not any(data[start:end]))
