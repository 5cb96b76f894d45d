"""Digests remembered between calls, so that a model that did not change need not be read again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scanners.model_files.manifest import KnownDigest
from scanners.model_files.reading import Stamp

MAX_RECALLED = 50_000
_SCHEMA = """CREATE TABLE IF NOT EXISTS digest (
  path TEXT NOT NULL, algorithm TEXT NOT NULL, digest TEXT NOT NULL, device TEXT NOT NULL, inode TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, PRIMARY KEY (path, algorithm))"""


class DigestMemory:
    """One SQLite file. It may be deleted at any time; nothing rests on it but speed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def recall(self, target: Path) -> tuple[KnownDigest, ...]:
        """What is remembered of the file `target`, or of the files below it."""
        below = f"{target}/"
        with self._open() as database:
            rows = database.execute(
                "SELECT * FROM digest WHERE path = ? OR (path >= ? AND path < ?) LIMIT ?",
                (str(target), below, below[:-1] + chr(ord("/") + 1), MAX_RECALLED),
            ).fetchall()
        return tuple(
            KnownDigest(path, Stamp(int(device), int(inode), size, mtime, ctime), algorithm, digest)
            for path, algorithm, digest, device, inode, size, mtime, ctime in rows
        )

    def remember(self, digests: Sequence[KnownDigest]) -> None:
        """Keep these, in place of what was remembered of the same files."""
        rows = [
            (one.path, one.algorithm, one.digest, str(one.stamp.device), str(one.stamp.inode), one.stamp.size,
             one.stamp.mtime_ns, one.stamp.ctime_ns)
            for one in digests
        ]  # fmt: skip
        with self._open() as database:
            database.executemany("INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=10)
        try:
            database.execute(_SCHEMA)
            with database:
                yield database
        finally:
            database.close()
