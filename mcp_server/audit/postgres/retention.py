"""Pruning of a log in PostgreSQL: whole commits go from the database, and each replica's copy follows by segments.

Legal holds lie in the database, too, where every replica sees them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from mcp_server.audit.base import EVENT
from mcp_server.audit.frames import scan
from mcp_server.audit.postgres.access import SharedAccess
from mcp_server.audit.postgres.schema import Connection
from mcp_server.audit.records import JSON, lifecycle
from mcp_server.audit.retention import Hold, is_over
from mcp_server.audit.segments import records_in
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.sinks.cursor import positions

_PAGE: Final = 200
"""Commits that are read or deleted in one statement."""


@dataclass(frozen=True, slots=True)
class ExpiredCommits:
    """Commits at the beginning of the log that may go, and the index of the first record that stays."""

    commits: int
    base: int
    digest: str
    """SHA-256 over the SHA-256 digests of the commits' frames, in order: what exactly was destroyed."""


class SharedRetention:
    """Retention of the log that replicas share, from a data directory of any of them. Blocking."""

    def __init__(self, directory: Path, settings: AuditSettings) -> None:
        """Raises as `SharedAccess`."""
        self._access = SharedAccess(directory, settings)
        self._log = self._access.origin

    def holds(self) -> tuple[Hold, ...]:
        with self._access.connected() as connection:
            return self._holds(connection)

    def hold(self, hold: Hold) -> None:
        """Set a hold, in place of one of that name."""
        with self._access.connected() as connection:
            connection.execute(
                "INSERT INTO yumen_audit_holds VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (log, name) DO UPDATE SET since = excluded.since, until = excluded.until",
                (self._log, hold.name, hold.since, hold.until),
            )

    def release(self, name: str) -> None:
        with self._access.connected() as connection:
            connection.execute("DELETE FROM yumen_audit_holds WHERE log = %s AND name = %s", (self._log, name))

    def expired(self, now: float | None = None) -> ExpiredCommits:
        """The longest run of whole commits from the beginning in which every record's time is over."""
        with self._access.connected() as connection:
            return self._expired(connection, time.time() if now is None else now)

    def prune(self, now: float | None = None) -> ExpiredCommits:
        """Destroy the commits whose time is over; the record of it is durable before the first one goes."""
        with self._access.connected() as connection:
            self._delete(connection)  # what a crash kept from going
            plan = self._expired(connection, time.time() if now is None else now)
            if plan.commits:
                said: dict[str, JSON] = {"base": plan.base, "commits": plan.commits, "digest": plan.digest}
                record = self._access.record(connection, lifecycle(EVENT, said))
                connection.execute(
                    "INSERT INTO yumen_audit_base SELECT log, size, %s, peaks, note FROM yumen_audit_commits "
                    "WHERE log = %s AND size = %s ON CONFLICT (log) DO UPDATE SET "
                    "first = excluded.first, record = excluded.record, peaks = excluded.peaks, note = excluded.note",
                    (record, self._log, plan.base),
                )
                self._delete(connection)
                # Deleted rows stay in the table's file until a vacuum.
                connection.execute("VACUUM yumen_audit_commits")
            return plan

    def _holds(self, connection: Connection) -> tuple[Hold, ...]:
        rows = connection.execute(
            "SELECT name, since, until FROM yumen_audit_holds WHERE log = %s ORDER BY name", (self._log,)
        )
        return tuple(Hold(*row) for row in rows)

    def _expired(self, connection: Connection, now: float) -> ExpiredCommits:
        holds = self._holds(connection)
        # What a sink of this data directory has not acknowledged is still its spool.
        promised = min(positions(self._access.directory), default=None)
        digests, commits, base = sha256(), 0, 0
        for first, size, frames in self._commits(connection):
            kept = promised is not None and size > promised
            if kept or not is_over(records_in(scan(frames), first), now, holds):
                break
            digests.update(sha256(frames).digest())
            commits, base = commits + 1, size
        return ExpiredCommits(commits, base, digests.hexdigest())

    def _commits(self, connection: Connection) -> Iterator[tuple[int, int, bytes]]:
        """Every commit from the beginning but the last one, which stays: the sequencer goes on from it."""
        after: Any = -1
        while True:
            rows = connection.execute(
                "SELECT first, size, frames FROM yumen_audit_commits c WHERE log = %s AND first > %s AND EXISTS "
                "(SELECT FROM yumen_audit_commits n WHERE n.log = c.log AND n.first = c.size) ORDER BY first LIMIT %s",
                (self._log, after, _PAGE),
            ).fetchall()
            if not rows:
                return
            yield from ((row[0], row[1], row[2]) for row in rows)
            after = rows[-1][0]

    def _delete(self, connection: Connection) -> None:
        while connection.execute(
            "DELETE FROM yumen_audit_commits WHERE log = %s AND first IN (SELECT c.first FROM yumen_audit_commits c "
            "JOIN yumen_audit_base b USING (log) WHERE c.log = %s AND c.size <= b.first LIMIT %s)",
            (self._log, self._log, _PAGE),
        ).rowcount:
            pass
