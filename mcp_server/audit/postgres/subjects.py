"""The key table of data subjects, shared by all replicas."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from mcp_server.audit.postgres.schema import Connection, connect
from mcp_server.secrets import KeyUnusable

_TABLE = """
CREATE TABLE IF NOT EXISTS yumen_audit_subjects (lookup bytea PRIMARY KEY, pseudonym text NOT NULL UNIQUE, key bytea NOT NULL)
"""


class PostgresTable:
    """Implements `KeyTable`. PostgreSQL keeps deleted rows until VACUUM and in its WAL: destroying a key vacuums at once,
    and the WAL and backups must be kept no longer than an erasure may take."""

    def __init__(self, dsn: str, timeout: float) -> None:
        """Raises KeyUnusable."""
        self._dsn = dsn
        self._timeout = timeout
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        with self._connected() as connection:
            connection.execute(_TABLE)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._lock:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = connect(self._dsn, self._timeout, "subject keys")
                yield self._connection
            except psycopg.Error as error:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
                raise KeyUnusable("the key table of data subjects cannot be reached", detail=str(error)) from error

    def by_lookup(self, lookup: bytes) -> tuple[str, bytes] | None:
        return self._row("SELECT pseudonym, key FROM yumen_audit_subjects WHERE lookup = %s", lookup)

    def by_pseudonym(self, pseudonym: str) -> tuple[str, bytes] | None:
        return self._row("SELECT pseudonym, key FROM yumen_audit_subjects WHERE pseudonym = %s", pseudonym)

    def add(self, lookup: bytes, pseudonym: str, key: bytes) -> None:
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO yumen_audit_subjects VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (lookup, pseudonym, key)
            )

    def delete(self, pseudonym: str) -> None:
        with self._connected() as connection:
            connection.execute("UPDATE yumen_audit_subjects SET key = '' WHERE pseudonym = %s", (pseudonym,))
            connection.execute("DELETE FROM yumen_audit_subjects WHERE pseudonym = %s", (pseudonym,))
            connection.execute("VACUUM yumen_audit_subjects")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _row(self, query: str, value: bytes | str) -> tuple[str, bytes] | None:
        with self._connected() as connection:
            row = connection.execute(query.encode(), (value,)).fetchone()
        return (row[0], row[1]) if row else None
