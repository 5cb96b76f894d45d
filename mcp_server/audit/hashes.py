"""The file of Merkle hashes: what proofs read. Disposable, because the segments can rebuild it.

Hashes are stored in the order in which they become final, 32 bytes each, so appending is one write and any complete
subtree is one read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.merkle import Frontier, root_at, stored_count, stored_index

NAME = "hashes"
_WIDTH = 32


class StoredHashes:
    """The hash file, open for reading and, by the one writer, for appending."""

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        flags = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        self._fd = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def close(self) -> None:
        os.close(self._fd)

    def node(self, level: int, n: int) -> bytes:
        """Hash of one complete subtree. Raises LogDamaged when the file does not reach that far."""
        digest = os.pread(self._fd, _WIDTH, stored_index(level, n) * _WIDTH)
        if len(digest) != _WIDTH:
            raise LogDamaged(
                "the file of tree hashes is too short",
                remedy="run 'yumen audit index rebuild'; the records are not affected",
            )
        return digest

    def size(self) -> int:
        """The largest tree that the file holds every hash of."""
        count = os.fstat(self._fd).st_size // _WIDTH
        low, high = 0, count
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if stored_count(middle) <= count else (low, middle - 1)
        return low

    def covers(self, size: int) -> bool:
        return os.fstat(self._fd).st_size >= stored_count(size) * _WIDTH

    def root(self, size: int) -> bytes:
        return root_at(size, self.node)

    def cut(self, size: int) -> None:
        """Forget everything beyond a tree of `size` leaves."""
        os.ftruncate(self._fd, stored_count(size) * _WIDTH)

    def write(self, size: int, hashes: Sequence[bytes]) -> None:
        """Store the hashes that became final after the tree had `size` leaves."""
        data = b"".join(hashes)
        if os.pwrite(self._fd, data, stored_count(size) * _WIDTH) != len(data):
            raise OSError("short write to the hash file")

    def place(self, frontier: Frontier) -> None:
        """Store the peaks of a tree whose leaves were pruned: all that proofs of later leaves need of it."""
        start = 0
        for peak in frontier.peaks:
            level = (frontier.size - start).bit_length() - 1
            os.pwrite(self._fd, peak, stored_index(level, start >> level) * _WIDTH)
            start += 1 << level

    def sync(self) -> None:
        os.fdatasync(self._fd)
