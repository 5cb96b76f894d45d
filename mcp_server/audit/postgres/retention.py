"""Pruning of a log in PostgreSQL: whole commits go from the database, and each replica's copy follows by segments.

Legal holds lie in the database, too, where every replica sees them.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg

from mcp_server.audit.base import EVENT
from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.frames import scan
from mcp_server.audit.keys import check_store, open_keys
from mcp_server.audit.postgres.inbox import place
from mcp_server.audit.postgres.schema import COMMIT_CHANNEL, Connection, connect, create_tables, require_shared_keys
from mcp_server.audit.postgres.sequencer import Sequencer
from mcp_server.audit.records import lifecycle, prepared
from mcp_server.audit.retention import Hold, is_over
from mcp_server.audit.segments import records_in
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.sinks.cursor import positions
from mcp_server.secrets import text_secret

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
        """Raises AuditUnavailable, KeyUnusable, LogDamaged (the directory holds a log of its own)."""
        require_shared_keys(settings)
        check_store(directory, mirror=True)
        self._directory = directory
        self._timeout = settings.postgres_timeout
        self._limit = settings.max_record_bytes
        self._dsn = text_secret(settings.postgres, "the PostgreSQL connection")
        self._keys, card = open_keys(directory, settings)
        self._log = card.origin
        with self._connected() as connection:
            create_tables(connection)

    def holds(self) -> tuple[Hold, ...]:
        with self._connected() as connection:
            return self._holds(connection)

    def hold(self, hold: Hold) -> None:
        """Set a hold, in place of one of that name."""
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO yumen_audit_holds VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (log, name) DO UPDATE SET since = excluded.since, until = excluded.until",
                (self._log, hold.name, hold.since, hold.until),
            )

    def release(self, name: str) -> None:
        with self._connected() as connection:
            connection.execute("DELETE FROM yumen_audit_holds WHERE log = %s AND name = %s", (self._log, name))

    def expired(self, now: float | None = None) -> ExpiredCommits:
        """The longest run of whole commits from the beginning in which every record's time is over."""
        with self._connected() as connection:
            return self._expired(connection, time.time() if now is None else now)

    def prune(self, now: float | None = None) -> ExpiredCommits:
        """Destroy the commits whose time is over; the record of it is durable before the first one goes."""
        with self._connected() as connection:
            self._delete(connection)  # what a crash kept from going
            plan = self._expired(connection, time.time() if now is None else now)
            if plan.commits:
                record = self._recorded(connection, plan)
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
        promised = min(positions(self._directory), default=None)
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

    def _recorded(self, connection: Connection, plan: ExpiredCommits) -> int:
        """The index of the record that says what goes. Ordered by whichever replica leads, or else by this process."""
        event = lifecycle(EVENT, {"base": plan.base, "commits": plan.commits, "digest": plan.digest})
        connection.execute(f"LISTEN {COMMIT_CHANNEL}")
        sequencer = Sequencer(self._dsn, self._keys, self._timeout)
        sequencer.start()
        try:
            envelope = prepared(event, None, limit=self._limit).envelope
            return place(connection, self._log, secrets.token_hex(12), [(envelope, None)], self._timeout)[0]
        finally:
            sequencer.stop()

    def _delete(self, connection: Connection) -> None:
        while connection.execute(
            "DELETE FROM yumen_audit_commits WHERE log = %s AND first IN (SELECT c.first FROM yumen_audit_commits c "
            "JOIN yumen_audit_base b USING (log) WHERE c.log = %s AND c.size <= b.first LIMIT %s)",
            (self._log, self._log, _PAGE),
        ).rowcount:
            pass

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with connect(self._dsn, self._timeout, "audit retention") as connection:
                yield connection
        except (psycopg.Error, TimeoutError) as error:
            raise AuditUnavailable("the database of the audit log cannot be used", detail=str(error)) from error
