"""Decision logs in OPA's shape, and recorded decisions decided again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_server.calls import Call
from mcp_server.policy.decision import ACCESS, DecisionPoint
from mcp_server.policy.decision_log import DecisionLog, event_v1, masked
from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.packs import Pack
from mcp_server.policy.replay import DecisionLogUnreadable, read_events, redecide
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.store import PolicyStore
from mcp_server.surface import Candidate
from tools.registry import Tool

MASKS = """package system.log

mask contains "/input/arguments/password"

mask contains {"op": "upsert", "path": "/input/principal/subject", "value": "**"} if input.input.principal.subject
"""


def test_decisions_are_logged_with_what_must_not_be_kept_masked(
    tmp_path: Path, make_call: Callable[..., Call], read_tool: Tool
) -> None:
    pack, log = tmp_path / "pack", tmp_path / "decisions.jsonl"
    pack.mkdir()
    (pack / "mask.rego").write_text(MASKS)

    async def scenario(packs: tuple[Path, ...]) -> Call:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, packs=packs, deadline=5))
        kept = DecisionLog(log)
        point = DecisionPoint(store, kept)
        call = make_call("tools/call", "model_verify", roles=("analyst",))
        decision = await point.decide(call, tool=read_tool, arguments={"password": "hunter2", "a": 1})
        assert decision.allow
        log.rename(tmp_path / "moved.jsonl")
        await point.decide(call, tool=read_tool, arguments={"password": "hunter2", "a": 1})  # from memory, logged too
        kept.close()
        await store.close()
        return call

    call = asyncio.run(scenario((pack,)))
    (event,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert event["decision_id"] == call.id
    assert event["path"] == "yumen/authz/decision"
    assert event["result"] == {"allow": True, "visible": ["model_verify"], "reasons": [], "obligations": []}
    assert event["bundles"]["yumen"]["revision"].startswith("sha256:")
    assert event["input"]["arguments"] == {"a": 1}
    assert event["input"]["principal"]["subject"] == "**"
    assert event["erased"] == ["/input/arguments/password"]
    assert event["masked"] == ["/input/principal/subject"]
    assert event["timestamp"].endswith("Z")
    assert log.stat().st_mode & 0o077 == 0
    assert (tmp_path / "moved.jsonl").read_text().count("\n") == 1

    log.unlink()
    asyncio.run(scenario(()))
    (event,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert event["input"]["arguments"] == {}  # without a rule of the team's
    assert event["erased"] == ["/input/arguments/a", "/input/arguments/password"]


def test_what_is_logged_without_a_mask_is_enough_to_decide_again(
    tmp_path: Path, make_call: Callable[..., Call], read_tool: Tool
) -> None:
    async def scenario() -> list[tuple[str, bool]]:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, deadline=5))
        point = DecisionPoint(store, DecisionLog(tmp_path / "log"))
        candidates = tuple(Candidate(name, "tool", "models", "read") for name in ("z", "a", "m"))
        await point.decide(make_call("tools/list", roles=("analyst",)), candidates=candidates)
        await point.decide(make_call("tools/list", roles=()), candidates=candidates)
        narrow = make_call("tools/call", "model_verify", roles=("analyst",), scopes=frozenset({"tools:change"}))
        await point.decide(narrow, tool=read_tool, arguments={})
        for arguments in ({"target": "m", "a/b~c": 1}, {"tenant": "blue"}, {"tenant": "green"}, {}, None):
            call = make_call("tools/call", "model_verify", roles=("analyst",))
            await point.decide(call, tool=read_tool, arguments=arguments)
        await store.close()
        engine = await EmbeddedEngine.start(store.pack, PolicySettings(deadline=5))
        lines = (tmp_path / "log").read_bytes().splitlines()
        again = [await redecide(engine, store.pack, event) for event in read_events(lines)]
        await engine.close()
        return [(each.outcome, each.result["allow"]) for each in again]

    assert asyncio.run(scenario()) == [("same", allow) for allow in (True, False, False, True, True, False, True, True)]
    assert b'"target":"m"' not in (tmp_path / "log").read_bytes()


def test_a_decision_that_cannot_be_logged_is_a_refusal(
    tmp_path: Path, make_call: Callable[..., Call], read_tool: Tool
) -> None:
    async def scenario() -> None:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, deadline=5))
        point = DecisionPoint(store, DecisionLog(tmp_path / "no" / "such" / "folder"))
        call = make_call("tools/call", "model_verify", roles=("analyst",))
        decision = await point.decide(call, tool=read_tool, arguments={})
        assert not decision.allow
        await store.close()

    asyncio.run(scenario())


EVENT = {"input": {"a": {"b": [1, {"c": "secret"}], "d/e": 2}}, "result": {"allow": True}, "path": "p"}


@pytest.mark.parametrize(
    ("mask", "left", "erased"),
    [
        (["/input/a/b"], {"a": {"d/e": 2}}, ["/input/a/b"]),
        (["/input/a/d~1e"], {"a": {"b": [1, {"c": "secret"}]}}, ["/input/a/d~1e"]),
        (["/input/a/b/1/c"], {"a": {"b": [1, {}], "d/e": 2}}, ["/input/a/b/1/c"]),
        (["/input/a/b/0"], {"a": {"b": [None, {"c": "secret"}], "d/e": 2}}, ["/input/a/b/0"]),
        ([{"op": "remove", "path": "/input/a"}], {}, ["/input/a"]),
        (["/input/none/there", "/input/a/b/7", "/input/a/b/x"], EVENT["input"], None),
        (["/input"], None, ["/input"]),
        # a mask that makes no sense hides the input
        (["/path"], None, ["/input"]),
        ([7], None, ["/input"]),
        ([{"op": "keep", "path": "/input/a"}], None, ["/input"]),
        ("all", None, ["/input"]),
        (None, None, ["/input"]),
    ],
)
def test_masks(mask: Any, left: Any, erased: Any) -> None:
    before = json.dumps(EVENT)
    event = masked(EVENT, mask)
    assert event.get("input") == left
    assert event.get("erased") == erased
    assert json.dumps(EVENT) == before


def decided(make_pack: Callable[..., Pack], rule: str, *events: dict[str, Any]) -> list[str]:
    pack = make_pack(f"package yumen.authz\n\n{rule}\n")

    async def scenario() -> list[str]:
        engine = await EmbeddedEngine.start(pack, PolicySettings(deadline=5))
        lines = [json.dumps(event).encode() for event in events]
        outcomes = [(await redecide(engine, pack, event)).outcome for event in read_events(lines)]
        await engine.close()
        return outcomes

    return asyncio.run(scenario())


def test_recorded_decisions_are_decided_again(make_pack: Callable[..., Pack]) -> None:
    def event(document: Any, result: Any, **more: Any) -> dict[str, Any]:
        made = event_v1(
            decision_id="1", entrypoint=ACCESS, document=document, result=result, revision="r", seconds=0.001
        )
        return made | more

    outcomes = decided(
        make_pack,
        "decision := input.x if input.x > 1",
        event({"x": 2}, 2),
        event({"x": 3}, 2),
        event({"x": 1}, None),
        event({"x": 1}, 1),
        event({"y": 1}, None, erased=["/input/z"]),
        event({}, 2, erased=["/input/x"]),
        event({}, 2, erased=["/input"]),
        event({"x": 0}, 2, masked=["/input/x/y"]),
        event({"x": 2}, {}, erased=["/result/reasons"]),
    )
    assert outcomes == ["same", "changed", "same", "changed", "same", *["undecidable"] * 4]


@pytest.mark.parametrize("line", [b"{", b"[]", b"{}", b'{"path": 1}', b"\xff"])
def test_a_line_that_is_no_event_is_named(line: bytes) -> None:
    with pytest.raises(DecisionLogUnreadable, match="line 2"):
        list(read_events([b'{"path": "a/b"}', line]))
