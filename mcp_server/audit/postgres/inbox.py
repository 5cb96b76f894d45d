"""The inbox of all replicas: events go in durably, and come back with the place that the sequencer gave them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mcp_server.audit.postgres.schema import INBOX_CHANNEL, Connection


def place(
    connection: Connection,
    log: str,
    replica: str,
    events: Sequence[tuple[bytes, bytes | None]],
    timeout: float,
) -> list[int]:
    """Put events (envelope, sealed content) into the inbox, and wait for their indices in the log.

    The connection must listen for commits. Raises psycopg.Error, and TimeoutError after `timeout` seconds.
    """
    with connection.transaction():
        rows = connection.execute(
            "INSERT INTO yumen_audit_inbox (log, replica, event, content) "
            "SELECT %s, %s, * FROM unnest(%s::bytea[], %s::bytea[]) RETURNING id",
            (log, replica, [envelope for envelope, _ in events], [content for _, content in events]),
        ).fetchall()
        connection.execute("SELECT pg_notify(%s, '')", (INBOX_CHANNEL,))
    ids = sorted(row[0] for row in rows)
    placed: dict[int, int] = {}
    ends = time.monotonic() + timeout
    while True:
        found = connection.execute(
            "DELETE FROM yumen_audit_inbox WHERE id = ANY(%s) AND seq IS NOT NULL RETURNING id, seq", (ids,)
        ).fetchall()
        placed.update((row[0], row[1]) for row in found)
        if len(placed) == len(ids):
            return [placed[number] for number in ids]
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("no replica ordered the inbox in time")
        for _ in connection.notifies(timeout=min(left, 0.2), stop_after=1):
            pass
