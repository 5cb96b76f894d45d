"""A report as JSON, SARIF 2.1.0 and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scanners.compliance.assessment import Assessment, CheckResult, ComplianceReport, ControlStatus
from scanners.errors import UnreadableInput
from scanners.reports.sarif import SCHEMA

_REPORT = TypeAdapter(ComplianceReport)


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
            "input_digests",
            "decisions",
            "audit_records",
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
                    "; ".join(dict.fromkeys(result.digest for result in control.checks if result.digest)),
                    "; ".join(dict.fromkeys(result.decision for result in control.checks if result.decision)),
                    "; ".join(str(result.record) for result in control.checks if result.record is not None),
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
        "tool": {"driver": {"name": "yumen", "rules": rules}},
        "results": results,
        "properties": {"date": report.date, "policyRevision": report.revision},
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=1)


def _sarif_result(rule: str, index: int, control: ControlStatus) -> dict[str, Any]:
    seen = [text for result in control.checks if result.status != "pass" for text in result.evidence]
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": index,
        "kind": "open" if control.status == "unknown" else "fail",
        "level": "none" if control.status == "unknown" else "error",
        "message": {"text": "; ".join(seen[:5]) or f"{control.title.en}: no evidence"},
        "properties": {"evidence": [_source(check) for check in control.checks]},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": check.check}]} for check in control.checks],
    }
    if control.waiver is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": control.waiver.reason}]
    return result


def _source(result: CheckResult) -> dict[str, Any]:
    """Where the evidence of a check is to be found again."""
    record = {} if result.record is None else {"auditRecord": result.record}
    return {"check": result.check, "inputDigest": result.digest, "decision": result.decision, **record}


def _controls(report: ComplianceReport) -> Iterator[tuple[Assessment, ControlStatus]]:
    for assessment in report.assessments:
        for control in assessment.controls:
            yield assessment, control


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
