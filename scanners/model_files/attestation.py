"""What else in-toto statements say of a model: how it was built (SLSA provenance), that it was admitted (VSA).

https://slsa.dev/spec/v1.0/provenance, https://slsa.dev/spec/v1.0/verification_summary
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from scanners.findings import Finding, Location, Skipped
from scanners.model_files.manifest import Manifest
from scanners.model_files.statement import STATEMENT_TYPE
from scanners.signatures.bundle import UnsupportedBundle, mapping, text
from scanners.signatures.strict_json import MalformedDocument, parse

OLD_STATEMENT_TYPE = "https://in-toto.io/Statement/v0.1"
PROVENANCE = ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2")
SUMMARY = "https://slsa.dev/verification_summary/v1"
MAX_SUBJECTS = 500_000
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a statement says, besides what it is about."""

    kind: Annotated[Literal["provenance", "summary"], Field(description="How it was built, or that it was admitted")]
    predicate_type: Annotated[str, Field(description="URI of the predicate")]
    by: Annotated[str, Field(description="The builder's or verifier's id")]
    result: Annotated[str, Field(description="PASSED or FAILED of a verification summary; empty for provenance")] = ""


@dataclass(frozen=True, slots=True)
class Attested:
    """An attestation and its subjects: SHA-256 in hex by name, and digests of whole folders."""

    attestation: Attestation
    files: tuple[tuple[str, str], ...]
    folders: frozenset[str]
    """in-toto's 'dirHash1': our digest of a model folder, in hex."""


def is_attestation(predicate_type: str) -> bool:
    """Whether `read_attestation` reads statements of that predicate."""
    return predicate_type == SUMMARY or predicate_type in PROVENANCE


def predicate_type_of(payload: bytes) -> str:
    """The predicate type of the statement in `payload`. Raises MalformedDocument."""
    return text(parse(payload), "predicateType")


def read_attestation(payload: bytes) -> Attested:
    """The statement in `payload`. Raises MalformedDocument, UnsupportedBundle."""
    statement = parse(payload)
    if text(statement, "_type") not in (STATEMENT_TYPE, OLD_STATEMENT_TYPE):
        raise UnsupportedBundle("the statement is not an in-toto statement of version 0.1 or 1")
    predicate_type = text(statement, "predicateType")
    predicate = mapping(statement, "predicate")
    if predicate_type == SUMMARY:
        by = text(mapping(predicate, "verifier"), "id")
        found = Attestation("summary", predicate_type, by, text(predicate, "verificationResult"))
    elif predicate_type == PROVENANCE[0]:
        by = text(mapping(mapping(predicate, "runDetails"), "builder"), "id")
        found = Attestation("provenance", predicate_type, by)
    elif predicate_type == PROVENANCE[1]:
        found = Attestation("provenance", predicate_type, text(mapping(predicate, "builder"), "id"))
    else:
        raise UnsupportedBundle(f"the predicate {predicate_type[:200]!r} is not read here")
    subjects = statement.get("subject")
    if not isinstance(subjects, list) or not 0 < len(subjects) <= MAX_SUBJECTS:
        raise MalformedDocument(f"the statement must have 1 to {MAX_SUBJECTS} subjects")
    files, folders = _subjects(subjects)
    return Attested(found, files, folders)


def _subjects(subjects: Sequence[Any]) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    files: list[tuple[str, str]] = []
    folders: set[str] = set()
    for subject in subjects:
        digests = mapping(subject, "digest")
        name = subject.get("name")
        for algorithm, value in digests.items():
            if algorithm not in ("sha256", "dirHash1"):
                continue
            if not isinstance(value, str) or not _HEX.fullmatch(value):
                raise MalformedDocument(f"the {algorithm} digest of a subject is not 64 lower-case hex digits")
            if algorithm == "dirHash1":
                folders.add(value)
            else:
                files.append((name if isinstance(name, str) else "", value))
    return tuple(files), frozenset(folders)


def disagreements(attested: Attested, actual: Manifest, by: str | None) -> Iterator[Finding]:
    """Where the model, or what was expected of the attestation, does not agree with it."""
    if attested.attestation.result not in ("", "PASSED"):
        yield Finding(
            rule="model.attestation.failed",
            severity="critical",
            title=f"{attested.attestation.by} examined the model and did not pass it",
            evidence=f"verificationResult {attested.attestation.result[:100]!r}",
            remediation="Ask the verifier why; do not load the model.",
        )
    if by is not None and attested.attestation.by != by:
        yield Finding(
            rule="model.attestation.origin",
            severity="critical",
            title="The attestation is by another builder or verifier than expected",
            evidence=f"expected {by}, found {attested.attestation.by}",
            remediation="Obtain the model from the builder that you trust.",
        )
    named: Mapping[str, set[str]] = _by_name(attested)
    for part, digest in sorted(actual.entries.items()):
        wanted = named.get(part.file)
        if wanted is not None and digest not in wanted and not _whole(attested, actual):
            yield Finding(
                rule="model.digest.changed",
                severity="critical",
                title=f"{part.file} is not the file that was attested",
                location=Location(path=part.file),
                evidence=f"expected {', '.join(sorted(wanted))}, found {digest}",
                remediation="Do not load the model; fetch it again from the trusted source and verify it again.",
            )


def unattested(attested: Attested, actual: Manifest) -> Iterator[Skipped]:
    """Files of which the attestation does not speak."""
    if _whole(attested, actual):
        return
    named = _by_name(attested)
    digests = {digest for _, digest in attested.files}
    for part, digest in sorted(actual.entries.items()):
        if digest not in digests and part.file not in named:
            yield Skipped(part.file, "the attestation does not speak of this file")


def _whole(attested: Attested, actual: Manifest) -> bool:
    return actual.digest().removeprefix("sha256:") in attested.folders


def _by_name(attested: Attested) -> dict[str, set[str]]:
    named: dict[str, set[str]] = {}
    for name, digest in attested.files:
        if name:
            named.setdefault(name, set()).add(digest)
    return named
