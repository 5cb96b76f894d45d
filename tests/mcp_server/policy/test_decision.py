"""The decision point over the shipped pack: what the gate is told, and that anything unclear is a refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcp_server.calls import Call, Decision, Obligation
from mcp_server.policy.decision import DecisionPoint, read_decision
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.store import PolicyStore
from scanners.findings import Coverage, Finding, Report, Skipped, Subject
from tools.registry import Tool

Ask = Callable[[Callable[[DecisionPoint], Awaitable[Any]]], Any]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Put questions to one decision point over the shipped pack."""
    with asyncio.Runner() as runner:
        store = runner.run(PolicyStore.open(PolicySettings(watch_interval=0, deadline=5)))
        point = DecisionPoint(store)
        yield lambda question: runner.run(_awaited(question(point)))
        runner.run(store.close())


async def _awaited(question: Awaitable[Any]) -> Any:
    return await question


MakeCall = Callable[..., Call]


def test_a_role_gets_the_tools_of_its_risk(ask: Ask, make_call: MakeCall, read_tool: Tool) -> None:
    for roles, allowed in {("analyst",): True, ("viewer",): False, (): False, ("viewer", "agent"): True}.items():
        call = make_call("tools/call", "model_verify", roles=roles)
        decision = ask(lambda point, call=call: point.decide(call, tool=read_tool, arguments={}))
        assert decision.allow is allowed
        assert decision.visible == ({"model_verify"} if allowed else set())
        assert decision.revision.startswith("sha256:")
        assert bool(decision.reasons) is not allowed


def test_lists_are_cut_to_what_the_caller_may_use(ask: Ask, make_call: MakeCall, candidate: Any) -> None:
    offered = [
        candidate("model_verify"),
        candidate("key_delete", risk="admin"),
        candidate("audit_search", family="audit"),
    ]
    for role, names in {
        "viewer": {"audit_search"},
        "analyst": {"model_verify", "audit_search"},
        "admin": {"model_verify", "audit_search", "key_delete"},
    }.items():
        decision = ask(
            lambda point, role=role: point.decide(make_call("tools/list", roles=(role,)), candidates=offered)
        )
        assert decision.allow
        assert decision.visible == names


def test_a_tool_that_does_not_exist_is_neither_allowed_nor_visible(ask: Ask, make_call: MakeCall) -> None:
    decision = ask(lambda point: point.decide(make_call("tools/call", "nothing", roles=("admin",))))
    assert not decision.allow
    assert decision.visible == frozenset()


def test_arguments_that_did_not_fit_are_decided_too(ask: Ask, make_call: MakeCall, read_tool: Tool) -> None:
    call = make_call("tools/call", "model_verify", roles=("analyst",))
    assert ask(lambda point: point.decide(call, tool=read_tool, arguments=None)).allow


@pytest.mark.parametrize(
    "change",
    [
        {"roles": "admin"},
        {"roles": ({"a": 1},)},
        {"roles": (None,)},
        {"subject": ""},
        {"subject": None},
        {"tenant": ""},
        {"tenant": None},
        {"subject": "\udc80"},
        {"tenant": 2**80},
    ],
)
def test_a_malformed_principal_is_refused(
    ask: Ask, make_call: MakeCall, read_tool: Tool, change: dict[str, Any]
) -> None:
    fields: dict[str, Any] = {"roles": ("admin",)} | change
    call = make_call("tools/call", "model_verify", **fields)
    decision = ask(lambda point: point.decide(call, tool=read_tool, arguments={}))
    assert not decision.allow
    assert decision.reasons


def test_arguments_that_no_json_holds_are_refused(ask: Ask, make_call: MakeCall, read_tool: Tool) -> None:
    call = make_call("tools/call", "model_verify", roles=("admin",))
    for value in ("\udc80", 2**80, Path("/")):
        # The shipped policy reads only `tenant` of the arguments; the engine is given them all.
        decision = ask(lambda point, value=value: point.decide(call, tool=read_tool, arguments={"tenant": value}))
        assert not decision.allow


def test_targets_are_held_against_the_folders_of_the_tenant(
    tmp_path: Path, make_call: MakeCall, read_tool: Tool, target: Any
) -> None:
    (tmp_path / "config" / "authz").mkdir(parents=True)
    (tmp_path / "config" / "authz" / "data.json").write_text('{"file_roots": {"tenants": {"blue": ["/srv/blue"]}}}')

    async def scenario() -> list[bool]:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, packs=(tmp_path,), deadline=5))
        point = DecisionPoint(store)
        call = make_call("tools/call", "model_verify", roles=("analyst",))
        answers = []
        for who in (call, replace(call, principal=replace(call.principal, tenant="red"))):
            for path in ("/srv/blue/a", "/srv/bluer"):
                decision = await point.decide(who, tool=read_tool, targets=[target(path)], arguments={})
                answers.append(decision.allow)
        await store.close()
        return answers

    assert asyncio.run(scenario()) == [True, False, False, False]


