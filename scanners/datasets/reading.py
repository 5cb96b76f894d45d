"""Files by their kind: read in batches of bounded size, or written anew.

Whatever cannot be read as what the file claims to be is named by its place and skipped; the rest is still read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from scanners.datasets import delimited, documents, json_lines, parquet_files, running_text, sqlite_files, workbooks
from scanners.datasets.batches import Batch
from scanners.datasets.cells import Editor
from scanners.datasets.documents import ReadDocument
from scanners.documents.reading import KINDS as DOCUMENTS
from scanners.documents.reading import NOT_READ, WORKBOOKS, read_document
from scanners.errors import UnreadableInput

_TEXT = ".txt .log .py .js .ts .java .go .rs .c .h .cpp .cs .rb .sh .sql .xml .yaml .yml .toml .ini .cfg .env"
_FORMATS: dict[str, ModuleType] = {
    **dict.fromkeys((".csv", ".tsv"), delimited),
    **dict.fromkeys((".jsonl", ".ndjson"), json_lines),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), sqlite_files),
    ".parquet": parquet_files,
    **dict.fromkeys(WORKBOOKS, workbooks),
    **dict.fromkeys(_TEXT.split(), running_text),
}
"""Suffix -> the module that has `read` and `rewrite` for it."""
KINDS = frozenset(_FORMATS) | DOCUMENTS | frozenset(NOT_READ)
"""What a walk over a directory takes up; those that are not read are named by it."""


def batches(path: Path, encoding: str = "auto", document: ReadDocument = read_document) -> Iterator[Batch]:
    """The rows of a file, or the lines of a document, which `document` reads.

    Raises UnreadableInput when nothing of it can be read as what its suffix says, LimitReached.
    """
    if path.suffix.lower() in DOCUMENTS:
        yield from documents.read(path, document)
    else:
        yield from _format(path).read(path, encoding)


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """Write the file anew to `output`, in its own format, with its cells as `editor` wants them.

    Raises UnreadableInput, CannotBeRedacted.
    """
    if path.suffix.lower() in DOCUMENTS:
        documents.rewrite(path, encoding, output, editor, _rewrite_attached)
    else:
        _format(path).rewrite(path, encoding, output, editor)


def _rewrite_attached(path: Path, output: Path, editor: Editor) -> None:
    rewrite(path, "auto", output, editor)


def _format(path: Path) -> ModuleType:
    suffix = path.suffix.lower()
    if suffix in NOT_READ:
        raise UnreadableInput(f"{path.name}: {suffix} is not read", remedy=f"save it as {NOT_READ[suffix]}")
    if suffix not in _FORMATS:
        raise UnreadableInput(
            f"{path.name}: tables of kind {suffix or '(none)'} are not read",
            remedy="use CSV, TSV, JSON lines, Parquet, SQLite, Excel, PDF, Word, HTML, Markdown, e-mail or a text file",
        )
    return _FORMATS[suffix]
