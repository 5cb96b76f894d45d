"""RPM packages: the database as SQLite (rpmdb.sqlite), NDB (Packages.db) and Berkeley DB (Packages).

The three differ only in how they hold one blob for each package: the package's header, without its lead and magic
(rpm's 'Package Format', 'Header Structure').
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from scanners.images.catalogue.elf import Buffer
from scanners.images.packages import source_file
from scanners.images.probes import Content, Part, Probe, Seen

MAXIMUM_HEADER = 64 * 2**20
MAXIMUM_PACKAGES = 100_000
MAXIMUM_FILES = 1_000_000
"""Files of one package."""
MAXIMUM_SQLITE = 256 * 2**20
"""Bytes of a database that is opened in memory; 5,000 packages take 100 MB."""
MAXIMUM_STEPS = 2_000
"""Thousands of steps of SQLite's machine over one database: reading a package takes a few hundred steps, while what a
column computes could take any number."""

_NAME, _VERSION, _RELEASE, _EPOCH, _LICENSE, _ARCH, _SOURCE = 1000, 1001, 1002, 1003, 1014, 1022, 1044
_MODES, _DIRECTORY_INDEXES, _BASE_NAMES, _DIRECTORIES, _MODULE = 1030, 1116, 1117, 1118, 5096
_INT16, _INT32, _STRING, _STRING_ARRAY, _I18N_STRING = 3, 4, 6, 8, 9
_INTERESTING = re.compile(
    r".*(?:\.dist-info/METADATA|\.egg-info|\.egg-info/PKG-INFO|/package\.json|\.gemspec|\.jar|\.war|/DESCRIPTION"
    r"|/installed\.json|\.pem|\.key|\.deps\.json|bin/[^/]+|libexec/.+|/conda-meta/.+\.json|/lib[^/]+\.so[^/]*"
    r"|/release|/OTP_VERSION)\Z"
)
"""Files that language catalogues might take for a package of their own; programs are known by their mode."""


UNWRITTEN = "the RPM database has changes in its log that were never written into it: they are not read"
"""SQLite's write-ahead log is empty once it was closed; one of a process that was killed is not."""


class NotAHeader(ValueError):
    """A blob that is no package header."""


def look(path: str, content: Content) -> Seen:
    """The packages of a database of any of the three kinds."""
    data = content.data
    parts: list[Part] = []
    owned: set[str] = set()
    trouble = ""
    try:
        for count, blob in enumerate(_blobs(content)):
            if count >= MAXIMUM_PACKAGES:
                trouble = f"the database has more than {MAXIMUM_PACKAGES} packages"
                break
            try:
                part, files = _package(blob)
            except (NotAHeader, struct.error, UnicodeDecodeError):
                trouble = "some of the database's headers cannot be read"
                continue
            if part.name != "gpg-pubkey":  # a key that rpm keeps like a package
                parts.append(part)
                owned.update(files)
    except (sqlite3.Error, struct.error, NotAHeader, IndexError) as error:
        trouble = f"the RPM database is damaged: {str(error)[:100]}"
    if not parts and not trouble and len(data) > 2**16:
        trouble = "the RPM database has no packages"
    return Seen("rpm", tuple(parts), frozenset(owned), trouble)


def _blobs(content: Content) -> Iterator[Buffer]:
    data = content.data
    if data[:15] == b"SQLite format 3":
        if len(data) > MAXIMUM_SQLITE:
            raise NotAHeader(f"larger than {MAXIMUM_SQLITE // 2**20} MiB")
        yield from _sqlite(bytes(data))
    elif data[:4] == b"RpmP":
        yield from _ndb(data)
    elif data[12:16] in (b"\x61\x15\x06\x00", b"\x00\x06\x15\x61"):
        yield from _berkeley(data)
    else:
        raise NotAHeader("unknown kind")


def _sqlite(data: bytes) -> Iterator[bytes]:
    connection = sqlite3.connect(":memory:")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAXIMUM_HEADER)
    left = iter(range(MAXIMUM_STEPS))
    connection.set_progress_handler(lambda: next(left, None) is None, 1000)
    try:
        # A file in write-ahead mode cannot be opened from memory: bytes 18 and 19 name the mode (SQLite file
        # format §1.3.3), and what is in the main file is all there is to read.
        connection.deserialize(data[:18] + b"\x01\x01" + data[20:])
        connection.execute("PRAGMA trusted_schema = OFF")
        kind = connection.execute("SELECT type FROM sqlite_master WHERE name = 'Packages'").fetchone()
        if kind != ("table",):
            raise NotAHeader("there is no table of packages")
        if any(column[6] > 1 for column in connection.execute("PRAGMA table_xinfo(Packages)")):
            raise NotAHeader("the table of packages is computed")
        for (blob,) in connection.execute("SELECT blob FROM Packages"):
            if isinstance(blob, bytes):
                yield blob
    finally:
        connection.close()


def _ndb(data: Buffer) -> Iterator[bytes]:
    # rpm, lib/backend/ndb/rpmpkg.c: a page is 4096 bytes, of slots of 16; blobs lie in units of 16 bytes.
    (pages,) = struct.unpack_from("<I", data, 12)
    for at in range(32, min(pages * 4096, len(data) - 15), 16):
        magic, number, offset, _ = struct.unpack_from("<4s3I", data, at)
        if magic != b"Slot" or not number:
            continue
        start = offset * 16
        blob_magic, blob_number, _, length = struct.unpack_from("<4s3I", data, start)
        if blob_magic != b"BlbS" or blob_number != number or start + 16 + length > len(data):
            raise NotAHeader("a slot leads to no blob")
        yield data[start + 16 : start + 16 + length]


