"""Compiled Hyperscan patterns that several threads use at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hyperscan

Saw = Callable[[int, int, int, int, object], bool | None]
"""(number of the pattern, start, end, flags, context) -> True to stop."""


class Patterns:
    """A compiled database with scratch space for each thread, because Hyperscan's is not shareable."""

    def __init__(self, database: hyperscan.Database) -> None:
        self._database = database
        self._local = threading.local()

    def scan(self, data: bytes, saw: Saw) -> None:
        """Tell `saw` of every match. Raises hyperscan.ScanTerminated where it asks to stop."""
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            import hyperscan  # whoever only names a scanner does not pay for it

            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        self._database.scan(data, match_event_handler=saw, scratch=scratch)
