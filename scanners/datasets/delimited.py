"""CSV and TSV (RFC 4180) as they are found: other delimiters, no header, line ends inside quotes, broken quoting."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from scanners.datasets.batches import MAX_CELLS, MAX_CHARACTERS, MAX_COLUMNS, MAX_LINE, Batch, Gathering, unique
from scanners.datasets.cells import Cell, Editor
from scanners.datasets.encodings import Line, encoding_of, lines
from scanners.personal_data.find import find
from scanners.personal_data.redact import WITHHELD

_DELIMITERS = ",;\t|"
_LOOKED_AT = 50
_RECORD_LINES = 2000
"""Lines that one quoted cell may hold; a quote that is never closed takes no more of the file with it than this."""
_FEWER_LINES = 50
_PATIENCE = 20
"""Broken records after which records may only hold _FEWER_LINES: reading stays linear."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written."""

    encoding: str
    delimiter: str
    line_end: str
    columns: tuple[str, ...]
    header: bool
    """Whether the first record names the columns."""


@dataclass(frozen=True, slots=True)
class _Record:
    """One record, or a line that is none."""

    line: int
    cells: list[str]
    unread: str = ""
    """Why it is none."""


def dialect_of(path: Path, encoding: str = "auto") -> Dialect:
    """What the start of the file shows."""
    with path.open("rb") as file:
        name = encoding_of(file, encoding)
        first = [line.text for line in islice(lines(file, name), _LOOKED_AT) if not line.unread]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(first)
    rows = [row for row in csv.reader(first, delimiter=delimiter) if row] if first else []
    head = rows[0] if rows else []
    header = is_header(head, rows[1:])
    line_end = "\r\n" if first and first[0].endswith("\r\n") else "\n"
    return Dialect(name, delimiter, line_end, unique(head if header else [""] * len(head)), header)


def _delimiter(first: list[str]) -> str:
    """The delimiter by which most lines have the same number of cells, and more than one."""
    best, delimiter = (0.0, 0), ","
    for candidate in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(first, delimiter=candidate) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        mark = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if mark > best:
            best, delimiter = mark, candidate
    return delimiter


def is_header(head: list[str], below: list[list[str]]) -> bool:
    """Not a header: a first record with personal data in it, or with numbers where the others have numbers."""
    if not head:
        return True
    values = [value.strip() for value in head if value.strip()]
    if any(_number(value) for value in values) and any(_number(value) for row in below[:5] for value in row):
        numeric = [place for place, value in enumerate(head) if _number(value.strip())]
        if any(all(place < len(row) and _number(row[place].strip()) for row in below[:5]) for place in numeric):
            return False
    return not any(found.score >= 0.5 for value in values[:200] for found in find(value[:200]).entities)


def _number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def read(path: Path, encoding: str) -> Iterator[Batch]:
    """The records of a file; whatever is not one is named by its line."""
    dialect = dialect_of(path, encoding)
    gathering = Gathering(path.name, dialect.columns)
    header = dialect.header
    with path.open("rb") as file:
        for record in _records(file, dialect):
            if record.unread:
                gathering.unreadable(f"line {record.line}", record.unread)
            elif header:
                header = False
            else:
                gathering.columns = _widened(gathering.columns, len(record.cells))
                yield from gathering.add(tuple(record.cells))
    yield from gathering.rest()


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """The file with its cells edited, in its own dialect and encoding. A line that is no record becomes a withheld one."""
    dialect = dialect_of(path, encoding)
    columns, header, row = dialect.columns, dialect.header, 0
    with path.open("rb") as file, output.open("w", encoding=dialect.encoding, errors="replace", newline="") as written:
        writer = csv.writer(written, delimiter=dialect.delimiter, lineterminator=dialect.line_end)
        waiting: list[list[str]] = []
        cells: list[Cell] = []
        characters = 0

        def flush() -> None:
            nonlocal characters
            edited = iter(editor.edited(path.name, cells))
            writer.writerows([next(edited) if text else "" for text in record] for record in waiting)
            waiting.clear()
            cells.clear()
            characters = 0

        for record in _records(file, dialect):
            if header and not record.unread:
                header = False
                writer.writerow(record.cells)
                continue
            row += 1
            if record.unread:
                editor.unread(path.name, f"line {record.line}", record.unread)
                flush()
                writer.writerow([WITHHELD, *[""] * (len(columns) - 1)])
                continue
            columns = _widened(columns, len(record.cells))
            waiting.append(record.cells)
            cells += (Cell(row, column, text) for column, text in zip(columns, record.cells, strict=False) if text)
            characters += sum(map(len, record.cells))
            if len(cells) >= MAX_CELLS or characters >= MAX_CHARACTERS:
                flush()
        flush()


def _widened(columns: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The columns, with names for those that the header does not name."""
    return columns + tuple(f"column {place}" for place in range(len(columns) + 1, width + 1))


def _records(file: BinaryIO, dialect: Dialect) -> Iterator[_Record]:
    """Every record in order. After a broken one, reading goes on with the line after its first."""
    csv.field_size_limit(MAX_LINE)
    source = lines(file, dialect.encoding)
    waiting: deque[Line] = deque()
    broken = 0
    while True:
        taken: list[Line] = []
        most = _RECORD_LINES if broken < _PATIENCE else _FEWER_LINES

        def feed(taken: list[Line] = taken, most: int = most) -> Iterator[str]:
            while len(taken) < most:
                line = waiting.popleft() if waiting else next(source, None)
                if line is None:
                    return
                taken.append(line)
                if line.unread and len(taken) > 1:
                    raise csv.Error("the line after it cannot be read")
                yield line.text

        try:
            row = next(csv.reader(feed(), delimiter=dialect.delimiter, strict=True), None)
            if row is None:
                return
            if len(row) > MAX_COLUMNS:
                raise csv.Error(f"more than {MAX_COLUMNS} cells")
        except csv.Error as error:
            broken += 1
            yield _Record(taken[0].number, [], f"broken CSV ({error})")
            waiting.extendleft(reversed(taken[1:]))
            continue
        if taken[0].unread:
            yield _Record(taken[0].number, [], taken[0].unread)
        elif row:
            yield _Record(taken[0].number, row)
