"""Yumen's own roles against its own log: what nobody used, and smaller roles under which every recorded call still passes."""

from __future__ import annotations

import asyncio
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
from mcp_server.errors import Denied, NotFound
from scanners.errors import UnreadableInput, YumenError
from tools.least_privilege import UseNotShown

CALLS = [
    ("ann", ("analyst",), "policy_list", {}),
    ("ann", ("analyst",), "residency_check", {"origin": "CN", "destination": "SG"}),
    ("ops", ("operator", "auditor"), "audit_verify", {}),
    ("bot", ("agent",), "audit_search", {}),
    ("bot", ("agent",), "remediation_apply", {}),
]


def reviewed(data_dir: Path, *asked: tuple[tuple[str, ...], str, dict[str, Any]]) -> list[Any]:
    """What each review says, or the error that it ends with, after `CALLS` were made."""
    settings = Settings.model_validate({"data_dir": data_dir, "policy": {"deadline": 10.0}})

    async def run() -> list[Any]:
        async with open_parts(settings) as parts:

            async def call(subject: str, roles: tuple[str, ...], tenant: str, name: str, given: dict[str, Any]) -> Any:
                who = Principal(subject, "test", "local", tenant, roles=roles)
                made = Call(event_id(), "tools/call", name, given, who, Origin("local"), time.time(), size=2)
                try:
                    return dict((await parts.gate.pass_through(made, lambda *_: None)).result)
                except YumenError as error:
                    return error

            for subject, roles, name, arguments in CALLS:
                await call(subject, roles, "acme", name, arguments)
            return [
                await call("aud", roles, tenant, "least_privilege_review", {"own_roles": True} | given)
                for roles, tenant, given in asked
            ]

    return asyncio.run(run())


def test_a_role_keeps_what_its_holders_used_and_every_recorded_call_still_passes(tmp_path: Path, capsys: Any) -> None:
    (answer,) = reviewed(tmp_path / "data", (("auditor",), "acme", {}))
    assert {grant["principal"]: grant["tools"] for grant in answer["proposal"]} == {
        "role agent": ["audit_search"],
        "role analyst": ["policy_list", "residency_check"],
        "role auditor": ["audit_verify"],
        "role operator": ["audit_verify"],
    }
    assert answer["replay"] == {"records": 5, "allowed_before": 5, "allowed_after": 5, "lost": [], "holds": True}
    # A log of a few minutes shows nothing to be unused.
    assert (answer["verdict"], answer["decision"]) == ("unknown", "unknown")
    assert "too short" in answer["summary"]

    place = tmp_path / "smaller" / "config" / "authz"
    place.mkdir(parents=True)
    (place / "data.json").write_text(json.dumps(answer["pack"]))
    capsys.readouterr()
    main(["audit", "replay", "--policy", str(tmp_path / "smaller"), "--data-dir", str(tmp_path / "data")])
    *flips, counts = capsys.readouterr().out.splitlines()
    # The review itself came after what it read; nothing else that was allowed is refused now.
    assert [line.split()[1:6] for line in flips] == [["allowed", "->", "denied", "least_privilege_review", "aud"]]
    assert counts == "1 decisions flip, 5 stay, 0 cannot be decided"


def test_duties_that_a_caller_joins_are_told_by_name(tmp_path: Path) -> None:
    (answer,) = reviewed(tmp_path / "data", (("admin", "auditor"), "acme", {}))
    assert answer["verdict"] == "unknown"  # the caller of the review is not yet in the log that it reads
    both = reviewed(tmp_path / "data", (("admin", "auditor"), "acme", {}))[0]
    titles = [finding["title"] for finding in both["findings"]]
    assert "aud administers the system and audits it" in titles
    assert "role admin may do everything on acme" in titles
    assert both["verdict"] == "fail"


@pytest.mark.parametrize(
    ("roles", "tenant", "given", "error"),
    [
        (("analyst",), "acme", {}, UseNotShown),
        (("agent",), "acme", {}, UseNotShown),
        (("auditor",), "acme", {"grants": [{}]}, UnreadableInput),
        (("auditor",), "acme", {"usage": []}, UnreadableInput),
        ((), "acme", {}, (Denied, NotFound)),
    ],
)
def test_who_may_not_see_the_records_of_others_gets_none(
    tmp_path: Path, roles: tuple[str, ...], tenant: str, given: dict[str, Any], error: type[Exception]
) -> None:
    (answer,) = reviewed(tmp_path / "data", (roles, tenant, given))
    assert isinstance(answer, error)


def test_another_tenant_is_another_log(tmp_path: Path) -> None:
    (answer,) = reviewed(tmp_path / "data", (("auditor",), "globex", {}))
    assert (answer["verdict"], answer["proposal"], answer["pack"]) == ("unknown", [], None)
