"""XLSX (ECMA-376): the cells of every sheet as they are shown, hidden ones too; the last values of formulas."""

from __future__ import annotations

import datetime
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scanners.documents.packages import Package, Xml, package
from scanners.errors import LimitReached, UnreadableInput
from scanners.personal_data.values import written

MAX_STRINGS = 50_000_000
"""Characters of the strings that cells share."""
MAX_COLUMN = 16_384  # of the format
_CHUNK = 1 << 16
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})  # ECMA-376 §18.8.30
_DATE_LETTERS = re.compile(r"[ymdhs]", re.IGNORECASE)
_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_EPOCH = datetime.datetime(1899, 12, 30, tzinfo=datetime.UTC)
NOTES = re.compile(
    r"xl/(?:comments\d*|threadedComments/\w+|comments/\w+|drawings/\w+|persons/\w+)\.xml|docProps/\w+\.xml"
)
"""Parts with text that stands in no cell."""
_PLAIN = re.compile(
    r"\[Content_Types\]\.xml|(?:.*/)?_rels/.*\.rels|xl/(?:workbook|sharedStrings|styles|calcChain|metadata)\.xml|xl/theme/.*|"
    r"xl/worksheets/\w+\.xml|xl/tables/\w+\.xml|xl/printerSettings/.*|xl/drawings/\w+\.vml"
)


@dataclass(frozen=True, slots=True)
class Value:
    """One cell."""

    text: str
    """As it is read: dates in ISO 8601."""
    style: str = ""
    number: str = ""
    """As it is written, where the cell holds a number."""


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    cells: dict[int, Value]
    """By column, from 1."""


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    part: str


@dataclass
class Workbook:
    """An open workbook."""

    package: Package
    sheets: tuple[Sheet, ...]
    strings: list[str]
    dates: frozenset[int]
    """Styles that show a number as a date or time."""

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """The rows of a sheet that hold anything. Raises UnreadableInput, LimitReached."""
        reader = _SheetReader(self.strings, self.dates)
        data = self.package.read(sheet.part)
        for start in range(0, len(data) or 1, _CHUNK):
            reader.feed(data[start : start + _CHUNK], start + _CHUNK >= len(data), sheet.name)
            yield from reader.rows
            reader.rows.clear()

    def notes(self) -> Iterator[tuple[str, str]]:
        """Comments, text boxes and properties: (part, its text)."""
        for name in sorted(self.package.names()):
            if NOTES.fullmatch(name):
                texts = _Texts("")
                texts.parse(self.package.read(name), name)
                yield name, "\n".join(texts.out)

    def unread(self) -> Iterator[str]:
        """Parts that are not read: pictures, charts, pivot tables, embedded objects, macros."""
        yield from (name for name in self.package.names() if not NOTES.fullmatch(name) and not _PLAIN.fullmatch(name))


@contextmanager
def workbook(path: Path) -> Iterator[Workbook]:
    """Raises UnreadableInput, LimitReached."""
    with package(path) as opened:
        names = set(opened.names())
        if "xl/workbook.xml" not in names:
            raise UnreadableInput(f"{path.name} is not an Excel workbook", remedy="save it as .xlsx")
        links = _Links()
        links.parse(opened.read("xl/_rels/workbook.xml.rels"), "the workbook's relationships")
        book = _Book()
        book.parse(opened.read("xl/workbook.xml"), "the workbook")
        sheets = tuple(
            Sheet(name, part) for name, link in book.sheets if (part := links.targets.get(link, "")) in names
        )
        strings = _Texts("si")
        if "xl/sharedStrings.xml" in names:
            strings.parse(opened.read("xl/sharedStrings.xml"), "the shared strings")
        styles = _Styles()
        if "xl/styles.xml" in names:
            styles.parse(opened.read("xl/styles.xml"), "the styles")
        yield Workbook(opened, sheets, strings.out, styles.dates())


