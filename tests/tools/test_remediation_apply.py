"""A plan is carried out into a new file, once another person approved it, and only if it still is the plan."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mcp_server.app import open_parts
from mcp_server.approvals.errors import ApprovalRequired
from mcp_server.audit import reading
from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Origin, Principal
from mcp_server.config import Settings
from mcp_server.errors import NotFound
from scanners.errors import TargetRefused, UnreadableInput

EXAMPLE = Path(__file__).parents[2] / "examples" / "policy" / "deployment.yaml"
Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    shutil.copy(EXAMPLE, tmp_path / "root" / "deployment.yaml")
    return tmp_path / "root"


def at_the_gate(root: Path, scenario: Callable[[Ask], Coroutine[Any, Any, Any]]) -> list[dict[str, Any]]:
    data = root.parent / "data"
    settings = Settings.model_validate({"data_dir": data, "paths": {"roots": [root]}, "policy": {"deadline": 10.0}})

    async def run() -> None:
        async with open_parts(settings) as parts:

            async def ask(name: str, by: str = "ada", role: str = "operator", **arguments: Any) -> dict[str, Any]:
                who = Principal(by, "https://id.example", "oidc", "acme", roles=(role,))
                call = Call(event_id(), "tools/call", name, arguments, who, Origin("local"), time.time(), 100)
                return dict((await parts.gate.pass_through(call, lambda *_: None)).result)

            await scenario(ask)

    asyncio.run(run())
    return [record.fields() for record in reading.records(data / "audit")]


async def approved(ask: Ask, **arguments: Any) -> None:
    """Have the call of remediation_apply approved by somebody else."""
    with pytest.raises(ApprovalRequired):
        await ask("remediation_apply", **arguments)
    (waiting,) = (await ask("approval_list", by="bob", role="approver"))["waiting"]
    await ask("approval_decide", by="bob", role="approver", request=waiting["request"], approve=True)


def test_an_approved_plan_is_written_beside_the_original(root: Path) -> None:
    before = (root / "deployment.yaml").read_bytes()

    async def scenario(ask: Ask) -> None:
        plan = await ask("remediation_plan", target="deployment.yaml")
        given = {"target": "deployment.yaml", "plan": plan["plan"], "output": str(root / "mended.yaml")}
        await approved(ask, **given)
        assert not (root / "mended.yaml").exists()
        done = await ask("remediation_apply", **given)
        assert (done["applied"], done["mended"]) == (6, 6)
        assert (root / "deployment.yaml").read_bytes() == before
        first, again = [await ask("platform_review", target=name) for name in ("deployment.yaml", "mended.yaml")]
        assert len(again["findings"]) == len(first["findings"]) - done["mended"]
        assert len(done["coverage"]["skipped"]) >= plan["remaining"]

    records = at_the_gate(root, scenario)
    made = [record for record in records if record.get("tool", {}).get("name") == "remediation_apply"]
    assert [(record["phase"], record["policy"]["reasons"]) for record in made] == [
        ("outcome", ["approval_required"]),
        ("intent", ["approved"]),
        ("outcome", ["approved"]),
    ]
    assert list(root.glob(".*")) == []


def test_a_plan_that_is_no_longer_the_reviewed_one_is_refused(root: Path) -> None:
    async def scenario(ask: Ask) -> None:
        plan = await ask("remediation_plan", target="deployment.yaml")
        given = {"target": "deployment.yaml", "plan": plan["plan"], "output": str(root / "mended.yaml")}
        await approved(ask, **given)
        text = (root / "deployment.yaml").read_text()
        (root / "deployment.yaml").write_text(text + "---\n{apiVersion: v1, kind: Namespace, metadata: {name: new}}\n")
        with pytest.raises(UnreadableInput, match="not the one that was reviewed"):
            await ask("remediation_apply", **given)
        assert not (root / "mended.yaml").exists()

    at_the_gate(root, scenario)


def test_nothing_is_written_over(root: Path) -> None:
    async def scenario(ask: Ask) -> None:
        plan = await ask("remediation_plan", target="deployment.yaml")
        given = {"target": "deployment.yaml", "plan": plan["plan"], "output": str(root / "deployment.yaml")}
        await approved(ask, **given)
        with pytest.raises(TargetRefused, match="something is there"):
            await ask("remediation_apply", **given)
        with pytest.raises(NotFound):
            await ask("remediation_apply", role="analyst", **given)

    at_the_gate(root, scenario)
