"""`yumen call`: exit codes that a pipeline can act on, and reports in the form that it reads."""

import json
from pathlib import Path

import pytest

from mcp_server.cli import main

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n  containers: [{name: a}]\n"


def test_a_report_is_printed_instead_of_the_answer_with_the_same_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    call = ["call", "cluster_review", "--root", str(tmp_path), "--data-dir", str(tmp_path / "data")]
    call += ["--json", json.dumps({"target": str(tmp_path / "pod.yaml")})]
    assert main([*call, "--report", "sarif"]) == 1
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    place = {"artifactLocation": {"uri": "pod.yaml"}, "region": {"startLine": 5}}
    assert place in [result["locations"][0]["physicalLocation"] for result in results]


def test_a_tool_without_reports_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", "policy_list", "--data-dir", str(tmp_path / "data"), "--report", "html"]) == 4
    assert "format" in capsys.readouterr().err
