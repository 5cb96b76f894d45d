"""A replica's own copy of the log, as segment files: everything that reads a log reads this one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.frames import CHECKPOINT, RECORD, scan
from mcp_server.audit.hashes import NAME as HASHES
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.keys import Card
from mcp_server.audit.merkle import leaf_hash
from mcp_server.audit.notes import Checkpoint, open_checkpoint
from mcp_server.audit.postgres.schema import Connection
from mcp_server.audit.recovery import recover
from mcp_server.audit.segments import SegmentStart, segment_path
from mcp_server.audit.writer import create_segment

_ERASED: Final = b'"event":"erasure.done"'


class Mirror:
    """Appends the database's commits to local segments, each verified before it is written. Blocking."""

    def __init__(self, directory: Path, card: Card, segment_bytes: int) -> None:
        """Raises LogDamaged when the local copy is not sound."""
        self._directory = directory
        self._card = card
        self._segment_bytes = segment_bytes
        self._hashes = StoredHashes(directory / HASHES, writable=True)
        self._position, self._head, _ = recover(directory, card, self._hashes)
        self.erasures = 0
        """Erasures taken over since it was opened."""
        self._fd = os.open(segment_path(directory, self._position.segment_first), os.O_WRONLY | os.O_CLOEXEC)

    @property
    def checkpoint(self) -> Checkpoint:
        frontier = self._position.frontier
        return Checkpoint(self._card.origin, frontier.size, frontier.root())

    @property
    def note(self) -> str | None:
        return self._position.note

    def follow(self, connection: Connection) -> None:
        """Take over every commit that is not here yet.

        Raises LogDamaged when the database's log is not a continuation of this copy: it was rolled back or rewritten.
        """
        size = self._position.frontier.size
        newest = connection.execute(
            "SELECT max(size) FROM yumen_audit_commits WHERE log = %s", (self._card.origin,)
        ).fetchone()
        if ((newest and newest[0]) or 0) < size:
            raise LogDamaged(
                f"the log in the database was rolled back: it ends before record {size}, which this replica holds",
                remedy="restore the database, or look at what was lost with this replica's copy",
            )
        rows = connection.execute(
            "SELECT first, frames FROM yumen_audit_commits WHERE log = %s AND size > %s ORDER BY first",
            (self._card.origin, size),
        )
        for first, frames in rows:
            self._take(first, frames)

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
        signed = open_checkpoint(note, self._card.by_id)
        if signed != Checkpoint(self._card.origin, frontier.size, frontier.root()):
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
            self._card.origin,
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
