"""The sequencer: whoever holds the advisory lock turns the inbox into commits of the log, in one transaction each."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import Any, Final

import orjson
import psycopg

from mcp_server.audit.frames import CHECKPOINT, encode, encode_record
from mcp_server.audit.keys import LogKeys
from mcp_server.audit.merkle import Frontier, leaf_hash
from mcp_server.audit.notes import Checkpoint
from mcp_server.audit.postgres.schema import COMMIT_CHANNEL, INBOX_CHANNEL, Connection, connect, lock_key
from mcp_server.audit.records import SCHEMA, canonical, open_intent, unknown_outcome

_BATCH: Final = 2000
_IDLE_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 0.3
_GONE: Final = 4
"""Timeouts without a sign of life after which a replica is held to be gone, and its calls to have ended unknown."""

logger = logging.getLogger("yumen.audit")


class Sequencer:
    """A thread of every replica; all but one wait for the lock, which its connection's end gives free."""

    def __init__(self, dsn: str, keys: LogKeys, timeout: float) -> None:
        self._dsn = dsn
        self._keys = keys
        self._origin = keys.signer.verifier.name
        self._timeout = timeout
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit-sequencer", daemon=True)
        self.leading = threading.Event()
        """Set while this replica is the sequencer."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with connect(self._dsn, self._timeout, "audit sequencer") as connection:
                    self._lead(connection)
            except (psycopg.Error, ValueError) as error:
                # ValueError: a row of the inbox that no replica can have written. Nothing is ordered past it.
                logger.warning("audit sequencer: %s", str(error).partition("\n")[0])
            self.leading.clear()
            self._stop.wait(_RETRY_SECONDS)

    def _lead(self, connection: Connection) -> None:
        """Wait for the lock, then order the inbox until stopped. Raises psycopg.Error."""
        while not self._stop.is_set():
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (lock_key(self._origin),)).fetchone()
            if row and row[0]:
                break
            self._stop.wait(_RETRY_SECONDS)
        else:
            return
        frontier = self._frontier(connection)
        connection.execute(f"LISTEN {INBOX_CHANNEL}")
        self.leading.set()
        # A database that was away had no sign of life of anybody: all get their time again.
        look_at = time.monotonic() + _GONE * self._timeout
        while not self._stop.is_set():
            while self._commit(connection, frontier):
                pass
            if time.monotonic() >= look_at:
                self._end_abandoned(connection)
                look_at = time.monotonic() + self._timeout
            for _ in connection.notifies(timeout=_IDLE_SECONDS, stop_after=1):
                pass

    def _frontier(self, connection: Connection) -> Frontier:
        row = connection.execute(
            "SELECT size, peaks FROM yumen_audit_commits WHERE log = %s ORDER BY size DESC LIMIT 1", (self._origin,)
        ).fetchone()
        if row is None:
            return Frontier()
        size, peaks = row
        return Frontier(size, [peaks[at : at + 32] for at in range(0, len(peaks), 32)])

    def _commit(self, connection: Connection, frontier: Frontier) -> bool:
        """One batch; False when the inbox is empty. The frontier moves only once the transaction is through."""
        with connection.transaction():
            waiting = connection.execute(
                "SELECT id, replica, event, content FROM yumen_audit_inbox "
                "WHERE log = %s AND seq IS NULL ORDER BY id LIMIT %s",
                (self._origin, _BATCH),
            ).fetchall()
            if not waiting:
                return False
            grown = frontier.copy()
            frames: list[bytes] = []
            opened: list[tuple[int, str, bytes]] = []
            closed: list[int] = []
            for _, replica, event, content in waiting:
                fields: dict[str, Any] = orjson.loads(event)
                intent, parent = open_intent(fields), fields.get("parent")
                if intent is not None:
                    opened.append((grown.size, replica, orjson.dumps(intent)))
                if isinstance(parent, int):
                    closed.append(parent)
                frames.append(self._frames(fields, content, grown))
            checkpoint = Checkpoint(self._origin, grown.size, grown.root())
            note = self._keys.sign_checkpoint(checkpoint)
            frames.append(encode(CHECKPOINT, note.encode()))
            connection.execute(
                "INSERT INTO yumen_audit_commits VALUES (%s, %s, %s, %s, %s, %s)",
                (self._origin, frontier.size, grown.size, b"".join(frames), b"".join(grown.peaks), note),
            )
            if opened:
                connection.execute(
                    "INSERT INTO yumen_audit_open SELECT %s, * FROM unnest(%s::bigint[], %s::text[], %s::bytea[])",
                    (self._origin, *map(list, zip(*opened, strict=True))),
                )
            if closed:
                connection.execute(
                    "DELETE FROM yumen_audit_open WHERE log = %s AND seq = ANY(%s)", (self._origin, closed)
                )
            connection.execute(
                "UPDATE yumen_audit_inbox SET seq = placed.seq "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS placed (id, seq) WHERE yumen_audit_inbox.id = placed.id",
                ([row[0] for row in waiting], list(range(frontier.size, grown.size))),
            )
            connection.execute(
                "DELETE FROM yumen_audit_inbox WHERE seq IS NOT NULL AND written < now() - interval '1 hour'"
            )
            connection.execute("SELECT pg_notify(%s, %s)", (COMMIT_CHANNEL, str(grown.size)))
        frontier.size, frontier.peaks = grown.size, grown.peaks
        return True

    def _end_abandoned(self, connection: Connection) -> None:
        """Put an unknown outcome into the inbox for every intent whose replica is gone."""
        with connection.transaction():
            connection.execute(
                "DELETE FROM yumen_audit_replicas WHERE log = %s AND seen < now() - make_interval(secs => %s)",
                (self._origin, _GONE * self._timeout),
            )
            abandoned = connection.execute(
                "SELECT seq, replica, intent FROM yumen_audit_open o WHERE log = %s AND NOT EXISTS "
                "(SELECT FROM yumen_audit_replicas r WHERE r.log = o.log AND r.replica = o.replica) ORDER BY seq",
                (self._origin,),
            ).fetchall()
            for seq, replica, intent in abandoned:
                event = canonical(unknown_outcome(seq, orjson.loads(intent)))
                connection.execute(
                    "INSERT INTO yumen_audit_inbox (log, replica, event) VALUES (%s, %s, %s)",
                    (self._origin, replica, event),
                )
                connection.execute("DELETE FROM yumen_audit_open WHERE log = %s AND seq = %s", (self._origin, seq))

    def _frames(self, fields: dict[str, Any], content: bytes | None, frontier: Frontier) -> bytes:
        envelope = canonical({**fields, "v": SCHEMA, "log": self._origin, "seq": frontier.size})
        frontier.append(leaf_hash(envelope))
        return encode_record(envelope, content)


def release(connection: Connection) -> None:
    """Close without waiting for anything."""
    with contextlib.suppress(psycopg.Error):
        connection.close()
