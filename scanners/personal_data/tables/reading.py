"""Rows of CSV, TSV, JSON lines, plain text, SQLite and Parquet, in batches of bounded size.

Whatever cannot be read as what the file claims to be is named by its place and skipped; the rest is still read.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from scanners.errors import UnreadableInput
from scanners.findings import Skipped

MAX_LINE = 4_000_000
"""Bytes of one line; what is longer is skipped whole, so that a 5 GB line costs no memory."""
MAX_CELLS = 20_000
MAX_CHARACTERS = 1_000_000
MAX_NAMED = 1_000
"""Unreadable places that are named one by one; past it they are only counted."""

TEXT = frozenset(
    {
        ".txt",
        ".log",
        ".md",
        ".html",
        ".htm",
        ".eml",
        ".py",
        ".js",
        ".java",
        ".go",
        ".sql",
        ".xml",
        ".yaml",
        ".yml",
        ".toml",
        ".ini",
    }
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive rows of one table. Cells are text; an absent one is empty."""

    table: str
    number: int
    first_row: int
    """From 1, the header not counted."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass
class _Gathering:
    """Rows until a batch is full."""

    table: str
    columns: tuple[str, ...]
    number: int = 0
    row: int = 0
    rows: list[tuple[str, ...]] = field(default_factory=list)
    cells: int = 0
    characters: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, row: tuple[str, ...]) -> Iterator[Batch]:
        self.rows.append(row)
        self.row += 1
        self.cells += len(row)
        self.characters += sum(map(len, row))
        if self.cells >= MAX_CELLS or self.characters >= MAX_CHARACTERS:
            yield self.batch()

    def unreadable(self, place: str, why: str) -> None:
        if len(self.skipped) < MAX_NAMED:
            self.skipped.append(Skipped(f"{self.table}: {place}", why))
        elif len(self.skipped) == MAX_NAMED:
            self.skipped.append(Skipped(f"{self.table}: further places", "not named one by one"))

    def batch(self) -> Batch:
        made = Batch(
            self.table, self.number, self.row - len(self.rows) + 1, self.columns, tuple(self.rows), tuple(self.skipped)
        )
        self.number += 1
        self.rows, self.cells, self.characters, self.skipped = [], 0, 0, []
        return made

    def rest(self) -> Iterator[Batch]:
        if self.rows or self.skipped or self.number == 0:
            yield self.batch()


def batches(path: Path, encoding: str = "utf-8") -> Iterator[Batch]:
    """The rows of a file by its suffix. Raises UnreadableInput when nothing of it can be read as that."""
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        yield from _delimited(path, "\t" if suffix == ".tsv" else ",", encoding)
    elif suffix in (".jsonl", ".ndjson"):
        yield from _json_lines(path, encoding)
    elif suffix in (".sqlite", ".sqlite3", ".db"):
        yield from _sqlite(path)
    elif suffix == ".parquet":
        yield from _parquet(path)
    elif suffix in TEXT:
        yield from _text(path, encoding)
    else:
        raise UnreadableInput(
            f"{path.name}: tables of kind {suffix or '(none)'} are not read",
            remedy="use CSV, TSV, JSON lines, Parquet, SQLite or a text file",
        )


def lines(file: BinaryIO, encoding: str, gathering: _Gathering) -> Iterator[tuple[int, str]]:
    """(line number, text) of every line that is short enough and in the encoding."""
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            while (more := file.readline(MAX_LINE)) and not more.endswith(b"\n"):
                pass
            gathering.unreadable(f"line {number}", f"longer than {MAX_LINE} bytes")
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            gathering.unreadable(f"line {number}", f"not {encoding}: byte {error.start} of the line ({error.reason})")
            continue
        yield number, text.removeprefix("\ufeff") if number == 1 else text


def _delimited(path: Path, delimiter: str, encoding: str) -> Iterator[Batch]:
    gathering = _Gathering(path.name, ())
    with path.open("rb") as file:
        csv.field_size_limit(MAX_LINE)
        at = [0]

        def counted() -> Iterator[str]:
            for number, text in lines(file, encoding, gathering):
                at[0] = number
                yield text

        reader = csv.reader(counted(), delimiter=delimiter, strict=True)
        header = next(reader, [])
        gathering.columns = tuple(name.strip() or f"column {place}" for place, name in enumerate(header, 1))
        while True:
            first = at[0] + 1
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                gathering.unreadable(f"lines {first} to {max(at[0], first)}", f"broken CSV ({error})")
                continue
            if len(row) > len(gathering.columns):
                extra = range(len(gathering.columns) + 1, len(row) + 1)
                gathering.columns += tuple(f"column {place}" for place in extra)
            if row:
                yield from gathering.add(tuple(row))
    yield from gathering.rest()


def _json_lines(path: Path, encoding: str) -> Iterator[Batch]:
    gathering = _Gathering(path.name, ())
    places: dict[str, int] = {}
    with path.open("rb") as file:
        for number, text in lines(file, encoding, gathering):
            if not text.strip():
                continue
            try:
                value = json.loads(text)
            except (ValueError, RecursionError) as error:
                gathering.unreadable(f"line {number}", f"not JSON ({type(error).__name__})")
                continue
            cells = dict(flattened(value))
            for name in cells:
                places.setdefault(name, len(places))
            gathering.columns = tuple(places)
            yield from gathering.add(tuple(cells.get(name, "") for name in places))
    yield from gathering.rest()


def flattened(value: object, name: str = "") -> Iterable[tuple[str, str]]:
    """A JSON value as (dotted name, text); list items share their list's name and are joined by spaces."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flattened(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        inner: dict[str, list[str]] = {}
        for item in value:
            for key, text in flattened(item, name):
                inner.setdefault(key, []).append(text)
        yield from ((key, " ; ".join(texts)) for key, texts in inner.items())
    elif value is not None and not isinstance(value, bool):
        yield name or "value", str(value)


