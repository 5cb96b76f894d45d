"""Digests of many files, or of many parts of one, on all cores."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from scanners.model_files.encryption import Identity, decrypt
from scanners.model_files.reading import Stamp, SteadyFile

Algorithm = Literal["sha256", "blake2b", "blake3"]
"""The digests of the OpenSSF model-signing format (its algorithm registry); blake2b is the 512-bit one."""

DIGEST_BYTES: dict[Algorithm, int] = {"sha256": 32, "blake2b": 64, "blake3": 32}

Progress = Callable[[float, float | None, str], None]


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to `end` (exclusive) of a file; `end` None means up to where the file ends."""

    path: Path
    name: str
    size: int
    """Bytes of the part, as far as known: the largest are hashed first."""
    start: int = 0
    end: int | None = None
    identity: Identity | None = None
    """With one, the file is encrypted and the digest is that of its content; the part is then the whole of it."""


@dataclass(frozen=True, slots=True)
class PartDigest:
    """The digest of a part, in lower-case hex, and how many bytes went into it."""

    hex: str
    bytes: int
    stamp: Stamp | None = None
    """What the file is recognised by later, unless it was changed a moment ago."""


class _Hasher(Protocol):
    def update(self, data: memoryview | bytes, /) -> object: ...
    def hexdigest(self) -> str: ...


def digest_parts(parts: Sequence[Part], algorithm: Algorithm, progress: Progress | None = None) -> list[PartDigest]:
    """The digest of each part, in the order given. One part a thread, the largest part first.

    There is one thread more than cores, for when one of them waits for the disk.

    Raises UnreadableInput naming the file that changed while it was read, TargetRefused or TargetMissing for one that
    was replaced or removed since it was listed.
    """
    meter = _Meter(sum(part.size for part in parts))
    largest_first = sorted(range(len(parts)), key=lambda index: -parts[index].size)
    with ThreadPoolExecutor(max_workers=_cores() + 1, thread_name_prefix="digest") as pool:
        futures = {
            index: pool.submit(_digest, parts[index], algorithm, meter, spare_cores=len(parts) < _cores())
            for index in largest_first
        }
        try:
            _watch(list(futures.values()), meter, progress)
        finally:
            meter.stopped = True
            pool.shutdown(cancel_futures=True)
        return [futures[index].result() for index in range(len(parts))]


class _Stopped(Exception):
    """Another part failed; what this thread computes is of no use any more."""


class _Meter:
    """Bytes done so far, over all threads, and the sign to stop."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.stopped = False
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        if self.stopped:
            raise _Stopped
        with self._lock:
            self.done += count


def _watch(futures: list[Future[PartDigest]], meter: _Meter, progress: Progress | None) -> None:
    pending: set[Future[PartDigest]] = set(futures)
    while pending:
        finished, pending = wait(pending, timeout=0.5 if progress else None, return_when=FIRST_EXCEPTION)
        if progress is not None:
            progress(float(meter.done), float(meter.total), "bytes hashed")
        for future in finished:
            if (error := future.exception()) is not None:
                raise error


def _digest(part: Part, algorithm: Algorithm, meter: _Meter, *, spare_cores: bool) -> PartDigest:
    hasher = _new_hasher(algorithm, spare_cores=spare_cores)
    with SteadyFile.opened(part.path, part.name) as file:
        if part.identity is not None:
            return _digest_of_content(file, part, hasher, meter)
        end = file.size if part.end is None else part.end
        for window in file.windows(part.start, end):
            hasher.update(window)
            meter.add(len(window))
        stamp = file.stamp
    return PartDigest(hasher.hexdigest(), end - part.start, stamp)


def _digest_of_content(file: SteadyFile, part: Part, hasher: _Hasher, meter: _Meter) -> PartDigest:
    assert part.identity is not None  # noqa: S101

    def take(data: bytes) -> None:
        hasher.update(data)
        meter.add(len(data))

    size = decrypt(file, part.name, part.identity, take)
    return PartDigest(hasher.hexdigest(), size)


def _new_hasher(algorithm: Algorithm, *, spare_cores: bool) -> _Hasher:
    if algorithm == "sha256":
        return hashlib.sha256()
    if algorithm == "blake2b":
        return hashlib.blake2b()
    from blake3 import blake3

    # A single file can use every core here, which SHA-256 by its nature cannot.
    return blake3(max_threads=blake3.AUTO if spare_cores else 1)


def _cores() -> int:
    return len(os.sched_getaffinity(0))
