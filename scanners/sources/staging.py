"""Bringing a model from a source into a folder: every byte counted, every name checked, nothing half done left standing."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from scanners.errors import LimitReached, UnreadableInput
from scanners.sources.interface import Access, Listing, Progress, RemoteFile, Source, SourceFailed
from scanners.sources.locations import Location, is_safe_name
from scanners.sources.unpacking import unpack

ATTEMPTS = 4
"""How often a file is gone on with after its source broke off."""


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file as it was read."""

    name: str
    size: int
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Staged:
    """A model that lies in a folder of its own."""

    name: str
    """Name of the model's file or folder in the folder it was staged into."""
    pinned: str
    files: tuple[StagedFile, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over 'digest, two blanks, name, version' of each object: what this location held."""
        total = hashlib.sha256()
        for file in sorted(self.files, key=lambda one: one.name):
            total.update(f"{file.sha256}  {file.name}\t{file.version}\n".encode())
        return f"sha256:{total.hexdigest()}"


def stage(
    location: Location,
    access: Access,
    folder: Path,
    max_bytes: int,
    max_files: int,
    progress: Progress | None = None,
) -> Staged:
    """Bring what `location` holds into `folder`, which is empty.

    Raises TargetMissing, SourceFailed, SourceChanged, SourceForbidden, UnreadableInput for a name that would leave the
    folder, LimitReached beyond `max_bytes` (compressed layers: unpacked) or `max_files`.
    """
    with closing(_open(location, access)) as source:
        listing = source.listing(max_files)
        return _staged(source, listing, location, folder, max_bytes, max_files, progress)


def listed(location: Location, access: Access, max_files: int) -> Listing:
    """What `location` holds, without bringing it. Raises TargetMissing, SourceFailed, SourceForbidden, LimitReached."""
    with closing(_open(location, access)) as source:
        return source.listing(max_files)


def _open(location: Location, access: Access) -> Source:
    if access.ca_file is not None:  # OpenSSL's own, botocore's and requests' way of naming it
        for variable in ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            os.environ[variable] = str(access.ca_file)
    # Imported here: each kind of store has a client of its own, which comes with an extra.
    try:
        if location.scheme == "oci":
            from scanners.sources.artefacts import ArtefactSource

            return ArtefactSource(location, access)
        if location.scheme == "oss":
            from scanners.sources.alibaba import OssSource

            return OssSource(location, access)
        from scanners.sources.objects import GcsSource, S3Source

        return (S3Source if location.scheme == "s3" else GcsSource)(location, access)
    except ImportError as error:
        raise SourceFailed(
            f"this installation cannot read {location.scheme}://",
            remedy=f"install the extra: yumen[{location.scheme}]",
            detail=str(error),
        ) from error


def _staged(
    source: Source,
    listing: Listing,
    location: Location,
    folder: Path,
    max_bytes: int,
    max_files: int,
    progress: Progress | None,
) -> Staged:
    names = [file.name for file in listing.files]
    _require_sound(names)
    total = sum(file.size for file in listing.files)
    room = min(max_bytes, shutil.disk_usage(folder).free - (64 << 20))
    if total > room:
        raise LimitReached(
            f"{location} holds {total:,} bytes, more than the {max(room, 0):,} that may be brought here",
            remedy="raise sources.max_bytes, make room, or name a part of it",
        )
    name = names[0] if listing.single else location.name if is_safe_name(location.name) else "model"
    top = folder if listing.single else folder / name
    top.mkdir(exist_ok=True)
    done, left, entries = 0, room, max_files
    staged: list[StagedFile] = []
    for file in listing.files:
        path = top / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        sha256 = _fetch(source, file, path)
        source.check(file, sha256)
        staged.append(StagedFile(file.name, file.size, file.version, sha256))
        done += file.size
        if file.archive:
            unpacked = unpack(path, file.archive, top, left, entries)
            left, entries = left - unpacked.bytes, entries - unpacked.files
            path.unlink()
        else:
            left -= file.size
        if progress is not None:
            progress(float(done), float(total), "bytes brought")
    return Staged(name, listing.pinned, tuple(staged))


def _require_sound(names: list[str]) -> None:
    for name in names:
        if not is_safe_name(name):
            raise UnreadableInput(
                f"the source names a file {name[:200]!r}, which cannot be kept under that name",
                remedy="rename the object; a name with '..', '//' or control characters may be meant to deceive",
            )
    files = set(names)
    folders = {name[:index] for name in names for index, character in enumerate(name) if character == "/"}
    if len(files) != len(names) or files & folders:
        raise UnreadableInput("the source has two files of one name, or a file where a folder is")


def _fetch(source: Source, file: RemoteFile, path: Path) -> str:
    """Write one file; its SHA-256. A source that breaks off is asked for the rest, not for all of it again."""
    digest, have = hashlib.sha256(), 0
    with path.open("xb") as out:
        for attempt in range(ATTEMPTS):
            try:
                for piece in _bounded(source.read(file, have), file, have):
                    out.write(piece)
                    digest.update(piece)
                    have += len(piece)
                if have == file.size:
                    return digest.hexdigest()
                raise SourceFailed(f"the source sent {have} of {file.size} bytes of {file.name!r}")
            except SourceFailed:
                if attempt == ATTEMPTS - 1:
                    raise
    raise AssertionError("unreachable")


def _bounded(pieces: Iterator[bytes], file: RemoteFile, have: int) -> Iterator[bytes]:
    for piece in pieces:
        have += len(piece)
        if have > file.size:
            raise LimitReached(f"the source sends more for {file.name!r} than the {file.size} bytes it listed")
        yield piece
