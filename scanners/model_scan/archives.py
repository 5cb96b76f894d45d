"""Tar archives and single compressed streams (gzip, bzip2, xz, lzma, zstd, zlib), with bounds on everything.

Tar is read by an own header walk, for the standard library's reader stops at the first oddity.
Format: POSIX.1-1988 ustar, pax and GNU extensions.
"""

from __future__ import annotations

from scanners.errors import LimitReached
from scanners.model_scan.parts import Examiner, Part, Reader
from scanners.model_scan.pickle_stream import search_hidden
from scanners.model_scan.streams import Bomb, inflate
from scanners.model_scan.zip_archive import check_link, check_member_name

_BLOCK = 512
_MAX_EXTENSION = 1 << 20


def compressed(kind: str) -> Reader:
    """A reader of one compressed stream of this kind (a key of `streams.inflate`)."""

    def read(part: Part, scan: Examiner) -> None:
        _read_compressed(kind, part, scan)

    return read


def _read_compressed(kind: str, part: Part, scan: Examiner) -> None:
    ledger = scan.ledger
    ledger.count("compressed streams")
    inner_name = _inner_name(part.name)
    try:
        inflated = inflate(kind, part.data, ledger.budget)
    except Bomb as bomb:
        ledger.find("model.archive.bomb", part.path, bomb.message)
        ledger.skip(part.path, bomb.message)
        return
    except LimitReached as reached:
        ledger.skip(part.path, reached.message)
        return
    if not inflated.complete:
        ledger.find("model.archive.damaged", part.path, "the compressed stream does not end properly")
        ledger.skip(part.path, "the compressed stream is damaged or cut off")
    if len(inflated.data):
        scan.examine(part.inside(inner_name, inflated.data))
    rest = part.data[inflated.consumed :]
    if inflated.complete and len(rest) and any(rest[:4096]):
        scan.examine(part.inside("<after the compressed stream>", rest))


def _inner_name(name: str) -> str:
    base = name.rpartition("/")[2]
    for ending in (".gz", ".bz2", ".xz", ".zst", ".lzma", ".z", ".zlib"):
        if base.lower().endswith(ending):
            return base[: -len(ending)] or "content"
    return base or "content"


def looks_like_tar(head: bytes) -> bool:
    """Whether a first block of 512 bytes is a tar header: its checksum is right."""
    if len(head) < _BLOCK:
        return False
    recorded = _octal(head[148:156])
    return bool(recorded) and recorded == sum(head[:148]) + 8 * 32 + sum(head[156:_BLOCK]) and any(head[:100])


def read_tar(part: Part, scan: Examiner) -> None:
    """Examine a tar archive and all that is in it; legacy PyTorch checkpoints and NeMo files are tars."""
    ledger, data = scan.ledger, part.data
    ledger.count("tar archives")
    members: list[tuple[str, memoryview]] = []
    position, long_name, long_link, seen = 0, "", "", set[str]()
    while position + _BLOCK <= len(data):
        header = bytes(data[position : position + _BLOCK])
        if not any(header):
            break
        if not looks_like_tar(header):
            ledger.find("model.archive.damaged", part.path, "a tar header's checksum is wrong", offset=position)
            ledger.skip(part.path, "the tar archive is damaged")
            search_hidden(part, scan, position, len(data))
            break
        ledger.budget.spend_entry()
        size = _octal(header[124:136]) or 0
        kind = header[156:157]
        body = position + _BLOCK
        position = body + (size + _BLOCK - 1) // _BLOCK * _BLOCK
        if body + size > len(data):
            ledger.find("model.archive.damaged", part.path, "a tar member is cut off", offset=body)
            ledger.skip(part.path, "the tar archive is cut off")
        content = data[body : body + size]
        if kind in (b"L", b"x", b"g", b"K"):
            text = bytes(content[:_MAX_EXTENSION])
            if kind == b"L":
                long_name = text.rstrip(b"\0").decode("utf-8", "replace")
            elif kind == b"K":
                long_link = text.rstrip(b"\0").decode("utf-8", "replace")
            elif kind == b"x":
                extended = _pax_records(text)
                long_name, long_link = extended.get("path", long_name), extended.get("linkpath", long_link)
            continue
        prefix = header[345:500].split(b"\0")[0] if header[257:262] == b"ustar" else b""
        plain = b"/".join(filter(None, (prefix, header[:100].split(b"\0")[0])))
        name, long_name = long_name or plain.decode("utf-8", "replace"), ""
        path = f"{part.path}!{name}"
        check_member_name(path, name, scan)
        if kind in (b"1", b"2", b"3", b"4", b"6"):
            target = long_link or header[157:257].split(b"\0")[0].decode("utf-8", "replace")
            long_link = ""
            if kind in (b"3", b"4", b"6"):
                ledger.find(
                    "model.archive.traversal" if kind != b"6" else "model.archive.link", path, "a device or pipe"
                )
            else:
                check_link(path, target, scan)
            continue
        if kind == b"5":
            continue
        if name in seen:
            ledger.find("model.zip.duplicate", part.path, name, title="The tar holds two members of one name")
        seen.add(name)
        members.append((name, content))
    else:
        ledger.find("model.archive.damaged", part.path, "the tar archive does not end as it should", offset=position)
        ledger.skip(part.path, "the tar archive is cut off")
    names = frozenset(seen)
    contents = dict(members)

    def sibling(name: str) -> bytes | None:
        found = contents.get(name)
        return None if found is None or len(found) > 1 << 24 else bytes(found)

    for name, content in members:
        inner = part.inside(name, content, names)
        scan.examine(Part(inner.path, inner.name, content, inner.depth, names, sibling))
    end = position + _BLOCK
    if end < len(data) and any(data[end : end + (1 << 20)]):
        ledger.find("model.zip.hidden_data", part.path, "bytes after the end of the tar archive", offset=end)
        scan.examine(part.inside("<after the archive>", data[end:]))


def _octal(field: bytes) -> int | None:
    if field[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    try:
        return int(text, 8) if text else 0
    except ValueError:
        return None


def _pax_records(text: bytes) -> dict[str, str]:
    """The records of an extended header, as far as they are well-formed."""
    found: dict[str, str] = {}
    while text:
        length, _, _rest = text.partition(b" ")
        if not length.isdigit() or int(length) > len(text) or int(length) <= len(length) + 1:
            break
        record = text[len(length) + 1 : int(length)]
        key, _, value = record.rstrip(b"\n").partition(b"=")
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        text = text[int(length) :]
    return found
