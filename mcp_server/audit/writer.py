"""The one writer of a log: N records and a signed checkpoint in one write and one fdatasync. Blocking; used from a thread."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.frames import CHECKPOINT, encode, encode_record
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.head import HeadFile
from mcp_server.audit.keys import LogKeys, sync_directory
from mcp_server.audit.merkle import Frontier, leaf_hash
from mcp_server.audit.notes import Checkpoint
from mcp_server.audit.records import JSON, MakeRest, Prepared, prepared
from mcp_server.audit.segments import SegmentStart, segment_path


@dataclass(slots=True)
class Entry:
    """A record on its way to the disk. Not frozen: one is made for every record, and freezing costs a microsecond."""

    index: int
    event: Mapping[str, JSON]
    rest: MakeRest | None = None
    record: Prepared | None = None

    def prepare(self, limit: int) -> Prepared:
        """The record's bytes, made once. In the writer's thread, where many are made at once and the caches are warm."""
        if self.record is None:
            self.record = prepared(self.event, self.rest, limit=limit)
        return self.record

    @property
    def problem(self) -> AuditUnavailable | None:
        """Why the record holds less than was asked for; None if it is whole, or not written yet."""
        return self.record.problem if self.record is not None else None


@dataclass
class Position:
    """Where the log ends: everything up to here is durable and under a signed checkpoint."""

    frontier: Frontier
    note: str | None
    segment_first: int
    offset: int
    open: dict[int, Mapping[str, str]]


class Writer:
    """Appends commits at a position. After any OSError it has rolled back and must be thrown away."""

    def __init__(
        self,
        directory: Path,
        keys: LogKeys,
        position: Position,
        hashes: StoredHashes,
        head: HeadFile,
        segment_bytes: int,
        record_bytes: int,
    ) -> None:
        self._directory = directory
        self._keys = keys
        self._origin = keys.signer.verifier.name
        self._hashes = hashes
        self._head = head
        self._segment_bytes = segment_bytes
        self._record_bytes = record_bytes
        self.position = position
        self._stored_size = position.frontier.size
        self._unstored: list[bytes] = []
        self._path = segment_path(directory, position.segment_first)
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        self._inode = os.fstat(self._fd).st_ino
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="audit-log-beside")
        self._syncing: Future[None] | None = None

    def commit(self, entries: Sequence[Entry]) -> tuple[Checkpoint, str]:
        """Make the entries durable; their checkpoint and its signed note. Raises OSError, LogDamaged."""
        self._check_file()
        if self.position.offset >= self._segment_bytes:
            self._rotate()
        position = self.position
        frontier, stored = position.frontier.copy(), list[bytes]()
        records = [entry.prepare(self._record_bytes) for entry in entries]
        for record in records:
            frontier.append(leaf_hash(record.envelope), stored)
        checkpoint = Checkpoint(self._origin, frontier.size, frontier.root())
        note = self._keys.sign_checkpoint(checkpoint)
        data = b"".join([encode_record(record.envelope, record.content) for record in records]) + encode(
            CHECKPOINT, note.encode()
        )
        try:
            if os.pwrite(self._fd, data, position.offset) != len(data):
                raise OSError("short write to the log")
            os.fdatasync(self._fd)
        except OSError:
            self._roll_back()
            raise
        self._unstored += stored
        for entry in entries:
            if entry.record is not None and entry.record.opens is not None:
                position.open[entry.index] = entry.record.opens
            parent = entry.event.get("parent")
            if isinstance(parent, int):
                position.open.pop(parent, None)
        position.frontier, position.note = frontier, note
        position.offset += len(data)
        self._head.remember(checkpoint.size, checkpoint.root)
        return checkpoint, note

    def store_hashes(self) -> None:
        """Bring the hash file up to the log. Not done in every commit: on a journaling file system, each fdatasync of the
        log would wait for the growth of the hash file, too. Raises OSError."""
        if self._unstored:
            self._hashes.write(self._stored_size, self._unstored)
            self._stored_size, self._unstored = self.position.frontier.size, []

    def sync(self) -> None:
        """Make the remembered head and the hash file survive a power cut, too. Raises OSError."""
        self.store_hashes()
        self._sync_beside()

    def sync_beside(self) -> None:
        """As `sync`, while commits go on, which need not wait for these two files. Raises the OSError of the last time."""
        if self._syncing is not None:
            if not self._syncing.done():
                return
            self._syncing.result()
        self.store_hashes()
        self._syncing = self._beside.submit(self._sync_beside)

    def close(self) -> None:
        """Let go of the files, once nobody syncs them any more; does not wait for it."""
        os.close(self._fd)
        self._beside.submit(self._close_beside)
        self._beside.shutdown(wait=False)

    def _sync_beside(self) -> None:
        self._head.sync()
        self._hashes.sync()

    def _close_beside(self) -> None:
        self._hashes.close()
        self._head.close()

    def _check_file(self) -> None:
        # A deleted or replaced file would go on taking writes that nobody can ever read.
        held = os.fstat(self._fd)
        try:
            named = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            named = None
        if held.st_nlink != 1 or named is None or named.st_ino != self._inode or held.st_size != self.position.offset:
            raise LogDamaged(
                f"segment {self._path.name} was deleted, replaced, linked or written to by somebody else",
                remedy="stop the server, keep the directory as it is, and restore the segment",
            )

    def _roll_back(self) -> None:
        # After a failed fdatasync the page state is unknown: what is cut here is checked again on reopening.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self.position.offset)

    def _rotate(self) -> None:
        position = self.position
        size = position.frontier.size
        self.sync()
        start = SegmentStart(
            origin=self._origin,
            first=size,
            peaks=tuple(position.frontier.peaks),
            checkpoint=position.note,
            previous_first=position.segment_first,
            previous_bytes=position.offset,
            open=position.open,
        )
        length = create_segment(self._directory, start)
        path = segment_path(self._directory, size)
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        os.close(self._fd)
        self._fd, self._path, self._inode = fd, path, os.fstat(fd).st_ino
        position.segment_first, position.offset = size, length


def create_segment(directory: Path, start: SegmentStart) -> int:
    """Write a new segment file durably; its length in bytes. Raises OSError, leaving no file behind."""
    path = segment_path(directory, start.first)
    data = start.encode()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if os.write(fd, data) != len(data):
            raise OSError("short write to a new segment")
        os.fsync(fd)
        sync_directory(path.parent)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    return len(data)
