"""SQLite files: every table; views, triggers and whatever else would run is left alone."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from scanners.datasets.batches import MAX_CELLS, MAX_CHARACTERS, MAX_LINE, Batch, Gathering, cell
from scanners.datasets.cells import Cell, Editor
from scanners.datasets.nested import typed
from scanners.errors import UnreadableInput

_TYPE = re.compile(r"[A-Za-z0-9_ ]{0,40}(?:\([0-9, ]{1,20}\))?", re.ASCII)
BINARY = "holds bytes that are no text"


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]


def read(path: Path, encoding: str) -> Iterator[Batch]:
    """The rows of every table. Raises UnreadableInput."""
    with closing(_opened(path)) as database:
        for table in _tables(path, database):
            gathering = Gathering(f"{path.name}/{table.name}", table.columns)
            try:
                for row in database.execute(f"select * from {_quoted(table.name)}"):  # noqa: S608 - an existing table, quoted
                    _name_binary(row, table, gathering.row + 1, gathering.unreadable)
                    yield from gathering.add(tuple(cell(value) for value in row))
            except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError) as error:
                gathering.unreadable(f"rows after {gathering.row}", f"the table is damaged ({type(error).__name__})")
            yield from gathering.rest()


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """The tables with their cells edited, in a new file: columns and types stay; constraints, which a redacted value
    may not meet, indexes, views and triggers do not. Bytes that are no text become null. Raises UnreadableInput.
    """
    with closing(_opened(path)) as database, closing(sqlite3.connect(output, isolation_level=None)) as made:
        made.execute("pragma journal_mode = off")
        made.execute("pragma synchronous = off")
        made.execute("begin")
        for table in _tables(path, database):
            columns = ", ".join(
                f"{_quoted(name)} {kind}" for name, kind in zip(table.columns, table.types, strict=True)
            )
            made.execute(f"create table {_quoted(table.name)} ({columns})")
            _copy(database, made, path, table, editor)
        made.execute("commit")


def _copy(database: sqlite3.Connection, made: sqlite3.Connection, path: Path, table: _Table, editor: Editor) -> None:
    shown = f"{path.name}/{table.name}"
    into = f"insert into {_quoted(table.name)} values ({', '.join('?' * len(table.columns))})"  # noqa: S608 - quoted
    cursor = database.execute(f"select * from {_quoted(table.name)}")  # noqa: S608 - an existing table, quoted
    first = 1
    rows: list[tuple[object, ...]] = []
    size = 0
    while True:
        try:
            row = cursor.fetchone()
        except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError) as error:
            editor.unread(
                shown, f"rows after {first + len(rows) - 1}", f"the table is damaged ({type(error).__name__})"
            )
            row = None
        if row is not None:
            _name_binary(row, table, first + len(rows), lambda place, why: editor.unread(shown, place, why))
            rows.append(tuple(None if isinstance(value, bytes) and not _is_text(value) else value for value in row))
            size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if rows and (row is None or size >= MAX_CHARACTERS or len(rows) * len(table.columns) >= MAX_CELLS):
            made.executemany(into, _edited(shown, table, rows, first, editor))
            first, rows, size = first + len(rows), [], 0
        if row is None:
            return


def _edited(
    shown: str, table: _Table, rows: list[tuple[object, ...]], first: int, editor: Editor
) -> Iterator[tuple[object, ...]]:
    texts = [[cell(value) for value in row] for row in rows]
    cells = [
        Cell(first + number, column, text)
        for number, row in enumerate(texts)
        for column, text in zip(table.columns, row, strict=True)
        if text
    ]
    edited = iter(editor.edited(shown, cells))
    for row, before in zip(rows, texts, strict=True):
        after = [next(edited) if text else "" for text in before]
        yield tuple(
            value if new == old else typed(new, value) for value, old, new in zip(row, before, after, strict=True)
        )


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_LINE)
    database.execute("pragma trusted_schema = off")
    return database


def _tables(path: Path, database: sqlite3.Connection) -> list[_Table]:
    names = (
        "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name"
    )
    try:
        found = []
        for (name,) in database.execute(names).fetchall():
            declared = {
                column: kind for _, column, kind, *_ in database.execute(f"pragma table_xinfo({_quoted(name)})")
            }
            shown = database.execute(f"select * from {_quoted(name)} limit 0").description  # noqa: S608 - quoted
            columns = tuple(column for column, *_ in shown)
            kinds = (declared.get(column) or "" for column in columns)
            found.append(_Table(name, columns, tuple(kind if _TYPE.fullmatch(kind) else "" for kind in kinds)))
    except sqlite3.DatabaseError as error:
        raise UnreadableInput(f"{path.name} is not a SQLite database", detail=str(error)) from error
    return found


def _name_binary(row: tuple[object, ...], table: _Table, number: int, unread: object) -> None:
    for name, value in zip(table.columns, row, strict=False):
        if isinstance(value, bytes) and not _is_text(value):
            unread(f"row {number}, column {name}", BINARY)  # type: ignore[operator]


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
