"""Where the register of models is kept: one SQLite file, or PostgreSQL for several replicas. The same statements on both.

Statements are written with `?` for values, in the SQL that the two have in common.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from scanners.errors import YumenError

Row = Mapping[str, Any]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS version (
  id {number}, tenant TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
  facts TEXT NOT NULL, registered TEXT NOT NULL, registered_by TEXT NOT NULL, UNIQUE (tenant, name, version));
CREATE TABLE IF NOT EXISTS relation (
  version BIGINT NOT NULL REFERENCES version (id), kind TEXT NOT NULL, name TEXT NOT NULL,
  of_version TEXT NOT NULL, digest TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS relation_by_name ON relation (kind, name);
CREATE INDEX IF NOT EXISTS relation_by_version ON relation (version);
CREATE TABLE IF NOT EXISTS event (
  {order}version BIGINT NOT NULL REFERENCES version (id), kind TEXT NOT NULL, at TEXT NOT NULL,
  by TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_by_version ON event (version);
"""
_LOCK: Final = 0x59554D454E_52
"""Advisory lock under which the tables are made: several replicas may start at once."""
_SECONDS: Final = 10


class RegisterUnavailable(YumenError):
    """The register cannot be reached or written; nothing was recorded."""

    code = "register_unavailable"


class Database(Protocol):
    """One transaction."""

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """What a statement answers, by column name."""
        ...

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None: ...


class RegisterStore(Protocol):
    """Opens transactions: taken over whole when the block ends, not at all when it raises."""

    def transaction(self) -> AbstractContextManager[Database]:
        """Raises RegisterUnavailable."""
        ...


class FileStore:
    """A SQLite file of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_SECONDS, isolation_level="IMMEDIATE")
            try:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_TABLES.format(number="INTEGER PRIMARY KEY", order=""))
                with connection:
                    yield _SqliteDatabase(connection)
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise RegisterUnavailable("the register of models cannot be used", detail=repr(error)) from error


class _SqliteDatabase:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        return [dict(row) for row in self._connection.execute(statement, values).fetchall()]

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(statement, values)


class PostgresStore:
    """A PostgreSQL database (extra `postgres`); the tables are made in a schema of their own."""

    def __init__(self, connection_string: str) -> None:
        self._connection_string = connection_string
        self._ready = False

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        try:
            import psycopg
            from psycopg.rows import dict_row
        except ImportError:
            raise RegisterUnavailable(
                "this server cannot reach PostgreSQL", remedy="install it with: pip install 'yumen[postgres]'"
            ) from None
        try:
            with psycopg.connect(
                self._connection_string,
                row_factory=dict_row,
                connect_timeout=_SECONDS,
                options=f"-c statement_timeout={_SECONDS * 1000} -c search_path=yumen_register",
            ) as connection:
                if not self._ready:
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                    connection.execute("CREATE SCHEMA IF NOT EXISTS yumen_register")
                    number = "BIGINT GENERATED ALWAYS AS IDENTITY"
                    tables = _TABLES.format(number=f"{number} PRIMARY KEY", order=f"rowid {number}, ")
                    connection.execute(tables.encode())
                yield _PostgresDatabase(connection)
            self._ready = True
        except psycopg.Error as error:
            raise RegisterUnavailable("the register of models cannot be used", detail=repr(error)) from error


class _PostgresDatabase:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        cursor = self._connection.execute(statement.replace("?", "%s"), values)
        return cursor.fetchall() if cursor.description else []

    def run_many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(statement.replace("?", "%s"), values)
