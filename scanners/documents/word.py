"""DOCX (ECMA-376): every story of the document, its runs joined, so that a number in three runs is one number."""

from __future__ import annotations

import re
from pathlib import Path

from scanners.documents.document import Document, Gathering
from scanners.documents.packages import Package, Xml, package
from scanners.errors import UnreadableInput

STORY = re.compile(r"word/(document|footnotes|endnotes|comments|header\d+|footer\d+|glossary/document)\d*\.xml")
PROPERTIES = re.compile(r"docProps/\w+\.xml")
LINKS = re.compile(r"word/(?:\w+/)?_rels/\w+\.xml\.rels")
FORMATTING = re.compile(
    r"(?:word/)?(?:\[Content_Types\]|styles|stylesWithEffects|settings|webSettings|fontTable|numbering|theme/theme\d+|people)\.xml|"
    r"_rels/\.rels|\[Content_Types\]\.xml|word/commentsIds\.xml|word/commentsExt\w*\.xml"
)
_SHOWN = frozenset({"t", "delText", "instrText"})
_BREAKS = {"p": "\n", "br": "\n", "cr": "\n", "tr": "\n", "tab": "\t", "tc": "\t", "noBreakHyphen": "-"}


class _Story(Xml):
    """The text of one story: paragraphs and table rows as lines, cells behind tabs; who commented or changed something too."""

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self.people: dict[str, None] = {}
        self._open = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in _SHOWN:
            self._open += 1
        elif name in ("br", "cr", "tab", "noBreakHyphen"):
            self.out.append(_BREAKS[name])
        for key in attributes:
            if key.endswith(":author"):
                self.people[attributes[key]] = None

    def end(self, name: str) -> None:
        if name in _SHOWN:
            self._open -= 1
        elif name == "p" and self.out and self.out[-1] == "\n":
            return
        elif name in ("p", "tc", "tr"):
            self.out.append(_BREAKS[name])

    def text(self, data: str) -> None:
        if self._open:
            self.out.append(data)


class _Values(Xml):
    """The text of every element behind its name, and the targets of links that lead outside."""

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self._name = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._name = name
        if attributes.get("TargetMode") == "External":
            self.out.append(attributes.get("Target", ""))

    def text(self, data: str) -> None:
        if data.strip():
            self.out.append(f"{self._name}: {data.strip()}")


def read_word(path: Path) -> Document:
    """The stories of a document, its links and properties; pictures and embedded objects are named as not read.

    A table cell's last paragraph and the next cell are on one line. Raises UnreadableInput, LimitReached.
    """
    gathering = Gathering()
    with package(path) as opened:
        names = opened.names()
        if "word/document.xml" not in names:
            raise UnreadableInput(f"{path.name} is not a Word document")
        for name in sorted(names, key=lambda name: (name != "word/document.xml", name)):
            if story := STORY.fullmatch(name):
                _add_story(gathering, opened, name, re.sub(r"(\d+)$", r" \1", story[1]))
            elif PROPERTIES.fullmatch(name):
                _add_values(gathering, opened, name, "properties")
            elif LINKS.fullmatch(name):
                _add_values(gathering, opened, name, "links")
            elif not FORMATTING.fullmatch(name):
                kind = "a picture" if name.startswith("word/media/") else "an embedded part"
                gathering.skip(name, f"{kind}; not read")
    return gathering.document()


def _add_story(gathering: Gathering, opened: Package, name: str, place: str) -> None:
    story = _Story()
    story.parse(opened.read(name), f"{opened.path.name}: {name}")
    gathering.add(place, "".join(story.out).replace("\n\t", "\t"))
    gathering.add(f"authors in {place}", "\n".join(f"author: {person}" for person in story.people))


def _add_values(gathering: Gathering, opened: Package, name: str, place: str) -> None:
    values = _Values()
    values.parse(opened.read(name), f"{opened.path.name}: {name}")
    gathering.add(place, "\n".join(values.out))
