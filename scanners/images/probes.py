"""Looking into files that are too large to keep: programs, archives, databases. Only what was found is kept."""

from __future__ import annotations

import io
import mmap
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from re import Pattern
from types import TracebackType
from typing import IO, BinaryIO, Self, cast

from scanners.images.packages import PackageType
from scanners.images.streams import READ


@dataclass(frozen=True, slots=True)
class Part:
    """A package that a file says it is, or is made of."""

    type: PackageType
    name: str
    version: str
    where: str = ""
    """Inside the file, e.g. the member of an archive."""
    source: str = ""
    source_version: str = ""
    architecture: str = ""
    license: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    certain: bool = True
    """False: the name was put together from hints."""
    cpe: str = ""
    """Vendor and product, as NVD names them, of a package that no package manager knows."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look into one file gave."""

    probe: str
    parts: tuple[Part, ...] = ()
    owned: frozenset[str] = frozenset()
    """Paths of interest to catalogues that these packages own, where the file is a package database."""
    trouble: str = ""
    """Why the file could not be read, or not all of it."""
    opaque: bool = False
    """A program that does not say what it was built from: nothing is known of it, unless a package brought it."""


@dataclass(frozen=True)
class Probe:
    """One kind of file: how it is recognised, and how it is looked into."""

    name: str
    look: Callable[[str, Content], Seen | None]
    """Given the path and the content; None where there is nothing to say."""
    pattern: Pattern[str] | None = None
    """Paths that are looked into."""
    magic: tuple[bytes, ...] = ()
    """First bytes of files that are looked into; with a pattern, both must fit."""
    minimum: int = 64
    """Smaller files are not looked into."""


class Content:
    """The bytes of one file, in memory or in an unnamed temporary file, as long as they are looked into."""

    def __init__(self, head: bytes, take: Callable[[int], bytes], size: int, memory: int) -> None:
        self.size = size
        self._stack = ExitStack()
        self._file: IO[bytes] | None = None
        if size <= memory:
            self.data: bytes | mmap.mmap = head + take(size - len(head))
            return
        self._file = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        self._file.write(head)
        left = size - len(head)
        while left:
            chunk = take(min(READ, left))
            self._file.write(chunk)
            left -= len(chunk)
        self._file.flush()
        self.data = self._stack.enter_context(mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def file(self) -> BinaryIO:
        """The same bytes as a seekable file."""
        if self._file is None:
            return io.BytesIO(cast(bytes, self.data))
        self._file.seek(0)
        return cast(BinaryIO, self._file)