def test_a_teams_rules_refuse_and_oblige(tmp_path: Path, make_call: MakeCall, read_tool: Tool) -> None:
    (tmp_path / "freeze.rego").write_text(
        "package team.authz\n\n"
        'deny contains {"code": "frozen", "message": "Change freeze"} if input.call.name == "model_sign"\n\n'
        'obligations contains {"kind": "deadline", "parameters": {"seconds": 5}}\n'
    )

    async def scenario() -> tuple[Decision, Decision]:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, packs=(tmp_path,), deadline=5))
        point = DecisionPoint(store)
        decisions = [
            await point.decide(make_call("tools/call", name, roles=("analyst",)), tool=read_tool, arguments={})
            for name in ("model_verify", "model_sign")
        ]
        await store.close()
        return decisions[0], decisions[1]

    allowed, refused = asyncio.run(scenario())
    assert allowed.allow
    assert allowed.obligations == (Obligation("deadline", {"seconds": 5}),)
    assert not refused.allow
    assert [reason.code for reason in refused.reasons] == ["frozen"]


class Broken:
    """An engine that answers whatever it is told to."""

    revision = "r"

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.engine = self.tool_engine = self
        self.pack = None

    async def evaluate(self, entrypoint: str, document: Any) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def close(self) -> None: ...


GOOD = {"allow": True, "visible": ["a"], "reasons": [], "obligations": []}


@pytest.mark.parametrize(
    "answer",
    [
        PolicyUnavailable("gone"),
        PolicyUndefined("nothing"),
        None,
        True,
        "<undefined>",
        [],
        {},
        {"allow": True},
        GOOD | {"allow": "true"},
        GOOD | {"allow": 1},
        GOOD | {"visible": "a"},
        GOOD | {"visible": [1]},
        GOOD | {"visible": {"a": 1}},
        GOOD | {"reasons": None},
        GOOD | {"reasons": ["no"]},
        GOOD | {"reasons": [{"code": "x"}]},
        GOOD | {"obligations": ["redact"]},
        GOOD | {"obligations": [{"parameters": {}}]},
        GOOD | {"obligations": [{"kind": "redact", "parameters": []}]},
        GOOD | {"obligations": [{"kind": None}]},
    ],
    ids=repr,
)
def test_an_answer_that_is_no_decision_is_a_refusal(answer: Any, make_call: MakeCall, read_tool: Tool) -> None:
    point = DecisionPoint(Broken(answer))
    call = make_call("tools/call", "a", roles=("admin",))
    decision = asyncio.run(_awaited(point.decide(call, tool=read_tool, arguments={})))
    assert decision == Decision(allow=False, reasons=decision.reasons, revision="r")
    assert len(decision.reasons) == 1


def test_a_whole_answer_is_read() -> None:
    assert read_decision(GOOD, "r") == Decision(True, (), (), frozenset({"a"}), "r")


@pytest.mark.parametrize("answer", [PolicyUndefined("nothing"), None, "PASS", True, {"verdict": "pass"}, [], "unknown"])
def test_a_verdict_that_is_none_is_unknown(answer: Any) -> None:
    report = Report(Subject("model", "sha256:00", "m"), (), Coverage({"files": 1}))
    assert asyncio.run(_awaited(DecisionPoint(Broken(answer)).verdict(report, "t"))) == "unknown"


def test_reports_are_judged_by_the_verdict_policy(ask: Ask) -> None:
    clean = Report(Subject("model", "sha256:00", "m"), (), Coverage({"files": 1}))
    grave = replace(clean, findings=(Finding("r", "critical", "Bad"),))
    skipped = replace(clean, coverage=Coverage({"files": 1}, (Skipped("a", "b"),)))
    wanted = [(clean, "pass"), (grave, "fail"), (skipped, "unknown"), (replace(clean, coverage=Coverage()), "unknown")]
    assert [ask(lambda point, seen=seen: point.verdict(seen, "model_verify")) for seen, _ in wanted] == [
        verdict for _, verdict in wanted
    ]


class Counting(Broken):
    """An engine that answers how often it was asked, with a pack."""

    def __init__(self, pack: Any) -> None:
        super().__init__(0)
        self.pack = pack
        self.revision = pack.revision

    async def evaluate(self, entrypoint: str, document: Any) -> Any:
        self._answer += 1
        return self._answer


@pytest.mark.parametrize(
    ("rule", "asked"), [("input.x", [1, 1, 2, 1]), ("input", [1, 1, 2, 1]), ("time.now_ns()", [1, 2, 3, 4])]
)
def test_an_answer_is_remembered_for_the_very_same_input_of_a_pure_rule(
    make_pack: Any, rule: str, asked: list[int]
) -> None:
    point = DecisionPoint(Counting(make_pack(f"package a\n\nb := {rule}")))

    async def scenario() -> list[Any]:
        return [await point.recall("data.a.b", {"x": value}, decision_id="1") for value in (1, 1, 1.0, 1)]

    assert asyncio.run(scenario()) == asked


def test_an_answer_of_another_pack_or_of_an_unknown_one_is_not_remembered(make_pack: Any) -> None:
    engine = Counting(make_pack("package a\n\nb := input.x"))
    point = DecisionPoint(engine)

    async def scenario() -> list[Any]:
        first = await point.recall("data.a.b", {}, decision_id="1")
        engine.pack, engine.revision = make_pack("package a\n\nb := 2", revision="other"), "other"
        second = await point.recall("data.a.b", {}, decision_id="1")
        engine.revision = "not the pack's"
        return [first, second, await point.recall("data.a.b", {}, decision_id="1")]

    assert asyncio.run(scenario()) == [1, 2, 3]
