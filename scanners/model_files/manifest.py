"""The list of a model's parts with their digests: made, given one digest of its own, and compared."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from scanners.errors import UnreadableInput
from scanners.files import RegularFile
from scanners.findings import Finding, Location
from scanners.model_files.digests import Algorithm, Part, Progress, digest_parts
from scanners.model_files.encryption import Identity, is_encrypted, plain_name, require_distinct
from scanners.model_files.reading import Stamp

Method = Literal["files", "shards"]

DEFAULT_SHARD = 1_000_000_000
"""Bytes of a shard where nothing else is said (OpenSSF model-signing 1.0 §6.3.2)."""


@dataclass(frozen=True, slots=True)
class Serialization:
    """How the parts of a manifest were cut and hashed."""

    method: Annotated[Method, Field(description="files: one digest a file; shards: one per byte range")] = "files"
    algorithm: Annotated[Algorithm, Field(description="The digest algorithm")] = "sha256"
    shard_size: Annotated[int | None, Field(description="Bytes of a shard; null for files")] = None


@dataclass(frozen=True, slots=True, order=True)
class PartName:
    """A file by its name relative to the model, or the byte range `start` to `end` (exclusive) of it."""

    file: str
    start: int = 0
    end: int | None = None

    def __str__(self) -> str:
        return self.file if self.end is None else f"{self.file}:{self.start}:{self.end}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Digests in lower-case hex by part."""

    serialization: Serialization
    entries: Mapping[PartName, str]

    @property
    def files(self) -> frozenset[str]:
        return frozenset(part.file for part in self.entries)

    def renamed(self, file: str) -> Manifest:
        """The same digests, all of them under the file name `file`."""
        return Manifest(self.serialization, {replace(part, file=file): digest for part, digest in self.entries.items()})

    def digest(self, *, single: bool = False) -> str:
        """The identity of what the manifest lists, as 'sha256:<hex>'.

        Of a single file it is the file's own digest. Of a folder it is the SHA-256 over one line 'digest, two blanks,
        name, newline' per part, sorted by the names' bytes, which `sha256sum` prints and Go's module hash 'h1' signs.
        Unlike the model-signing format's root digest it covers the names.
        """
        if single and self.serialization.method == "files" and len(self.entries) == 1:
            return f"{self.serialization.algorithm}:{next(iter(self.entries.values()))}"
        total = hashlib.sha256()
        for name, value in sorted((str(part).encode(), value) for part, value in self.entries.items()):
            total.update(f"{self._mark}{value}  ".encode() + name + b"\n")
        return f"sha256:{total.hexdigest()}"

    @property
    def _mark(self) -> str:
        """Digests of one length must not stand for each other across algorithms."""
        algorithm = self.serialization.algorithm
        return "" if algorithm == "sha256" else f"{algorithm}:"


@dataclass(frozen=True, slots=True)
class KnownDigest:
    """The digest of a whole file, computed when it looked like `stamp`."""

    path: str
    stamp: Stamp
    algorithm: Algorithm
    digest: str


@dataclass(frozen=True, slots=True)
class HashedFiles:
    """A manifest, and how it came about."""

    manifest: Manifest
    fresh: tuple[KnownDigest, ...]
    """Digests of whole files that were computed now."""
    reused: int
    """Files that were not read, because they look as they did when their digest was computed."""


def build_manifest(
    files: Sequence[RegularFile], serialization: Serialization, progress: Progress | None = None
) -> Manifest:
    """The manifest of `files`, each of them read. Raises what `digest_parts` raises."""
    return hash_files(files, serialization, progress).manifest


def hash_files(
    files: Sequence[RegularFile],
    serialization: Serialization,
    progress: Progress | None = None,
    known: Sequence[KnownDigest] = (),
    identity: Identity | None = None,
) -> HashedFiles:
    """The manifest of `files`; those that look exactly as in `known` are not read.

    With an `identity`, encrypted files are in it with their content and the name that they have in clear.
    Raises what `digest_parts` and `decrypt` raise, and UnreadableInput for shards of an encrypted file.
    """
    encrypted = [file for file in files if identity is not None and is_encrypted(file.name)]
    plain = [file for file in files if identity is None or not is_encrypted(file.name)]
    if encrypted:
        require_distinct(files)
        if serialization.method == "shards":
            raise UnreadableInput(
                f"{encrypted[0].name!r} is encrypted and cannot be hashed in shards", remedy="use the method 'files'"
            )
    reused = _reusable(plain, serialization, known)
    named = [
        (file, name, Part(file.path, file.name, size, name.start, name.end))
        for file in plain
        if PartName(file.name) not in reused
        for name, size in _cut(file.name, file.size, serialization)
    ]
    named += [
        (file, PartName(plain_name(file.name)), Part(file.path, file.name, file.size, identity=identity))
        for file in encrypted
    ]
    digests = digest_parts([part for _, _, part in named], serialization.algorithm, progress)
    entries = {name: digest.hex for (_, name, _), digest in zip(named, digests, strict=True)}
    fresh = tuple(
        KnownDigest(str(file.path), digest.stamp, serialization.algorithm, digest.hex)
        for (file, name, _), digest in zip(named, digests, strict=True)
        if name.end is None and digest.stamp is not None
    )
    return HashedFiles(Manifest(serialization, entries | reused), fresh, len(reused))


