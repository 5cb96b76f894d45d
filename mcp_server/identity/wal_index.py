"""Whether a SQLite file in WAL mode has changed, read from the index that its connections share: no lock, no system call."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Final

_HEADER: Final = 48
"""Bytes of the WAL-index header: its change counter, the last valid frame, checksums and salts
(https://sqlite.org/walformat.html §2.1). A commit is a new header, written by whichever process commits."""

_mapped: Final[dict[tuple[int, int], mmap.mmap]] = {}
"""By device and inode, for the life of the process: closing any descriptor of the file would drop the locks that
SQLite holds on it through other descriptors of this process (POSIX fcntl locks belong to the process)."""


class WalIndex:
    """The index beside one database, which a connection of this process must hold open as long as this is used."""

    def __init__(self, database: Path) -> None:
        """Raises OSError when there is no index: the database is not in WAL mode, or nobody has it open."""
        path = f"{database}-shm"
        status = os.stat(path, follow_symlinks=False)
        which = (status.st_dev, status.st_ino)
        if which not in _mapped:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            _mapped[which] = mmap.mmap(descriptor, _HEADER, mmap.MAP_SHARED, mmap.PROT_READ)
        self._memory = _mapped[which]

    def header(self) -> bytes:
        """Differs from what it was as soon as any connection has committed anything.

        One that is read while a commit writes it equals neither its old nor its new state, so it only ever looks
        changed. Take it before the rows that it is to vouch for.
        """
        return self._memory[:_HEADER]
