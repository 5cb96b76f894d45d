"""The bytes of a file, window by window, for hashing: at memory speed, flat in memory, and never two versions mixed.

A mapped file is the fastest to hash, but reading a page that somebody cut off kills the process (SIGBUS). So a file is
mapped only under a read lease (fcntl(2), F_SETLEASE): whoever wants to write to it or truncate it waits until the
current window is done, and we notice. Where no lease can be had (not the owner, NFS), windows are read into a buffer.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanners.errors import UnreadableInput
from scanners.files import open_regular
from scanners.model_files.read_ahead import ReadAhead

WINDOW = 16 << 20
"""Bytes mapped at a time; a multiple of every page size. Address space and page tables stay small."""
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file does: whoever owns it can set the first time back, but not the second."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class SteadyFile:
    """A regular file that is read once and must not change meanwhile."""

    def __init__(self, descriptor: int, name: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._leased = _take_lease(descriptor)
        self._opened = os.fstat(descriptor) if self._leased else _settled_status(descriptor)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path, name: str) -> Iterator[SteadyFile]:
        """`path` (absolute, resolved) opened without following links; `name` is what errors call it.

        On leaving without an error, the file is proven to be what it was at the start.
        Raises TargetRefused, TargetMissing, and UnreadableInput when it changed.
        """
        descriptor = open_regular(path)
        try:
            steady = cls(descriptor, name)
            yield steady
            steady.require_unchanged()
        finally:
            os.close(descriptor)

    @property
    def stamp(self) -> Stamp | None:
        """What it is recognised by later; None if it changed so recently that a change now could go unnoticed."""
        latest = max(self._opened.st_mtime_ns, self._opened.st_ctime_ns)
        return Stamp.of(self._opened) if time.time_ns() - latest > _SETTLED * 1e9 else None

    @property
    def size(self) -> int:
        """Bytes, when it was opened."""
        return self._opened.st_size

    def windows(self, start: int, end: int) -> Iterator[memoryview]:
        """The bytes from `start` to `end` (exclusive) in order. A view is valid until the next one is asked for.

        Raises UnreadableInput where the file was changed, or cannot be read.
        """
        produce = self._mapped if self._leased else self._read
        if end - start <= WINDOW:
            yield from produce(start, end)
            return
        first = start - start % WINDOW
        with ReadAhead(self._descriptor, first, end, WINDOW) as ahead:
            for window_start in range(first, end, WINDOW):
                self._await(ahead, window_start)
                yield from produce(max(start, window_start), min(window_start + WINDOW, end))

    @contextlib.contextmanager
    def piece(self, start: int, end: int) -> Iterator[memoryview]:
        """The bytes from `start` to `end` (exclusive) in one view; keep pieces small. Raises UnreadableInput past the end."""
        if end > self.size:
            raise UnreadableInput(f"{self._name!r} ends before byte {end}", remedy="the file is truncated")
        if start >= end:
            yield memoryview(b"")
        elif self._leased:
            self._require_lease()
            begin = start - start % mmap.ALLOCATIONGRANULARITY
            # Unmapped with the last view of it: an array over the piece may outlive this block.
            mapped = mmap.mmap(self._descriptor, end - begin, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ, offset=begin)
            yield memoryview(mapped)[start - begin :]
        else:
            yield memoryview(b"".join(bytes(window) for window in self._read(start, end)))

    def require_unchanged(self) -> None:
        """Raises UnreadableInput if the file was written to, truncated or replaced in place since it was opened."""
        now = os.fstat(self._descriptor)
        then = self._opened
        if (now.st_size, now.st_mtime_ns, now.st_ctime_ns) != (then.st_size, then.st_mtime_ns, then.st_ctime_ns):
            raise self._changed()

    def _await(self, ahead: ReadAhead, position: int) -> None:
        try:
            ahead.wait_for(position)
        except OSError as error:
            raise UnreadableInput(
                f"{self._name!r} cannot be read: {error.strerror}", remedy="check the disk that it lies on"
            ) from error

    def _mapped(self, start: int, end: int) -> Iterator[memoryview]:
        if start >= end:
            return
        self._require_lease()
        begin = start - start % mmap.ALLOCATIONGRANULARITY
        with mmap.mmap(
            self._descriptor, end - begin, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ, offset=begin
        ) as mapped:
            whole = memoryview(mapped)
            wanted = whole[start - begin :]
            try:
                yield wanted
            finally:
                wanted.release()
                whole.release()

    def _read(self, start: int, end: int) -> Iterator[memoryview]:
        buffer = memoryview(bytearray(min(_BUFFER, max(end - start, 1))))
        position = start
        while position < end:
            count = os.preadv(self._descriptor, [buffer[: end - position]], position)
            if not count:
                raise self._changed()
            position += count
            yield buffer[:count]

    def _require_lease(self) -> None:
        # While somebody waits for the lease, F_GETLEASE answers with what it is to become.
        if fcntl.fcntl(self._descriptor, fcntl.F_GETLEASE) != fcntl.F_RDLCK:
            raise self._changed()

    def _changed(self) -> UnreadableInput:
        return UnreadableInput(
            f"{self._name!r} was changed while it was being read",
            remedy="let whatever writes to the model finish, then ask again",
        )


def _take_lease(descriptor: int) -> bool:
    try:
        # The kernel tells the holder by SIGIO, which would end the process; SIGURG is ignored by default.
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError:
        return False
    return True


def _settled_status(descriptor: int) -> os.stat_result:
    """The file's status, once it is old enough for any later change to get a later time stamp."""
    status = os.fstat(descriptor)
    young = _TICK - (time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns)) / 1e9
    if not 0 < young <= _TICK:
        return status
    time.sleep(young)
    return os.fstat(descriptor)


_TICK = 0.02
"""Seconds: file systems stamp with the kernel's clock tick, at most 10 ms apart."""
_SETTLED = 2.0
"""Seconds: the coarsest time stamps of file systems in use."""
_F_SETSIG = 10  # <fcntl.h> of Linux; the fcntl module does not name it
