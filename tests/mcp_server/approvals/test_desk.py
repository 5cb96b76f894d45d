"""Approval through the whole gate: the call waits, others decide by tool, it happens once, and everything is recorded."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mcp_server.app import open_parts
from mcp_server.approvals.errors import ApprovalRefused, ApprovalRequired, UnknownRequest
from mcp_server.approvals.requests import Person
from mcp_server.approvals.store import ApprovalStore
from mcp_server.audit import reading
from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Origin, Principal
from mcp_server.config import Settings
from mcp_server.errors import Denied, NotFound, ObligationUnmet

ASKED = "needs approval by admin or approver: request (apr-[0-9a-f]{16}), 0 of 2"
Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]
TWO = {"id": "two", "tools": ["pii_detect"], "approval": {"approvers": 2, "roles": ["approver", "admin"]}}


@pytest.fixture
def at_the_gate(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Run a scenario under conditions; gives back what was recorded."""

    def run(
        scenario: Callable[[Ask], Coroutine[Any, Any, Any]], *conditions: Any, **config: Any
    ) -> list[dict[str, Any]]:
        pack = tmp_path / "team" / "config" / "authz"
        pack.mkdir(parents=True, exist_ok=True)
        (pack / "data.json").write_text(json.dumps({"conditions": {one["id"]: one for one in conditions}, **config}))
        settings = Settings.model_validate(
            {"data_dir": tmp_path / "data", "policy": {"packs": [tmp_path / "team"], "deadline": 10.0}}
        )

        async def go() -> None:
            async with open_parts(settings) as parts:

                async def ask(
                    name: str = "pii_detect",
                    by: str = "ada",
                    role: str = "operator",
                    purpose: str = "",
                    **arguments: Any,
                ) -> dict[str, Any]:
                    who = Principal(by, "https://id.example", "oidc", "acme", roles=(role,))
                    given = arguments or ({"text": "a@b.example"} if name == "pii_detect" else {})
                    call = Call(
                        event_id(), "tools/call", name, given, who, Origin("local"), time.time(), 100, purpose=purpose
                    )
                    return dict((await parts.gate.pass_through(call, lambda *_: None)).result)

                await scenario(ask)

        asyncio.run(go())
        return [record.fields() for record in reading.records(tmp_path / "data" / "audit")]

    return run


async def refused(ask: Ask, words: str = ASKED, **call: Any) -> str:
    with pytest.raises(ApprovalRequired, match=words) as caught:
        await ask(**call)
    return next((word.strip(",") for word in str(caught.value).split() if word.startswith("apr-")), "")


def decide(ask: Ask, request: str, by: str, *, approve: bool = True, role: str = "approver") -> Any:
    return ask("approval_decide", by=by, role=role, request=request, approve=approve)


def test_a_call_waits_for_two_others_and_happens_once(at_the_gate: Callable[..., Any]) -> None:
    async def scenario(ask: Ask) -> None:
        request = await refused(ask)
        (waiting,) = (await ask("approval_list", by="bob", role="approver"))["waiting"]
        assert (waiting["request"], waiting["by"], waiting["arguments"]) == (request, "ada", '{"text":"a@b.example"}')
        with pytest.raises(ApprovalRefused, match="of their own"):
            await decide(ask, request, "ada", role="admin")
        assert (await decide(ask, request, "bob"))["summary"].startswith("Counted: 1 of 2")
        assert await refused(ask, "1 of 2") == request
        await decide(ask, request, "eve", role="admin")
        # Approved is exactly this call, by exactly this caller.
        assert await refused(ask, text="other") != request
        assert await refused(ask, by="mallory") != request
        assert await refused(ask, purpose="another") != request
        assert (await ask())["counts"] == {"EMAIL_ADDRESS": 1}
        assert await refused(ask) != request

    records = at_the_gate(scenario, TWO)
    calls = [record for record in records if record.get("tool", {}).get("name") == "pii_detect"]
    assert [record["policy"]["allow"] for record in calls] == [False, False, False, False, False, True, False]
    assert calls[0]["policy"]["reasons"] == ["approval_required"]
    assert calls[0]["outcome"]["error"] == "approval_required"
    assert calls[5]["policy"]["reasons"] == ["approved"]
    decided = [record for record in records if record.get("tool", {}).get("name") == "approval_decide"]
    assert {record["phase"] for record in decided} == {"intent", "outcome"}


