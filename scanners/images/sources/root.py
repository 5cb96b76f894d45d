"""An unpacked root file system: read as one layer, whose tar stream is made on the way.

Nothing is followed: directories are opened one by one below their parents, links are entries like any other. What is read
is hashed beforehand, so that a file which changes in between ends the scan like a blob that does not match its digest.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from scanners.errors import LimitReached, TargetRefused, UnreadableInput
from scanners.findings import Skipped
from scanners.images.limits import DEFAULT, Limits
from scanners.images.packages import printable
from scanners.images.sources.interface import Image, Layer
from scanners.images.squash import WHITEOUT
from scanners.oci.manifests import ImageConfig, RootFs

PIECE = 2**20
"""Bytes of a file that are read at a time."""
SPARSE = 64 * 2**20
"""Bytes from which a file that is mostly holes is not read."""
_MARKS = ("etc", "usr", "bin", "lib", "var", "opt")
"""Directories of the top, of which a root file system has two (Filesystem Hierarchy Standard 3.0 §3)."""
_TYPES = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFBLK: tarfile.BLKTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
}


def is_root(target: Path) -> bool:
    """Whether a directory looks like the root of a system, and not like an image in some layout."""
    return target.is_dir() and sum(os.path.lexists(target / name) for name in _MARKS) >= 2


def root_image(target: Path, limits: Limits = DEFAULT) -> Image:
    """The file system below `target` as an image of one layer, named by the digest of that layer.

    Raises TargetRefused for a link, UnreadableInput where the top cannot be read, LimitReached.
    """
    reading = _Reading(target, limits)
    digest = hashlib.sha256()
    for piece in reading.pieces():
        digest.update(piece)
    reading.links_outside()
    name = f"sha256:{digest.hexdigest()}"
    layer = Layer(name, None, None, name, partial(_open, target, limits))
    return Image(
        name=target.name,
        platform="",
        manifest_digest=None,
        index_digest=None,
        config_digest=name,
        config=ImageConfig(rootfs=RootFs(type="layers", diff_ids=[name])),
        layers=(layer,),
        skipped=tuple(reading.skipped),
        configured=False,
    )


def _open(target: Path, limits: Limits) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Pieces(_Reading(target, limits).pieces()), PIECE))


class _Pieces(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class _Reading:
    """One walk over the file system, in the order of names."""

    def __init__(self, target: Path, limits: Limits) -> None:
        self._target, self._limits = target, limits
        self._first: dict[tuple[int, int], str] = {}
        """The first name of each file that has several."""
        self._names: Counter[tuple[int, int]] = Counter()
        self._counts: dict[tuple[int, int], int] = {}
        self.skipped: list[Skipped] = []

    def pieces(self) -> Iterator[bytes]:
        """The tar stream: headers, contents, padding. Raises as `root_image`."""
        try:
            device = os.lstat(self._target)
        except OSError as error:
            raise UnreadableInput(f"{self._target.name} cannot be read", detail=str(error)) from None
        if not stat.S_ISDIR(device.st_mode):
            raise TargetRefused(f"{self._target.name} is not a directory")
        yield self._header("./", device)
        entries = 0
        for here, folders, names, descriptor in os.fwalk(self._target, follow_symlinks=False, onerror=self._unreadable):
            below = os.path.relpath(here, self._target)
            prefix = "./" if below == "." else f"./{below}/"
            descend: list[str] = []
            for name in sorted([*folders, *names]):
                entries += 1
                if entries > self._limits.entries:
                    raise LimitReached(f"the file system has more than {self._limits.entries} entries")
                yield from self._entry(prefix + name, name, descriptor, device.st_dev, descend)
            folders[:] = descend

    def _entry(self, path: str, name: str, folder: int, device: int, descend: list[str]) -> Iterator[bytes]:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            return self._skip(path, f"it cannot be read: {error.strerror}")
        kind = stat.S_IFMT(status.st_mode)
        if name.startswith(WHITEOUT):
            return self._skip(path, "its name means a deletion in a layer")
        if status.st_dev != device:
            return self._skip(path, "another file system is mounted there")
        if kind == stat.S_IFSOCK:
            return
        if kind == stat.S_IFDIR:
            if path.count("/") > self._limits.depth:
                return self._skip(path, f"it is more than {self._limits.depth} directories deep")
            descend.append(name)
        key = (status.st_dev, status.st_ino)
        if kind == stat.S_IFREG and status.st_nlink > 1:
            self._names[key] += 1
            self._counts[key] = status.st_nlink
            if first := self._first.get(key):
                yield self._header(path, status, tarfile.LNKTYPE, first)
                return
            self._first[key] = path
        if kind != stat.S_IFREG:
            link = os.readlink(name, dir_fd=folder) if kind == stat.S_IFLNK else ""
            yield self._header(path, status, link=link)
            return
        yield from self._file(path, name, folder, status)

    def _file(self, path: str, name: str, folder: int, status: os.stat_result) -> Iterator[bytes]:
        if status.st_size > SPARSE and status.st_blocks * 512 < status.st_size // 2:
            return self._skip(path, "it is sparse: mostly holes")
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError as error:
            return self._skip(path, f"it cannot be read: {error.strerror}")
        with open(descriptor, "rb", buffering=0) as file:
            opened = os.fstat(file.fileno())
            if (opened.st_dev, opened.st_ino, opened.st_size) != (status.st_dev, status.st_ino, status.st_size):
                raise UnreadableInput(f"{printable(path)} changed while it was read", remedy="scan a system at rest")
            yield self._header(path, status)
            left = status.st_size
            while left:
                piece = file.read(min(PIECE, left))
                if not piece:
                    raise UnreadableInput(f"{printable(path)} became shorter while it was read")
                left -= len(piece)
                yield piece
        if padding := -status.st_size % 512:
            yield bytes(padding)

    def _header(self, path: str, status: os.stat_result, kind: bytes = b"", link: str = "") -> bytes:
        """Name, type, mode and owner. Times are left out: the same files have the same digest."""
        info = tarfile.TarInfo(path)
        info.type = kind or _TYPES[stat.S_IFMT(status.st_mode)]
        info.mode = stat.S_IMODE(status.st_mode)
        info.uid, info.gid, info.linkname = status.st_uid, status.st_gid, link
        info.size = status.st_size if info.type == tarfile.REGTYPE else 0
        return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")

    def links_outside(self) -> None:
        """Say which files have names outside the file system: somebody else may write them."""
        for key, path in self._first.items():
            if outside := self._counts[key] - self._names[key]:
                self._skip(path, f"{outside} more hard links to it lie outside the file system")

    def _unreadable(self, error: OSError) -> None:
        path = os.path.relpath(str(error.filename), self._target) if error.filename else "a directory"
        self._skip(path, f"it cannot be read: {error.strerror}")

    def _skip(self, path: str, why: str) -> None:
        if len(self.skipped) < self._limits.notes:
            self.skipped.append(Skipped(printable(path.removeprefix("./")), why))
        elif len(self.skipped) == self._limits.notes:
            self.skipped.append(Skipped("more", f"more than {self._limits.notes} parts were not examined"))
