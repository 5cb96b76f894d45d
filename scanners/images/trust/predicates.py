"""What an attestation says, by its predicate's type: provenance, a bill of materials, a scan, a verification summary.

Only what was signed by somebody who is trusted gets here. What does not have its type's shape is not counted as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scanners.signatures.strict_json import MalformedDocument

Kind = Literal["signature", "provenance", "spdx", "cyclonedx", "vulnerabilities", "verification-summary", "other"]
MAXIMUM_FACT = 500
_SEVERE = frozenset(("critical", "high"))


@dataclass(frozen=True, slots=True)
class Predicate:
    """What matters of a predicate."""

    kind: Kind
    facts: Mapping[str, str]


def understood(predicate_type: str, content: object) -> Predicate:
    """The predicate's kind and facts. Raises MalformedDocument for content that is not of its type."""
    if not predicate_type:
        return Predicate("signature", {})
    for prefix, (kind, read) in _KINDS.items():
        if predicate_type == prefix or predicate_type.startswith(f"{prefix}/"):
            if not isinstance(content, Mapping):
                raise MalformedDocument(f"the predicate of {predicate_type[:100]!r} is not an object")
            facts = {key: value[:MAXIMUM_FACT] for key, value in read(content).items() if value}
            return Predicate(kind, facts)
    return Predicate("other", {})


def _provenance(content: Mapping[str, Any]) -> dict[str, str]:
    """SLSA provenance v1 (slsa.dev/spec/v1.1/provenance), and v0.2 and v0.1 before it."""
    details = content.get("runDetails")
    if details is None:
        return {
            "builder": _text(_object(content, "builder"), "id"),
            "build_type": _optional(content.get("buildType")),
            "source": _optional(_optional_object(_optional_object(content, "invocation"), "configSource").get("uri")),
        }
    definition = _object(content, "buildDefinition")
    dependencies = definition.get("resolvedDependencies")
    first = dependencies[0] if isinstance(dependencies, list) and dependencies else None
    return {
        "builder": _text(_object(_object(content, "runDetails"), "builder"), "id"),
        "build_type": _text(definition, "buildType"),
        "source": _optional(first.get("uri")) if isinstance(first, Mapping) else "",
    }


def _spdx(content: Mapping[str, Any]) -> dict[str, str]:
    if isinstance(content.get("@graph"), list):  # SPDX 3 is JSON-LD
        return {"format": "SPDX-3"}
    return {"format": _text(content, "spdxVersion")}


def _cyclonedx(content: Mapping[str, Any]) -> dict[str, str]:
    if content.get("bomFormat") != "CycloneDX":
        raise MalformedDocument("the bill of materials is not CycloneDX")
    return {"format": f"CycloneDX-{_text(content, 'specVersion')}"}


def _scan(content: Mapping[str, Any]) -> dict[str, str]:
    """cosign's vulnerability predicate (COSIGN_VULN_ATTESTATION_SPEC.md): the result is the scanner's own."""
    scanner = _object(content, "scanner")
    return {
        "scanner": _text(scanner, "uri"),
        "scanned": _optional(_optional_object(content, "metadata").get("scanFinishedOn")),
    }


def _vulnerabilities(content: Mapping[str, Any]) -> dict[str, str]:
    """in-toto's vulns v0.2 (spec/predicates/vuln.md): every vulnerability with its severities."""
    result = _object(content, "scanner").get("result")
    if not isinstance(result, list):
        raise MalformedDocument("the scan has no list of results")
    severe = sum(1 for item in result if _is_severe(item))
    database = _optional_object(_object(content, "scanner"), "db")
    return _scan(content) | {
        "database": _optional(database.get("lastUpdate")),
        "vulnerabilities": str(len(result)),
        "severe": str(severe),
    }


def _is_severe(item: object) -> bool:
    if not isinstance(item, Mapping):
        raise MalformedDocument("a vulnerability of the scan is not an object")
    ratings = item.get("severity") or ()
    return any(isinstance(rating, Mapping) and str(rating.get("score")).lower() in _SEVERE for rating in ratings)


def _summary(content: Mapping[str, Any]) -> dict[str, str]:
    """SLSA's verification summary (slsa.dev/spec/v1.1/verification_summary)."""
    result = _text(content, "verificationResult")
    if result not in ("PASSED", "FAILED"):
        raise MalformedDocument(f"a verification has no result {result[:40]!r}")
    levels = content.get("verifiedLevels")
    return {
        "result": result,
        "verifier": _text(_object(content, "verifier"), "id"),
        "resource": _optional(content.get("resourceUri")),
        "verified": _optional(content.get("timeVerified")),
        "levels": ", ".join(map(str, levels)) if isinstance(levels, list) else "",
    }


_KINDS: Mapping[str, tuple[Kind, Callable[[Mapping[str, Any]], dict[str, str]]]] = {
    "https://slsa.dev/provenance": ("provenance", _provenance),
    "https://spdx.dev/Document": ("spdx", _spdx),
    "https://cyclonedx.org/bom": ("cyclonedx", _cyclonedx),
    "https://cosign.sigstore.dev/attestation/vuln": ("vulnerabilities", _scan),
    "https://in-toto.io/attestation/vulns": ("vulnerabilities", _vulnerabilities),
    "https://slsa.dev/verification_summary": ("verification-summary", _summary),
}
"""By the beginning of their types; a version follows."""


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    if not isinstance(value, Mapping):
        raise MalformedDocument(f"{name!r} of the predicate is missing or not an object")
    return value


def _optional_object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedDocument(f"{name!r} of the predicate is missing or not a string")
    return value


def _optional(value: object) -> str:
    return value if isinstance(value, str) else ""
