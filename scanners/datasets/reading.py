"""Files by their kind: read in batches of bounded size, or written anew.

Whatever cannot be read as what the file claims to be is named by its place and skipped; the rest is still read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from scanners.datasets import delimited, json_lines, parquet_files, running_text, sqlite_files
from scanners.datasets.batches import Batch
from scanners.datasets.cells import Editor
from scanners.errors import UnreadableInput

_TEXT = ".txt .log .md .html .htm .eml .py .js .ts .java .go .rs .c .h .cpp .cs .rb .sh .sql .xml .yaml .yml .toml .ini .cfg .env"
_FORMATS: dict[str, ModuleType] = {
    **dict.fromkeys((".csv", ".tsv"), delimited),
    **dict.fromkeys((".jsonl", ".ndjson"), json_lines),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), sqlite_files),
    ".parquet": parquet_files,
    **dict.fromkeys(_TEXT.split(), running_text),
}
"""Suffix -> the module that has `read` and `rewrite` for it."""
KINDS = frozenset(_FORMATS)


def batches(path: Path, encoding: str = "auto") -> Iterator[Batch]:
    """The rows of a file. Raises UnreadableInput when nothing of it can be read as what its suffix says."""
    yield from _format(path).read(path, encoding)


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """Write the file anew to `output`, in its own format, with its cells as `editor` wants them. Raises UnreadableInput."""
    _format(path).rewrite(path, encoding, output, editor)


def _format(path: Path) -> ModuleType:
    suffix = path.suffix.lower()
    if suffix not in _FORMATS:
        raise UnreadableInput(
            f"{path.name}: tables of kind {suffix or '(none)'} are not read",
            remedy="use CSV, TSV, JSON lines, Parquet, SQLite or a text file",
        )
    return _FORMATS[suffix]
