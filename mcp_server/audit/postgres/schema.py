"""Tables of the PostgreSQL store, and the connection that everything in it uses."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

INBOX_CHANNEL: Final = "yumen_audit_inbox"
COMMIT_CHANNEL: Final = "yumen_audit_commit"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS yumen_audit_inbox (
  id bigserial PRIMARY KEY,
  log text NOT NULL,
  event bytea NOT NULL,
  content bytea,
  seq bigint,
  written timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS yumen_audit_inbox_waiting ON yumen_audit_inbox (log, id) WHERE seq IS NULL;
CREATE TABLE IF NOT EXISTS yumen_audit_commits (
  log text NOT NULL,
  first bigint NOT NULL,
  size bigint NOT NULL CHECK (size > first),
  frames bytea NOT NULL,
  peaks bytea NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (log, first),
  UNIQUE (log, size)
);
"""
"""A commit continues another one only if `first` is free: two sequencers can never both write record N."""


def connect(dsn: str, timeout: float) -> Connection:
    """A connection whose commits are on the disk when they return. Raises psycopg.Error."""
    connection = psycopg.connect(dsn, autocommit=True, connect_timeout=max(1, round(timeout)))
    connection.execute("SET synchronous_commit = on")
    connection.execute(f"SET statement_timeout = {round(timeout * 1000)}")
    connection.execute(f"SET idle_in_transaction_session_timeout = {round(timeout * 1000)}")
    return connection


def create_tables(connection: Connection) -> None:
    """Idempotent; several replicas may do it at once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key("schema"),))
        connection.execute(_TABLES.encode())


def lock_key(name: str) -> int:
    """The advisory lock of a log's sequencer, as the signed 64-bit number that PostgreSQL wants."""
    return int.from_bytes(sha256(f"yumen audit sequencer {name}".encode()).digest()[:8], signed=True)