def _text(path: Path, encoding: str) -> Iterator[Batch]:
    gathering = _Gathering(path.name, ("text",))
    with path.open("rb") as file:
        for _, text in lines(file, encoding, gathering):
            yield from gathering.add((text.rstrip("\r\n"),))
    yield from gathering.rest()


def _sqlite(path: Path) -> Iterator[Batch]:
    """Every table, read-only; nothing in the file is executed, for views and triggers are left alone."""
    try:
        database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)
        names = [
            row[0]
            for row in database.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
            )
        ]
    except sqlite3.DatabaseError as error:
        raise UnreadableInput(f"{path.name} is not a SQLite database", detail=str(error)) from error
    try:
        for name in names:
            quoted = '"' + name.replace('"', '""') + '"'
            gathering = _Gathering(f"{path.name}/{name}", ())
            try:
                cursor = database.execute(f"select * from {quoted}")  # noqa: S608 - the quoted name of an existing table
                gathering.columns = tuple(column[0] for column in cursor.description)
                for row in cursor:
                    yield from gathering.add(tuple(_cell(value) for value in row))
            except (sqlite3.DatabaseError, OverflowError) as error:
                gathering.unreadable(f"rows after {gathering.row}", f"the table is damaged ({error})")
            yield from gathering.rest()
    finally:
        database.close()


def _parquet(path: Path) -> Iterator[Batch]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise UnreadableInput(
            "Parquet files need the extra 'datasets'", remedy="pip install 'yumen[datasets]'"
        ) from error
    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise UnreadableInput(f"{path.name} is not a Parquet file", detail=str(error)) from error
    gathering = _Gathering(path.name, tuple(file.schema_arrow.names))
    rows_each = max(1, MAX_CELLS // max(1, len(gathering.columns)))
    with file:
        for group in range(file.num_row_groups):
            try:
                for record in file.iter_batches(batch_size=rows_each, row_groups=[group]):
                    for row in zip(*(column.to_pylist() for column in record.columns), strict=True):
                        yield from gathering.add(tuple(_cell(value) for value in row))
            except (ArrowException, OSError) as error:
                gathering.unreadable(f"row group {group}", f"damaged ({type(error).__name__})")
    yield from gathering.rest()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else str(value)
