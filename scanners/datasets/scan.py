"""A data set scanned batch by batch, with a manifest from which a killed scan goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from scanners.datasets.batches import Batch
from scanners.datasets.documents import ReadDocument
from scanners.datasets.executors import Executor, Task, here
from scanners.datasets.partition import BatchResult, examine
from scanners.datasets.profile import Profile, Totals
from scanners.datasets.reading import batches
from scanners.documents.reading import read_document
from scanners.errors import YumenError
from scanners.findings import Skipped
from scanners.personal_data.find import DEFAULT_THRESHOLD

_RESULT = TypeAdapter(BatchResult)
Done = Callable[[BatchResult], None]


@dataclass(frozen=True, slots=True)
class Input:
    """One file as the manifest knows it: changed files are scanned anew."""

    path: str
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Input:
        state = path.stat()
        return cls(str(path), state.st_size, state.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Source:
    """Something whose batches can be read."""

    key: str
    """As the manifest knows it: whatever is of another state has another key."""
    name: str
    batches: Callable[[], Iterator[Batch]]
    digest_key: bytes | None = None
    """For what has no state to be known by, such as a database: it is read anew, and each batch is known by what it holds."""

    def key_of(self, batch: Batch) -> str:
        """The batch's source as the manifest knows it."""
        return self.key if self.digest_key is None else f"{self.key} {batch.digest(self.digest_key)}"

    @classmethod
    def file(cls, path: Path, encoding: str, document: ReadDocument) -> Source:
        try:
            key = repr(Input.of(path))
        except OSError:
            key = str(path)  # its batches say why
        return cls(key, path.name, partial(batches, path, encoding, document))


class ScanManifest:
    """One JSON line a finished batch, appended and flushed; a half-written last line is ignored and written again."""

    def __init__(self, path: Path | None, threshold: float) -> None:
        self._path = path
        self._threshold = threshold
        self.finished: dict[tuple[str, str, int], BatchResult] = {}
        self._file: IO[str] | None = None
        if path is None:
            return
        if path.exists():
            self._read(path)
        self._file = path.open("a", encoding="utf-8")

    def _read(self, path: Path) -> None:
        whole = 0
        with path.open("rb") as file:
            for line in file:
                try:
                    entry = json.loads(line)
                    if not line.endswith(b"\n"):
                        break
                    if entry["threshold"] == self._threshold:
                        result = _RESULT.validate_python(entry["result"])
                        self.finished[entry["input"], result.table, result.number] = result
                except (ValueError, KeyError, TypeError):
                    break
                whole += len(line)
        os.truncate(path, whole)

    def add(self, source: str, result: BatchResult) -> None:
        if self._file is not None:
            entry = {"input": source, "threshold": self._threshold, "result": _RESULT.dump_python(result, mode="json")}
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def scan(
    inputs: Iterable[Path | Source],
    *,
    executor: Executor = here,
    manifest: Path | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    encoding: str = "auto",
    document: ReadDocument = read_document,
    done: Done = lambda result: None,
) -> Profile:
    """The profile of all tables in the files and other sources.

    `document` reads documents: a command lets a worker do so. With `manifest`, batches that an earlier run finished are
    not examined again; the result is the same. A file that cannot be read at all is named in `skipped`.
    Raises ExecutorUnavailable.
    """
    book = ScanManifest(manifest, threshold)
    totals = Totals()

    def unfinished() -> Iterator[Task]:
        for source, batch in _todo(inputs, encoding, document, totals):
            earlier = book.finished.get((source, batch.table, batch.number))
            if earlier is None:
                yield source, batch
            else:
                totals.add(earlier)
                done(earlier)

    try:
        for source, result in executor(unfinished(), threshold):
            book.add(source, result)
            totals.add(result)
            done(result)
    finally:
        book.close()
    return totals.profile()


def profile_file(path: Path, threshold: float = DEFAULT_THRESHOLD, encoding: str = "auto") -> Profile:
    """The profile of one file, in this process. Raises UnreadableInput when none of it can be read."""
    totals = Totals()
    for batch in batches(path, encoding):
        totals.add(examine(batch, threshold))
    return totals.profile()


def _todo(inputs: Iterable[Path | Source], encoding: str, document: ReadDocument, totals: Totals) -> Iterator[Task]:
    for given in inputs:
        source = Source.file(given, encoding, document) if isinstance(given, Path) else given
        try:
            for batch in source.batches():
                yield source.key_of(batch), batch
        except (YumenError, OSError) as error:
            totals.skipped.append(Skipped(source.name, str(error)))
