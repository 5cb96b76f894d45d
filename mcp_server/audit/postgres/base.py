"""Where a pruned log in PostgreSQL begins: what a new replica starts its copy from."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_server.audit.postgres.schema import Connection


@dataclass(frozen=True, slots=True)
class DatabaseBase:
    """Where the log in the database begins, which of its records says so, and the signed tree before it."""

    first: int
    record: int
    peaks: tuple[bytes, ...]
    note: str


def read_database_base(connection: Connection, log: str) -> DatabaseBase | None:
    """None for a log that was never pruned. Raises psycopg.Error."""
    row = connection.execute(
        "SELECT first, record, peaks, note FROM yumen_audit_base WHERE log = %s", (log,)
    ).fetchone()
    if row is None:
        return None
    first, record, peaks, note = row
    return DatabaseBase(first, record, tuple(peaks[at : at + 32] for at in range(0, len(peaks), 32)), note)
