"""ZIP containers (PyTorch, TorchScript, .npz, .keras, skops, plain archives): every member examined, every header doubted."""

from __future__ import annotations

import stat

from isal import isal_zlib

from scanners.errors import LimitReached, UnreadableInput
from scanners.model_scan.parts import SIBLING_SIZE, Examiner, Part
from scanners.model_scan.paths import leaves_folder
from scanners.model_scan.pickle_stream import search_hidden
from scanners.model_scan.streams import Bomb, inflate
from scanners.model_scan.zip_structure import Header, Member, read_layout

_METHODS = {8: "deflate", 12: "bz2", 14: "zip-lzma", 93: "zstd", 95: "xz"}
_MAX_SHARED = 20
_MAX_TARGET = 4096


def read_zip(part: Part, scan: Examiner) -> None:
    """Examine a ZIP and all that is in it."""
    ledger, data = scan.ledger, part.data
    ledger.count("zip archives")
    try:
        layout = read_layout(data)
    except UnreadableInput as error:
        ledger.find("model.archive.damaged", part.path, error.message)
        ledger.skip(part.path, error.message)
        search_hidden(part, scan, 0, len(data))
        return
    for what in layout.disagreements:
        ledger.find("model.zip.disagreement", part.path, what)
    for name in layout.duplicates:
        ledger.find("model.zip.duplicate", part.path, name)
    if not layout.members:
        ledger.skip(part.path, "an archive with nothing in it")
    if layout.prefix:
        scan.examine(part.inside("<before the archive>", data[: layout.prefix]))
    for start, end in layout.gaps:
        if end <= layout.prefix:
            continue
        ledger.find("model.zip.hidden_data", part.path, f"{end - start} bytes that belong to no member", offset=start)
        scan.examine(part.inside(f"<bytes {start} to {end}>", data[start:end]))
    if layout.comment:
        scan.examine(part.inside("<comment>", layout.comment))
    names = frozenset(member.shown.name for member in layout.members)
    by_name = {member.shown.name: member for member in layout.members}

    def sibling(name: str) -> bytes | None:
        member = by_name.get(name)
        if member is None or member.shown.size > SIBLING_SIZE:
            return None
        header = member.shown
        unpacked = _unpack(part, scan, member, header, header.method)
        return None if unpacked is None else bytes(unpacked[:SIBLING_SIZE])

    members = layout.members
    if layout.shared > _MAX_SHARED:
        ledger.find("model.archive.bomb", part.path, f"{layout.shared} members share their bytes with others")
        ledger.skip(part.path, "members that share their bytes; only some were unpacked")
        members = members[:_MAX_SHARED]
    for member in members:
        ledger.budget.spend_entry()
        _read_member(part, scan, member, names, sibling)


def _read_member(part: Part, scan: Examiner, member: Member, names: frozenset[str], sibling: object) -> None:
    ledger, header = scan.ledger, member.shown
    path = f"{part.path}!{header.name}"
    check_member_name(path, header.name, scan)
    kind = stat.S_IFMT(header.mode)
    if kind == stat.S_IFLNK:
        target = _unpack(part, scan, member, header, header.method)
        check_link(path, bytes(target[:_MAX_TARGET]).decode("utf-8", "replace") if target is not None else "", scan)
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        ledger.find("model.archive.link", path, "a device")
    if header.name.endswith("/") and not header.packed:
        return
    encrypted = header.flags & 1
    if encrypted:
        ledger.find("model.zip.encrypted", path)
        ledger.skip(path, "the member is marked as encrypted")
    methods = {candidate.method for candidate in (member.central, member.local) if candidate is not None}
    for method in sorted(methods):
        unpacked = _unpack(part, scan, member, header, method)
        if unpacked is None:
            continue
        if (
            not encrypted
            and len(methods) == 1
            and isal_zlib.crc32(unpacked) != header.crc
            and not header.flags & 8 | (member.central is None)
        ):
            ledger.find("model.zip.crc", path, f"{isal_zlib.crc32(unpacked):08x} computed, {header.crc:08x} recorded")
        elif not encrypted and member.central is not None and isal_zlib.crc32(unpacked) != member.central.crc:
            ledger.find(
                "model.zip.crc", path, f"{isal_zlib.crc32(unpacked):08x} computed, {member.central.crc:08x} recorded"
            )
        inner = part.inside(header.name, unpacked, names)
        scan.examine(Part(inner.path, inner.name, inner.data, inner.depth, names, sibling))  # type: ignore[arg-type]


def _unpack(part: Part, scan: Examiner, member: Member, header: Header, method: int) -> memoryview | None:
    """The member's bytes, or None after saying why not."""
    ledger, path = scan.ledger, f"{part.path}!{header.name}"
    packed = max(header.packed, member.local.packed if member.local else 0)
    if member.local is not None and member.local.packed == 0xFFFFFFFF:
        packed = header.packed
    raw = part.data[member.start : member.start + packed]
    if method == 0:
        return raw
    kind = _METHODS.get(method)
    if kind is None:
        ledger.skip(path, f"ZIP compression method {method} is not supported")
        return None
    # The stream says itself where it ends; what the headers claim about sizes is not believed.
    limit = part.data[member.start :] if packed == 0 else raw
    try:
        inflated = inflate(kind, limit, ledger.budget)
    except Bomb as bomb:
        ledger.find("model.archive.bomb", path, bomb.message)
        ledger.skip(path, bomb.message)
        return None
    except LimitReached as reached:
        ledger.skip(path, reached.message)
        return None
    if not inflated.complete:
        ledger.find("model.archive.damaged", path, "the compressed stream does not end properly")
        if not header.flags & 1:
            ledger.skip(path, "the compressed stream is damaged or cut off")
    if inflated.complete and header.size not in (len(inflated.data), 0xFFFFFFFF) and not header.flags & 8:
        ledger.find("model.zip.disagreement", path, f"{len(inflated.data)} bytes unpacked, {header.size} declared")
    return inflated.data


def check_member_name(path: str, name: str, scan: Examiner) -> None:
    """A name that would be written outside the folder it is unpacked to, or that is shown as another."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        scan.ledger.find("model.archive.traversal", path, name)
    if not name.isprintable() and any(
        ord(character) < 32 or character in "\u202e\u202d\u2066\u2067\u200f" for character in name
    ):
        scan.ledger.find("model.content.mismatch", path, "the name holds control or direction characters")


def check_link(path: str, target: str, scan: Examiner) -> None:
    """A link in an archive: outside its folder, what is written through it or read from it is somebody else's."""
    rule = "model.archive.traversal" if leaves_folder(target) else "model.archive.link"
    scan.ledger.find(rule, path, f"link to {target[:200]}")
