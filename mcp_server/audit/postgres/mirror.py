"""A replica's own copy of the log, as segment files: everything that reads a log reads this one."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Final

from mcp_server.audit.base import NAME as BASE
from mcp_server.audit.base import Base, read_base
from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.frames import CHECKPOINT, RECORD, scan
from mcp_server.audit.hashes import NAME as HASHES
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.head import NAME as HEAD
from mcp_server.audit.keys import Card, sync_directory
from mcp_server.audit.merkle import Frontier, leaf_hash
from mcp_server.audit.notes import Checkpoint, open_checkpoint
from mcp_server.audit.postgres.base import DatabaseBase, read_database_base
from mcp_server.audit.postgres.rotations import learn
from mcp_server.audit.postgres.schema import Connection
from mcp_server.audit.recovery import recover, remembered
from mcp_server.audit.segments import SegmentStart, list_segments, segment_path
from mcp_server.audit.writer import Position, create_segment

_ERASED: Final = b'"event":"erasure.done"'
_ROTATED: Final = b'"event":"log.key-rotated"'


class Mirror:
    """Appends the database's commits to local segments, each verified before it is written. Blocking."""

    def __init__(self, directory: Path, card: Card, segment_bytes: int) -> None:
        """Raises LogDamaged when the local copy is not sound."""
        self._directory = directory
        self.card = card
        """With every key that this replica has learnt of."""
        self._segment_bytes = segment_bytes
        self.erasures = 0
        """Erasures taken over since it was opened."""
        _forget_unfinished(directory)
        self._hashes = StoredHashes(directory / HASHES, writable=True)
        self._position, self._head, _ = recover(directory, card, self._hashes)
        self._fd = os.open(segment_path(directory, self._position.segment_first), os.O_WRONLY | os.O_CLOEXEC)

    @property
    def checkpoint(self) -> Checkpoint:
        frontier = self._position.frontier
        return Checkpoint(self.card.origin, frontier.size, frontier.root())

    @property
    def note(self) -> str | None:
        return self._position.note

    def follow(self, connection: Connection) -> None:
        """Take over every commit that is not here yet, and let go of what was pruned.

        Raises LogDamaged when the database's log is not a continuation of this copy: it was rolled back or rewritten, or
        pruned beyond the end of this copy.
        """
        base = read_database_base(connection, self.card.origin)
        if base is not None and self._position.frontier.size < base.first:
            self._begin_at(base)
        size = self._position.frontier.size
        newest = connection.execute(
            "SELECT max(size) FROM yumen_audit_commits WHERE log = %s", (self.card.origin,)
        ).fetchone()
        if ((newest and newest[0]) or 0) < size:
            raise LogDamaged(
                f"the log in the database was rolled back: it ends before record {size}, which this replica holds",
                remedy="restore the database, or look at what was lost with this replica's copy",
            )
        rows = connection.execute(
            "SELECT first, frames FROM yumen_audit_commits WHERE log = %s AND size > %s ORDER BY first",
            (self.card.origin, size),
        )
        for first, frames in rows:
            if _ROTATED in frames:
                self.card = learn(connection, self._directory, self.card)
            self._take(first, frames)
        if base is not None:
            self._forget_before(base)

    def _begin_at(self, base: DatabaseBase) -> None:
        """For a new replica: start the copy where the log in the database begins."""
        if self._position.frontier.size:
            raise LogDamaged(
                f"this replica's copy ends before record {self._position.frontier.size}, and the log in the database was "
                f"pruned up to record {base.first} since",
                remedy="begin again with an empty data directory",
            )
        frontier = Frontier(base.first, base.peaks)
        if open_checkpoint(base.note, self.card.by_id) != Checkpoint(self.card.origin, base.first, frontier.root()):
            raise LogDamaged("the base of the log in the database is not what its checkpoint signs")
        # First of all: until the record of the pruning is here, this copy is one to be thrown away, see _forget_unfinished.
        Base(base.first, base.record).write(self._directory)
        os.close(self._fd)
        segment_path(self._directory, 0).unlink()
        length = create_segment(self._directory, SegmentStart(self.card.origin, base.first, base.peaks, base.note))
        self._fd = os.open(segment_path(self._directory, base.first), os.O_WRONLY | os.O_CLOEXEC)
        self._hashes.place(frontier)
        self._position = Position(frontier, base.note, base.first, length, {})

    def _forget_before(self, base: DatabaseBase) -> None:
        """Remove the segments that hold nothing but pruned records, once the record of the pruning is here."""
        if base.record >= self._position.frontier.size:
            return
        segments = list_segments(self._directory)
        over = [path for (_, path), (following, _) in pairwise(segments) if following <= base.first]
        if not over:
            return
        # The base first: what a crash leaves before it is removed when the copy is opened, if the head is beyond its record.
        self._head.sync()
        Base(segments[len(over)][0], base.record).write(self._directory)
        for path in over:
            path.unlink()
        sync_directory(over[0].parent)

    def _take(self, first: int, frames: bytes) -> None:
        position = self._position
        if first != position.frontier.size:
            raise LogDamaged(
                f"the log in the database does not continue at record {position.frontier.size}, but at {first}"
            )
        frontier, stored, note, erasures = position.frontier.copy(), list[bytes](), "", 0
        for frame in scan(frames):
            if frame.kind == RECORD:
                frontier.append(leaf_hash(frame.payload), stored)
                erasures += _ERASED in frame.payload
            elif frame.kind == CHECKPOINT:
                note = frame.payload.decode()
        signed = open_checkpoint(note, self.card.by_id)
        if signed != Checkpoint(self.card.origin, frontier.size, frontier.root()):
            raise LogDamaged(f"the commit at record {first} in the database is not what its checkpoint signs")
        if position.offset >= self._segment_bytes:
            self._rotate()
        os.pwrite(self._fd, frames, position.offset)
        os.fdatasync(self._fd)
        self._hashes.write(position.frontier.size, stored)
        position.frontier, position.note = frontier, note
        position.offset += len(frames)
        self._head.remember(frontier.size, frontier.root())
        self.erasures += erasures

    def _rotate(self) -> None:
        position = self._position
        size = position.frontier.size
        start = SegmentStart(
            self.card.origin,
            size,
            tuple(position.frontier.peaks),
            position.note,
            position.segment_first,
            position.offset,
        )
        position.offset = create_segment(self._directory, start)
        position.segment_first = size
        os.close(self._fd)
        self._fd = os.open(segment_path(self._directory, size), os.O_WRONLY | os.O_CLOEXEC)

    def close(self) -> None:
        self._head.sync()
        self._hashes.sync()
        os.close(self._fd)
        self._head.close()
        self._hashes.close()


def _forget_unfinished(directory: Path) -> None:
    """Throw away a copy that was begun at the base of a pruned log and never came as far as the record of the pruning."""
    base, head, segments = read_base(directory), remembered(directory), list_segments(directory)
    if base.record is None:
        return
    # A head that is missing beside segments is damage, which `recover` refuses, not a copy that was only begun.
    if head.size > base.record if head is not None else segments:
        return
    for _, path in segments:
        path.unlink()
    for name in (HASHES, HEAD, BASE):
        (directory / name).unlink(missing_ok=True)
