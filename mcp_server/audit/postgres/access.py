"""The shared log from a command: it joins for one record, beside whatever replicas run, and needs no copy of its own."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg

from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.keys import check_store
from mcp_server.audit.postgres.inbox import place
from mcp_server.audit.postgres.rotations import open_shared_keys
from mcp_server.audit.postgres.schema import COMMIT_CHANNEL, Connection, connect, create_tables, require_shared_keys
from mcp_server.audit.postgres.sequencer import Sequencer
from mcp_server.audit.records import Envelope, prepared
from mcp_server.audit.settings import AuditSettings
from mcp_server.secrets import text_secret


class SharedAccess:
    """The database of a log, with its keys. Blocking; every method raises AuditUnavailable."""

    def __init__(self, directory: Path, settings: AuditSettings) -> None:
        """Also raises KeyUnusable, and LogDamaged for a directory that holds a log of its own."""
        require_shared_keys(settings)
        check_store(directory, mirror=True)
        self.directory = directory
        self._settings = settings
        self._dsn = text_secret(settings.postgres, "the PostgreSQL connection")
        with self.connected() as connection:
            create_tables(connection)
            self.keys, self.card = open_shared_keys(connection, directory, settings)

    @property
    def origin(self) -> str:
        return self.card.origin

    @contextlib.contextmanager
    def connected(self) -> Iterator[Connection]:
        try:
            with connect(self._dsn, self._settings.postgres_timeout, "audit command") as connection:
                yield connection
        except (psycopg.Error, TimeoutError) as error:
            raise AuditUnavailable("the database of the audit log cannot be used", detail=str(error)) from error

    def record(self, connection: Connection, event: Envelope) -> int:
        """Append an event; its index. Ordered by whichever replica leads, or else by this process."""
        timeout = self._settings.postgres_timeout
        connection.execute(f"LISTEN {COMMIT_CHANNEL}")
        sequencer = Sequencer(self._dsn, self.keys, timeout)
        sequencer.start()
        try:
            envelope = prepared(event, None, limit=self._settings.max_record_bytes).envelope
            return place(connection, self.origin, secrets.token_hex(12), [(envelope, None)], timeout)[0]
        finally:
            sequencer.stop()