class _Links(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = posixpath.normpath(
                posixpath.join("/xl", attributes.get("Target", ""))
            ).lstrip("/")


class _Book(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            link = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            self.sheets.append((attributes.get("name", ""), link))


class _Texts(Xml):
    """The text in each element called `unit`, without phonetic hints; without a unit, every text."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit
        self.out: list[str] = []
        self._parts: list[str] = []
        self._hint = 0
        self._characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "rPh":
            self._hint += 1
        elif name == self._unit:
            self._parts = []
        if not self._unit:
            self.out += [attributes[key] for key in ("displayName", "userId") if key in attributes]

    def end(self, name: str) -> None:
        if name == "rPh":
            self._hint -= 1
        elif name == self._unit:
            self.out.append("".join(self._parts))

    def text(self, data: str) -> None:
        self._characters += len(data)
        if self._characters > MAX_STRINGS:
            raise LimitReached(f"the workbook's strings have more than {MAX_STRINGS} characters")
        if not self._unit:
            if data.strip():
                self.out.append(data)
        elif not self._hint:
            self._parts.append(data)


class _Styles(Xml):
    def __init__(self) -> None:
        super().__init__()
        self._formats: dict[int, str] = {}
        self._used: list[int] = []
        self._in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._used.append(_whole(attributes.get("numFmtId")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def dates(self) -> frozenset[int]:
        return frozenset(number for number, used in enumerate(self._used) if self._is_date(used))

    def _is_date(self, used: int) -> bool:
        if used in self._formats:
            return bool(_DATE_LETTERS.search(_NOT_LETTERS.sub("", self._formats[used])))
        return used in _DATE_FORMATS


@dataclass
class _Cell:
    column: int
    kind: str
    style: str
    parts: list[str] = field(default_factory=list)


class _SheetReader(Xml):
    def __init__(self, strings: list[str], dates: frozenset[int]) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._strings = strings
        self._dates = dates
        self._number = 0
        self._cells: dict[int, Value] = {}
        self._cell: _Cell | None = None
        self._column = 0
        self._shown = 0
        self._hint = 0

    def feed(self, data: bytes, last: bool, name: str) -> None:
        self.parse(data, f"sheet {name!r}", last=last)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._number = _whole(attributes.get("r")) or self._number + 1
            self._cells, self._column = {}, 0
        elif name == "c":
            place = _PLACE.fullmatch(attributes.get("r", ""))
            self._column = column_of(place[1]) if place else self._column + 1
            if self._column > MAX_COLUMN:
                raise LimitReached(f"a row has more than {MAX_COLUMN} columns")
            self._cell = _Cell(self._column, attributes.get("t", "n"), attributes.get("s", ""))
        elif name in ("v", "t") and self._cell is not None:
            self._shown += 1
        elif name == "rPh":
            self._hint += 1

    def end(self, name: str) -> None:
        if name in ("v", "t") and self._cell is not None:
            self._shown -= 1
        elif name == "rPh":
            self._hint -= 1
        elif name == "c" and self._cell is not None:
            value = self._value(self._cell)
            if value is not None:
                self._cells[self._cell.column] = value
            self._cell = None
        elif name == "row" and self._cells:
            self.rows.append(Row(self._number, self._cells))

    def text(self, data: str) -> None:
        if self._cell is not None and self._shown and not self._hint:
            self._cell.parts.append(data)

    def _value(self, cell: _Cell) -> Value | None:
        written_as = "".join(cell.parts)
        if not written_as:
            return None
        if cell.kind == "s":
            number = _whole(written_as)
            return Value(self._strings[number] if number < len(self._strings) else "", cell.style)
        if cell.kind == "b":
            return Value("TRUE" if written_as == "1" else "FALSE", cell.style)
        if cell.kind != "n":
            return Value(written_as, cell.style)
        return Value(self._shown_number(written_as, cell.style), cell.style, written_as)

    def _shown_number(self, written_as: str, style: str) -> str:
        try:
            number = float(written_as)
            if _whole(style) in self._dates and style and 0 < number < 2_958_466:
                moment = _EPOCH + datetime.timedelta(days=number)
                return (
                    moment.date() if number.is_integer() else moment.replace(tzinfo=None, microsecond=0)
                ).isoformat()
            return written_as if written_as.isdigit() else written(number)
        except (ValueError, OverflowError):
            return written_as


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 12 else 0


def column_of(letters: str) -> int:
    """'A' -> 1, 'AB' -> 28."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def letters_of(column: int) -> str:
    """1 -> 'A', 28 -> 'AB'."""
    out = ""
    while column:
        column, letter = divmod(column - 1, 26)
        out = chr(65 + letter) + out
    return out
