"""Room kept in reserve, so that a full disk can still be recorded as what it is."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

NAME: Final = "ballast"
_FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


class Ballast:
    """A file of preallocated blocks beside the segments. Blocking."""

    def __init__(self, directory: Path, size: int) -> None:
        self._path = directory / NAME
        self._size = size

    def reserve(self) -> None:
        """Raises OSError when there is no room for it, leaving no file behind."""
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(fd, 0, self._size)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(fd)

    def drop_for(self, error: OSError) -> None:
        """Give the room free, if it is what a failed write lacked and is still there. Else raises the error again."""
        if error.errno not in _FULL or not self._path.exists():
            raise error
        self._path.unlink()
