"""The folder that a worker may write to. It may come to hold what is scanned, so none is left behind: also not by a server
that was killed, whose folders the next one removes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

_PREFIX: Final = "yumen-scan-"
_BEGINNING: Final = 60
"""Seconds in which a new folder may not be locked yet."""


class Scratch:
    """A new folder, locked (flock(2)) until it is removed: whoever can lock it knows that its server is gone."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        """Delete it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def remove_abandoned() -> int:
    """Delete this user's folders whose server is gone; how many there were. None where the place cannot be listed."""
    removed = 0
    try:
        with os.scandir(tempfile.gettempdir()) as entries:
            found = [entry for entry in entries if entry.name.startswith(_PREFIX)]
    except OSError:
        return 0
    for entry in found:
        with contextlib.suppress(OSError):  # somebody else removes it, or it is in use
            status = entry.stat(follow_symlinks=False)
            if status.st_uid != os.getuid() or time.time() - status.st_ctime < _BEGINNING:
                continue
            folder = os.open(entry.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry.path)
                removed += 1
            finally:
                os.close(folder)
    return removed
