"""Rows of CSV, TSV, JSON lines, plain text, SQLite and Parquet, in batches of bounded size.

Whatever cannot be read as what the file claims to be is named by its place and skipped; the rest is still read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from scanners.datasets.batches import MAX_CELLS, Batch, Gathering, cell
from scanners.datasets.delimited import delimited
from scanners.datasets.encodings import encoding_of, lines
from scanners.errors import UnreadableInput

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


def batches(path: Path, encoding: str = "auto") -> Iterator[Batch]:
    """The rows of a file by its suffix. Raises UnreadableInput when nothing of it can be read as that."""
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        yield from delimited(path, encoding)
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


def _json_lines(path: Path, encoding: str) -> Iterator[Batch]:
    gathering = Gathering(path.name, ())
    places: dict[str, int] = {}
    with path.open("rb") as file:
        for number, text in lines(file, encoding_of(file, encoding), gathering):
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
    gathering = Gathering(path.name, ("text",))
    with path.open("rb") as file:
        for _, text in lines(file, encoding_of(file, encoding), gathering):
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
            gathering = Gathering(f"{path.name}/{name}", ())
            try:
                cursor = database.execute(f"select * from {quoted}")  # noqa: S608 - the quoted name of an existing table
                gathering.columns = tuple(column[0] for column in cursor.description)
                for row in cursor:
                    yield from gathering.add(tuple(cell(value) for value in row))
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
    gathering = Gathering(path.name, tuple(file.schema_arrow.names))
    rows_each = max(1, MAX_CELLS // max(1, len(gathering.columns)))
    with file:
        for group in range(file.num_row_groups):
            try:
                for record in file.iter_batches(batch_size=rows_each, row_groups=[group]):
                    for row in zip(*(column.to_pylist() for column in record.columns), strict=True):
                        yield from gathering.add(tuple(cell(value) for value in row))
            except (ArrowException, OSError) as error:
                gathering.unreadable(f"row group {group}", f"damaged ({type(error).__name__})")
    yield from gathering.rest()
