"""The gate's own rules: precedence of refusals, obligations, deadlines, and a record of everything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from mcp_server.approvals.desk import ApprovalDesk
from mcp_server.approvals.store import ApprovalStore
from mcp_server.audit import reading
from mcp_server.audit.log import AuditLog
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.calls import Call, Decision, Obligation, Origin, Principal, Reason
from mcp_server.errors import (
    Denied,
    InternalError,
    InvalidArguments,
    NotFound,
    ObligationUnmet,
    PersonalDataDenied,
    Stopping,
)
from mcp_server.gate import Gate
from mcp_server.inspect.duties import Inspector
from mcp_server.inspect.personal_data import PersonalData
from mcp_server.limits import LimitSettings, LocalLimits, RateLimited, TooLarge
from mcp_server.surface import Resource, Surface
from mcp_server.tool_context import Workplace
from scanners.errors import LimitReached, TargetMissing, TargetRefused, UnreadableInput
from scanners.findings import Subject
from scanners.sandbox import Sandbox
from tools.answers import Answer, Arguments
from tools.prompts import PROMPTS
from tools.registry import Tool, ToolRegistry

ALICE = Principal("alice", "test", "local", "acme", roles=("operator",))
ALLOW = Decision(allow=True, visible=frozenset({"look", "alter", "policy://a"}), revision="r1")


class LookArguments(Arguments):
    target: str = Field(description="A path")
    mood: str = Field(default="calm", description="What the tool does: calm, slow, stopped, broken or leak")


class LookAnswer(Answer):
    echo: str = Field(default="", description="What was seen")


async def look(arguments: LookArguments, context: Any) -> LookAnswer:
    match arguments.mood:
        case "slow":
            await asyncio.sleep(60)
        case "stopped":
            raise LimitReached("the scan used up its CPU time")
        case "leak":
            raise UnreadableInput("the file belongs to alice@example.org")
        case "broken":
            raise ZeroDivisionError("secret detail")
    context.on_progress(1.0, 2.0, "reading alice@example.org")
    return LookAnswer(
        verdict="pass",
        summary="Looked.",
        subject=Subject(kind="test", digest="sha256:" + "a" * 64),
        echo=f"{context.resolve(arguments.target).name} alice@example.org",
    )


def tool(name: str, risk: Any, deadline: float = 30.0) -> Tool:
    return Tool(name, "Look", "Looks at a file", "test", risk, LookArguments, LookAnswer, look, targets=("target",),
                deadline=deadline)  # fmt: skip


class Policy:
    """Answers every question with one decision, and remembers what it was asked."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.asked: list[dict[str, Any]] = []

    async def decide(self, call: Call, **facts: Any) -> Decision:
        self.asked.append(facts)
        return self.decision

    async def released(self, call: Call, *, decision: Decision, **facts: Any) -> Decision:
        return decision

    async def verdict(self, report: Any, tool_name: str) -> Any:
        return "pass"

    async def evaluate(self, entrypoint: str, document: Any) -> Any:
        return None


class House:
    def __init__(self, gate: Gate, log: AuditLog, policy: Policy, directory: Path) -> None:
        self.gate, self.log, self.policy, self.directory = gate, log, policy, directory
        self.progress: list[str] = []

    async def call(self, name: str = "look", method: Any = "tools/call", **arguments: Any) -> Any:
        call = Call("018f", method, name, arguments, ALICE, Origin("local"), 0.0, size=len(str(arguments)))
        return await self.gate.pass_through(call, lambda done, total, message: self.progress.append(message))

    async def outcomes(self) -> list[dict[str, Any]]:
        return [record["outcome"] for record in await self.records()]

    async def records(self) -> list[dict[str, Any]]:
        await self.log.flush()
        found = [record.fields() for record in reading.records(self.log.directory)]
        return [record for record in found if record.get("kind") == "call"]


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., Any]:
    root = tmp_path / "root"
    root.mkdir()
    (root / "model.bin").write_bytes(b"weights")

    @asynccontextmanager
    async def opened(decision: Decision = ALLOW, limits: LimitSettings | None = None, deadline: float = 30.0):
        registry = ToolRegistry()
        registry.add(tool("look", "read", deadline), tool("alter", "change"), tool("hidden", "read"))
        policy = Policy(decision)
        log = await AuditLog.open(tmp_path / "audit")
        subjects = SubjectKeys(tmp_path / "subjects.db", log.keys.tenant_key)
        sandbox = Sandbox()
        resources = [Resource("policy://a", "a", "A", "text/plain", lambda: "package a")]
        surface = Surface(registry, PROMPTS, lambda: resources, [root])
        gate = Gate(
            limits=LocalLimits(limits or LimitSettings()),
            surface=surface,
            policy=policy,
            inspector=Inspector(PersonalData(log.keys.tenant_key, sandbox)),
            approvals=ApprovalDesk(ApprovalStore(tmp_path / "approvals.sqlite")),
            recorder=Recorder(log, subjects),
            workplace=Workplace(tmp_path, sandbox, policy, surface.resolve),
        )
        try:
            yield House(gate, log, policy, tmp_path)
        finally:
            await sandbox.close()
            subjects.close()
            await log.close()

    return opened


