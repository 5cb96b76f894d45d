"""What only the shared limits do: two replicas count together, and a Redis that is gone lets nobody through."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from mcp_server.calls import Principal
from mcp_server.limits import (
    Busy,
    LimitSettings,
    LimitsUnavailable,
    LocalLimits,
    Rate,
    RateLimited,
    SharedLimitSettings,
    open_limits,
)
from mcp_server.limits.errors import LimitsMisconfigured
from mcp_server.limits.shared import SharedLimits

pytestmark = pytest.mark.anyio

PLENTY = Rate(per_second=1e6, burst=1_000_000)


@pytest.fixture
def shared() -> SharedLimitSettings:
    return SharedLimitSettings(url="env:UNUSED", prefix=f"test-{uuid4().hex}")


@pytest.mark.service
async def test_two_replicas_count_together(redis_url: str, shared: SharedLimitSettings, alice: Principal) -> None:
    settings = LimitSettings(principal=Rate(per_second=0.001, burst=3), tool=PLENTY)
    one, other = SharedLimits(settings, redis_url, shared), SharedLimits(settings, redis_url, shared)
    for replica in (one, other, one):
        async with replica.admit(alice, "a", 1):
            pass
    with pytest.raises(RateLimited):
        async with other.admit(alice, "a", 1):
            pass
    await one.close()
    await other.close()


@pytest.mark.service
async def test_slots_of_a_replica_that_died_come_back(
    redis_url: str, shared: SharedLimitSettings, alice: Principal
) -> None:
    settings = LimitSettings(principal=PLENTY, tool=PLENTY, concurrency_total=1)
    died = SharedLimits(settings, redis_url, shared)
    lives = SharedLimits(settings, redis_url, shared)
    await died.admit(alice, "a", 1).__aenter__()
    with pytest.raises(Busy):
        await lives.admit(alice, "a", 1).__aenter__()
    async with Redis.from_url(redis_url) as redis:  # as if the lease had run out
        running = f"{{{shared.prefix}}}:running"
        await redis.zadd(running, {lease: 1 for lease in await redis.zrange(running, 0, -1)})
    async with lives.admit(alice, "a", 1):
        pass
    await died.close()
    await lives.close()


@pytest.mark.service
async def test_nothing_stays_behind_in_redis(redis_url: str, shared: SharedLimitSettings, alice: Principal) -> None:
    limits = SharedLimits(LimitSettings(), redis_url, shared)
    async with limits.admit(alice, "secret-tool", 1):
        pass
    async with Redis.from_url(redis_url) as redis:
        keys = [key async for key in redis.scan_iter(f"{{{shared.prefix}}}*")]
        assert 0 < len(keys) <= 5
        for key in keys:
            # -2: gone already, -1: it would never go (https://redis.io/docs/latest/commands/pttl/).
            left = await redis.pttl(key)
            assert left == -2 or 0 <= left <= 601_000
            assert b"alice" not in key
            assert b"secret" not in key
    await limits.close()


async def test_without_redis_nobody_is_admitted(shared: SharedLimitSettings, alice: Principal, tmp_path: Path) -> None:
    limits = SharedLimits(LimitSettings(), f"unix://{tmp_path / 'nobody'}", shared)
    with pytest.raises(LimitsUnavailable) as caught:
        async with limits.admit(alice, "a", 1):
            raise AssertionError("admitted")
    assert "nobody" not in str(caught.value)
    await limits.close()


async def test_settings_choose_the_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with open_limits(LimitSettings()) as limits:
        assert isinstance(limits, LocalLimits)
    monkeypatch.setenv("LIMITS_URL", f"unix://{tmp_path / 'socket'}")
    async with open_limits(LimitSettings(shared=SharedLimitSettings(url="env:LIMITS_URL"))) as limits:
        assert isinstance(limits, SharedLimits)


@pytest.mark.parametrize("url", ["env:NOT_SET_ANYWHERE", "file:/nowhere/url", "file:{wrong}"])
async def test_a_store_that_cannot_be_named_stops_the_start(url: str, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("ftp://redis.example")
    told = SharedLimitSettings(url=url.format(wrong=tmp_path / "wrong"))
    with pytest.raises(LimitsMisconfigured):
        async with open_limits(LimitSettings(shared=told)):
            pass


def test_a_url_with_its_password_may_not_stand_in_the_configuration() -> None:
    with pytest.raises(ValueError):
        SharedLimitSettings(url="redis://:secret@redis.example")
