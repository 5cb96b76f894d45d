"""Excel workbooks: a table for each sheet."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from scanners.datasets.batches import MAX_CELLS, MAX_CHARACTERS, Batch, Gathering, unique
from scanners.datasets.cells import Cell, Editor
from scanners.datasets.delimited import is_header
from scanners.documents.excel import Row, Sheet, Value, Workbook, letters_of, workbook

_LOOKED_AT = 6
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def read(path: Path, encoding: str) -> Iterator[Batch]:
    """The rows of every sheet, then comments and properties. Raises UnreadableInput, LimitReached."""
    with workbook(path) as book:
        for sheet in book.sheets:
            shape = _shape(book, sheet)
            gathering = Gathering(f"{path.name}/{sheet.name}", shape.columns)
            for row in book.rows(sheet):
                if row.number != shape.head:
                    yield from gathering.add(_texts(row, shape.columns))
            yield from gathering.rest()
        notes = Gathering(path.name, ("comments and properties",), running=True)
        for name in book.unread():
            notes.unreadable(name, "a picture, chart, pivot table or embedded part; not read")
        for _, text in book.notes():
            for line in text.split("\n"):
                yield from notes.add((line,))
        if notes.rows or notes.skipped:
            yield notes.batch()


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """The sheets with their cells edited, in a new workbook: values, number formats and styles stay; formulas become
    their values, and comments, pictures, charts, pivot tables, names, macros and properties do not come along.
    Raises UnreadableInput, LimitReached.
    """
    with workbook(path) as book, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        count = len(book.sheets)
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for n in range(1, count + 1)
        )
        styled = "xl/styles.xml" in book.package.names()
        if styled:
            overrides += f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
            made.writestr("xl/styles.xml", book.package.read("xl/styles.xml"))
        made.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{overrides}</Types>',
        )
        made.writestr("_rels/.rels", _relationships({"rId1": ("officeDocument", "xl/workbook.xml")}))
        links = {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, count + 1)}
        if styled:
            links[f"rId{count + 1}"] = ("styles", "styles.xml")
        made.writestr("xl/_rels/workbook.xml.rels", _relationships(links))
        names = [Cell(n, "sheet", sheet.name) for n, sheet in enumerate(book.sheets, 1)]
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
            for n, name in enumerate(_sheet_names(editor.edited(path.name, names)), 1)
        )
        made.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>',
        )
        for number, sheet in enumerate(book.sheets, 1):
            with made.open(f"xl/worksheets/sheet{number}.xml", "w") as file:
                file.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
                shape = _shape(book, sheet)
                for block in _blocks(book, sheet):
                    file.write("".join(_edited(f"{path.name}/{sheet.name}", shape, block, editor)).encode())
                file.write(b"</sheetData></worksheet>")


def _sheet_names(names: list[str]) -> list[str]:
    """As Excel allows them: 31 characters at most, none of `[]:*?/\\`, no two alike."""
    out: list[str] = []
    for name in names:
        allowed = re.sub(r"[\[\]:*?/\\]", "_", _allowed(name))[:31] or "Sheet"
        number = 2
        while allowed.lower() in (one.lower() for one in out):
            allowed = f"{allowed[:27]}~{number}"
            number += 1
        out.append(allowed)
    return out


def _relationships(links: dict[str, tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="{id}" Type="{_LINKS}/{kind}" Target="{to}"/>' for id, (kind, to) in links.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a sheet is read as a table."""

    columns: tuple[str, ...]
    head: int
    """The number of the row that names them; 0: none does."""


def _shape(book: Workbook, sheet: Sheet) -> _Shape:
    first: list[Row] = []
    width = 0
    for row in book.rows(sheet):
        if len(first) < _LOOKED_AT:
            first.append(row)
        width = max(width, max(row.cells))
    if not first:
        return _Shape((), 0)
    head, *below = [[row.cells[c].text if c in row.cells else "" for c in range(1, width + 1)] for row in first]
    if is_header(head, below):
        return _Shape(unique(head), first[0].number)
    return _Shape(unique([""] * width), 0)


def _texts(row: Row, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row.cells[place].text if place in row.cells else "" for place in range(1, len(columns) + 1))


def _blocks(book: Workbook, sheet: Sheet) -> Iterator[list[Row]]:
    block: list[Row] = []
    cells = characters = 0
    for row in book.rows(sheet):
        block.append(row)
        cells += len(row.cells)
        characters += sum(len(value.text) for value in row.cells.values())
        if cells >= MAX_CELLS or characters >= MAX_CHARACTERS:
            yield block
            block, cells, characters = [], 0, 0
    if block:
        yield block


def _edited(shown: str, shape: _Shape, rows: list[Row], editor: Editor) -> Iterator[str]:
    cells = [
        Cell(row.number, shape.columns[place - 1] if row.number != shape.head else "(column names)", value.text)
        for row in rows
        for place, value in row.cells.items()
        if value.text
    ]
    edited = iter(editor.edited(shown, cells))
    for row in rows:
        yield f'<row r="{row.number}">'
        for place, value in row.cells.items():
            after = next(edited) if value.text else value.text
            yield _cell(f"{letters_of(place)}{row.number}", value, after)
        yield "</row>"


def _cell(place: str, value: Value, text: str) -> str:
    style = f' s="{int(value.style)}"' if value.style.isdigit() else ""
    if value.number and text == value.text:
        return f'<c r="{place}"{style}><v>{escape(value.number)}</v></c>'
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(_allowed(text))}</t></is></c>'


def _allowed(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
