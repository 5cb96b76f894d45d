"""Open the log, and the keys beside it, where the settings say that they are."""

from __future__ import annotations

from pathlib import Path

from mcp_server.audit.interface import Log
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import FOLDER
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.secrets import text_secret


async def open_log(data_dir: Path, settings: AuditSettings) -> Log:
    """The log in this machine's files, or the one that replicas share. Raises as the `open` of either."""
    if not settings.postgres:
        return await AuditLog.open(data_dir / FOLDER, settings)
    # Imported here: the driver comes with the extra 'postgres'.
    from mcp_server.audit.postgres.log import PostgresLog

    return await PostgresLog.open(data_dir / FOLDER, settings)


def open_subjects(data_dir: Path, settings: AuditSettings, log: Log) -> SubjectKeys:
    """The key table that belongs to an open log. Raises KeyUnusable, sqlite3.Error."""
    if not settings.postgres:
        return SubjectKeys(data_dir / TABLE, log.keys.tenant_key)
    from mcp_server.audit.postgres.subjects import PostgresTable

    dsn = text_secret(settings.postgres, "the PostgreSQL connection")
    return SubjectKeys(data_dir / TABLE, log.keys.tenant_key, table=PostgresTable(dsn, settings.postgres_timeout))
