"""What a document gives to a reader: its texts by place, and whatever in it nobody read."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanners.errors import UnreadableInput
from scanners.findings import Skipped

MAX_CHARACTERS = 18_000_000
"""Of one document; what lies behind is named."""
MAX_PARTS = 200_000


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a document: a page, a story, a header, a mail's body."""

    place: str
    """In words: 'page 3', 'header 1', 'part 2 (text/html)'."""
    text: str
    label: str = ""
    """What the place says of the text: the head of a table's column."""


@dataclass(frozen=True, slots=True)
class Document:
    """All texts of a document in reading order."""

    parts: tuple[Part, ...]
    skipped: tuple[Skipped, ...] = ()
    """Pages, pictures and attachments that were not read: one is enough to make an answer 'unknown'."""


class CannotBeRedacted(UnreadableInput):
    """A format that is read but not written anew: it cannot be shown that nothing is left in it."""

    code = "cannot_be_redacted"


@dataclass
class Gathering:
    """Parts until the document, or its bound, is reached."""

    parts: list[Part] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    characters: int = 0
    full: bool = False

    def add(self, place: str, text: str, label: str = "") -> None:
        if self.full or not text.strip():
            return
        if self.characters + len(text) > MAX_CHARACTERS or len(self.parts) >= MAX_PARTS:
            self.full = True
            self.skip(f"{place} and what follows", f"more than {MAX_CHARACTERS} characters or {MAX_PARTS} parts")
            return
        self.characters += len(text)
        self.parts.append(Part(place, text, label))

    def skip(self, place: str, why: str) -> None:
        self.skipped.append(Skipped(place, why))

    def document(self) -> Document:
        return Document(tuple(self.parts), tuple(self.skipped))
