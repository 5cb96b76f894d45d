"""XML parts of Office documents as text, with its places: what is shown, what attributes say, and who is named as an author."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanners.documents.packages import Xml
from scanners.documents.spliced import Picked
from scanners.errors import UnreadableInput

_TOKEN = re.compile(
    r"<!--(?P<comment>.*?)-->|<!\[CDATA\[(?P<raw>.*?)\]\]>|<\?.*?\?>|</(?P<end>[^\s>]+)\s*>|"
    r"<(?P<start>[^\s/>!?]+)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?P<name>[^\s=]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9_.\-]{1,40})")
_REFERENCE = re.compile(r"&[^;\s]{1,10};")
_SEPARATORS = {"p": "\n", "tr": "\n", "br": "\n", "cr": "\n", "tc": "\t", "tab": "\t", "si": "\n"}
_SHOWN = frozenset({"t", "delText", "instrText"})
SAYING = frozenset({"descr", "title", "tooltip", "instr", "alt", "string", "href", "query", "connectString"})
"""Attributes with text for people: alternative texts, tips, field instructions, data sources."""
SAYING_VALUE = frozenset({"alias", "tag", "docVar", "text"})
"""Elements whose `val` is such a text."""
PEOPLE = frozenset({"author", "initials", "userId", "displayName"})
"""Attributes that name who wrote or changed something: people, whatever they are called."""
PEOPLE_ELEMENTS = frozenset({"creator", "lastModifiedBy", "Manager"})
"""The same as elements of a document's properties (ECMA-376 part 2, §11; part 1, §22.2)."""


@dataclass
class PickedXml:
    """The text of a part, a line each for its paragraphs, then its attributes; and the lines that hold a person's name."""

    picked: Picked = field(default_factory=Picked)
    people: set[int] = field(default_factory=set)
    """Numbers of lines, from 0."""


def source_of(data: bytes, what: str) -> tuple[str, str]:
    """The text of an XML part, and its encoding. Raises UnreadableInput unless it is well-formed and without a document type."""
    Xml().parse(data, what)
    encoding = (
        "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else ""
    )
    declared = _DECLARED.match(data)
    encoding = encoding or (declared[1].decode().lower() if declared else "utf-8")
    if encoding not in ("utf-8", "utf-8-sig", "utf-16", "us-ascii"):
        raise UnreadableInput(f"{what} is written in {encoding}, which Office documents are not")
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{what} is not {encoding}", detail=str(error)) from None


def pick(source: str, *, everything: bool = False) -> PickedXml:
    """The text of a well-formed part. `everything`: the text of all elements, not only of those that are shown."""
    out = PickedXml()
    picked = out.picked
    aside: list[tuple[int, int, bool]] = []
    inside, element, pending, done = 0, "", "", 0
    for token in _TOKEN.finditer(source):
        if (inside or everything) and token.start() > done and source[done : token.start()].strip():
            if element in PEOPLE_ELEMENTS:
                aside.append((done, token.start(), True))
            else:
                if pending and picked.length:
                    picked.add(done, done, pending)
                pending = ""
                _add_text(picked, source, done, token.start())
        done = token.end()
        if token["comment"] is not None or token["raw"] is not None:
            group = "comment" if token["raw"] is None else "raw"
            aside.append((token.start(group), token.end(group), False))
        elif token["start"] is not None:
            element = token["start"].rpartition(":")[2]
            inside += element in _SHOWN and not token["attributes"].endswith("/")
            pending = _later(pending, _SEPARATORS.get(element, "") if element in ("br", "cr", "tab") else "")
            aside += _attributes(token, element)
        elif token["end"] is not None:
            ended = token["end"].rpartition(":")[2]
            inside -= ended in _SHOWN
            pending = _later(pending, "\n" if everything else _SEPARATORS.get(ended, ""))
            element = ""
    lines = picked.text.count("\n")
    for start, end, person in aside:
        if source[start:end].strip():
            picked.add(start, start, "\n")
            lines += 1
            picked.add(start, end, source[start:end].replace("\n", " "))
            if person:
                out.people.add(lines)
    return out


def _later(pending: str, separator: str) -> str:
    """What stands between two texts: a new cell within a row goes before the end of its last paragraph."""
    return separator if separator and not (pending == "\n" and separator == "\n") else pending


def _add_text(picked: Picked, source: str, start: int, end: int) -> None:
    """Character for character, but for references, each of which stands for what it means; a line end is a space."""
    at = start
    for reference in _REFERENCE.finditer(source, start, end):
        picked.add(at, reference.start(), source[at : reference.start()].replace("\n", " "))
        picked.add(reference.start(), reference.end(), html.unescape(reference[0]))
        at = reference.end()
    picked.add(at, end, source[at:end].replace("\n", " "))


def _attributes(token: re.Match[str], element: str) -> Iterator[tuple[int, int, bool]]:
    """Where the values are of attributes that say something: from, to, and whether it is who somebody is."""
    base = token.start("attributes")
    for attribute in _ATTRIBUTE.finditer(token["attributes"]):
        name = attribute["name"].rpartition(":")[2]
        said = name in SAYING or (name == "val" and element in SAYING_VALUE)
        if said or name in PEOPLE:
            group = "double" if attribute["double"] is not None else "single"
            yield base + attribute.start(group), base + attribute.end(group), name in PEOPLE