def within(house, scenario, **options: Any) -> Any:
    async def run() -> Any:
        async with house(**options) as inside:
            return await scenario(inside)

    return asyncio.run(run())


def test_an_allowed_call_runs_and_carries_its_record(house) -> None:
    outcome = within(house, lambda inside: inside.call(target="model.bin"))
    assert outcome.status == "ok"
    assert outcome.result["echo"] == "model.bin alice@example.org"
    assert outcome.result["record"]["checkpoint"]


def obliged(kind: str, **parameters: Any) -> Decision:
    return replace(ALLOW, obligations=(Obligation(kind, parameters),))


BLIND = replace(ALLOW, visible=frozenset())
SEEN_BUT_DENIED = replace(ALLOW, allow=False, reasons=(Reason("purpose", "the purpose is not stated"),))


@pytest.mark.parametrize(
    ("decision", "name", "arguments", "refusal"),
    [
        (ALLOW, "no_such_tool", {"target": "model.bin"}, NotFound),
        (ALLOW, "hidden", {"target": "model.bin"}, NotFound),
        (ALLOW, "hidden", {"nonsense": 1}, NotFound),
        (BLIND, "look", {"nonsense": 1}, NotFound),
        (BLIND, "look", {"target": "/etc/passwd"}, NotFound),
        (Decision(), "look", {"target": "model.bin"}, NotFound),
        (SEEN_BUT_DENIED, "look", {"target": "model.bin"}, Denied),
        (SEEN_BUT_DENIED, "look", {"nonsense": 1}, Denied),
        (SEEN_BUT_DENIED, "look", {"target": "absent"}, Denied),
        (ALLOW, "look", {"nonsense": 1}, InvalidArguments),
        (ALLOW, "look", {"target": 7}, InvalidArguments),
        (ALLOW, "look", {"target": "/etc/passwd"}, TargetRefused),
        (ALLOW, "look", {"target": "absent"}, TargetMissing),
        (obliged("dance"), "look", {"target": "model.bin"}, ObligationUnmet),
        (obliged("deadline", seconds=-1), "look", {"target": "model.bin"}, ObligationUnmet),
        (obliged("redact", method="?"), "look", {"target": "model.bin"}, ObligationUnmet),
        (obliged("redact", direction=["in"]), "look", {"target": "model.bin"}, ObligationUnmet),
    ],
)  # fmt: skip
def test_refusals_by_precedence_and_each_is_recorded(house, decision, name, arguments, refusal) -> None:
    async def scenario(inside: House) -> list[dict[str, Any]]:
        with pytest.raises(refusal):
            await inside.call(name, **arguments)
        return await inside.outcomes()

    recorded = within(house, scenario, decision=decision)
    assert [outcome["error"] for outcome in recorded] == [refusal.code]


def test_unknown_hidden_and_malformed_are_told_apart_by_nobody(house) -> None:
    async def scenario(inside: House) -> set[str]:
        said = set()
        for name, arguments in (("no_such_tool", {}), ("hidden", {"target": "model.bin"}), ("hidden", {"x": 1})):
            with pytest.raises(NotFound) as caught:
                await inside.call(name, **arguments)
            said.add(str(caught.value).replace(name, "NAME") + caught.value.remedy + caught.value.detail)
        return said

    assert len(within(house, scenario)) == 1


def test_policy_sees_resolved_targets_and_no_arguments_that_do_not_fit(house) -> None:
    async def scenario(inside: House) -> Any:
        await inside.call(target="./model.bin")
        with pytest.raises(InvalidArguments):
            await inside.call(nonsense=1)
        return inside.policy.asked, inside.directory

    (good, bad), directory = within(house, scenario)
    assert [(target.argument, target.path) for target in good["targets"]] == [
        ("target", directory.resolve() / "root/model.bin")
    ]
    assert good["arguments"] == {"target": "./model.bin"}
    assert bad["arguments"] is None


