"""`compliance_report` on the shipped packs, frameworks and examples."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import published_schemas
import pytest

from scanners.errors import UnreadableInput
from tools.compliance_report import ReportArguments, ToolResult, compliance_report

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def service() -> Any:
    return lambda kind: SimpleNamespace(revision="sha256:" + "0" * 64, attest=lambda document, **said: "{}")


def report(context: Any, **arguments: Any) -> Any:
    given = {"date": "2026-11-24", **arguments}
    return anyio.run(compliance_report, ReportArguments(**given), context)


def everything(**arguments: Any) -> dict[str, Any]:
    transfer = json.loads((EXAMPLES / "policy" / "transfer-cn-sg.json").read_text("utf-8"))
    return {
        "workload": str(EXAMPLES / "workload.yaml"),
        "manifests": str(EXAMPLES / "policy" / "deployment.yaml"),
        "grants": str(EXAMPLES / "policy" / "grants.yaml"),
        "transfers": [transfer],
        "results": [ToolResult(tool="image_scan", verdict="pass", summary="No known vulnerability.", record=7)],
        **arguments,
    }


def controls(answer: Any) -> dict[str, dict[str, Any]]:
    return {
        f"{assessment['framework']}/{control['control']}": control
        for assessment in json.loads(answer.document)["assessments"]
        for control in assessment["controls"]
    }


def test_nothing_given_is_nothing_shown(context: Any) -> None:
    answer = report(context)
    assert answer.verdict == "unknown"
    assert len(answer.frameworks) == 10
    assert sum(entry.met for entry in answer.frameworks) == 0
    assert {control["status"] for control in controls(answer).values()} == {"unknown"}


def test_every_control_is_assessed_with_its_evidence(context: Any) -> None:
    answer = report(context, **everything())
    found = controls(answer)
    assert answer.verdict == "fail"
    assert found["owasp-mcp/MCP01"]["status"] == "fail"
    assert found["owasp-mcp/MCP02"]["status"] == "fail"
    assert found["pipl/Art. 38"]["status"] == "fail"
    assert found["genai-measures/Art. 12"]["status"] == "pass"
    assert found["genai-measures/Art. 12"]["checks"][0]["evidence"]
    assert found["gdpr/Art. 30"]["status"] == "unknown"
    assert "not-a-real-key" not in answer.document


def test_each_result_names_its_input_and_the_decision_that_an_auditor_finds_in_the_log(context: Any) -> None:
    results = [ToolResult(tool="model_verify", verdict="pass", summary="Signed.", decision="019e-other", record=7)]
    answer = report(context, **everything(results=results))
    document = json.loads(answer.document)
    seen = {
        check["check"]: check
        for control in controls(answer).values()
        for check in control["checks"]
        if check["evidence"]
    }
    for check in seen.values():
        assert check["digest"] in document["inputs"].values() or check["check"] == "tool.model_verify"
        assert check["decision"] == (context.call_id if check["check"] != "tool.model_verify" else "019e-other")
    assert seen["tool.model_verify"]["record"] == 7
    for form in ("html", "oscal", "sarif", "csv"):
        written = report(context, **everything(format=form, results=results)).document
        assert context.call_id in written, form
        assert "019e-other" in written or form == "sarif", form  # which lists only what is not met


def test_metrics_outweigh_the_workload_and_stand_as_checks(context: Any, tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.json"
    mined = {"id": "gpu-0", "kind": "gpu", "step_minutes": 10, "job": None, "samples": [{"gpu": 99, "memory": 4}] * 6}
    metrics.write_text(json.dumps({"resources": [mined]}))
    given = {"workload": str(EXAMPLES / "workload.yaml")}
    before, after = (controls(report(context, **given, **more)) for more in ({}, {"metrics": str(metrics)}))
    changed = {name for name, control in after.items() if control["status"] != before[name]["status"]}
    failed = {check["check"] for name in changed for check in after[name]["checks"] if check["status"] == "fail"}
    assert failed == {"wellarchitected.security.compute.6"}
    inputs = json.loads(report(context, **given, metrics=str(metrics)).document)["inputs"]
    assert set(inputs) == {str(EXAMPLES / "workload.yaml"), str(metrics)}


def test_grants_are_read_as_the_review_of_grants_reads_them(context: Any, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}')
    found = [
        check
        for control in controls(report(context, grants=str(policy))).values()
        for check in control["checks"]
        if check["check"] == "least_privilege.wildcards"
    ]
    assert {check["status"] for check in found} == {"fail"}
    assert "may do everything" in found[0]["evidence"][0]


def test_an_answer_with_evidence_closes_a_question_and_a_waiver_is_shown(context: Any, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "attestations:\n"
        "  gdpr/Art. 30: {answer: 'yes', evidence: [records.xlsx], by: dpo@example.com, date: '2026-05-01'}\n"
        "  gdpr/Art. 35: {answer: 'yes', evidence: [], by: dpo@example.com, date: '2026-05-01'}\n"
        "  gdpr/Art. 33: {answer: 'no', evidence: [], by: dpo@example.com, date: '2026-05-01'}\n"
        "  gdpr/Art. 15-20: {answer: 'yes', evidence: [x], by: dpo@example.com, date: '2024-05-01'}\n"
        "waivers:\n"
        "  - {control: gdpr/Art. 33, reason: drill in December, by: ciso@example.com, until: '2026-12-31'}\n"
        "  - {control: gdpr/Art. 28, reason: old, by: ciso@example.com, until: '2026-01-01'}\n"
    )
    found = controls(report(context, frameworks=["gdpr"], answers=str(answers)))
    assert found["gdpr/Art. 30"]["status"] == "pass"
    assert found["gdpr/Art. 35"]["status"] == "unknown"
    assert found["gdpr/Art. 15-20"]["status"] == "unknown"
    assert (found["gdpr/Art. 33"]["status"], found["gdpr/Art. 33"]["waiver"]["by"]) == ("fail", "ciso@example.com")
    assert found["gdpr/Art. 28"]["waiver"] is None


def test_the_trend_against_the_last_report(context: Any, tmp_path: Path) -> None:
    before = report(context, frameworks=["owasp-llm"])
    path = tmp_path / "last.json"
    path.write_text(before.document)
    after = report(context, frameworks=["owasp-llm"], workload=str(EXAMPLES / "workload.yaml"), previous=str(path))
    assert after.frameworks[0].improved > 0
    assert after.frameworks[0].worsened == 0


def test_the_same_inputs_give_the_same_report(context: Any) -> None:
    assert report(context, **everything()).document_digest == report(context, **everything()).document_digest


@pytest.mark.parametrize("given", [{}, everything()], ids=["nothing", "everything"])
@pytest.mark.parametrize(("form", "schema"), [("oscal", published_schemas.OSCAL), ("sarif", published_schemas.SARIF)])
def test_all_frameworks_are_valid_by_the_schema_of_its_authors(
    context: Any, form: str, schema: str, given: dict[str, Any]
) -> None:
    document = json.loads(report(context, **given, format=form).document)
    assert published_schemas.complaints(schema, document) == []
    identifiers = re.findall(r'"uuid": "([^"]+)"', json.dumps(document))
    assert len(identifiers) == len(set(identifiers))


def test_oscal_has_a_finding_for_each_control_and_an_observation_for_each_check(context: Any) -> None:
    answer = report(context, **everything(format="oscal", frameworks=["mlps"]))
    (result,) = json.loads(answer.document)["assessment-results"]["results"]
    known = {entry["uuid"] for entry in result["observations"]}
    assert len(result["findings"]) == 22
    assert {state["target"]["status"]["state"] for state in result["findings"]} <= {"satisfied", "not-satisfied"}
    # A property without a namespace is one of OSCAL's own, and there is none of these names.
    assert all(note["ns"].startswith("https://") for entry in result["observations"] for note in entry["props"])
    for finding in result["findings"]:
        assert {entry["observation-uuid"] for entry in finding.get("related-observations", [])} <= known


def test_sarif_lists_what_is_not_met(context: Any) -> None:
    answer = report(context, **everything(format="sarif", frameworks=["owasp-mcp"]))
    run = json.loads(answer.document)["runs"][0]
    assert {"owasp-mcp/MCP01", "owasp-mcp/MCP02"} <= {entry["ruleId"] for entry in run["results"]}
    assert all(run["tool"]["driver"]["rules"][entry["ruleIndex"]]["id"] == entry["ruleId"] for entry in run["results"])


def test_csv_has_a_line_for_each_control_and_no_formula(context: Any) -> None:
    answer = report(
        context,
        format="csv",
        frameworks=["owasp-llm"],
        results=[ToolResult(tool="pii_detect", verdict="fail", summary="=HYPERLINK(1)")],
    )
    rows = list(csv.DictReader(io.StringIO(answer.document)))
    assert len(rows) == 10
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_the_page_stands_alone_in_both_languages_and_escapes_what_it_shows(context: Any) -> None:
    hostile = ToolResult(tool="model_scan", verdict="fail", summary="<script>alert(1)</script>")
    answer = report(context, **everything(format="html", results=[hostile]))
    assert "<script" not in answer.document
    assert "&lt;script&gt;" in answer.document
    assert "http-equiv" not in answer.document
    assert "src=" not in answer.document
    assert "合规报告" in answer.document
    assert "<svg" in answer.document
    assert "@media print" in answer.document


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"frameworks": ["sox"]}, "no framework 'sox'"),
        ({"previous": "workload.yaml"}, "not a compliance report"),
        ({"answers": "workload.yaml"}, "answers cannot be read"),
    ],
)
def test_bad_input_is_a_typed_error(context: Any, arguments: dict[str, Any], says: str) -> None:
    given = {name: str(EXAMPLES / value) if isinstance(value, str) else value for name, value in arguments.items()}
    with pytest.raises(UnreadableInput, match=says):
        report(context, **given)
