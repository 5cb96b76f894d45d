"""Tables of a database through SQLAlchemy (extra `databases`): read only, in one snapshot, row by row, in bounds."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scanners.datasets.batches import MAX_LINE, Batch, Gathering, cell
from scanners.errors import TargetMissing, UnreadableInput, YumenError
from scanners.findings import Skipped

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

MAX_ROWS = 10_000_000
"""Of one table; what lies behind is named."""
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 600
_AHEAD = 1_000
"""Rows that are fetched at a time: a cursor on the server, so that memory stays flat."""
_SYSTEM = frozenset({"information_schema", "pg_catalog", "pg_toast", "mysql", "performance_schema", "sys"})
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "sqlite": "sqlite",
}
_EXTRAS = {"mysql": "mysql", "mariadb": "mysql"}
"""Databases whose transactions are proven here to write nothing, and the driver for each."""


class DatabaseUnavailable(YumenError):
    """The database cannot be reached, or does not let these credentials read. The message never holds the URL."""

    code = "database_unavailable"


def read(url: str, tables: Sequence[str] = (), most: int = MAX_ROWS) -> Iterator[Batch]:
    """The rows of `tables` ('name' or 'schema.name'), of all by default.

    A table that cannot be read, a value of more than MAX_LINE characters and bytes are named by their place.
    Raises DatabaseUnavailable, TargetMissing for a table that is not there, UnreadableInput for a URL that is none.
    """
    from sqlalchemy import exc

    with _connected(url) as connection:
        for table in _wanted(connection, tables):
            shown = f"{Path(connection.engine.url.database or 'database').name}/{table.fullname}"
            gathering = Gathering(shown, tuple(column.name for column in table.columns))
            _name_binary(table, gathering)
            try:
                for row in _rows(connection, table, most):
                    if gathering.row >= most:
                        gathering.unreadable(f"rows after {most}", "the limit of rows was reached; not read")
                        break
                    yield from gathering.add(_read_row(row, gathering))
            except exc.SQLAlchemyError as error:
                gathering.unreadable(f"rows after {gathering.row}", f"the database refused ({type(error).__name__})")
                connection.rollback()
            yield from gathering.rest()


def snapshot(url: str, path: Path, tables: Sequence[str] = (), most: int = MAX_ROWS) -> tuple[Skipped, ...]:
    """The same rows in a new SQLite file, from which they are redacted; what was not read. Raises as `read`."""
    skipped: list[Skipped] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("begin")
        into = ""
        for batch in read(url, tables, most):
            skipped += batch.skipped
            name = batch.table.partition("/")[2]
            if batch.number == 0:
                listed = ", ".join(f"{_quoted(column)} text" for column in batch.columns)
                made.execute(f"create table {_quoted(name)} ({listed})")
                into = f"insert into {_quoted(name)} values ({', '.join('?' * len(batch.columns))})"  # noqa: S608 - quoted
            made.executemany(into, batch.rows)
        made.execute("commit")
    return tuple(skipped)


def _read_row(row: Sequence[Any], gathering: Gathering) -> tuple[str, ...]:
    out = []
    for name, value in zip(gathering.columns, row, strict=True):
        text = value.isoformat() if isinstance(value, datetime.date | datetime.time) else cell(value)
        if len(text) > MAX_LINE:
            gathering.unreadable(f"row {gathering.row + 1}, column {name}", f"longer than {MAX_LINE} characters")
            text = ""
        out.append(text)
    return tuple(out)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """One read-only transaction that sees one state of the database."""
    try:
        import sqlalchemy
        from sqlalchemy import exc
    except ImportError:
        raise UnreadableInput("reading databases needs SQLAlchemy", remedy="pip install 'yumen[databases]'") from None
    try:
        address = sqlalchemy.make_url(url)
    except exc.ArgumentError:
        raise UnreadableInput(
            "what is referenced is not a database URL", remedy="e.g. postgresql://user:password@host/name"
        ) from None
    kind = address.get_backend_name()
    if kind not in _DRIVERS:
        raise UnreadableInput(f"databases of kind {kind!r} are not read", remedy="export the tables, e.g. as Parquet")
    options: dict[str, Any] = {}
    if kind == "sqlite":
        if not address.database or not Path(address.database).is_file():
            raise TargetMissing("there is no SQLite file where the URL points")
        address = address.set(database=f"file:{address.database}", query={"mode": "ro", "uri": "true"})
    elif kind in _EXTRAS:
        options = {"connect_timeout": _CONNECT_SECONDS, "read_timeout": _STATEMENT_SECONDS, "local_infile": False}
    else:
        options = {"connect_timeout": _CONNECT_SECONDS, "options": f"-c statement_timeout={_STATEMENT_SECONDS * 1000}"}
    try:
        engine = sqlalchemy.create_engine(
            address.set(drivername=_DRIVERS[kind]),
            poolclass=sqlalchemy.NullPool,
            hide_parameters=True,
            connect_args=options,
        )
        with engine.connect() as connection:
            if kind in _EXTRAS:
                # Of the session, before its first statement begins the transaction: InnoDB then shows one state.
                connection.execution_options(isolation_level="REPEATABLE READ")
                connection.exec_driver_sql("set session transaction read only")
                connection.commit()
            elif kind != "sqlite":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
            connection.rollback()
    except ImportError as error:
        raise UnreadableInput(
            f"the driver for {kind} is missing", remedy=f"pip install 'yumen[{_EXTRAS.get(kind, 'postgres')}]'"
        ) from error
    except exc.SQLAlchemyError as error:
        raise DatabaseUnavailable(
            f"the {kind} database cannot be read",
            remedy="check its address, its credentials and what they may read",
            detail=type(error.__cause__ or error).__name__,  # the driver's words may hold the URL
        ) from None


def _wanted(connection: Connection, tables: Sequence[str]) -> list[Table]:
    """The tables by name, reflected: names and types only."""
    import sqlalchemy

    looked = sqlalchemy.inspect(connection)
    default = looked.default_schema_name
    found: dict[str, tuple[str, str | None]] = {}
    for schema in looked.get_schema_names():
        if schema not in _SYSTEM and not schema.startswith("pg_"):
            for name in looked.get_table_names(schema):
                plain = schema in (default, "main")
                found[name if plain else f"{schema}.{name}"] = (name, None if plain else schema)
    if missing := [name for name in tables if name not in found]:
        raise TargetMissing(f"there is no table {missing[0]!r}", remedy=f"there are {', '.join(sorted(found)[:50])}")
    metadata = sqlalchemy.MetaData()
    return [
        sqlalchemy.Table(name, metadata, *_columns(looked, name, schema), schema=schema)
        for name, schema in (found[wanted] for wanted in (tables or sorted(found)))
    ]


def _columns(looked: Any, name: str, schema: str | None) -> Iterator[Any]:
    import sqlalchemy

    ordering = set(looked.get_pk_constraint(name, schema)["constrained_columns"])
    for column in looked.get_columns(name, schema):
        yield sqlalchemy.Column(column["name"], column["type"], primary_key=column["name"] in ordering)


def _rows(connection: Connection, table: Table, most: int) -> Iterator[Sequence[Any]]:
    """Long values are cut by the database, one character past the bound, so that none of them comes here whole."""
    import sqlalchemy
    from sqlalchemy import types

    bounded = (types.Integer, types.Float, types.Boolean, types.Date, types.DateTime, types.Time)
    columns = [
        column
        if isinstance(column.type, bounded)
        else sqlalchemy.null()
        if isinstance(column.type, types.LargeBinary)
        else sqlalchemy.func.substr(sqlalchemy.cast(column, types.Text), 1, MAX_LINE + 1)
        for column in table.columns
    ]
    labelled = [column.label(f"c{number}") for number, column in enumerate(columns)]
    # In the order of their key, so that the batches of another run hold the same rows.
    query = sqlalchemy.select(*labelled).select_from(table).order_by(*table.primary_key).limit(most + 1)
    yield from connection.execution_options(stream_results=True, max_row_buffer=_AHEAD).execute(query)


def _name_binary(table: Table, gathering: Gathering) -> None:
    from sqlalchemy import types

    for column in table.columns:
        if isinstance(column.type, types.LargeBinary):
            gathering.unreadable(f"column {column.name}", "holds bytes; not read")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
