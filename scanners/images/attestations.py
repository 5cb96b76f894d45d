"""What was found and decided about an image, as statements that others verify: a SLSA verification summary, and an in-toto scan.

https://slsa.dev/spec/v1.1/verification_summary; github.com/in-toto/attestation, spec/predicates/vulns_02.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from scanners.findings import Subject
from scanners.images.vulnerable import Vulnerable

STATEMENT = "https://in-toto.io/Statement/v1"
SUMMARY = "https://slsa.dev/verification_summary/v1"
SCAN = "https://in-toto.io/attestation/vulns/v0.2"
SCANNER = "https://yumen.invalid/image_scan"


def verification_summary(
    subject: Subject,
    *,
    passed: bool,
    levels: Iterable[str],
    verifier: str,
    verified: str,
    policy: str,
    policy_digest: str,
    inputs: Iterable[tuple[str, str]],
) -> dict[str, Any]:
    """The statement that `verifier` examined the image under a policy (a URI, and its digest) at `verified`.

    levels: what was proven, of an image that passed. inputs: URI and digest of each attestation and database that was used.
    """
    predicate = {
        "verifier": {"id": verifier},
        "timeVerified": verified,
        "resourceUri": resource_uri(subject),
        "policy": {"uri": policy, "digest": _digest(policy_digest)},
        "inputAttestations": [{"uri": uri, "digest": _digest(digest)} for uri, digest in inputs],
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": list(levels) if passed else ["FAILED"],
        "slsaVersion": "1.1",
    }
    return _statement(subject, SUMMARY, predicate)


def vulnerability_scan(
    subject: Subject,
    vulnerabilities: Iterable[Vulnerable],
    *,
    database: str | None,
    sources: Mapping[str, str],
    began: str,
    finished: str,
) -> dict[str, Any]:
    """The statement that the image was matched with a database (its digest, and the date of each of its sources) and what
    was found, each with how it was found and how it is mended."""
    oldest = min(filter(None, sources.values()), default="")
    known = {
        "uri": f"urn:yumen:vulnerabilities:{database or 'none'}",
        "version": database or "",
        **({"lastUpdate": oldest} if oldest else {}),
    }
    predicate = {
        "scanner": {"uri": SCANNER, "db": known, "result": [_result(found) for found in vulnerabilities]},
        "metadata": {"scanStartedOn": began, "scanFinishedOn": finished},
    }
    return _statement(subject, SCAN, predicate)


def resource_uri(subject: Subject) -> str:
    """A package URL of the image by its digest, with the repository where its name says it (purl-spec, type 'oci')."""
    repository, _, name = subject.name.partition("@")[0].rpartition("/")
    name, _, tag = name.partition(":")
    folder, registry = repository, "." in repository.partition("/")[0] or ":" in repository.partition("/")[0]
    query = f"?repository_url={quote(f'{folder}/{name}', safe='/:')}" if registry else ""
    query += f"{'&' if query else '?'}tag={quote(tag)}" if tag else ""
    return f"pkg:oci/{quote(name.lower() or 'image', safe='.-_')}@{quote(subject.digest, safe='')}{query}"


def _result(found: Vulnerable) -> dict[str, Any]:
    facts = {
        "package": found.purl,
        "path": found.path,
        "layer": found.layer,
        "fixed": found.fixed or "",
        "method": found.method,
        "advisory": f"sha256:{found.advisory_digest}",
        "exploited": found.exploited or "",
    }
    severity = [{"method": "yumen", "score": found.severity}]
    if found.probability is not None:
        severity.append({"method": "EPSS", "score": str(found.probability)})
    return {
        "id": found.advisory,
        "severity": severity,
        "annotations": [{"key": key, "value": value} for key, value in facts.items() if value],
    }


def _statement(subject: Subject, kind: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "subject": [{"name": subject.name, "digest": _digest(subject.digest)}],
        "predicateType": kind,
        "predicate": dict(predicate),
    }


def _digest(text: str) -> dict[str, str]:
    algorithm, _, value = text.rpartition(":")
    return {algorithm or "sha256": value}