def test_policy_sees_where_a_tool_would_write(house) -> None:
    async def scenario(inside: House) -> Any:
        inside.gate._surface._tools._tools["look"] = replace(tool("look", "read"), targets=(), outputs=("target",))
        with pytest.raises(TargetMissing):  # this tool reads what it was to write; the gate did let it through
            await inside.call(target="new.sig")
        with pytest.raises(TargetRefused):
            await inside.call(target="../elsewhere.sig")
        return inside.policy.asked[0], inside.directory

    asked, directory = within(house, scenario)
    assert [target.path for target in asked["targets"]] == [directory.resolve() / "root/new.sig"]


def test_a_stopped_scan_is_unknown_in_the_answer_shape(house) -> None:
    outcome = within(house, lambda inside: inside.call(target="model.bin", mood="stopped"))
    assert outcome.result["verdict"] == "unknown"
    assert outcome.result["coverage"]["skipped"][0]["why"] == "the scan used up its CPU time"
    assert LookAnswer.model_validate(outcome.result)


def test_a_defect_reaches_the_caller_without_its_detail(house) -> None:
    async def scenario(inside: House) -> Any:
        with pytest.raises(InternalError) as caught:
            await inside.call(target="model.bin", mood="broken")
        return caught.value, await inside.outcomes()

    error, recorded = within(house, scenario)
    assert "secret" not in str(error)
    assert [outcome["status"] for outcome in recorded] == ["protocol_error"]


def test_a_decision_can_shorten_the_deadline(house) -> None:
    async def scenario(inside: House) -> Any:
        with pytest.raises(InternalError, match="in time"):
            await inside.call(target="model.bin", mood="slow")
        return await inside.outcomes()

    assert [outcome["status"] for outcome in within(house, scenario, decision=obliged("deadline", seconds=0.05))] == [
        "timeout"
    ]


