"""OSCAL of a report: valid by NIST's own schema whatever the report holds, and every reference leads somewhere."""

from __future__ import annotations

import json
from typing import Any

import published_schemas
import pytest

from scanners.compliance.assessment import (
    ORDER,
    Assessment,
    Attestation,
    CheckResult,
    ComplianceReport,
    ControlStatus,
    Waiver,
)
from scanners.compliance.frameworks import Words
from scanners.compliance.oscal import to_oscal
from scanners.errors import UnreadableInput

W = Words("Title", "标题")
ODD = ' \n= "第三十八条" <b>&amp;</b> \x07 \U0001f512 '


def report(*controls: ControlStatus, date: str = "2026-11-29", revision: str = "sha256:00") -> ComplianceReport:
    return ComplianceReport(date, revision, {"manifests": "sha256:11"}, (Assessment("f", W, "", "", controls),))


def document(given: ComplianceReport) -> dict[str, Any]:
    found = json.loads(to_oscal(given))
    assert published_schemas.complaints(published_schemas.OSCAL, found) == []
    result: dict[str, Any] = found["assessment-results"]
    return result


@pytest.mark.parametrize("status", ORDER)
def test_every_status_has_a_state(status: Any) -> None:
    control = ControlStatus("1", W, status, (CheckResult("a", status, ("seen",), digest="sha256:22"),))
    (result,) = document(report(control))["results"]
    state = result["findings"][0]["target"]["status"]["state"]
    assert state == ("satisfied" if status in ("pass", "not_applicable") else "not-satisfied")


@pytest.mark.parametrize(
    "control",
    [
        ControlStatus(ODD, Words(ODD, ODD), "fail", (CheckResult(ODD, "fail", (ODD, "")),)),
        ControlStatus("164.312(a)(1)", W, "unknown", ()),
        ControlStatus("第三十八条", W, "pass", (CheckResult("a", "pass", ("x" * 10_000,) * 40),)),
        ControlStatus("", W, "unknown", (), question=W, answer=Attestation("yes", (), ODD, "2026-01-01")),
    ],
)
def test_whatever_a_control_is_called_the_document_is_valid(control: ControlStatus) -> None:
    document(report(control))


def test_a_framework_without_controls_and_a_pack_without_a_revision_are_valid() -> None:
    document(report(revision=" "))


def test_a_waiver_is_an_approved_deviation_that_its_finding_names() -> None:
    waived = ControlStatus("1", W, "fail", (), waiver=Waiver("f/1", "drill", "ciso@example.com", "2026-12-31"))
    (result,) = document(report(waived, ControlStatus("2", W, "fail", ())))["results"]
    (risk,) = result["risks"]
    assert (risk["status"], "2026-12-31" in risk["statement"]) == ("deviation-approved", True)
    assert [finding.get("related-risks") for finding in result["findings"]] == [[{"risk-uuid": risk["uuid"]}], None]


def test_the_plan_that_is_imported_is_in_the_document() -> None:
    found = document(report(ControlStatus("1", W, "pass", ())))
    (resource,) = found["back-matter"]["resources"]
    assert found["import-ap"]["href"] == f"#{resource['uuid']}"
    assert "sha256:11" in resource["description"]


@pytest.mark.parametrize("date", ["", "today", "2026-13-01"])
def test_a_date_that_is_none_is_refused(date: str) -> None:
    with pytest.raises(UnreadableInput, match="not a day"):
        to_oscal(report(date=date))


def test_a_report_without_a_framework_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="framework"):
        to_oscal(ComplianceReport("2026-11-29", "", {}, ()))
