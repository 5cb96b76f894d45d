"""Open the log, and the keys beside it, where the settings say that they are."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from mcp_server.audit.errors import NoSuchRecord
from mcp_server.audit.interface import Log
from mcp_server.audit.keys import LogKeys, open_keys, read_card
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import FOLDER
from mcp_server.audit.retention import Holds, OwnHolds
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.secrets import KeyUnusable, text_secret


async def open_log(data_dir: Path, settings: AuditSettings) -> Log:
    """The log in this machine's files, or the one that replicas share. Raises as the `open` of either."""
    if not settings.postgres:
        return await AuditLog.open(data_dir / FOLDER, settings)
    # Imported here: the driver comes with the extra 'postgres'.
    from mcp_server.audit.postgres.log import PostgresLog

    return await PostgresLog.open(data_dir / FOLDER, settings)


def holds_of(data_dir: Path, settings: AuditSettings) -> Holds:
    """Where the legal holds of the log are kept. Raises LogDamaged, and for a log in PostgreSQL as `SharedRetention`."""
    if not settings.postgres:
        return OwnHolds(data_dir / FOLDER)
    from mcp_server.audit.postgres.retention import SharedRetention

    return SharedRetention(data_dir / FOLDER, settings)


def open_subjects(data_dir: Path, settings: AuditSettings, keys: LogKeys, *, read_only: bool = False) -> SubjectKeys:
    """The key table that belongs to a log. Raises KeyUnusable, sqlite3.Error."""
    if not settings.postgres:
        return SubjectKeys(data_dir / TABLE, keys.tenant_key, read_only=read_only)
    from mcp_server.audit.postgres.subjects import PostgresTable

    dsn = text_secret(settings.postgres, "the PostgreSQL connection")
    return SubjectKeys(data_dir / TABLE, keys.tenant_key, table=PostgresTable(dsn, settings.postgres_timeout))


def subjects_for_reading(data_dir: Path, settings: AuditSettings) -> SubjectKeys | None:
    """The key table beside the log in a data directory; None where this process may not read it: envelopes can be read
    all the same. Raises NoSuchRecord where there is no log, LogDamaged.
    """
    if read_card(data_dir / FOLDER) is None:
        raise NoSuchRecord("there is no audit log here", remedy="name the server's data directory with --data-dir")
    try:
        keys, _ = open_keys(data_dir / FOLDER, settings)
        return open_subjects(data_dir, settings, keys, read_only=True)
    except (KeyUnusable, sqlite3.Error):
        return None
