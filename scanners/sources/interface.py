"""What every kind of source offers, and what can go wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scanners.errors import UnreadableInput

Progress = Callable[[float, float | None, str], None]
PIECE = 8 << 20
"""Bytes asked of a store at a time."""


class SourceFailed(UnreadableInput):
    """The store refused, stalled, broke off, or answered what it may not."""

    code = "source_failed"


class SourceChanged(UnreadableInput):
    """What was listed is not what was read: it was replaced meanwhile, or the store lies."""

    code = "source_changed"


class SourceForbidden(UnreadableInput):
    """The store does not let these credentials read it."""

    code = "source_forbidden"


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """How a store is reached, as the operator configured it. Holds secrets: it is never shown."""

    endpoint: str = ""
    region: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    ca_file: Path | None = None
    plain_http: bool = False
    seconds: float = 30.0
    """Without a byte for this long, a store is given up."""
    mirrors: tuple[str, ...] = ()
    """Of a registry: hosts that are asked for images first, without credentials."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an image is to be brought."""

    platform: str | None = None
    """'linux/arm64', or 'all'; None: this machine's."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that a store holds, by its name in the model, with what tells one state of it from another."""

    name: str
    size: int
    version: str
    """Version id, generation, ETag or digest: whatever of these the store has, the strongest first."""
    key: str
    """What the store calls it."""
    archive: str = ""
    """Compression of the tar that it is, to be unpacked: 'plain', 'gzip' or 'zstd'; empty for a file as it is."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds at a location, at one moment."""

    pinned: str
    """The location with a digest or version that can never mean anything else, as far as the store has one."""
    single: bool
    """The location is one file, not a folder."""
    files: tuple[RemoteFile, ...]


class Source(Protocol):
    """One location in one store."""

    def listing(self, most: int) -> Listing:
        """At most `most` files. Raises SourceFailed, SourceForbidden, TargetMissing, LimitReached."""
        ...

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        """The bytes from `start` on, in pieces. Raises SourceFailed where it breaks off, SourceChanged, SourceForbidden."""
        ...

    def check(self, file: RemoteFile, sha256: str) -> None:
        """Raises SourceChanged if what was read, of this digest, is not what was listed."""
        ...

    def close(self) -> None: ...
