"""Documents as tables: a column for each page, story or part, its lines as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from scanners.datasets.batches import Batch, Gathering
from scanners.datasets.cells import Cell, Editor
from scanners.documents.document import CannotBeRedacted, Document
from scanners.documents.reading import PICKED, escape_of, read_source
from scanners.documents.spliced import Edit

ReadDocument = Callable[[Path], Document]


def read(path: Path, read_document: ReadDocument) -> Iterator[Batch]:
    """A batch of lines at a time, and what was not read of the document. Raises UnreadableInput, LimitReached."""
    document = read_document(path)
    gathering = Gathering(path.name, (), running=True)
    for skipped in document.skipped:
        gathering.unreadable(skipped.what, skipped.why)
    for part in document.parts:
        gathering.columns = (part.place,)
        for line in part.text.split("\n"):
            yield from gathering.add((line,))
        if gathering.rows:
            yield gathering.batch()
    yield from gathering.rest()


def rewrite(path: Path, encoding: str, output: Path, editor: Editor) -> None:
    """HTML and Markdown with their text edited; the markup stays as it is.

    Raises CannotBeRedacted for PDF, Word and e-mail, and UnreadableInput.
    """
    suffix = path.suffix.lower()
    if suffix not in PICKED:
        raise CannotBeRedacted(
            f"{path.name}: {suffix} is read, but cannot be redacted: what it hides could not be shown to be gone",
            remedy="redact its text with pii_redact, or the document it was made from",
        )
    source = read_source(path, encoding)
    picked = PICKED[suffix](source.text)
    lines = picked.text.split("\n")
    cells = [Cell(number, "text", line) for number, line in enumerate(lines, 1)]
    edits: list[Edit] = []
    at = 0
    for line, edited in zip(lines, editor.edited(path.name, cells, running=True), strict=True):
        if line != edited:
            edits.append(_smallest(at, line, edited))
        at += len(line) + 1
    made = picked.applied(source.text, edits, escape_of(suffix))
    output.write_bytes(made.encode(source.encoding, "replace"))


def _smallest(at: int, before: str, after: str) -> Edit:
    """The edit without what both begin and end with, so that as much markup as can be stays."""
    start = 0
    most = min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return at + start, at + len(before) - end, after[start : len(after) - end]
