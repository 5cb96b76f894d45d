"""Documents as tables: a column for each page, story or part, its lines as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from scanners.datasets import mail_files, word_files
from scanners.datasets.batches import Batch, Gathering
from scanners.datasets.cells import Editor
from scanners.datasets.mail_files import RewriteFile
from scanners.datasets.splicing import edits_of
from scanners.documents.document import CannotBeRedacted, Document
from scanners.documents.mail import MAX_NESTED
from scanners.documents.reading import PICKED, WORD, escape_of, read_source
from scanners.errors import UnreadableInput

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


def rewrite(
    path: Path, encoding: str, output: Path, editor: Editor, rewrite_attached: RewriteFile, depth: int = 0
) -> None:
    """HTML, Markdown, Word and e-mail with their text edited; the markup stays as it is.

    `rewrite_attached` writes what is attached to a mail and is no mail itself.
    Raises CannotBeRedacted for PDF and for what a document holds beside text, UnreadableInput, LimitReached.
    """
    suffix = path.suffix.lower()
    if suffix in PICKED:
        source = read_source(path, encoding)
        picked = PICKED[suffix](source.text)
        made = picked.applied(source.text, edits_of(picked, path.name, editor), escape_of(suffix))
        output.write_bytes(made.encode(source.encoding, "replace"))
    elif suffix in WORD:
        word_files.rewrite(path, output, editor)
    elif suffix == ".eml":
        attached = partial(_attachment, rewrite_attached=rewrite_attached, depth=depth + 1)
        mail_files.rewrite(path, output, editor, attached)
    else:
        raise CannotBeRedacted(
            f"{path.name}: {suffix} is read, but not redacted: its text is drawn by instructions that would have to be written "
            "anew, with its fonts, pictures and earlier versions, and nothing could show that none of it is left",
            remedy="redact the document it was made from, or its text with pii_redact",
        )


def _attachment(path: Path, output: Path, editor: Editor, *, rewrite_attached: RewriteFile, depth: int) -> None:
    if depth > MAX_NESTED:
        raise UnreadableInput("nested too deeply")
    if path.suffix.lower() == ".eml":
        rewrite(path, "auto", output, editor, rewrite_attached, depth)
    else:
        rewrite_attached(path, output, editor)
