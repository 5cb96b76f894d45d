"""Recorded calls under a changed pack."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from mcp_server.audit.log import AuditLog
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.calls import Decision, Outcome, Reason
from mcp_server.commands.audit import register
from tools.registry import own_tools

PACK = """# METADATA
# scope: package
# title: The team closes the model tools
package team.authz

# METADATA
# title: Model tools are closed
deny contains {"code": "models_closed", "message": "closed"} if input.tool.family == "models"
"""


@pytest.fixture
def data_dir(tmp_path: Path, principal, call) -> Path:
    tools = own_tools()
    allowed = Decision(allow=True, reasons=(Reason("role", "ok"),))

    async def fill() -> None:
        log = await AuditLog.open(tmp_path / "audit")
        subjects = SubjectKeys(tmp_path / TABLE, log.keys.tenant_key)
        recorder = Recorder(log, subjects)
        for name, arguments, decision in (
            ("policy_list", {}, allowed),
            ("model_hash", {"target": "a"}, allowed),
            ("policy_list", {}, Decision(allow=False)),
        ):
            made = call(principal("ann", "default", ("analyst",)), name, arguments)
            outcome = Outcome("ok" if decision.allow else "denied")
            await recorder.outcome(made, decision, outcome, tool=tools.get(name), intent=None, durable=True)
        subjects.close()
        await log.close()

    asyncio.run(fill())
    return tmp_path


def replayed(data_dir: Path, pack: Path) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    arguments = parser.parse_args(["audit", "replay", "--policy", str(pack), "--data-dir", str(data_dir)])
    return int(arguments.run(arguments))


def test_the_same_pack_flips_only_what_was_decided_otherwise(data_dir: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    assert replayed(data_dir, tmp_path / "empty") == 0
    out = capsys.readouterr().out
    assert "3  denied -> allowed  policy_list  ann" in out
    assert "1  allowed" not in out


def test_a_pack_that_closes_a_family_flips_its_calls(data_dir: Path, tmp_path: Path, capsys) -> None:
    pack = tmp_path / "site"
    pack.mkdir()
    (pack / "site.rego").write_text(PACK)
    assert replayed(data_dir, pack) == 0
    out = capsys.readouterr().out
    assert "2  allowed -> denied  model_hash  ann" in out
