"""What every catalogue offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from re import Pattern

from scanners.images.filesystem import FileSystem
from scanners.images.packages import Package


@dataclass(frozen=True)
class Catalogued:
    """The packages that one catalogue found."""

    packages: tuple[Package, ...]
    owned: Callable[[frozenset[str]], frozenset[str]] | None = None
    """Which of some paths its packages own; None for catalogues of language packages."""


@dataclass(frozen=True)
class Catalogue:
    """One kind of package database or metadata file."""

    name: str
    pattern: Pattern[str]
    """Paths whose content it reads, matched from the start."""
    catalogue: Callable[[FileSystem], Catalogued]
    """Reads them. What it cannot read it notes on the file system as skipped."""
