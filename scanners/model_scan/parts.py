"""A part: some bytes to be examined, with the name they go by and the way that led to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from scanners.model_scan.ledger import Ledger

SIBLING_SIZE = 16 << 20
"""As much of a file or member beside a part is read for it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file, a member of a container, or bytes found inside something else.

    `path` shows the whole way, members after '!'; `name` is the last name on it; `depth` counts containers around it.
    """

    path: str
    name: str
    data: memoryview
    depth: int = 0
    siblings: frozenset[str] = field(default_factory=frozenset)
    """Names of the files or members beside it (of the same container or folder)."""
    sibling: Callable[[str], bytes | None] | None = None
    """Reads a small file beside it by name; None when there is none."""

    def head(self, length: int = 64) -> bytes:
        return bytes(self.data[:length])

    @property
    def extension(self) -> str:
        """The lower-case ending of the name with its dot, e.g. '.pkl'; empty without one."""
        return _ending(self.name)

    def inside(self, name: str, data: memoryview | bytes, siblings: frozenset[str] = frozenset()) -> Part:
        """A part found within this one."""
        return Part(f"{self.path}!{name}", name, memoryview(data), self.depth + 1, siblings)


@lru_cache(1 << 10)
def _ending(name: str) -> str:
    stem, dot, ending = name.replace("\\", "/").rpartition("/")[2].lower().rpartition(".")
    return dot + ending if stem or dot else ""


class Examiner(Protocol):
    """What a reader may ask of the scan: where to write, and to have what it unpacked examined in its turn."""

    @property
    def ledger(self) -> Ledger: ...

    def examine(self, part: Part) -> None: ...


Reader = Callable[[Part, Examiner], None]
