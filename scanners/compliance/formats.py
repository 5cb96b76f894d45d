"""A report as JSON, OSCAL assessment results, SARIF 2.1.0 and CSV."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scanners.compliance.assessment import Assessment, ComplianceReport, ControlStatus, Status
from scanners.errors import UnreadableInput

_REPORT = TypeAdapter(ComplianceReport)
_NAMES = "https://yumen.example/ns/oscal"
"""Namespace of our own properties: a name without one is OSCAL's, of which there are few."""
_NAMESPACE = uuid.UUID("4d9b7b0e-5b0c-5d0a-9d51-6c6f6e756d65")
"""Identifiers are derived, so that the same report has the same ones."""


def to_json(report: ComplianceReport) -> str:
    """The whole report; `from_json` reads it back."""
    return json.dumps(_REPORT.dump_python(report, mode="json"), ensure_ascii=False, indent=1)


def from_json(text: str | bytes) -> ComplianceReport:
    """The report in `text`.

    Raises UnreadableInput.
    """
    try:
        return _REPORT.validate_json(text)
    except ValidationError as error:
        raise UnreadableInput("this is not a compliance report", detail=str(error)) from None


def to_csv(report: ComplianceReport) -> str:
    """One line a control. Cells that a spreadsheet would take for a formula are quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(
        [
            "framework",
            "control",
            "title_en",
            "title_zh",
            "status",
            "before",
            "waived_until",
            "checks",
            "evidence",
            "answer",
        ]
    )
    for assessment, control in _controls(report):
        answer = control.answer
        writer.writerow(
            [
                _cell(text)
                for text in (
                    assessment.framework,
                    control.control,
                    control.title.en,
                    control.title.zh,
                    control.status,
                    control.before or "",
                    control.waiver.until if control.waiver else "",
                    "; ".join(f"{result.check}={result.status}" for result in control.checks),
                    "; ".join(text for result in control.checks for text in result.evidence[:5]),
                    f"{answer.answer} by {answer.by} on {answer.date}: {', '.join(answer.evidence)}" if answer else "",
                )
            ]
        )
    return buffer.getvalue()


def to_sarif(report: ComplianceReport) -> str:
    """Each control that failed or could not be decided as a SARIF result."""
    rules: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for assessment, control in _controls(report):
        rule = f"{assessment.framework}/{control.control}"
        rules.append(
            {
                "id": rule,
                "name": rule,
                "shortDescription": {"text": control.title.en},
                "helpUri": assessment.url,
            }
        )
        if control.status in ("error", "fail", "unknown"):
            results.append(_sarif_result(rule, len(rules) - 1, control))
    run = {
        "tool": {"driver": {"name": "yumen", "informationUri": "https://example.com/yumen", "rules": rules}},
        "results": results,
        "properties": {"date": report.date, "policyRevision": report.revision},
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _sarif_result(rule: str, index: int, control: ControlStatus) -> dict[str, Any]:
    seen = [text for result in control.checks if result.status != "pass" for text in result.evidence]
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": index,
        "kind": "open" if control.status == "unknown" else "fail",
        "level": "none" if control.status == "unknown" else "error",
        "message": {"text": "; ".join(seen[:5]) or f"{control.title.en}: no evidence"},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": check.check}]} for check in control.checks],
    }
    if control.waiver is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": control.waiver.reason}]
    return result


_OSCAL_STATE: dict[Status, str] = {
    "error": "not-satisfied",
    "fail": "not-satisfied",
    "unknown": "not-satisfied",
    "not_applicable": "satisfied",
    "pass": "satisfied",
}


def to_oscal(report: ComplianceReport) -> str:
    """OSCAL 1.1.2 assessment results: one result a framework, one finding and its observations a control."""
    moment = f"{report.date}T00:00:00Z"
    document = {
        "assessment-results": {
            "uuid": _identifier(report, "document"),
            "metadata": {
                "title": "Yumen compliance report",
                "last-modified": moment,
                "version": report.revision or "1",
                "oscal-version": "1.1.2",
            },
            "import-ap": {"href": "#assessment-plan", "remarks": "Continuous assessment by policy"},
            "results": [_oscal_result(report, assessment, moment) for assessment in report.assessments],
        }
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _oscal_result(report: ComplianceReport, assessment: Assessment, moment: str) -> dict[str, Any]:
    observations: list[dict[str, Any]] = []
    findings: list[dict[str, Any]] = []
    for control in assessment.controls:
        own = [_observation(report, assessment, control, number, moment) for number in range(len(control.checks))]
        observations.extend(own)
        finding: dict[str, Any] = {
            "uuid": _identifier(report, assessment.framework, control.control),
            "title": control.title.en,
            "description": f"{control.control}: {control.status}",
            "target": {
                "type": "objective-id",
                "target-id": _token(f"{assessment.framework}_{control.control}"),
                "status": {"state": _OSCAL_STATE[control.status], "reason": _OSCAL_REASON[control.status]},
            },
        }
        if own:
            finding["related-observations"] = [{"observation-uuid": entry["uuid"]} for entry in own]
        findings.append(finding)
    result: dict[str, Any] = {
        "uuid": _identifier(report, assessment.framework),
        "title": assessment.title.en,
        "description": assessment.source,
        "start": moment,
        "reviewed-controls": {
            "control-selections": [
                {"include-controls": [{"control-id": _token(control.control)} for control in assessment.controls]}
            ]
        },
        "findings": findings,
    }
    if observations:
        result["observations"] = observations
    return result


_OSCAL_REASON: dict[Status, str] = {
    "error": "other",
    "fail": "fail",
    "unknown": "other",
    "not_applicable": "other",
    "pass": "pass",
}


def _observation(
    report: ComplianceReport, assessment: Assessment, control: ControlStatus, number: int, moment: str
) -> dict[str, Any]:
    result = control.checks[number]
    return {
        "uuid": _identifier(report, assessment.framework, control.control, result.check),
        "title": result.check,
        "description": "; ".join(result.evidence[:20]) or "not examined",
        "methods": ["TEST"],
        "collected": moment,
        "props": [
            {"name": "status", "ns": _NAMES, "value": result.status},
            *([{"name": "input-digest", "ns": _NAMES, "value": result.digest}] if result.digest else []),
        ],
    }


def _identifier(report: ComplianceReport, *parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\0".join((report.date, report.revision, *parts))))


def _token(text: str) -> str:
    """`text` as an OSCAL token: letters, digits, '-', '_', '.', starting with a letter."""
    token = "".join(character if character.isalnum() or character in "-_." else "-" for character in text.lower())
    return token if token[:1].isalpha() else f"c-{token}"


def _controls(report: ComplianceReport) -> Iterator[tuple[Assessment, ControlStatus]]:
    for assessment in report.assessments:
        for control in assessment.controls:
            yield assessment, control


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
