"""Office Open XML packages (ECMA-376, part 2): zip files of XML, read in bounds and without a document type."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from scanners.errors import LimitReached, UnreadableInput

MAX_ENTRIES = 20_000
MAX_PART = 100_000_000
"""Bytes of one part, unpacked."""
MAX_PACKAGE = 400_000_000
"""Bytes that are unpacked of one package."""
MAX_DEPTH = 1_000
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass
class Package:
    """An open package, and the size of each part that was unpacked."""

    path: Path
    archive: zipfile.ZipFile
    unpacked: dict[str, int] = field(default_factory=dict)

    def names(self) -> list[str]:
        return [entry.filename for entry in self.archive.infolist() if not entry.is_dir()]

    def read(self, name: str) -> bytes:
        """The bytes of a part. Raises UnreadableInput, LimitReached."""
        limit = min(MAX_PART, MAX_PACKAGE - sum(self.unpacked.values()) + self.unpacked.get(name, 0))
        try:
            with self.archive.open(name) as file:
                data = file.read(limit + 1)
        except KeyError:
            raise UnreadableInput(f"{self.path.name} has no part {name}") from None
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            EOFError,
            ValueError,
            OSError,
        ) as error:
            raise UnreadableInput(f"{self.path.name}: {name} cannot be unpacked", detail=repr(error)) from error
        if len(data) > limit:
            raise LimitReached(f"{self.path.name}: {name} unpacks to more than {limit} bytes")
        self.unpacked[name] = len(data)
        return data


@contextmanager
def package(path: Path) -> Iterator[Package]:
    """The package in a file. Raises UnreadableInput, also for one that a password protects."""
    with path.open("rb") as file:
        if file.read(8) == _COMPOUND:
            raise UnreadableInput(
                f"{path.name} is encrypted, or of the format before 2007",
                remedy="save it without a password as .docx or .xlsx",
            )
        try:
            archive = zipfile.ZipFile(file)
            if len(archive.infolist()) > MAX_ENTRIES:
                raise LimitReached(f"{path.name} has more than {MAX_ENTRIES} parts")
            with archive:
                yield Package(path, archive)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
            raise UnreadableInput(f"{path.name} is not an Office document", detail=repr(error)) from error


class Xml:
    """An expat parser that refuses document types, and so every entity, and deep nesting.

    Subclasses have `start(name, attributes)`, `end(name)` and `text(data)`, with names without their namespace's prefix.
    """

    def __init__(self) -> None:
        self._depth = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text

    def parse(self, data: bytes, what: str, *, last: bool = True) -> None:
        """`last`: no more of it follows. Raises UnreadableInput for what is not well-formed XML without a document type."""
        try:
            self.parser.Parse(data, last)
        except expat.ExpatError as error:
            raise UnreadableInput(f"{what} is not well-formed XML", detail=str(error)) from error

    def _doctype(self, *_: object) -> None:
        raise UnreadableInput("the XML has a document type, which Office documents may not have")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LimitReached(f"the XML is nested deeper than {MAX_DEPTH} elements")
        self.start(name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.end(name.rpartition(":")[2])

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...
