"""The disposable SQLite index of the log: where each record lies, and what it can be searched by.

It holds no personal content: actors are there by pseudonym only. Delete it and it is built again from the segments.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mcp_server.audit.base import read_base
from mcp_server.audit.frames import BadFrame
from mcp_server.audit.segments import SegmentBytes, StoredRecord, broken, list_segments, records_in

NAME: Final = "index.db"
_VERSION: Final = 1
_BATCH: Final = 5000
_SCHEMA: Final = """
CREATE TABLE records (
  seq INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL,
  tenant TEXT NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL, phase TEXT NOT NULL, tool TEXT, status TEXT, verdict TEXT,
  resource TEXT, trace TEXT
);
CREATE INDEX by_actor ON records (tenant, actor, seq);
CREATE INDEX by_tool ON records (tenant, tool, seq);
CREATE INDEX by_time ON records (tenant, time);
CREATE INDEX by_resource ON records (resource) WHERE resource IS NOT NULL;
CREATE INDEX by_trace ON records (trace) WHERE trace IS NOT NULL;
"""
_EMPTY: Final = f"BEGIN IMMEDIATE; DROP TABLE IF EXISTS records; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies, and whose it is."""

    seq: int
    segment: int
    offset: int
    tenant: str
    actor: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look for; None means 'any'. Times are Unix microseconds, `until` exclusive."""

    tenant: str
    actor: str | None = None
    tool: str | None = None
    status: str | None = None
    verdict: str | None = None
    resource: str | None = None
    trace: str | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None
    """Only records with an index below this one: the cursor of the next page."""
    after: int | None = None
    """Only records with an index above this one, oldest first: the cursor of whoever follows the log."""
    but_searches_of: str | None = None
    """Leave out what this actor searched: or following the log would go on being news of itself."""


class Index:
    """The index beside one log. Blocking; safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / NAME
        self._lock = threading.Lock()
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            db = self._connect()
        except sqlite3.DatabaseError:
            self._discard()
            db = self._connect()
        return db

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        # Losing it costs a rebuild and nothing else, so no sync is ever waited for.
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA journal_mode=WAL")
        if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            db.executescript(_EMPTY)
        self._path.chmod(0o600)
        return db

    def _discard(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        self._db.close()

    def rebuild(self, until: int) -> int:
        """Throw the index away and build it from the segments; how many records it then holds. Raises LogDamaged."""
        with self._lock:
            try:
                # In place: a server that runs beside goes on with the same file.
                self._db.executescript(_EMPTY)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                self._db.close()
                self._discard()
                self._db = self._connect()
        return self.catch_up(until)

    def catch_up(self, until: int) -> int:
        """Index every record below `until` that is not indexed yet; how many it then holds. Raises LogDamaged."""
        with self._lock:
            row = self._db.execute("SELECT seq, segment, offset FROM records ORDER BY seq DESC LIMIT 1").fetchone()
            if row and row[0] >= until:
                # The log is shorter than its index: another log was put in its place.
                self._db.execute("DELETE FROM records")
                row = None
            self._db.execute("DELETE FROM records WHERE seq < ?", (read_base(self._directory).first,))
            last = row[0] if row else -1
            if last + 1 >= until:
                return until
            batch: list[tuple[Any, ...]] = []
            for segment, record in self._unindexed(row, until):
                batch.append((record.index, segment, record.offset, *_columns(record.fields())))
                if len(batch) >= _BATCH:
                    self._store(batch)
                    batch = []
            self._store(batch)
        return until

    def _store(self, batch: list[tuple[Any, ...]]) -> None:
        with self._db:
            self._db.execute("BEGIN")
            self._db.executemany(f"INSERT OR IGNORE INTO records VALUES ({','.join('?' * 13)})", batch)  # noqa: S608

    def _unindexed(self, last: tuple[int, int, int] | None, until: int) -> Iterator[tuple[int, StoredRecord]]:
        seq, last_segment, offset = last or (-1, -1, 0)
        for first, path in list_segments(self._directory):
            if first < last_segment or first >= until:
                continue
            with SegmentBytes(path) as segment:
                resume = first == last_segment
                frames = segment.frames_from(offset) if resume else segment.frames()
                try:
                    for record in records_in(frames, seq if resume else first):
                        if record.index >= until:
                            return
                        if record.index > seq:
                            yield first, record
                except BadFrame as error:
                    raise broken(path, error) from error

    def find(self, filters: Filters, limit: int) -> list[Place]:
        """Newest first; with `after`, oldest first."""
        wanted = {
            "tenant = ?": filters.tenant,
            "actor = ?": filters.actor,
            "tool = ?": filters.tool,
            "status = ?": filters.status,
            "verdict = ?": filters.verdict,
            "resource = ?": filters.resource,
            "trace = ?": filters.trace,
            "time >= ?": filters.since,
            "time < ?": filters.until,
            "seq < ?": filters.before,
            "seq > ?": filters.after,
            "NOT (tool IS 'audit_search' AND actor = ?)": filters.but_searches_of,
        }
        order = "DESC" if filters.after is None else "ASC"
        given = {clause: value for clause, value in wanted.items() if value is not None}
        query = (
            "SELECT seq, segment, offset, tenant, actor FROM records "  # noqa: S608 - clauses and order are constants of ours
            f"WHERE {' AND '.join(given)} ORDER BY seq {order} LIMIT ?"
        )
        with self._lock:
            return [Place(*row) for row in self._db.execute(query, (*given.values(), limit))]

    def place(self, seq: int) -> Place | None:
        with self._lock:
            row = self._db.execute(
                "SELECT seq, segment, offset, tenant, actor FROM records WHERE seq = ?", (seq,)
            ).fetchone()
        return Place(*row) if row else None


def _columns(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    outcome = fields.get("outcome", {})
    resources = fields.get("resources") or [None]
    return (
        fields["time"],
        fields.get("tenant", ""),
        fields.get("actor", {}).get("id", ""),
        fields["kind"],
        fields["phase"],
        fields.get("tool", {}).get("name"),
        outcome.get("status"),
        outcome.get("verdict"),
        resources[0],
        fields.get("trace", {}).get("trace"),
    )
