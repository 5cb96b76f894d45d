"""Hash a model, and compare it with what was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Finding, Report, Subject
from scanners.model_files.digests import DIGEST_BYTES, Algorithm, Progress
from scanners.model_files.encryption import Identity
from scanners.model_files.inventory import take_inventory
from scanners.model_files.manifest import (
    DEFAULT_SHARD,
    KnownDigest,
    Manifest,
    Method,
    PartName,
    Serialization,
    differences,
    hash_files,
)

_DIGEST = re.compile(r"(sha256|blake2b|blake3):([0-9a-f]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PartEntry:
    """One line of a manifest."""

    name: Annotated[str, Field(description="File relative to the model; 'file:start:end' for a shard")]
    digest: Annotated[str, Field(description="Digest in lower-case hex")]


@dataclass(frozen=True, slots=True)
class HashedModel:
    """The manifest of a model with its digest, and what differed from the expectation, if there was one."""

    report: Report
    serialization: Serialization
    manifest: tuple[PartEntry, ...]
    fresh: tuple[KnownDigest, ...] = ()
    """Digests to remember for next time."""


def hash_model(
    target: Path,
    method: Method = "files",
    algorithm: Algorithm = "sha256",
    shard_size: int | None = None,
    expected: str | Mapping[str, str] | None = None,
    known: tuple[KnownDigest, ...] = (),
    identity: Identity | None = None,
    progress: Progress | None = None,
) -> HashedModel:
    """Hash every file of the model at `target` and compare with `expected`: the model's digest, or digests by name.

    Files that look exactly as in `known` are not read again; how many is counted as 'digests_reused'. Files encrypted
    to `identity` count with their content and their name in clear.

    Raises UnreadableInput for an empty folder, for a file that changes meanwhile and for an `expected` that cannot be
    compared; TargetRefused, TargetMissing, LimitReached.
    """
    if method == "shards" and shard_size is None:
        shard_size = DEFAULT_SHARD
    serialization = Serialization(method, algorithm, shard_size if method == "shards" else None)
    expectation = _expectation(expected, serialization)
    inventory = take_inventory(target)
    hashed = hash_files(inventory.files, serialization, progress, known, identity)
    manifest = hashed.manifest
    digest = manifest.digest(single=inventory.single)
    findings: tuple[Finding, ...] = ()
    if isinstance(expectation, Manifest):
        findings = differences(expectation, manifest, unexamined=[other.what for other in inventory.others])
    elif expectation is not None and expectation != digest:
        findings = (_another_model(expectation, digest),)
    report = Report(
        subject=Subject(kind="model", digest=digest, name=inventory.root.name),
        findings=findings,
        coverage=Coverage(
            examined={
                "files": len(inventory.files),
                "bytes": sum(file.size for file in inventory.files),
                **({"digests_reused": hashed.reused} if hashed.reused else {}),
            },
            skipped=inventory.others,
        ),
    )
    listed = tuple(PartEntry(str(part), value) for part, value in sorted(manifest.entries.items()))
    return HashedModel(report, serialization, listed, hashed.fresh)


def _expectation(expected: str | Mapping[str, str] | None, serialization: Serialization) -> Manifest | str | None:
    if expected is None:
        return None
    if isinstance(expected, str):
        found = _DIGEST.fullmatch(expected)
        if found is None or len(found[2]) != 2 * DIGEST_BYTES[found[1].lower()]:  # type: ignore[index]
            raise UnreadableInput(
                "the expected digest is not of the form 'sha256:<64 hex digits>'",
                remedy="give the digest as model_hash prints it, or a mapping of file names to hex digests",
            )
        return expected.lower()
    length = 2 * DIGEST_BYTES[serialization.algorithm]
    for name, value in expected.items():
        if re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", value) is None:
            raise UnreadableInput(
                f"the digest expected of {name!r} is not {length} hex digits ({serialization.algorithm})",
                remedy="choose the algorithm that the expected digests were made with",
            )
    if not expected:
        raise UnreadableInput("the expectation lists no file", remedy="an empty list cannot vouch for a model")
    return Manifest(serialization, {_part_name(name, serialization): value.lower() for name, value in expected.items()})


def _part_name(name: str, serialization: Serialization) -> PartName:
    if serialization.method == "shards":
        file, _, span = name.rpartition(":")
        file, _, start = file.rpartition(":")
        if file and start.isdecimal() and span.isdecimal():
            return PartName(file, int(start), int(span))
        raise UnreadableInput(f"{name!r} does not name a shard", remedy="shards are named 'file:start:end'")
    return PartName(name)


def _another_model(expected: str, digest: str) -> Finding:
    return Finding(
        rule="model.digest.changed",
        severity="critical",
        title="The model is not the one that was expected",
        evidence=f"expected {expected}, found {digest}",
        remediation="Compare file by file with the manifest of the expected model to see what differs.",
    )
