"""`yumen compliance`: frameworks, and a report in another form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcp_server.cli import main
from scanners.compliance.assessment import ComplianceReport, assess
from scanners.compliance.formats import to_json
from scanners.compliance.frameworks import read_frameworks

FRAMEWORK = read_frameworks()["owasp-mcp"]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(
        to_json(ComplianceReport("2026-11-24", "r", {}, (assess(FRAMEWORK, {}, {}, (), date="2026-11-24"),)))
    )
    return path


def test_frameworks_and_their_controls_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compliance", "frameworks"]) == 0
    assert "生成式人工智能服务管理暂行办法" in capsys.readouterr().out
    assert main(["compliance", "frameworks", "owasp-mcp"]) == 0
    assert "MCP10" in capsys.readouterr().out
    assert main(["compliance", "frameworks", "sox"]) == 4


@pytest.mark.parametrize(
    ("form", "says"),
    [("html", "<!doctype html>"), ("oscal", "assessment-results"), ("sarif", "2.1.0"), ("csv", "MCP01")],
)
def test_a_report_is_rendered(report: Path, capsys: pytest.CaptureFixture[str], form: str, says: str) -> None:
    assert main(["compliance", "render", str(report), "--format", form]) == 0
    assert says in capsys.readouterr().out


def test_the_whole_answer_of_the_tool_is_understood_and_a_file_written(report: Path, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({"verdict": "unknown", "document": report.read_text()}))
    page = tmp_path / "report.html"
    assert main(["compliance", "render", str(answer), "--output", str(page)]) == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json"])
def test_what_is_no_report_is_an_error_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert main(["compliance", "render", str(path)]) == 4
    assert "Traceback" not in capsys.readouterr().err
