"""A report as SARIF 2.1.0, for code-scanning views and CI annotations."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from scanners.findings import Finding, Report, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# What GitHub's code scanning sorts by; CVSS-like, as its documentation asks.
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}


def sarif(report: Report, *, version: str = "", verdict: Verdict | None = None) -> dict[str, Any]:
    """The report as one SARIF run. What was not examined becomes tool notifications, so that no reader takes it for clean."""
    rules: dict[str, Finding] = {}
    for finding in report.findings:
        rules.setdefault(finding.rule, finding)
    order = list(rules)
    driver: dict[str, Any] = {
        "name": "yumen",
        "rules": [_rule(finding) for finding in rules.values()],
    }
    if version:
        driver["version"] = version
    skipped = [
        {"level": "warning", "message": {"text": f"not examined: {part.what}: {part.why}"}}
        for part in report.coverage.skipped
    ]
    run = {
        "tool": {"driver": driver},
        "results": [_result(finding, order.index(finding.rule)) for finding in report.findings],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": skipped}],
        "properties": {
            "subject": {"kind": report.subject.kind, "digest": report.subject.digest, "name": report.subject.name},
            "examined": dict(report.coverage.examined),
            "data": dict(report.coverage.data),
            **({"verdict": verdict} if verdict else {}),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.title},
        "help": {"text": finding.remediation or finding.title},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"security-severity": _SCORES[finding.severity], "tags": ["security", *finding.references]},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    text = f"{finding.title}: {finding.evidence}" if finding.evidence else finding.title
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    place = finding.location
    if place.path is not None:
        outer, _, inner = place.path.partition("!")
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(outer)}}
        if place.line is not None and not inner:
            physical["region"] = {"startLine": max(place.line, 1)}
        elif place.offset is not None and not inner:
            physical["region"] = {"byteOffset": place.offset}
        location: dict[str, Any] = {"physicalLocation": physical}
        if inner or place.layer:
            location["logicalLocations"] = [{"fullyQualifiedName": place.path, "kind": "member"}]
        result["locations"] = [location]
    return result
