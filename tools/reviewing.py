"""What the reviews have in common: the subject by digest, and findings in the language of the caller."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from scanners.findings import Finding, Location, Severity, Skipped, Subject, Verdict
from tools.wording import many

Language = Literal["en", "zh"]

LANGUAGE_HELP = "Language of remedies: en or zh"
DATE_HELP = "The day of the review, YYYY-MM-DD; today (UTC) when null. Decides what is expired or too old"

VERDICTS: Mapping[str, Verdict] = {
    "allow": "pass",
    "pass": "pass",
    "deny": "fail",
    "fail": "fail",
    "needs_step": "fail",
}
"""What a decision means; anything else is unknown."""

CheckStatus = Literal["pass", "fail", "unknown", "not_applicable"]


class CheckSummary(BaseModel):
    """What one check found."""

    model_config = ConfigDict(frozen=True)

    status: CheckStatus = Field(description="fail, unknown, not_applicable (nothing to look at), or pass")
    examined: int = Field(description="Resources looked at")
    failed: int = Field(description="Findings")
    missing: int = Field(description="Attributes that could not be seen")


_RANK = ("critical", "high", "medium", "low", "info")


def joined(said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The parts as if they had been one: the worst status of each check, everything else added up."""
    if len(said) == 1:
        return said[0]
    order = ("fail", "unknown", "pass", "not_applicable")
    checks = {
        name: {
            "status": min((part["checks"][name]["status"] for part in said), key=order.index),
            **{field: sum(part["checks"][name][field] for part in said) for field in ("failed", "missing", "examined")},
        }
        for name in said[0]["checks"]
    }
    verdicts = {part["verdict"] for part in said}
    lists = {
        field: [entry for part in said for entry in part[field]]
        for field, value in said[0].items()
        if isinstance(value, list)
    }
    return {
        **lists,
        "verdict": next(verdict for verdict in ("fail", "unknown", "pass") if verdict in verdicts),
        "checks": checks,
        "examined": sum(part["examined"] for part in said),
        "missing": sorted(set(lists["missing"])),
    }


def summary_of(verdict: Verdict, said: Mapping[str, Any], resources: int) -> str:
    """One sentence on checks that looked at so many resources."""
    failed = sorted(name for name, entry in said["checks"].items() if entry["status"] == "fail")
    match verdict:
        case "pass":
            return f"All checks that apply pass on {many(resources, 'resource')}."
        case "fail":
            return f"{many(len(said['findings']), 'finding')} on {many(resources, 'resource')}: {', '.join(failed)}."
        case _:
            return f"Nothing failed on {many(resources, 'resource')}, but not everything could be examined."


def day(given: str | None) -> str:
    """The day that counts for everything that may grow old."""
    return given or datetime.datetime.now(datetime.UTC).date().isoformat()


def subject_of(document: object, name: str) -> Subject:
    """The digest of an input document, over its canonical JSON."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Subject("policy-input", "sha256:" + hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest(), name)


def severity_of(value: object) -> Severity:
    """`value` as a severity; what is none is 'medium'."""
    return cast("Severity", value) if value in _RANK else "medium"


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, most severe first, in a fixed order."""
    return tuple(sorted(findings, key=lambda finding: (_RANK.index(finding.severity), finding.rule, finding.title)))


def policy_finding(entry: Mapping[str, Any], language: Language) -> Finding:
    """One finding of a pack: {rule, severity, message, at | path, remedy}."""
    remedy = entry.get("remedy", "")
    return Finding(
        rule=str(entry.get("rule", "")),
        severity=severity_of(entry.get("severity")),
        title=str(entry.get("message", "")),
        location=Location(path=str(entry.get("path") or entry.get("at") or "") or None),
        evidence=str(entry.get("at", "")),
        remediation=str(remedy.get(language, "")) if isinstance(remedy, Mapping) else str(remedy),
        references=tuple(str(name) for name in entry.get("principles", ())),
    )


def missing_inputs(paths: Iterable[str]) -> tuple[Skipped, ...]:
    """The paths without which something could not be decided."""
    return tuple(Skipped(path, "missing or malformed in the input") for path in paths)