def test_a_cancelled_call_is_recorded_as_cancelled(house) -> None:
    async def scenario(inside: House) -> Any:
        task = asyncio.create_task(inside.call(target="model.bin", mood="slow"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await inside.outcomes(), inside.gate.running

    recorded, running = within(house, scenario)
    assert [outcome["status"] for outcome in recorded] == ["cancelled"]
    assert running == 0


@pytest.mark.parametrize(
    ("direction", "echoed", "told"),
    [
        ("out", "<EMAIL_ADDRESS>", "<EMAIL_ADDRESS>"),
        ("in", "alice@example.org", "alice@example.org"),
        ("both", "<EMAIL_ADDRESS>", "<EMAIL_ADDRESS>"),
        ("text", "alice@example.org", "<EMAIL_ADDRESS>"),
    ],
)
def test_redaction_as_the_decision_obliges(house, direction: str, echoed: str, told: str) -> None:
    async def scenario(inside: House) -> Any:
        return await inside.call(target="model.bin"), inside.progress

    outcome, progress = within(house, scenario, decision=obliged("redact", direction=direction))
    assert outcome.result["echo"] == f"model.bin {echoed}"
    assert progress == [f"reading {told}"]


def test_errors_are_redacted_too(house) -> None:
    async def scenario(inside: House) -> Any:
        with pytest.raises(UnreadableInput) as caught:
            await inside.call(target="model.bin", mood="leak")
        return caught.value

    error = within(house, scenario, decision=obliged("redact", direction="out"))
    assert str(error) == error.message == "the file belongs to <EMAIL_ADDRESS>"
    assert str(within(house, scenario)) == "the file belongs to alice@example.org"


def test_what_is_detected_is_counted_in_the_record_and_changes_nothing(house) -> None:
    async def scenario(inside: House) -> Any:
        outcome = await inside.call(target="model.bin", mood="13812345678")
        return outcome.result["echo"], await inside.outcomes()

    echo, (recorded,) = within(house, scenario, decision=obliged("detect"))
    assert echo == "model.bin alice@example.org"
    assert recorded["personal_data"] == {"in": {"PHONE_NUMBER": 1}, "out": {"EMAIL_ADDRESS": 1}}


@pytest.mark.parametrize(("direction", "mood"), [("in", "13812345678"), ("both", "13812345678"), ("out", "calm")])
def test_a_call_with_denied_data_is_refused_and_recorded_without_it(house, direction: str, mood: str) -> None:
    async def scenario(inside: House) -> Any:
        with pytest.raises(PersonalDataDenied) as caught:
            await inside.call("alter", target="model.bin", mood=mood)
        return caught.value, await inside.records(), inside.progress

    error, records, progress = within(house, scenario, decision=obliged("deny", direction=direction))
    outcome = records[-1]["outcome"]
    assert (outcome["status"], outcome["error"]) == ("denied", "personal_data_denied")
    way = "out" if direction == "out" else "in"
    (kind,) = outcome["personal_data"][way]
    assert kind in error.message
    assert "13812345678" not in error.message + json.dumps(records)
    # What goes in is refused before anything happens; what comes out is withheld after it did.
    assert [record["phase"] for record in records] == (["intent", "outcome"] if way == "out" else ["outcome"])
    assert progress == (["reading <EMAIL_ADDRESS>"] if way == "out" else [])


def test_data_that_is_not_denied_passes(house) -> None:
    decision = obliged("deny", direction="out", entities=["CN_ID_CARD"])
    assert within(house, lambda inside: inside.call(target="model.bin"), decision=decision).status == "ok"


def test_a_large_value_is_examined_by_a_worker_and_nobody_waits(house) -> None:
    async def scenario(inside: House) -> Any:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.005)

        ticking = asyncio.create_task(tick())
        with pytest.raises(PersonalDataDenied):
            await inside.call(target="model.bin", mood="x" * 200_000 + " 13812345678")
        ticking.cancel()
        return ticks, await inside.outcomes()

    ticks, (recorded,) = within(house, scenario, decision=obliged("deny", direction="in"))
    assert ticks > 3
    assert recorded["personal_data"] == {"in": {"PHONE_NUMBER": 1}}


def test_a_change_is_recorded_before_and_after(house) -> None:
    async def scenario(inside: House) -> Any:
        await inside.call("alter", target="model.bin")
        return [record["phase"] for record in await inside.records()]

    assert within(house, scenario) == ["intent", "outcome"]


def test_limits_come_before_everything_else_and_are_recorded(house) -> None:
    async def scenario(inside: House) -> Any:
        with pytest.raises(TooLarge):
            await inside.call(target="x" * 300)
        await inside.call(target="model.bin")
        with pytest.raises(RateLimited):
            await inside.call(target="model.bin")
        return inside.policy.asked, await inside.outcomes()

    limits = LimitSettings.model_validate({"argument_bytes": 200, "principal": {"per_second": 0.001, "burst": 1}})
    asked, recorded = within(house, scenario, limits=limits)
    assert len(asked) == 1
    assert [outcome.get("error", "") for outcome in recorded] == ["arguments_too_large", "", "rate_limited"]


def test_a_call_is_inside_until_its_refusal_is_recorded(house) -> None:
    """A server that stops waits for whoever is inside, and then closes the log."""

    async def scenario(inside: House) -> list[int]:
        recorder, inside_while_recorded = inside.gate._recorder, []

        class Watched:
            async def outcome(self, *arguments: Any, **keywords: Any) -> Any:
                inside_while_recorded.append(inside.gate.running)
                return await recorder.outcome(*arguments, **keywords)

        inside.gate._recorder = Watched()
        with pytest.raises(NotFound):
            await inside.call("no_such_tool")
        await inside.call(target="model.bin")
        return [*inside_while_recorded, inside.gate.running]

    assert within(house, scenario) == [1, 1, 0]


def test_a_stopping_gate_begins_nothing(house) -> None:
    async def scenario(inside: House) -> None:
        inside.gate.stop()
        with pytest.raises(Stopping):
            await inside.call(target="model.bin")

    within(house, scenario)


def test_lists_show_what_policy_lets_the_caller_see(house) -> None:
    async def scenario(inside: House) -> Any:
        tools = (await inside.call("", "tools/list")).result["tools"]
        resources = (await inside.call("", "resources/list")).result["resources"]
        prompts = (await inside.call("", "prompts/list")).result["prompts"]
        read = (await inside.call("policy://a", "resources/read")).result["contents"][0]["text"]
        with pytest.raises(NotFound):
            await inside.call("policy://absent", "resources/read")
        return [tool["name"] for tool in tools], [found["uri"] for found in resources], prompts, read

    assert within(house, scenario) == (["look", "alter"], ["policy://a"], [], "package a")
