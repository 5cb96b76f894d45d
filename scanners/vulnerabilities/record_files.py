"""Where advisories come from: directories, zip and tar archives, and single files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import zstandard

from scanners.errors import TargetMissing, UnreadableInput

MAXIMUM_FILE = 256 * 2**20
"""Bytes of one file; the largest real one is Debian's tracker, with 80 MB."""
MAXIMUM_FILES = 5_000_000
MAXIMUM_ARCHIVE = 128 * 2**30
"""Bytes of all members of a tar archive; Red Hat's largest has about 20 GiB."""
MAXIMUM_WINDOW = 2**27
"""Bytes of history that a zstd frame may ask for."""
MAXIMUM_PADDING = 2**20
"""Bytes after the end mark of a tar archive."""
SUFFIXES = (".json", ".yaml", ".yml", ".csv", ".csv.gz")
_TAR = re.compile(r".+\.(?:tar(?:\.(?:gz|xz|bz2|zst))?|tgz|txz|tbz|tzst)\Z")


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One file of a feed, read but not yet understood."""

    name: str
    data: bytes
    moment: str
    """When the archive says that it was written, RFC 3339; empty outside archives."""


def files(path: Path) -> Iterator[RecordFile]:
    """Every advisory file under a directory, in an archive, or the one file itself.

    Raises TargetMissing, and UnreadableInput for an archive that cannot be read or has no advisory files at all.
    """
    if not path.exists():
        raise TargetMissing(f"there is nothing at {path}", remedy="name a directory, an archive or an OSV file")
    found = False
    for file in _of(path):
        found = True
        yield file
    if not found:
        raise UnreadableInput(
            f"{path.name} holds no advisory files", remedy="it should hold OSV records as .json, .yaml or .yml"
        )


def _of(path: Path) -> Iterator[RecordFile]:
    if path.is_dir():
        return _directory(path)
    if _TAR.match(path.name):
        return _tar(path)
    return _zip(path) if path.suffix == ".zip" or zipfile.is_zipfile(path) else _single(path)


def _directory(path: Path) -> Iterator[RecordFile]:
    count = 0
    for folder, folders, names in os.walk(path, followlinks=False):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if not name.endswith(SUFFIXES) or file.is_symlink() or not file.is_file():
                continue
            count += 1
            _bound(count, file.stat().st_size, name)
            yield RecordFile(str(file.relative_to(path)), file.read_bytes(), "")


def _single(path: Path) -> Iterator[RecordFile]:
    if path.name.endswith(SUFFIXES):
        _bound(1, path.stat().st_size, path.name)
        yield RecordFile(path.name, path.read_bytes(), "")


def _zip(path: Path) -> Iterator[RecordFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            for count, member in enumerate(archive.infolist()):
                if member.is_dir() or not member.filename.endswith(SUFFIXES):
                    continue
                _bound(count, member.file_size, member.filename)
                with archive.open(member) as stream:
                    data = stream.read(MAXIMUM_FILE + 1)  # the header's size may lie
                _bound(count, len(data), member.filename)
                yield RecordFile(member.filename, data, _zip_moment(member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise UnreadableInput(
            f"{path.name} is not a readable zip archive", remedy="fetch it again", detail=str(error)
        ) from error


def _tar(path: Path) -> Iterator[RecordFile]:
    """Members of a tar archive in one pass, as it comes off the decompressor."""
    total = 0
    try:
        with path.open("rb") as file, _unpacked(path, file) as unpacked:
            stream = _Ending(unpacked)
            archive = tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|")  # noqa: SIM115 - owns no file
            for count, member in enumerate(archive):
                total += member.size
                _bound(count, member.size, member.name)
                if total > MAXIMUM_ARCHIVE:
                    raise UnreadableInput(f"{path.name} unpacks to more than {MAXIMUM_ARCHIVE // 2**30} GiB")
                inner = archive.extractfile(member) if member.isreg() and member.name.endswith(SUFFIXES) else None
                if inner is not None:
                    yield RecordFile(member.name, inner.read(), _moment(member.mtime))
            if not stream.is_whole():
                raise EOFError("it ends without an end mark")
    except (tarfile.TarError, zstandard.ZstdError, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError) as error:
        raise UnreadableInput(
            f"{path.name} is not a readable tar archive", remedy="fetch it again", detail=str(error)
        ) from error


class _Ending:
    """A stream that knows how it ended: a tar archive that is cut off between two members looks complete otherwise."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._last = (
            (self._last + data)[-tarfile.BLOCKSIZE :] if len(data) < tarfile.BLOCKSIZE else data[-tarfile.BLOCKSIZE :]
        )
        return data

    def is_whole(self) -> bool:
        """Whether it ended in a block of zeros (POSIX pax, 'ustar Interchange Format'); reads what padding is left."""
        for _ in range(MAXIMUM_PADDING // tarfile.RECORDSIZE):
            if not self.read(tarfile.RECORDSIZE):
                break
        return self._last == bytes(tarfile.BLOCKSIZE)


def _unpacked(path: Path, file: IO[bytes]) -> AbstractContextManager[Any]:
    kind = path.suffix
    if kind in (".zst", ".tzst"):
        return zstandard.ZstdDecompressor(max_window_size=MAXIMUM_WINDOW).stream_reader(file, read_across_frames=True)
    if kind in (".xz", ".txz"):
        return lzma.LZMAFile(file)
    if kind in (".bz2", ".tbz"):
        return bz2.BZ2File(file)
    return gzip.GzipFile(fileobj=file) if kind in (".gz", ".tgz") else nullcontext(file)


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return ""


def _zip_moment(member: zipfile.ZipInfo) -> str:
    try:
        return datetime(*member.date_time, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    except ValueError:
        return ""


def _bound(count: int, size: int, name: str) -> None:
    if count > MAXIMUM_FILES:
        raise UnreadableInput(f"more than {MAXIMUM_FILES} advisory files")
    if size > MAXIMUM_FILE:
        raise UnreadableInput(f"{name[:200]} is larger than {MAXIMUM_FILE // 2**20} MiB")
