"""Compiled Hyperscan patterns that several threads use at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    import hyperscan

Saw = Callable[[int, int, int, int, object], bool | None]
"""(number of the pattern, start, end, flags, context) -> True to stop."""
_Arguments = ParamSpec("_Arguments")
_Made = TypeVar("_Made")


class Patterns:
    """A compiled database with scratch space for each thread, because Hyperscan's is not shareable."""

    def __init__(self, database: hyperscan.Database) -> None:
        self._database = database
        self._local = threading.local()

    def scan(self, data: bytes, saw: Saw) -> None:
        """Tell `saw` of every match. Raises hyperscan.ScanTerminated where it asks to stop."""
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            import hyperscan  # with numpy a third of a second: whoever only names a scanner does not pay it

            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        self._database.scan(data, match_event_handler=saw, scratch=scratch)


def compiled_once(make: Callable[_Arguments, _Made]) -> Callable[_Arguments, _Made]:
    """`functools.cache` for what takes long to make: threads that ask at the same time wait for the first of them."""
    made = cast("Callable[_Arguments, _Made]", cache(make))
    lock = threading.Lock()

    @wraps(make)
    def ask(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Made:
        with lock:
            return made(*args, **kwargs)

    return ask
