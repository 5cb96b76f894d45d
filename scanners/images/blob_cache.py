"""Blobs that were pulled once, kept by their digests: images share layers, and a layer of one digest is always the same."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from scanners.oci import digests

READ = 2**20


def is_content(path: Path, digest: str) -> bool:
    """Whether a file is the content that a digest names. Raises UnreadableInput for a digest that is none."""
    seen = digests.hasher(digest)
    with path.open("rb") as file:
        while chunk := file.read(READ):
            seen.update(chunk)
    return bool(seen.hexdigest() == digest.partition(":")[2])


class BlobCache:
    """A folder of blobs. A file is shared with what was made of it (a hard link) where the file system can."""

    def __init__(self, folder: Path, maximum: int) -> None:
        """maximum: bytes that `prune` leaves, of what was used last."""
        self._folder, self._maximum = folder, maximum

    def take(self, digest: str, path: Path) -> bool:
        """Put the blob at `path`, if it is here. What was altered since it was kept is thrown away."""
        kept = self._place(digest)
        try:
            os.utime(kept)
            _same(kept, path)
        except FileNotFoundError:
            return False
        if is_content(path, digest):
            return True
        path.unlink()
        kept.unlink(missing_ok=True)
        return False

    def keep(self, digest: str, path: Path) -> None:
        """Have a verified blob here, too."""
        kept = self._place(digest)
        kept.parent.mkdir(parents=True, exist_ok=True)
        _same(path, kept)

    def prune(self) -> None:
        """Delete what was not used for longest, until the rest is small enough."""
        left = self._maximum
        for _, size, path in sorted(self._files(), reverse=True):
            left -= size
            if left < 0:
                path.unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        return self._folder / digests.file_name(digest)

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        for path in self._folder.glob("blobs/*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:  # another pull was quicker
                continue
            yield status.st_mtime_ns, status.st_size, path


def _same(source: Path, target: Path) -> None:
    """Make `target` the same file, or a copy of it."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            os.link(source, unfinished)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(source, unfinished)
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
