"""DOCX written anew: every part as it was, with its text edited across runs; pictures go, and what is not understood stops it."""

from __future__ import annotations

import base64
import html
import re
import zipfile
from pathlib import Path

from scanners.datasets.cells import Cell, Editor
from scanners.datasets.splicing import edits_of
from scanners.documents.document import CannotBeRedacted
from scanners.documents.packages import Package, package
from scanners.documents.word import FORMATTING, LINKS, PROPERTIES, STORY, read_word
from scanners.documents.xml_text import pick, source_of
from scanners.errors import UnreadableInput

_FONTS = re.compile(r"word/fonts/[\w.\-]+\.odttf")
_CUSTOM = re.compile(r"customXml/(?:_rels/)?item(?:Props)?\d+\.xml(?:\.rels)?")
_PICTURE = re.compile(r"word/media/[\w.\-]+\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf)", re.IGNORECASE)
_THUMBNAIL = re.compile(r"docProps/thumbnail\.\w+")
_THUMBNAIL_LINK = re.compile(r"<Relationship\b[^>]*metadata/thumbnail[^>]*/>")
_EXTERNAL = re.compile(r"(<Relationship\b[^>]*?\bTarget=\")([^\"]*)(\"[^>]*>)")
_NOWHERE = "https://redacted.invalid/"
"""What a link leads to whose address named somebody: Word takes no other text for an address (RFC 2606)."""
_TEMPLATE = "attachedTemplate"
_BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
"""A picture (PNG) of one point, for one that nobody read: Word looks at what a picture holds, not at its name."""


def rewrite(path: Path, output: Path, editor: Editor) -> None:
    """The document with the text of every story, comment, property, author, link and alternative text edited.

    Pictures become blank and are named as unread. Raises CannotBeRedacted for macros, embedded objects, charts,
    signatures and whatever else is not known to hold no text; UnreadableInput, LimitReached.
    """
    with package(path) as opened, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        names = opened.names()
        if "word/document.xml" not in names:
            raise UnreadableInput(f"{path.name} is not a Word document")
        if len(set(names)) != len(names):
            raise UnreadableInput(f"{path.name} holds two parts of one name")
        for name in names:
            if not _THUMBNAIL.fullmatch(name):
                made.writestr(name, _part(opened, name, editor))
    read_word(output)  # what cannot be read back is not handed out


def _part(opened: Package, name: str, editor: Editor) -> bytes:
    shown = f"{opened.path.name}: {name}"
    if _PICTURE.fullmatch(name):
        editor.unread(opened.path.name, name, "a picture; not read, and blank in the result")
        return _BLANK
    if _FONTS.fullmatch(name):
        return opened.read(name)
    story, properties, custom = STORY.fullmatch(name), PROPERTIES.fullmatch(name), _CUSTOM.fullmatch(name)
    if not (story or properties or custom or LINKS.fullmatch(name) or FORMATTING.fullmatch(name)):
        raise CannotBeRedacted(
            f"{shown} is an embedded object, a macro, a chart, a signature or another part that is not redacted",
            remedy="remove it in Word, or redact the document's text with pii_redact",
        )
    source, encoding = source_of(opened.read(name), shown)
    if name.endswith(".rels"):
        return _links(source, shown, editor).encode(encoding)
    found = pick(source, everything=bool(properties or custom))
    edits = edits_of(found.picked, shown, editor, {line: "PERSON" for line in found.people})
    return found.picked.applied(source, edits, html.escape).encode(encoding)


def _links(source: str, shown: str, editor: Editor) -> str:
    """Relationships, with every address that leads outside and holds personal data leading nowhere; templates too."""

    def leads(match: re.Match[str]) -> str:
        if 'TargetMode="External"' not in match[0]:
            return match[0]
        address = html.unescape(match[2])
        edited = editor.edited(shown, [Cell(1, "link", address)], running=True)[0]
        return match[0] if edited == address and _TEMPLATE not in match[0] else match[1] + _NOWHERE + match[3]

    return _EXTERNAL.sub(leads, _THUMBNAIL_LINK.sub("", source))
