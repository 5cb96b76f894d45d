"""What a signature is about: cosign's simple signing payload, and in-toto statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanners.signatures.dsse import IN_TOTO, Envelope
from scanners.signatures.strict_json import MalformedDocument, parse

COSIGN_TYPE = "cosign container image signature"
SIGNATURE_PREDICATE = "https://sigstore.dev/cosign/sign/v1"


@dataclass(frozen=True, slots=True)
class Claim:
    """What was signed: digests, and what is said of them."""

    digests: frozenset[str]
    predicate: str
    """Type of the in-toto predicate; empty for a mere signature."""
    content: object
    """The predicate as it was signed."""


def simple_signing(content: bytes) -> Claim:
    """Cosign's payload (specs/SIGNATURE_SPEC.md). Raises MalformedDocument."""
    critical = _object(_object(parse(content)).get("critical"))
    if critical.get("type") not in (COSIGN_TYPE, "https://sigstore.dev/cosign/sign/v1"):
        raise MalformedDocument("it is not a signature of a container image")
    digest = _object(critical.get("image")).get("docker-manifest-digest")
    if not isinstance(digest, str):
        raise MalformedDocument("it names no image")
    return Claim(frozenset((digest,)), "", {})


def statement(envelope: Envelope) -> Claim:
    """The in-toto statement (v0.1, v1) in an envelope whose signature was checked. Raises MalformedDocument."""
    if envelope.payload_type != IN_TOTO:
        raise MalformedDocument(f"the envelope holds {envelope.payload_type[:100]!r}, not an in-toto statement")
    document = _object(parse(envelope.payload))
    if not str(document.get("_type", "")).startswith("https://in-toto.io/Statement/"):
        raise MalformedDocument("it is not an in-toto statement")
    subjects = document.get("subject")
    if not isinstance(subjects, list) or not subjects:
        raise MalformedDocument("the statement has no subject")
    found = set()
    for subject in subjects:
        for algorithm, value in _object(_object(subject).get("digest")).items():
            found.add(f"{algorithm}:{value}")
    predicate = str(document.get("predicateType", ""))
    return Claim(frozenset(found), "" if predicate == SIGNATURE_PREDICATE else predicate, document.get("predicate"))


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedDocument("a part of it is not an object")
    return value
