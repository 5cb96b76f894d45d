"""A report as OSCAL assessment results: https://pages.nist.gov/OSCAL/reference/latest/assessment-results/.

One result a framework; a finding a control, with its checks as observations and a waiver as an accepted risk.
"""

from __future__ import annotations

import json
import uuid
from datetime import date
from typing import Any

from scanners.compliance.assessment import Assessment, ComplianceReport, ControlStatus, Status, Waiver
from scanners.errors import UnreadableInput

VERSION = "1.2.3"
_NAMES = "https://yumen.example/ns/oscal"
"""Namespace of our own properties: a name without one is OSCAL's, of which there are few."""
_NAMESPACE = uuid.UUID("4d9b7b0e-5b0c-5d0a-9d51-6c6f6e756d65")
"""Identifiers are derived, so that the same report has the same ones."""
# OSCAL knows two states. What nobody could decide is not satisfied; our own status stands in the description.
_STATE: dict[Status, tuple[str, str]] = {
    "error": ("not-satisfied", "other"),
    "fail": ("not-satisfied", "fail"),
    "unknown": ("not-satisfied", "other"),
    "not_applicable": ("satisfied", "other"),
    "pass": ("satisfied", "pass"),
}


def to_oscal(report: ComplianceReport) -> str:
    """The report as OSCAL assessment results, version `VERSION`.

    Raises UnreadableInput for what OSCAL has no form for: no framework at all, or a date that is none.
    """
    try:
        moment = f"{date.fromisoformat(report.date).isoformat()}T00:00:00Z"
    except ValueError:
        raise UnreadableInput("the report's date is not a day (YYYY-MM-DD)") from None
    if not report.assessments:
        raise UnreadableInput("a report without a framework has no OSCAL form")
    plan = _identifier(report, "plan")
    document = {
        "assessment-results": {
            "uuid": _identifier(report, "document"),
            "metadata": {
                "title": "Yumen compliance report",
                "last-modified": moment,
                "version": _line(report.revision, "1"),
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [_result(report, assessment, moment) for assessment in report.assessments],
            "back-matter": {"resources": [_plan(report, plan)]},
        }
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _plan(report: ComplianceReport, identifier: str) -> dict[str, Any]:
    """What stands for the plan, which OSCAL asks for: the policy pack that decided, and what it looked at."""
    inputs = "; ".join(f"{name}: {digest}" for name, digest in sorted(report.inputs.items()))
    return {
        "uuid": identifier,
        "title": "Continuous assessment by policy",
        "description": f"Policy pack {report.revision or 'not named'}. Examined: {inputs or 'nothing'}.",
    }


def _result(report: ComplianceReport, assessment: Assessment, moment: str) -> dict[str, Any]:
    parts: dict[str, list[dict[str, Any]]] = {"observations": [], "risks": [], "findings": []}
    for control in assessment.controls:
        observations = [
            _observation(report, assessment, control, number, moment) for number in range(len(control.checks))
        ]
        risks = [_risk(report, assessment, control, control.waiver)] if control.waiver else []
        parts["observations"] += observations
        parts["risks"] += risks
        parts["findings"].append(_finding(report, assessment, control, observations, risks))
    selected = [{"control-id": _token(control.control)} for control in assessment.controls]
    return {
        "uuid": _identifier(report, assessment.framework),
        "title": _line(assessment.title.en, assessment.framework),
        "description": assessment.source or assessment.title.en,
        "start": moment,
        "reviewed-controls": {
            "control-selections": [{"include-controls": selected} if selected else {"include-all": {}}]
        },
        **{name: part for name, part in parts.items() if part},
    }


def _finding(
    report: ComplianceReport,
    assessment: Assessment,
    control: ControlStatus,
    observations: list[dict[str, Any]],
    risks: list[dict[str, Any]],
) -> dict[str, Any]:
    state, reason = _STATE[control.status]
    finding: dict[str, Any] = {
        "uuid": _identifier(report, assessment.framework, control.control),
        "title": _line(control.title.en, control.control),
        "description": f"{control.control}: {control.status}",
        "target": {
            "type": "objective-id",
            "target-id": _token(f"{assessment.framework}_{control.control}"),
            "status": {"state": state, "reason": reason},
        },
    }
    if control.answer is not None:
        answer = control.answer
        finding["remarks"] = f"{answer.answer} by {answer.by} on {answer.date}: {', '.join(answer.evidence)}"
    if observations:
        finding["related-observations"] = [{"observation-uuid": entry["uuid"]} for entry in observations]
    if risks:
        finding["related-risks"] = [{"risk-uuid": entry["uuid"]} for entry in risks]
    return finding


def _observation(
    report: ComplianceReport, assessment: Assessment, control: ControlStatus, number: int, moment: str
) -> dict[str, Any]:
    result = control.checks[number]
    return {
        "uuid": _identifier(report, assessment.framework, control.control, result.check),
        "title": _line(result.check, "check"),
        "description": "; ".join(result.evidence[:20]) or "not examined",
        "methods": ["TEST"],
        "collected": moment,
        "props": [
            {"name": "status", "ns": _NAMES, "value": result.status},
            *(
                {"name": name, "ns": _NAMES, "value": _line(value, "none")}
                for name, value in (
                    ("input-digest", result.digest),
                    ("decision", result.decision),
                    ("audit-record", "" if result.record is None else str(result.record)),
                )
                if value
            ),
        ],
    }


def _risk(report: ComplianceReport, assessment: Assessment, control: ControlStatus, waiver: Waiver) -> dict[str, Any]:
    return {
        "uuid": _identifier(report, assessment.framework, control.control, "waiver"),
        "title": _line(f"{control.control} is not met", ""),
        "description": control.title.en,
        "statement": f"{waiver.reason} (accepted by {waiver.by} until {waiver.until})",
        "status": "deviation-approved",
    }


def _identifier(report: ComplianceReport, *parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "\0".join((report.date, report.revision, *parts))))


def _line(text: str, otherwise: str) -> str:
    """`text` as one line without space around it, which titles and values must be; never empty."""
    return " ".join(text.split()) or " ".join(otherwise.split()) or "-"


def _token(text: str) -> str:
    """`text` as an OSCAL token: letters, digits, '-', '_', '.', starting with a letter."""
    token = "".join(character if character.isalnum() or character in "-_." else "-" for character in text.lower())
    return token if token[:1].isalpha() else f"c-{token}"
