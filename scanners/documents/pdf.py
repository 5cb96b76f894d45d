"""PDF (ISO 32000) through pypdf: the text of each page, form fields and properties. Runs in a bounded worker only."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from scanners.documents.document import Document, Gathering
from scanners.errors import UnreadableInput

MAX_PAGES = 10_000
SECONDS = 120.0
"""CPU seconds for one document; the pages that are left are named. One page that hangs is ended by the worker's limit."""
_DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, AssertionError)
"""What pypdf raises for a damaged file, beside its own errors."""


def read_pdf(path: Path) -> Document:
    """The text of a document by page. A page without text but with pictures is named as not read.

    Raises UnreadableInput, also where pypdf (extra `documents`) is missing or the document wants a password.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise UnreadableInput(
            f"{path.name}: reading PDF needs pypdf", remedy="pip install 'yumen[documents]'"
        ) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs bytes of the file
    gathering = Gathering()
    deadline = time.thread_time() + SECONDS
    try:
        with path.open("rb") as file:
            reader = PdfReader(file, strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise UnreadableInput(f"{path.name} is encrypted", remedy="give a copy without a password")
            count = len(reader.pages)
            for number in range(1, count + 1):
                if number > MAX_PAGES or time.thread_time() > deadline:
                    gathering.skip(f"pages {number} to {count}", "the limit of pages or time was reached; not read")
                    break
                _add_page(gathering, reader, number)
            _add_rest(gathering, reader)
    except UnreadableInput:
        raise
    except (*_DAMAGE, PyPdfError) as error:
        raise UnreadableInput(f"{path.name} is not a PDF that can be read", detail=repr(error)[:500]) from error
    return gathering.document()


def _add_page(gathering: Gathering, reader: object, number: int) -> None:
    place = f"page {number}"
    try:
        page = reader.pages[number - 1]  # type: ignore[attr-defined]
        text = page.extract_text()
        pictures = not text.strip() and _has_pictures(page)
    except Exception as error:  # noqa: BLE001 - a damaged page raises anything; it is named, and the others are read
        gathering.skip(place, f"damaged ({type(error).__name__}); not read")
        return
    if pictures:
        gathering.skip(place, "holds only pictures; not read")
    gathering.add(place, text)


def _has_pictures(page: object) -> bool:
    resources = page.get("/Resources")  # type: ignore[attr-defined]
    objects = (resources.get_object() if resources is not None else {}).get("/XObject")
    contents = page.get_contents()  # type: ignore[attr-defined]
    return bool(objects) or (contents is not None and b"BI" in contents.get_data() and b"EI" in contents.get_data())


def _add_rest(gathering: Gathering, reader: object) -> None:
    """What stands on no page."""
    try:
        fields = reader.get_fields() or {}  # type: ignore[attr-defined]
        gathering.add("form", "\n".join(f"{name}: {field.value}" for name, field in fields.items() if field.value))
        properties = reader.metadata or {}  # type: ignore[attr-defined]
        gathering.add("properties", "\n".join(f"{str(key).lstrip('/')}: {value}" for key, value in properties.items()))
        for name in reader.attachments or {}:  # type: ignore[attr-defined]
            gathering.skip(f"attachment {name}", "not read")
    except Exception as error:  # noqa: BLE001 - as for a page
        gathering.skip("form, properties and attachments", f"damaged ({type(error).__name__}); not read")
