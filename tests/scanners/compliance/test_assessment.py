"""A control is as good as the worst of its parts, and nothing passes without evidence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scanners.compliance.assessment import Attestation, CheckResult, ComplianceReport, Waiver, assess
from scanners.compliance.formats import from_json, to_json
from scanners.compliance.frameworks import Control, Framework, Words, read_frameworks
from scanners.errors import UnreadableInput

ROOT = Path(__file__).parents[3]
W = Words("x", "甲")
DATE = "2026-11-24"


def status(checks: dict[str, str], *, question: bool = False, answer: Attestation | None = None) -> str:
    control = Control("1", W, tuple(checks), W if question else None)
    results = {name: CheckResult(name, value, ("seen",)) for name, value in checks.items() if value != "absent"}
    assessment = assess(
        Framework("f", W, "", "", "", (control,)), results, {"f/1": answer} if answer else {}, (), date=DATE
    )
    return assessment.controls[0].status


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ({"a": "pass"}, "pass"),
        ({"a": "pass", "b": "not_applicable"}, "not_applicable"),
        ({"a": "pass", "b": "unknown"}, "unknown"),
        ({"a": "unknown", "b": "fail"}, "fail"),
        ({"a": "fail", "b": "error"}, "error"),
        ({"a": "pass", "b": "absent"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_worst_part_decides(checks: dict[str, str], expected: str) -> None:
    assert status(checks) == expected


def test_a_pass_that_examined_nothing_is_unknown() -> None:
    control = Control("1", W, ("a",))
    framework = Framework("f", W, "", "", "", (control,))
    assert assess(framework, {"a": CheckResult("a", "pass")}, {}, (), date=DATE).controls[0].status == "unknown"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "unknown"),
        (Attestation("yes", ("e",), "bob", "2026-11-24"), "pass"),
        (Attestation("yes", ("e",), "bob", "2025-11-24"), "pass"),
        (Attestation("yes", ("e",), "bob", "2025-11-23"), "unknown"),
        (Attestation("yes", ("e",), "bob", "2026-11-25"), "unknown"),
        (Attestation("yes", (), "bob", "2026-11-24"), "unknown"),
        (Attestation("yes", ("e",), "", "2026-11-24"), "unknown"),
        (Attestation("no", (), "bob", "2020-01-01"), "fail"),
        (Attestation("not_applicable", ("e",), "bob", "2026-11-24"), "not_applicable"),
    ],
)
def test_an_answer_counts_with_evidence_and_for_a_year(answer: Attestation | None, expected: str) -> None:
    assert status({}, question=True, answer=answer) == expected


def test_a_waiver_stands_until_its_day_and_changes_no_status() -> None:
    framework = Framework("f", W, "", "", "", (Control("1", W, ("a",)),))
    failed = {"a": CheckResult("a", "fail", ("seen",))}
    for until, stands in (("2026-11-24", True), ("2026-11-23", False)):
        waiver = Waiver("f/1", "r", "bob", until)
        control = assess(framework, failed, {}, (waiver,), date=DATE).controls[0]
        assert control.status == "fail"
        assert (control.waiver is not None) is stands


def test_a_report_survives_json() -> None:
    framework = Framework("f", W, "", "", "", (Control("1", W, ("a",), W),))
    assessment = assess(framework, {"a": CheckResult("a", "fail", ("s",), W, "sha256:0")}, {}, (), date=DATE)
    report = ComplianceReport(DATE, "r", {"x": "sha256:1"}, (assessment,))
    assert from_json(to_json(report)) == report


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"date": 1}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(UnreadableInput):
        from_json(text)


def test_every_shipped_control_names_checks_that_exist_in_both_languages() -> None:
    """A check is a package's id under policies/checks, a principle of the review, or a tool's verdict."""
    rego = "\n".join(path.read_text("utf-8") for path in (ROOT / "policies" / "checks").rglob("*.rego"))
    known = set(re.findall(r"^#   id: ([\w.]+)$", rego, re.MULTILINE))
    catalogue = json.loads((ROOT / "policies" / "config" / "wellarchitected" / "data.json").read_text("utf-8"))
    known |= {f"wellarchitected.{name}" for name in catalogue["principles"]}
    frameworks = read_frameworks()
    assert len(frameworks) == 10
    for framework in frameworks.values():
        for control in framework.controls:
            assert control.checks or control.question, control.id
            assert control.title.en
            assert control.title.zh
            for check in control.checks:
                assert check in known or check.startswith("tool."), f"{framework.id} {control.id}: {check}"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: 1\n", "f: {title: {en: x, zh: y}}\n", "a: {}\nb: {}\n", "f: [\n"],
)
def test_a_broken_framework_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "f.yaml").write_text(text)
    with pytest.raises(UnreadableInput, match=r"f\.yaml"):
        read_frameworks(tmp_path)
