"""How a detection is told: counts, findings, coverage and a sentence. Never the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from scanners.findings import Coverage, Finding, Severity, Skipped
from scanners.personal_data.entities import Detection, Entity
from tools.wording import many

MAX_ENTITIES = 20_000
"""Entities listed in one answer; past it the answer says so and is 'unknown'."""

_HIGH = frozenset(
    {
        *(
            "SECRET",
            "CN_ID_CARD",
            "CN_BANK_CARD",
            "CREDIT_CARD",
            "US_SSN",
            "IBAN_CODE",
            "CN_PASSPORT",
            "CN_MILITARY_ID",
        ),
        *("HK_ID_CARD", "MO_ID_CARD", "TW_ID_CARD", "CN_HKMO_PERMIT", "MEDICAL_RECORD_NUMBER", "HEALTH_INSURANCE_ID"),
    }
)
_LOW = frozenset({"URL", "IP_ADDRESS", "MAC_ADDRESS", "UUID", "UK_POSTCODE", "CN_USCC"})


def counts(entities: Iterable[Entity]) -> dict[str, int]:
    """Entities by type."""
    return dict(sorted(Counter(entity.type for entity in entities).items()))


def findings(entities: Iterable[Entity]) -> tuple[Finding, ...]:
    """One finding a type: how many, never which."""
    order = {"high": 0, "medium": 1, "low": 2}
    findings = [
        Finding(
            rule=f"personal_data.{kind.lower()}",
            severity=_severity(kind),
            title=f"{count} × {kind}",
            evidence=f"{count} found; their places are in `entities`",
            remediation="Remove or redact it (pii_redact) before the text leaves.",
        )
        for kind, count in counts(entities).items()
    ]
    return tuple(sorted(findings, key=lambda finding: (order[finding.severity], finding.rule)))


def _severity(kind: str) -> Severity:
    return "high" if kind in _HIGH else "low" if kind in _LOW else "medium"


def coverage(found: Detection) -> Coverage:
    """What was examined, and what was not, or is not listed."""
    skipped = found.skipped
    if len(found.entities) > MAX_ENTITIES:
        skipped += (
            Skipped(f"entities after the first {MAX_ENTITIES}", "not listed in this answer; `counts` holds them all"),
        )
    return Coverage(examined={"characters": found.characters}, skipped=skipped)


def summary(by_type: dict[str, int], found: Detection, verb: str) -> str:
    """One sentence for a person."""
    total = sum(by_type.values())
    listed = ", ".join(f"{count} {kind}" for kind, count in by_type.items())
    sentence = f"{many(total, 'piece')} of personal data {verb} ({listed})." if total else "No personal data was found."
    return sentence + (" Part of the input was not examined." if found.skipped else "")
