"""`yumen audit decisions`: the decisions of the log as OPA's decision log has them, enough to decide them again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from mcp_server.app import open_parts
from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Origin, Principal
from mcp_server.cli import main
from mcp_server.config import Settings
from scanners.errors import YumenError

CALLS = [
    (("analyst",), "policy_list", {"prefix": "residency"}),
    (("viewer",), "residency_check", {"origin": "CN"}),
    (("operator",), "remediation_apply", {"plan": "sha256:0", "target": "a", "output": "b"}),
]
CLOSED = """package team.authz

deny contains {"code": "closed", "message": "closed"} if input.tool.family == "policies"
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    settings = Settings.model_validate({"data_dir": tmp_path / "data", "policy": {"deadline": 10.0}})

    async def run() -> None:
        async with open_parts(settings) as parts:
            for roles, name, given in CALLS:
                who = Principal("ann", "test", "local", "acme", roles=roles)
                call = Call(event_id(), "tools/call", name, given, who, Origin("local"), time.time(), size=2)
                with contextlib.suppress(YumenError):
                    await parts.gate.pass_through(call, lambda *_: None)

    asyncio.run(run())
    return tmp_path / "data"


def test_each_decision_of_the_log_is_an_event_that_can_be_decided_again(
    data_dir: Path, tmp_path: Path, capsys: Any
) -> None:
    assert main(["audit", "decisions", "--data-dir", str(data_dir)]) == 0
    printed = capsys.readouterr().out
    events = [json.loads(line) for line in printed.splitlines()]
    assert [(event["input"]["call"]["name"], event["result"]["allow"]) for event in events] == [
        ("policy_list", True),
        ("residency_check", False),
        ("remediation_apply", True),  # what waits for approval has access
    ]
    assert {event["path"] for event in events} == {"yumen/authz/decision"}
    assert events[0]["erased"] == ["/input/arguments/prefix"]
    assert events[0]["bundles"]["yumen"]["revision"].startswith("sha256:")
    assert [event["custom"]["audit_record"] for event in events] == sorted(
        event["custom"]["audit_record"] for event in events
    )
    (tmp_path / "decisions.jsonl").write_text(printed)
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "closed.rego").write_text(CLOSED)
    diff = ["policy", "diff", "--decisions", str(tmp_path / "decisions.jsonl")]
    assert main([*diff, str(tmp_path / "team")]) == 1
    told = capsys.readouterr().out
    assert f"{events[0]['decision_id']} data.yumen.authz.decision" in told
    # Of duties the log has the names only.
    assert told.endswith("1 the same, 1 changed, 1 cannot be decided again\n")


def test_the_mask_of_the_packs_hides_what_it_hides_in_the_decision_log(
    data_dir: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "mask.rego").write_text('package system.log\n\nmask contains "/input/principal/subject"\n')
    (tmp_path / "yumen.toml").write_text(f'data_dir = "{data_dir}"\n[policy]\npacks = ["{tmp_path / "team"}"]\n')
    assert main(["audit", "decisions", "--config", str(tmp_path / "yumen.toml"), "--from", "1"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all("subject" not in event["input"]["principal"] for event in events)
    assert all("/input/principal/subject" in event["erased"] for event in events)
    assert all("arguments/prefix" not in json.dumps(event["input"]) for event in events)
