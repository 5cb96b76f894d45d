"""What tools evaluate runs beside the gate's decisions: longer, apart, with the same pack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_server.policy.decision import DecisionPoint
from mcp_server.policy.errors import PolicyUnavailable
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.store import PolicyStore

SLOW = """package team.slow

n := numbers.range(1, input.n)

value := count({[a, b] | some a in n; some b in n; a + b == 7})
"""
LONG, ENDLESS = {"n": 1200}, {"n": 100_000}


@pytest.fixture
def team(tmp_path: Path) -> Path:
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "slow.rego").write_text(SLOW)
    return tmp_path / "team"


def with_store(team: Path, use: Callable[[PolicyStore], Awaitable[Any]], **settings: Any) -> Any:
    async def scenario() -> Any:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, packs=(team,), test_on_load=False, **settings))
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(scenario())


def test_what_takes_too_long_for_a_decision_does_not_for_a_tool(team: Path) -> None:
    async def use(store: PolicyStore) -> Any:
        with pytest.raises(PolicyUnavailable, match="too long"):
            await store.engine.evaluate("data.team.slow.value", LONG)
        return await DecisionPoint(store).evaluate("data.team.slow.value", LONG)

    assert with_store(team, use, deadline=0.01, tool_deadline=60) == 6


def test_decisions_go_on_while_a_tool_evaluates_and_what_never_ends_is_killed(team: Path) -> None:
    async def use(store: PolicyStore) -> Any:
        await store.tool_engine.evaluate("data.team.slow.value", {"n": 1})
        endless = asyncio.ensure_future(store.tool_engine.evaluate("data.team.slow.value", ENDLESS))
        decided = 0
        while not endless.done():
            assert await store.engine.evaluate("data.team.slow.value", {"n": 1}) == 0
            decided += 1
        with pytest.raises(PolicyUnavailable, match="too long"):
            await endless
        return decided, await store.tool_engine.evaluate("data.team.slow.value", {"n": 3})

    decided, value = with_store(team, use, deadline=10, tool_deadline=1)
    assert decided > 10
    assert value == 0


def test_a_changed_pack_is_taken_with_the_next_question_and_a_closed_store_answers_none(team: Path) -> None:
    async def use(store: PolicyStore) -> PolicyStore:
        assert await store.tool_engine.evaluate("data.team.slow.value", {"n": 6}) == 6
        (team / "slow.rego").write_text("package team.slow\n\nvalue := 1\n")
        await store.reload()
        assert store.tool_engine.revision == store.engine.revision
        assert await store.tool_engine.evaluate("data.team.slow.value", {"n": 6}) == 1
        return store

    store = with_store(team, use, deadline=10)

    async def ask() -> None:
        with pytest.raises(PolicyUnavailable, match="closed"):
            await store.tool_engine.evaluate("data.team.slow.value", {})

    asyncio.run(ask())
