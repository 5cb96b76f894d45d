"""Files of an image source: in a directory, or in a tar archive that is indexed once and then read in place."""

from __future__ import annotations

import io
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from scanners.errors import LimitReached, TargetMissing, TargetRefused, UnreadableInput
from scanners.images.limits import DEFAULT, Limits
from scanners.images.paths import inside
from scanners.images.streams import READ, expand
from scanners.images.tar import TarWalker

MAXIMUM_MEMBERS = 100_000
MAXIMUM_LINKS = 8


class _Reading:
    def open(self, name: str) -> BinaryIO:
        raise NotImplementedError

    def read(self, name: str, limit: int) -> bytes:
        """All of a small file."""
        with self.open(name) as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise LimitReached(f"{name} is larger than {limit} bytes")
        return data


class DirectoryMembers(_Reading):
    """A directory. Symbolic links are not followed, so that nothing outside of it is ever opened."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._directory = -1

    def __enter__(self) -> Self:
        self._directory = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._directory)

    def has(self, name: str) -> bool:
        try:
            self.open(name).close()
        except (TargetMissing, TargetRefused):
            return False
        return True

    def open(self, name: str) -> BinaryIO:
        *folders, last = inside(name).split("/")
        with ExitStack() as stack:
            directory = self._directory
            try:
                for folder in folders:
                    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                    directory = os.open(folder, flags, dir_fd=directory)
                    stack.callback(os.close, directory)
                # Without O_NONBLOCK the opening of a FIFO would wait for a writer.
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                file = os.open(last, flags, dir_fd=directory)
            except FileNotFoundError:
                raise _missing(name, self._root) from None
            except OSError as error:
                raise _refused(name, self._root) from error
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise _refused(name, self._root)
        return os.fdopen(file, "rb")


class ArchiveMembers(_Reading):
    """A tar archive: where each member's content begins, and how long it is."""

    def __init__(self, path: Path, file: BinaryIO, limits: Limits = DEFAULT) -> None:
        """Takes the open, seekable archive over. Raises UnreadableInput for what is not a tar archive."""
        self._path = path
        self._file = file
        self._places, self._links = _index(file, path.name, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def has(self, name: str) -> bool:
        return self._follow(name) in self._places

    def open(self, name: str) -> BinaryIO:
        place = self._places.get(self._follow(name))
        if place is None:
            raise _missing(name, self._path)
        return cast(BinaryIO, io.BufferedReader(_Window(self._file.fileno(), *place), READ))

    def _follow(self, name: str) -> str:
        # Old 'docker save' writes a layer that two images share once, and links to it.
        name = inside(name)
        for _ in range(MAXIMUM_LINKS):
            if name not in self._links:
                break
            name = self._links[name]
        return name


def open_archive(path: Path, limits: Limits = DEFAULT) -> ArchiveMembers:
    """The archive at a path; a compressed one is expanded into an unnamed temporary file first."""
    file: BinaryIO = open(path, "rb")  # noqa: SIM115 - handed to the members
    try:
        if file.read(2) in (b"\x1f\x8b", b"\x28\xb5"):
            file.seek(0)
            with file as packed:
                file = _expanded(packed, limits)
        file.seek(0)
        return ArchiveMembers(path, file, limits)
    except BaseException:
        file.close()
        raise


def _expanded(packed: BinaryIO, limits: Limits) -> BinaryIO:
    read = written = 0
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller

    def chunks() -> Iterator[bytes]:
        nonlocal read
        while chunk := packed.read(READ):
            read += len(chunk)
            yield chunk

    for chunk in expand(chunks()):
        written += len(chunk)
        if written > limits.layer_bytes or (written > limits.ratio_from and written > limits.ratio * read):
            unpacked.close()
            raise LimitReached("the archive expands beyond the limits: a decompression bomb")
        unpacked.write(chunk)
    return cast(BinaryIO, unpacked)


def _index(file: BinaryIO, name: str, limits: Limits) -> tuple[Mapping[str, tuple[int, int]], Mapping[str, str]]:
    places: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    stream = _SeekableStream(file)
    for count, entry in enumerate(TarWalker(stream, name, limits)):
        if count > MAXIMUM_MEMBERS:
            raise LimitReached(f"{name} has more than {MAXIMUM_MEMBERS} members")
        path = inside(entry.name)
        if entry.kind == "file":
            if entry.sparse:
                raise UnreadableInput(f"{name} has a sparse member, {path[:100]}")
            places[path] = (stream.position, entry.size)
        elif entry.kind == "hardlink":
            links[path] = inside(entry.link)
        elif entry.kind == "symlink":
            folder = path.rpartition("/")[0]
            links[path] = inside(entry.link if entry.link.startswith("/") else f"{folder}/{entry.link}")
    return places, links


class _SeekableStream:
    """A file for the tar walker: what is skipped is not read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = os.fstat(file.fileno()).st_size
        self.position = 0

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.position += len(data)
        return data

    def skip(self, size: int) -> int:
        size = min(size, self._end - self.position)
        self.position += size
        self._file.seek(self.position)
        return size


class _Window(io.RawIOBase):
    """A stretch of a file. Reads by offset, so that several can be open at once."""

    def __init__(self, file: int, offset: int, size: int) -> None:
        self._descriptor, self._at, self._end = file, offset, offset + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)[: max(0, self._end - self._at)]
        count = os.preadv(self._descriptor, [view], self._at) if view else 0
        self._at += count
        return count


def _missing(name: str, source: Path) -> TargetMissing:
    return TargetMissing(f"{source.name} has no {name[:200]}", remedy="the image is incomplete: fetch it again")


def _refused(name: str, source: Path) -> TargetRefused:
    return TargetRefused(
        f"{name[:200]} in {source.name} is not a regular file", remedy="copy the layout without links (cp -L)"
    )