def test_a_no_refuses_the_call(at_the_gate: Callable[..., Any]) -> None:
    async def scenario(ask: Ask) -> None:
        request = await refused(ask)
        assert "will not happen" in (await decide(ask, request, "bob", approve=False))["summary"]
        await refused(ask, "was denied")

    at_the_gate(scenario, TWO)


def test_only_those_whom_policy_lets_decide_know_of_it(at_the_gate: Callable[..., Any]) -> None:
    async def scenario(ask: Ask) -> None:
        request = await refused(ask)
        for role in ("viewer", "analyst", "agent", "operator", "auditor"):
            with pytest.raises((NotFound, Denied)):
                await decide(ask, request, "bob", role=role)
            with pytest.raises((NotFound, Denied)):
                await ask("approval_list", by="bob", role=role)
        with pytest.raises(UnknownRequest):
            await decide(ask, "apr-0000000000000000", "bob")

    at_the_gate(scenario, TWO)


def test_a_wrong_call_asks_nobody(at_the_gate: Callable[..., Any], tmp_path: Path) -> None:
    async def scenario(ask: Ask) -> None:
        with pytest.raises(Exception, match="fit"):
            await ask(nonsense=1)
        with pytest.raises((NotFound, Denied)):
            await ask(role="viewer")

    at_the_gate(scenario, TWO)
    assert ApprovalStore(tmp_path / "data" / "approvals.sqlite").waiting() == ()


def test_terms_that_make_no_sense_refuse_the_call(at_the_gate: Callable[..., Any]) -> None:
    async def scenario(ask: Ask) -> None:
        with pytest.raises(ObligationUnmet):
            await ask()

    at_the_gate(scenario, {"id": "odd", "approval": {"approvers": "many"}})


def test_decisions_of_the_command_line_come_into_the_log(at_the_gate: Callable[..., Any], tmp_path: Path) -> None:
    async def scenario(ask: Ask) -> None:
        request = await refused(ask, "0 of 1")
        beside = ApprovalStore(tmp_path / "data" / "approvals.sqlite")
        operator = Person("default", "yumen:local", "local", ("operator",))
        beside.vote(request, operator, approve=True, recorded=False, any_tenant=True)
        beside.close()
        await ask()

    records = at_the_gate(scenario, {"id": "one", "tools": ["pii_detect"], "approval": {}})
    (event,) = [record for record in records if record.get("event", "").startswith("approval.")]
    assert (event["event"], event["details"]["by"]) == ("approval.approved", "yumen:local")


def test_breaking_the_glass_needs_a_reason_and_is_recorded(at_the_gate: Callable[..., Any]) -> None:
    async def scenario(ask: Ask) -> None:
        with pytest.raises(Denied, match="state one of the purposes release"):
            await ask()
        await ask(purpose="release: 1.4")
        with pytest.raises(NotFound):
            await ask(role="oncall", purpose="break-glass: now")
        await ask(role="oncall", purpose="break-glass: customer data leaks, INC-4711")

    records = at_the_gate(
        scenario,
        {"id": "purpose", "tools": ["pii_detect"], "purposes": ["release"]},
        break_glass={"roles": ["oncall"], "grants": "operator"},
    )
    decided = [record["policy"] for record in records if record.get("kind") == "call"]
    assert [(one["allow"], one["reasons"]) for one in decided] == [
        (False, ["condition_unmet"]),
        (True, []),
        (False, ["condition_unmet", "not_granted"]),
        (True, ["break_glass"]),
    ]
