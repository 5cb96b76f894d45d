"""Tables of the PostgreSQL store, and the connection that everything in it uses."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any, Final

import psycopg

from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.settings import AuditSettings
from mcp_server.secrets import KeyUnusable

Connection = psycopg.Connection[tuple[Any, ...]]

INBOX_CHANNEL: Final = "yumen_audit_inbox"
COMMIT_CHANNEL: Final = "yumen_audit_commit"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS yumen_audit_inbox (
  id bigserial PRIMARY KEY,
  log text NOT NULL,
  event bytea NOT NULL,
  content bytea,
  replica text NOT NULL,
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
CREATE TABLE IF NOT EXISTS yumen_audit_open (
  log text NOT NULL,
  seq bigint NOT NULL,
  replica text NOT NULL,
  intent bytea NOT NULL,
  PRIMARY KEY (log, seq)
);
CREATE TABLE IF NOT EXISTS yumen_audit_replicas (
  log text NOT NULL,
  replica text NOT NULL,
  seen timestamptz NOT NULL,
  PRIMARY KEY (log, replica)
);
CREATE TABLE IF NOT EXISTS yumen_audit_base (
  log text PRIMARY KEY,
  first bigint NOT NULL,
  record bigint NOT NULL,
  peaks bytea NOT NULL,
  note text NOT NULL
);
CREATE TABLE IF NOT EXISTS yumen_audit_rotations (
  id bigserial PRIMARY KEY,
  log text NOT NULL,
  statement text NOT NULL
);
CREATE TABLE IF NOT EXISTS yumen_audit_holds (
  log text NOT NULL,
  name text NOT NULL,
  since double precision NOT NULL,
  until double precision NOT NULL,
  PRIMARY KEY (log, name)
);
"""
"""A commit continues another one only if `first` is free: two sequencers can never both write record N."""


def require_shared_keys(settings: AuditSettings) -> None:
    """Raises KeyUnusable unless the settings name what all replicas must have in common."""
    if not settings.origin or not settings.signing_key or not settings.digest_key:
        raise KeyUnusable(
            "replicas share one log: audit.origin, audit.signing_key and audit.digest_key must be set, the same for all"
        )


def connect(dsn: str, timeout: float, purpose: str) -> Connection:
    """A connection whose commits are on the disk when they return; pg_stat_activity shows its purpose and process.

    Raises psycopg.Error.
    """
    name = f"yumen {purpose} {os.getpid()}"
    connection = psycopg.connect(dsn, autocommit=True, connect_timeout=max(1, round(timeout)), application_name=name)
    connection.execute("SET synchronous_commit = on")
    connection.execute(f"SET statement_timeout = {round(timeout * 1000)}")
    connection.execute(f"SET idle_in_transaction_session_timeout = {round(timeout * 1000)}")
    return connection


def check_durable(connection: Connection) -> None:
    """Raises AuditUnavailable when the server acknowledges what a power cut can take back."""
    off = [name for name in ("fsync", "full_page_writes") if _shown(connection, name) == "off"]
    if off:
        raise AuditUnavailable(
            f"the database of the audit log runs with {' and '.join(off)} off: what it acknowledges can be lost",
            remedy="turn it on in postgresql.conf",
        )


def _shown(connection: Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""


def create_tables(connection: Connection) -> None:
    """Idempotent; several replicas may do it at once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_key("schema"),))
        connection.execute(_TABLES.encode())


def lock_key(name: str) -> int:
    """The advisory lock of a log's sequencer, as the signed 64-bit number that PostgreSQL wants."""
    return int.from_bytes(sha256(f"yumen audit sequencer {name}".encode()).digest()[:8], signed=True)
