"""The examples run as their words say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    merged = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run(command, capture_output=True, text=True, env=merged, timeout=110)


@pytest.mark.slow
def test_the_tour_shows_what_it_promises() -> None:
    ran = run(sys.executable, str(EXAMPLES / "demo.py"))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for shown in (
        "exactly the model that was signed",
        "1 changed, 1 extra",
        "gets no security fixes",
        "身份证号<CN_ID_CARD>",
        "Pass the security assessment",
        "not inside any of the configured roots",
        "Unknown tool: model_hash",
        "Unknown tool: no_such_tool",
        "(one bit is flipped)\n  ALTERED",
        "(the last records are cut off)\n  ALTERED",
    ):
        assert shown in ran.stdout, shown
    assert "Traceback" not in ran.stdout + ran.stderr


def test_an_agent_stops_at_the_first_verdict_that_is_no_pass(server) -> None:
    program = str(EXAMPLES / "agent_workflow.py")
    good = run(sys.executable, program, server.url, "models/exclusive-or", "images/shop", YUMEN_KEY=server.key)
    assert good.stdout.startswith("model_verify: pass"), good.stdout + good.stderr
    assert "image_scan: fail" in good.stdout or "image_scan: unknown" in good.stdout
    assert good.stdout.endswith("Not released.\n")
    assert good.returncode == 1
    absent = run(sys.executable, program, server.url, "models/absent", "images/shop", YUMEN_KEY=server.key)
    assert absent.returncode == 3
    assert "nothing at" in absent.stdout


def test_the_pipeline_step_fails_on_a_bad_image(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = run(str(EXAMPLES / "ci_gate.sh"), str(EXAMPLES / "images/shop"), PATH=path, YUMEN__DATA_DIR=str(tmp_path))
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "fail"


def test_the_client_configuration_is_the_one_in_the_readme() -> None:
    assert (EXAMPLES / "claude_desktop_config.json").read_text() in (REPOSITORY / "README.md").read_text()
