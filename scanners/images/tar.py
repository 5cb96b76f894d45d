"""Walking a tar stream header by header: POSIX ustar and pax, GNU long names, sparse files, base-256 numbers.

Python's `tarfile` copies its buffer for every read of a stream; this reads each byte once. What a container runtime
would do decides: the rules follow Go's archive/tar, which Docker, containerd and CRI-O share.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from scanners.errors import LimitReached, UnreadableInput
from scanners.images.limits import DEFAULT, Limits

BLOCK = 512
MAXIMUM_PAX = 2**20
"""Bytes of one pax header or GNU long name: what Go's reader accepts."""

PIECE = 2**18
"""Bytes of content that are hashed at a time."""

Kind = Literal["file", "directory", "symlink", "hardlink", "device", "fifo"]

_KINDS: dict[int, Kind] = {
    ord("1"): "hardlink",
    ord("2"): "symlink",
    ord("3"): "device",
    ord("4"): "device",
    ord("5"): "directory",
    ord("6"): "fifo",
}


class Stream(Protocol):
    """What the walker needs of its input."""

    def read(self, size: int) -> bytes: ...
    def skip(self, size: int) -> int: ...


class Hasher(Protocol):
    """A hash object of `hashlib`."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(slots=True)
class Entry:
    """One member of a tar archive, as its headers say. `name` is as written: not yet made safe."""

    name: str
    kind: Kind
    size: int
    """Bytes of content in the archive."""
    mode: int
    uid: int
    gid: int
    link: str
    sparse: bool


class TarWalker:
    """The entries of a tar stream, once. The content of the current entry may be read before the next is asked for."""

    def __init__(self, stream: Stream, what: str, limits: Limits = DEFAULT) -> None:
        self._stream = stream
        self._what = what
        self._limits = limits
        self._content = 0
        """Bytes of the current entry's content and padding that were not yet passed over."""
        self.hasher: Hasher | None = None
        """Set by the caller for an entry: gets all of its content, whoever reads it."""

    def __iter__(self) -> Iterator[Entry]:
        """Raises UnreadableInput for a corrupt or cut off archive, LimitReached for names beyond the limits."""
        defaults: dict[str, str] = {}
        extended: dict[str, str] = {}
        while True:
            header = self._header()
            if header is None:
                return
            type_flag = header[156]
            if type_flag in b"xgLK":
                body = self._metadata(header)
                if type_flag == ord("x"):
                    extended.update(self._pax(body))
                elif type_flag == ord("g"):
                    defaults.update(self._pax(body))
                else:
                    extended["path" if type_flag == ord("L") else "linkpath"] = _text(body)
                continue
            entry = self._entry(header, defaults | extended if defaults else extended)
            extended = {}
            padding = -entry.size % BLOCK
            self._content = entry.size + padding
            self.hasher = None
            yield entry
            while self.hasher is not None and self._content > padding:
                self.take(min(PIECE, self._content - padding))
            if self._content and (passed := self._stream.skip(self._content)) != self._content:
                if passed < self._content - padding:
                    raise self._cut_off()
                return  # umoci ends its layers with the content of the last entry; Go's archive/tar takes that for the end
            self._content = 0

    def content(self, entry: Entry) -> bytes:
        """All bytes of the current entry. The caller has looked at its size."""
        return self.take(entry.size)

    def take(self, size: int) -> bytes:
        """The next bytes of the current entry's content; the caller knows how many are left."""
        data = self._stream.read(size)
        if len(data) != size:
            raise self._cut_off()
        self._content -= size
        if self.hasher is not None:
            self.hasher.update(data)
        return data

    def _header(self) -> bytes | None:
        header = self._stream.read(BLOCK)
        if not header:
            return None  # some writers leave out the closing blocks
        if len(header) != BLOCK:
            raise self._cut_off()
        if header.count(0) == BLOCK:
            closing = self._stream.read(BLOCK)
            if closing.strip(b"\0"):
                raise self._corrupt("a single block of zeros between entries")
            return None
        stored = self._number(header[148:156])
        if stored != _checksum(header):
            raise self._corrupt("a header's checksum is wrong")
        return header

    def _entry(self, header: bytes, pax: Mapping[str, str]) -> Entry:
        name, link = _text(header[:100]), _text(header[157:257])
        if header[257:263] == b"ustar\0" and header[345]:
            name = f"{_text(header[345:500])}/{name}"
        size = self._number(header[124:136])
        if pax:
            name, link = pax.get("path", name), pax.get("linkpath", link)
            name = pax.get("GNU.sparse.name", name)
            if "size" in pax:
                size = self._decimal(pax["size"])
        flag = header[156]
        kind = _KINDS.get(flag, "file")
        if kind == "file" and flag in b"\0" and name.endswith("/"):
            kind = "directory"  # before POSIX, a slash at the end was the mark
        sparse = flag == ord("S") or any(key.startswith("GNU.sparse.") for key in pax)
        if flag == ord("S"):
            self._sparse_map(header)
        if len(name) > self._limits.path_bytes or len(link) > self._limits.path_bytes:
            raise LimitReached(f"{self._what} has a name longer than {self._limits.path_bytes} bytes")
        return Entry(
            name,
            kind,
            size if kind == "file" else 0,
            self._number(header[100:108]),
            self._number(header[108:116]),
            self._number(header[116:124]),
            link,
            sparse,
        )

    def _sparse_map(self, header: bytes) -> None:
        """Pass over the blocks in which old GNU tar continues the map of a sparse file."""
        more = header[482]
        while more:
            block = self._stream.read(BLOCK)
            if len(block) != BLOCK:
                raise self._cut_off()
            more = block[504]

    def _metadata(self, header: bytes) -> bytes:
        size = self._number(header[124:136])
        if size > MAXIMUM_PAX:
            raise LimitReached(f"{self._what} has an extended header of {size} bytes")
        padded = size + -size % BLOCK
        body = self._stream.read(padded)
        if len(body) != padded:
            raise self._cut_off()
        return body[:size]

    def _pax(self, body: bytes) -> Iterator[tuple[str, str]]:
        """'LENGTH KEY=VALUE\\n' records (POSIX.1-2017, pax 'Extended Header')."""
        at = 0
        while at < len(body):
            space = body.find(b" ", at, at + 20)
            digits = body[at:space]
            if space < 0 or not digits.isdigit():
                raise self._corrupt("an extended header record without its length")
            end = at + int(digits)
            record = body[space + 1 : end]
            key, equals, value = record.partition(b"=")
            if end > len(body) or not equals or not record.endswith(b"\n"):
                raise self._corrupt("an extended header record of the wrong length")
            if key.startswith((b"path", b"linkpath", b"size", b"GNU.sparse.")):
                yield key.decode("utf-8", "surrogateescape"), value[:-1].decode("utf-8", "surrogateescape")
            at = end

    def _number(self, field: bytes) -> int:
        if field[0] & 0x80:  # base-256: GNU and star, for what does not fit octal digits
            value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
            if field[0] & 0x40 or value >= 2**62:
                raise self._corrupt("a header has a negative or absurd number")
            return value
        digits = field.strip(b" \0")
        if not digits:
            return 0
        try:
            return int(digits.partition(b"\0")[0], 8)
        except ValueError:
            raise self._corrupt("a header has a number that is not octal") from None

    def _decimal(self, text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise self._corrupt("an extended header has a size that is not a number")
        return int(text)

    def _corrupt(self, why: str) -> UnreadableInput:
        return UnreadableInput(f"{self._what} is not a valid tar archive: {why}", remedy="fetch the image again")

    def _cut_off(self) -> UnreadableInput:
        return UnreadableInput(f"{self._what} is cut off: it ends inside an entry", remedy="fetch the image again")


def _checksum(header: bytes) -> int:
    # The low half of Adler-32 is one plus the sum of the bytes, modulo 65521: exact for so few, and ten times
    # faster than sum(). The checksum's own field counts as spaces (POSIX.1-2017, ustar 'chksum').
    halves = (zlib.adler32(header[:148]), zlib.adler32(header[156:356]), zlib.adler32(header[356:]))
    return sum(half & 0xFFFF for half in halves) - 3 + 8 * 32


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")
