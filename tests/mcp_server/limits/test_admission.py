"""The contract of `Limits`, run against every implementation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from uuid import uuid4

import anyio
import pytest

from mcp_server.calls import Principal
from mcp_server.limits import (
    Busy,
    Limits,
    LimitSettings,
    LocalLimits,
    NotAdmitted,
    Rate,
    RateLimited,
    SharedLimitSettings,
    TooLarge,
    ToolLimit,
)
from mcp_server.limits.shared import SharedLimits

pytestmark = pytest.mark.anyio

PLENTY = Rate(per_second=1e6, burst=1_000_000)
SLOW = Rate(per_second=0.001, burst=3)


def settings(**changes: object) -> LimitSettings:
    return LimitSettings.model_validate({"principal": PLENTY, "tool": PLENTY} | changes)


Make = Callable[[LimitSettings], Limits]


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.service)])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    async with AsyncExitStack() as stack:
        if request.param == "local":
            yield LocalLimits
            return
        address = request.getfixturevalue("redis_url")

        def shared(told: LimitSettings) -> Limits:
            # A prefix of its own, so that tests do not see each other's calls.
            redis = SharedLimitSettings(url="env:UNUSED", prefix=f"test-{uuid4().hex}")
            limits = SharedLimits(told, address, redis)
            stack.push_async_callback(limits.close)
            return limits

        yield shared


async def call(limits: Limits, who: Principal, tool: str = "model_hash", size: int = 10) -> str:
    try:
        async with limits.admit(who, tool, size):
            return "admitted"
    except NotAdmitted as error:
        return error.code


async def test_a_principal_is_slowed_down_over_all_tools_and_no_other_with_it(make: Make, alice: Principal) -> None:
    limits = make(settings(principal=SLOW))
    seen = [await call(limits, alice, tool) for tool in ("a", "b", "c", "d")]
    assert seen == ["admitted"] * 3 + ["rate_limited"]
    for other in (replace(alice, subject="bob"), replace(alice, tenant="evil"), replace(alice, issuer="https://other")):
        assert await call(limits, other) == "admitted"


async def test_one_tool_is_slowed_down_and_no_other(make: Make, alice: Principal) -> None:
    limits = make(settings(tool=SLOW))
    assert [await call(limits, alice, "a") for _ in range(4)] == ["admitted"] * 3 + ["rate_limited"]
    assert await call(limits, alice, "b") == "admitted"


async def test_a_tool_may_have_a_rate_of_its_own(make: Make, alice: Principal) -> None:
    limits = make(settings(tools={"a": ToolLimit(rate=Rate(per_second=0.001, burst=1))}))
    assert [await call(limits, alice, "a") for _ in range(2)] == ["admitted", "rate_limited"]
    assert [await call(limits, alice, "b") for _ in range(5)] == ["admitted"] * 5


async def test_a_call_that_one_bucket_refuses_costs_the_other_nothing(make: Make, alice: Principal) -> None:
    limits = make(settings(principal=Rate(per_second=0.001, burst=4), tools={"a": ToolLimit(rate=SLOW)}))
    assert [await call(limits, alice, "a") for _ in range(6)] == ["admitted"] * 3 + ["rate_limited"] * 3
    assert await call(limits, alice, "b") == "admitted"


async def test_the_wait_is_told(make: Make, alice: Principal) -> None:
    limits = make(settings(principal=Rate(per_second=0.5, burst=1)))
    await call(limits, alice)
    with pytest.raises(RateLimited) as caught:
        async with limits.admit(alice, "a", 1):
            pass
    assert 1.5 < caught.value.retry_after <= 2
    assert "Wait" in caught.value.remedy


@pytest.mark.parametrize(("size", "outcome"), [(0, "admitted"), (100, "admitted"), (101, "arguments_too_large")])
async def test_arguments_have_a_largest_size(make: Make, alice: Principal, size: int, outcome: str) -> None:
    assert await call(make(settings(argument_bytes=100)), alice, size=size) == outcome


async def test_too_large_names_both_sizes(make: Make, alice: Principal) -> None:
    with pytest.raises(TooLarge, match=r"101 bytes; at most 100"):
        async with make(settings(argument_bytes=100)).admit(alice, "a", 101):
            pass


async def test_running_calls_of_one_principal_are_bounded(make: Make, alice: Principal) -> None:
    limits = make(settings(concurrency_principal=2))
    async with limits.admit(alice, "a", 1), limits.admit(alice, "b", 1):
        assert await call(limits, alice) == "busy"
        assert await call(limits, replace(alice, subject="bob")) == "admitted"
    assert await call(limits, alice) == "admitted"


async def test_running_calls_of_the_server_are_bounded(make: Make, alice: Principal) -> None:
    limits = make(settings(concurrency_total=1))
    async with limits.admit(alice, "a", 1):
        assert await call(limits, replace(alice, subject="bob")) == "busy"
    assert await call(limits, replace(alice, subject="bob")) == "admitted"


async def test_running_calls_of_one_tool_are_bounded_over_all_principals(make: Make, alice: Principal) -> None:
    limits = make(settings(tools={"a": ToolLimit(concurrency=1)}))
    async with limits.admit(alice, "a", 1):
        assert await call(limits, replace(alice, subject="bob"), "a") == "busy"
        assert await call(limits, replace(alice, subject="bob"), "b") == "admitted"
    assert await call(limits, replace(alice, subject="bob"), "a") == "admitted"


@pytest.mark.parametrize("end", [RuntimeError, Busy, "cancelled"])
async def test_a_slot_is_given_back_however_the_call_ends(make: Make, alice: Principal, end: object) -> None:
    limits = make(settings(concurrency_total=1))
    with anyio.CancelScope() as scope:
        try:
            async with limits.admit(alice, "a", 1):
                if end == "cancelled":
                    scope.cancel()
                    await anyio.sleep(1)
                else:
                    raise end("end") if isinstance(end, type) else AssertionError
        except (RuntimeError, Busy):
            pass
    assert await call(limits, alice) == "admitted"


async def test_a_refused_call_holds_no_slot(make: Make, alice: Principal) -> None:
    limits = make(settings(principal=Rate(per_second=0.001, burst=1), concurrency_total=2))
    for _ in range(5):
        await call(limits, alice)
    assert await call(limits, replace(alice, subject="bob")) == "admitted"


async def test_many_principals_do_not_fill_the_memory(alice: Principal) -> None:
    limits = LocalLimits(settings(remembered=100))
    for number in range(500):
        assert await call(limits, replace(alice, subject=str(number))) == "admitted"
    assert len(limits._principals) == len(limits._tools) == 100
    assert not limits._running
    assert limits.running == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"principal": {"per_second": 0, "burst": 1}},
        {"principal": {"per_second": float("nan"), "burst": 1}},
        {"principal": {"per_second": 1, "burst": 0}},
        {"tools": {"a": {"rates": {}}}},
        {"concurrency_total": 0},
        {"argument_bytes": -1},
        {"typo": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        LimitSettings.model_validate(wrong)
