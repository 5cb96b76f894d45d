"""CSV and TSV (RFC 4180) as they are found: other delimiters, no header, line ends inside quotes, broken quoting."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from scanners.datasets.batches import MAX_COLUMNS, MAX_LINE, Batch, Gathering, unique
from scanners.datasets.encodings import encoding_of, lines
from scanners.personal_data.find import find

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
    columns: tuple[str, ...]
    header: bool
    """Whether the first record names the columns."""


def dialect_of(path: Path, encoding: str = "auto") -> Dialect:
    """What the start of the file shows."""
    with path.open("rb") as file:
        name = encoding_of(file, encoding)
        first = [text for _, text in islice(lines(file, name, Gathering("", ())), _LOOKED_AT)]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(first)
    rows = [row for row in csv.reader(first, delimiter=delimiter) if row] if first else []
    head = rows[0] if rows else []
    header = _is_header(head, rows[1:])
    return Dialect(name, delimiter, unique(head if header else [""] * len(head)), header)


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


def _is_header(head: list[str], below: list[list[str]]) -> bool:
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


def delimited(path: Path, encoding: str) -> Iterator[Batch]:
    """The records of a file; whatever is not one is named by its lines."""
    dialect = dialect_of(path, encoding)
    gathering = Gathering(path.name, dialect.columns)
    with path.open("rb") as file:
        for number, row in enumerate(_records(file, dialect, gathering)):
            if number == 0 and dialect.header:
                continue
            if len(row) > len(gathering.columns):
                extra = range(len(gathering.columns) + 1, len(row) + 1)
                gathering.columns += tuple(f"column {place}" for place in extra)
            yield from gathering.add(tuple(row))
    yield from gathering.rest()


def _records(file: BinaryIO, dialect: Dialect, gathering: Gathering) -> Iterator[list[str]]:
    """Every whole record. After a broken one, reading goes on with the line after its first."""
    csv.field_size_limit(MAX_LINE)
    source = lines(file, dialect.encoding, gathering)
    waiting: deque[tuple[int, str]] = deque()
    broken = 0
    while True:
        taken: list[tuple[int, str]] = []
        most = _RECORD_LINES if broken < _PATIENCE else _FEWER_LINES

        def feed(taken: list[tuple[int, str]] = taken, most: int = most) -> Iterator[str]:
            while len(taken) < most:
                line = waiting.popleft() if waiting else next(source, None)
                if line is None:
                    return
                taken.append(line)
                yield line[1]

        try:
            row = next(csv.reader(feed(), delimiter=dialect.delimiter, strict=True), None)
            if row is None:
                return
            if len(row) > MAX_COLUMNS:
                raise csv.Error(f"more than {MAX_COLUMNS} cells")
        except csv.Error as error:
            broken += 1
            gathering.unreadable(f"line {taken[0][0]}", f"broken CSV ({error})")
            waiting.extendleft(reversed(taken[1:]))
            continue
        if row:
            yield row
