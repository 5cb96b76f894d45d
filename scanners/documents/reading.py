"""Documents by their kind."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scanners.datasets.encodings import encoding_of
from scanners.documents import html_text, markdown_text
from scanners.documents.document import Document, Gathering
from scanners.documents.excel import letters_of, workbook
from scanners.documents.mail import read_mail
from scanners.documents.pdf import read_pdf
from scanners.documents.word import read_word
from scanners.errors import LimitReached, UnreadableInput

MAX_SOURCE = 80_000_000
"""Bytes of an HTML or Markdown file."""
PICKED = {
    ".html": html_text.pick,
    ".htm": html_text.pick,
    ".xhtml": html_text.pick,
    ".md": markdown_text.pick,
    ".markdown": markdown_text.pick,
}
"""Text formats whose text is picked out of a source, and can be changed in it."""
WORD = frozenset({".docx", ".docm", ".dotx"})
PARSED = WORD | {".pdf", ".eml"}
KINDS = frozenset(PICKED) | PARSED
WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xltx"})
"""Read as documents cell by cell here, and as tables in `scanners.datasets`."""
NOT_READ = {
    ".doc": ".docx",
    ".dot": ".docx",
    ".rtf": ".docx",
    ".odt": ".docx",
    ".xls": ".xlsx",
    ".xlsb": ".xlsx",
    ".ods": ".xlsx",
    ".ppt": "PDF",
    ".pptx": "PDF",
    ".odp": "PDF",
    ".msg": ".eml",
}
"""Formats that hold text and are not read, and what to save them as: never a pass."""


def read_document(path: Path) -> Document:
    """The texts of a document by place. Raises UnreadableInput, LimitReached; for a hostile file only in a worker."""
    return _read(path, 0)


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a text format, and the encoding it is written in."""

    text: str
    encoding: str


def read_source(path: Path, encoding: str = "auto") -> Source:
    """A text file as a whole. Raises UnreadableInput, LimitReached."""
    with path.open("rb") as file:
        name = encoding_of(file, encoding)
        data = file.read(MAX_SOURCE + 1)
    if len(data) > MAX_SOURCE:
        raise LimitReached(f"{path.name} has more than {MAX_SOURCE} bytes")
    try:
        return Source(data.decode(name), name)
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{path.name} is not {name}: byte {error.start} ({error.reason})") from None


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document, and the SHA-256 of the file it was read from as 'sha256:<hex>'."""

    document: Document
    digest: str


def document_file(path: Path) -> DocumentFile:
    """As `read_document`. Raises UnreadableInput too when the file is changed meanwhile."""
    before = _digest(path)
    document = read_document(path)
    if _digest(path) != before:
        raise UnreadableInput(f"{path.name} was changed while it was read", remedy="give a copy that nobody writes to")
    return DocumentFile(document, before)


def edited_source(path: Path, digest: str, edits: tuple[tuple[int, int, str], ...]) -> str:
    """The source of an HTML or Markdown file with these edits of its text. Raises UnreadableInput when it is another file."""
    if _digest(path) != digest:
        raise UnreadableInput(f"{path.name} was changed while it was read", remedy="give a copy that nobody writes to")
    suffix = path.suffix.lower()
    source = read_source(path).text
    return PICKED[suffix](source).applied(source, edits, escape_of(suffix))


def escape_of(suffix: str) -> Callable[[str], str]:
    """How new text is written into a source."""
    return str if suffix in (".md", ".markdown") else html.escape


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _read(path: Path, depth: int) -> Document:
    suffix = path.suffix.lower()
    if suffix in PICKED:
        gathering = Gathering()
        gathering.add("text", PICKED[suffix](read_source(path).text).text)
        return gathering.document()
    if suffix in WORKBOOKS:
        return _read_workbook(path)
    if suffix in WORD:
        return read_word(path)
    if suffix == ".pdf":
        return read_pdf(path)
    if suffix == ".eml":
        return read_mail(path, _read, depth)
    if depth and suffix in (".txt", ".csv", ".log", ".json", ".xml"):
        gathering = Gathering()
        gathering.add("text", read_source(path).text)
        return gathering.document()
    if suffix in NOT_READ:
        raise UnreadableInput(f"{path.name}: {suffix} is not read", remedy=f"save it as {NOT_READ[suffix]}")
    raise UnreadableInput(f"{path.name}: documents of kind {suffix or '(none)'} are not read")


def _read_workbook(path: Path) -> Document:
    """Each cell under its place, e.g. 'Sheet1!B7', with the first row's cell above it as its label."""
    gathering = Gathering()
    with workbook(path) as book:
        for sheet in book.sheets:
            heads: dict[int, str] = {}
            for row in book.rows(sheet):
                for column, value in row.cells.items():
                    gathering.add(f"{sheet.name}!{letters_of(column)}{row.number}", value.text, heads.get(column, ""))
                heads = heads or {column: value.text[:80] for column, value in row.cells.items()}
                if gathering.full:
                    return gathering.document()
        for name, text in book.notes():
            gathering.add(name, text)
        for name in book.unread():
            gathering.skip(name, "a picture, chart, pivot table or embedded part; not read")
    return gathering.document()