def _reusable(
    files: Sequence[RegularFile], serialization: Serialization, known: Sequence[KnownDigest]
) -> dict[PartName, str]:
    if serialization.method != "files" or not known:
        return {}
    by_path = {one.path: one for one in known if one.algorithm == serialization.algorithm}
    reused = {}
    for file in files:
        one = by_path.get(str(file.path))
        if one is not None and Stamp.of(os.lstat(file.path)) == one.stamp:
            reused[PartName(file.name)] = one.digest
    return reused


def _cut(name: str, size: int, serialization: Serialization) -> Iterator[tuple[PartName, int]]:
    """The parts of one file. An empty file has no shard (OpenSSF model-signing 1.0 §6.3.2)."""
    if serialization.shard_size is None:
        yield PartName(name), size
        return
    for start in range(0, size, serialization.shard_size):
        end = min(start + serialization.shard_size, size)
        yield PartName(name, start, end), end - start


def differences(expected: Manifest, actual: Manifest, *, unexamined: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What is changed, missing and extra in `actual`, one finding a file, in that order.

    A file named by `unexamined`, or below a folder named there, was not looked at, which is not the same as missing.
    """
    passed_over = tuple(unexamined)
    wanted, found = _by_file(expected), _by_file(actual)
    changed = [
        _changed(name, wanted[name], found[name])
        for name in sorted(wanted.keys() & found.keys())
        if wanted[name] != found[name]
    ]
    missing = [
        _missing(name, wanted[name])
        for name in sorted(wanted.keys() - found.keys())
        if not any(name == other or name.startswith(other.rstrip("/") + "/") for other in passed_over)
    ]
    extra = [_extra(name, found[name]) for name in sorted(found.keys() - wanted.keys())]
    return (*changed, *missing, *extra)


def _by_file(manifest: Manifest) -> dict[str, dict[PartName, str]]:
    grouped: dict[str, dict[PartName, str]] = {}
    for part, value in manifest.entries.items():
        grouped.setdefault(part.file, {})[part] = value
    return grouped


def _changed(name: str, wanted: Mapping[PartName, str], found: Mapping[PartName, str]) -> Finding:
    first = min(part for part in wanted.keys() | found.keys() if wanted.get(part) != found.get(part))
    others = sum(wanted.get(part) != found.get(part) for part in wanted.keys() | found.keys()) - 1
    where = "" if first.end is None else f"bytes {first.start} to {first.end}: "
    more = f"; {others} more byte ranges differ" if others else ""
    return Finding(
        rule="model.digest.changed",
        severity="critical",
        title=f"{name} is not the file that was expected",
        location=Location(path=name, offset=None if first.end is None else first.start),
        evidence=f"{where}expected {wanted.get(first, 'nothing')}, found {found.get(first, 'nothing')}{more}",
        remediation="Do not load the model; fetch it again from the trusted source and verify it again.",
    )


def _missing(name: str, wanted: Mapping[PartName, str]) -> Finding:
    return Finding(
        rule="model.digest.missing",
        severity="high",
        title=f"{name} was expected and is not there",
        location=Location(path=name),
        evidence=f"expected {wanted[min(wanted)]}",
        remediation="Fetch the model again, completely; a loader may fall back to something that nobody checked.",
    )


def _extra(name: str, found: Mapping[PartName, str]) -> Finding:
    return Finding(
        rule="model.digest.extra",
        severity="high",
        title=f"{name} is there and was not expected",
        location=Location(path=name),
        evidence=f"found {found[min(found)]}",
        remediation="Remove the file or find out who added it; a loader may pick it up by its name.",
    )
