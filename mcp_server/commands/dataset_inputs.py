"""What `yumen dataset` is given: files and folders, databases by reference, places in configured stores."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from mcp_server.config import Settings
from mcp_server.secrets import text_secret
from mcp_server.sources import Sources
from scanners.datasets import databases
from scanners.datasets.batches import Batch
from scanners.datasets.documents import ReadDocument
from scanners.datasets.reading import KINDS, batches
from scanners.datasets.scan import Source
from scanners.personal_data.keys import tenant_key
from scanners.sandbox import Sandbox, SandboxSettings
from scanners.sources.locations import Location, is_location, parse_location

T = TypeVar("T")
_REFERENCE = re.compile(r"(?:env|file):[^/].*|file:/(?!/).*")
SECONDS = 3600.0
"""For bringing one object."""


def is_reference(given: str) -> bool:
    """Whether this names a secret: `env:SHOP_DATABASE`, `file:/run/secrets/database`."""
    return bool(_REFERENCE.fullmatch(given))


def database_url(reference: str) -> str:
    """The URL behind a reference; a command line and its history never hold one. Raises KeyUnusable."""
    return text_secret(reference, "the database URL")


class Inputs(AbstractContextManager["Inputs"]):
    """The sources behind the words of a command line. An object of a store is brought when it is read, and then deleted."""

    def __init__(
        self,
        words: list[str],
        settings: Callable[[], Settings],
        document: ReadDocument,
        encoding: str,
        tables: tuple[str, ...],
        *,
        resumable: bool = False,
    ) -> None:
        self._words = words
        self._settings = settings
        self._document = document
        self._encoding = encoding
        self._tables = tables
        self._resumable = resumable
        self._loop: asyncio.Runner | None = None
        self._sandbox: Sandbox | None = None
        self._stores: Sources | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __iter__(self) -> Iterator[Path | Source]:
        """Raises KeyUnusable, TargetRefused, SourceFailed, SourceForbidden, TargetMissing."""
        for word in self._words:
            path = Path(word)
            if is_location(word):
                yield from self._objects(parse_location(word))
            elif is_reference(word) and not path.exists():
                # A database has no state to go on from: it is read anew, and what has changed is examined.
                key = tenant_key(self._settings().data_dir, "", "dataset manifest") if self._resumable else None
                yield Source(word, word, partial(databases.read, database_url(word), self._tables), key)
            elif path.is_dir():
                yield from (file for file in sorted(path.rglob("*")) if file.is_file() and file.suffix.lower() in KINDS)
            else:
                yield path

    def _objects(self, location: Location) -> Iterator[Source]:
        stores = self._open()
        listing = self._run(stores.listed(location, seconds=SECONDS))
        for file in listing.files:
            whole = location if listing.single else replace(location, path=f"{location.path}/{file.name}".lstrip("/"))
            if Path(file.name).suffix.lower() in KINDS or listing.single:
                yield Source(f"{whole}#{file.version}", file.name, partial(self._brought, stores, whole))

    def _brought(self, stores: Sources, location: Location) -> Iterator[Batch]:
        brought = self._run(stores.bring(location, seconds=SECONDS))
        try:
            yield from batches(brought.path, self._encoding, self._document)
        finally:
            stores.release(brought)

    def _open(self) -> Sources:
        if self._stores is None:
            self._folder = tempfile.TemporaryDirectory(prefix="yumen-")
            self._sandbox = Sandbox(SandboxSettings(workers=1, cpu_seconds=int(SECONDS)))
            self._stores = Sources(self._settings().sources, Path(self._folder.name), self._sandbox)
        return self._stores

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            self._loop = asyncio.Runner()
        return self._loop.run(work)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._sandbox is not None:
            self._loop.run(self._sandbox.close())
            self._loop.close()
        if self._folder is not None:
            self._folder.cleanup()
