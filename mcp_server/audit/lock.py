"""One process a directory: what two of them would write into the same files belongs to nobody."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from mcp_server.audit.errors import LogBusy

LOCK: Final = "lock"


class DirectoryLock:
    """Held from `take` to `release`, or to the end of the process, however it ends."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK
        self._fd = -1

    def take(self) -> None:
        """Make the directory, if it is not there, and hold it. Raises LogBusy."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(fd)
            raise LogBusy(
                "another process writes this audit log", remedy="stop it, or give this one its own data directory"
            ) from error
        self._fd = fd

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