def _berkeley(data: Buffer) -> Iterator[bytes]:
    # Berkeley DB, dbinc/db_page.h: a hash database. Large values are chains of overflow pages.
    order = "<" if data[12:16] == b"\x61\x15\x06\x00" else ">"
    (page_size,) = struct.unpack_from(order + "I", data, 20)
    if page_size < 512 or page_size > 65536 or page_size & (page_size - 1):
        raise NotAHeader("absurd page size")
    budget = len(data)
    for page in range(page_size, len(data) - page_size + 1, page_size):
        if data[page + 25] not in (2, 13):  # P_HASH_UNSORTED, P_HASH
            continue
        (entries,) = struct.unpack_from(order + "H", data, page + 20)
        if 26 + 2 * entries > page_size:
            raise NotAHeader("a page with too many entries")
        for number in range(1, entries, 2):  # key, value, key, value, …
            (offset,) = struct.unpack_from(order + "H", data, page + 26 + 2 * number)
            if offset + 12 > page_size or data[page + offset] != 3:  # H_OFFPAGE: a header never fits in the page
                continue
            first, length = struct.unpack_from(order + "II", data, page + offset + 4)
            budget -= length
            if budget < 0:
                raise NotAHeader("the values are longer than the file")
            yield _overflow(data, order, page_size, first, length)


def _overflow(data: Buffer, order: str, page_size: int, page: int, length: int) -> bytes:
    parts: list[bytes] = []
    have = 0
    while page and have < length:
        at = page * page_size
        if at + page_size > len(data) or data[at + 25] != 7:  # P_OVERFLOW
            raise NotAHeader("a chain of pages leads astray")
        (following,) = struct.unpack_from(order + "I", data, at + 16)
        (used,) = struct.unpack_from(order + "H", data, at + 22)
        used = min(used, page_size - 26, length - have)
        if not used:
            break
        parts.append(data[at + 26 : at + 26 + used])
        have += used
        page = following
    return b"".join(parts)


def _package(blob: Buffer) -> tuple[Part, list[str]]:
    tags = _header(blob)
    name, version, release = (_first(tags, tag) for tag in (_NAME, _VERSION, _RELEASE))
    if not name or not version:
        raise NotAHeader("a header without name and version")
    epochs = tags.get(_EPOCH) or [0]
    epoch = f"{epochs[0]}:" if epochs[0] else ""
    source = source_file(_first(tags, _SOURCE))
    module = _first(tags, _MODULE)
    part = Part(
        "rpm",
        name,
        f"{epoch}{version}-{release}" if release else f"{epoch}{version}",
        source=source[0] if source else "",
        source_version=f"{epoch}{source[1]}" if source else "",
        architecture=_first(tags, _ARCH),
        license=_first(tags, _LICENSE),
        qualifiers=(("rpmmod", module),) if module else (),
    )
    return part, list(_files(tags))


def _files(tags: dict[int, Sequence[str | int]]) -> Iterator[str]:
    names, folders = tags.get(_BASE_NAMES, ()), tags.get(_DIRECTORIES, ())
    for name, index, mode in zip_longest(names, tags.get(_DIRECTORY_INDEXES, ()), tags.get(_MODES, ())):
        if isinstance(index, int) and 0 <= index < len(folders):
            path = f"{folders[index]}{name}"
            if (mode is not None and int(mode) & 0o170111 > 0o100000) or _INTERESTING.match(path):
                yield path.lstrip("/")


def _header(blob: Buffer) -> dict[int, Sequence[str | int]]:
    entries, size = struct.unpack_from(">II", blob, 0)
    store = 8 + 16 * entries
    if len(blob) > MAXIMUM_HEADER or store + size > len(blob):
        raise NotAHeader("a header longer than its blob")
    tags: dict[int, Sequence[str | int]] = {}
    for number in range(entries):
        tag, kind, offset, count = struct.unpack_from(">4I", blob, 8 + 16 * number)
        if tag not in _WANTED or offset > size or count > MAXIMUM_FILES:
            continue
        at = store + offset
        if kind in (_INT16, _INT32):
            width, form = (2, "H") if kind == _INT16 else (4, "i")
            if offset + width * count > size:
                raise NotAHeader("numbers beyond the header")
            tags[tag] = struct.unpack_from(f">{count}{form}", blob, at)
        elif kind in (_STRING, _STRING_ARRAY, _I18N_STRING):
            tags[tag] = _strings(blob, at, store + size, 1 if kind == _STRING else count)
    return tags


_WANTED = frozenset(
    (
        _NAME,
        _VERSION,
        _RELEASE,
        _EPOCH,
        _LICENSE,
        _ARCH,
        _SOURCE,
        _MODES,
        _DIRECTORY_INDEXES,
        _BASE_NAMES,
        _DIRECTORIES,
        _MODULE,
    )
)


def _strings(blob: Buffer, at: int, end: int, count: int) -> list[str]:
    pieces = blob[at:end].split(b"\0", count)
    if len(pieces) <= count:
        raise NotAHeader("strings beyond the header")
    return [piece.decode("utf-8", "replace") for piece in pieces[:count]]


def _first(tags: dict[int, Sequence[str | int]], tag: int) -> str:
    values = tags.get(tag)
    return str(values[0]) if values else ""


PROBE = Probe(
    "rpm",
    look,
    pattern=re.compile(r"(?:var/lib|usr/share|usr/lib/sysimage)/rpm/(?:rpmdb\.sqlite|Packages\.db|Packages)\Z"),
)
