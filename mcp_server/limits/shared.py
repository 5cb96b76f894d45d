"""`Limits` that several replicas share through Redis: the same rules, decided and counted in one script a call.

The script is atomic and uses Redis's own clock. Running calls are leases that end by themselves, so a replica that
dies gives its slots back. When Redis cannot be asked, no call is admitted.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import cast

import anyio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from mcp_server.calls import Principal
from mcp_server.limits.admission import identity_of
from mcp_server.limits.errors import Busy, LimitsUnavailable, RateLimited, TooLarge
from mcp_server.limits.settings import LimitSettings, Rate, SharedLimitSettings

logger = logging.getLogger(__name__)

# KEYS: TAT of the principal, TAT of principal and tool, leases of the principal, of all, of the tool
# ARGV: interval and burst of both rates, most leases of each kind (0: any number), lease id, lease seconds
# A TAT is the theoretical arrival time of buckets.py; the arithmetic is that of buckets.spend.
_ADMIT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for index = 3, 5 do
  local most = tonumber(ARGV[index + 2])
  if most > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', now)
    if redis.call('ZCARD', KEYS[index]) >= most then return {'busy', tostring(index)} end
  end
end
local following, wait = {}, 0
for index = 1, 2 do
  local interval, burst = tonumber(ARGV[2 * index - 1]), tonumber(ARGV[2 * index])
  local tat = math.max(tonumber(redis.call('GET', KEYS[index]) or '0'), now) + interval
  wait = math.max(wait, tat - now - burst * interval)
  following[index] = tat
end
if wait > 0.000001 then return {'wait', string.format('%.6f', wait)} end
for index = 1, 2 do
  redis.call('SET', KEYS[index], string.format('%.6f', following[index]),
    'PX', math.ceil((following[index] - now) * 1000) + 1)
end
local lease = tonumber(ARGV[9])
for index = 3, 5 do
  if tonumber(ARGV[index + 2]) > 0 then
    redis.call('ZADD', KEYS[index], now + lease, ARGV[8])
    redis.call('EXPIRE', KEYS[index], math.ceil(lease) + 1)
  end
end
return {'admitted', ''}
"""

_GIVE_BACK = """
for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end
"""

_BUSY = {
    "3": "You are running as many calls as you may.",
    "4": "The servers are running as many calls as they may.",
    "5": "This tool is running as many times as it may.",
}


class SharedLimits:
    """`Limits` in Redis. Sizes are still checked here, before anything goes over the wire."""

    def __init__(self, settings: LimitSettings, url: str, shared: SharedLimitSettings) -> None:
        """`url` is a redis:// or rediss:// URL, which may hold a password."""
        self._settings = settings
        self._shared = shared
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=shared.timeout,
            socket_connect_timeout=shared.timeout,
            # A call that waits for a second try is later than one that is told to come again.
            retry=Retry(NoBackoff(), 0),
        )
        self._admit = self._redis.register_script(_ADMIT)
        self._give_back = self._redis.register_script(_GIVE_BACK)

    def admit(self, principal: Principal, tool: str, size: int) -> AbstractAsyncContextManager[None]:
        return _Lease(self, principal, tool, size)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    def keys(self, principal: Principal, tool: str) -> list[str]:
        """Where the buckets and leases of a call are. One hash slot, so that a cluster can run the script.

        Names that callers choose go in as digests: bounded, and nothing of them shows in Redis.
        """
        prefix = f"{{{self._shared.prefix}}}"
        who = _digest(*identity_of(principal))
        return [
            f"{prefix}:tat:{who}",
            f"{prefix}:tat:{who}:{_digest(tool)}",
            f"{prefix}:running:{who}",
            f"{prefix}:running",
            f"{prefix}:running-tool:{_digest(tool)}",
        ]

    async def take(self, keys: list[str], tool: str, size: int, lease: str) -> None:
        """Admit or raise; what is refused changes nothing."""
        settings = self._settings
        if size > settings.argument_bytes:
            raise TooLarge(size, settings.argument_bytes)
        special = settings.tools.get(tool)
        rate = settings.tool if special is None or special.rate is None else special.rate
        most = 0 if special is None or special.concurrency is None else special.concurrency
        numbers: list[str | int | float] = [
            *_numbers(settings.principal), *_numbers(rate),
            settings.concurrency_principal, settings.concurrency_total, most, lease, self._shared.lease,
        ]  # fmt: skip
        try:
            answer = await self._admit(keys=keys, args=numbers)
        except (RedisError, OSError, TimeoutError) as error:
            raise LimitsUnavailable(detail=f"{type(error).__name__}: {error}") from error
        verdict, told = (part.decode("ascii") for part in cast("list[bytes]", answer))
        if verdict == "busy":
            raise Busy(_BUSY[told])
        if verdict == "wait":
            raise RateLimited("Too many calls.", retry_after=float(told))

    async def give_back(self, keys: list[str], lease: str) -> None:
        """Give the lease back, also when the call is being cancelled. If that fails it ends by itself."""
        try:
            with anyio.CancelScope(shield=True):
                await self._give_back(keys=keys[2:], args=[lease])
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("a slot could not be given back and will lapse: %s", error)


class _Lease:
    """One admission; entered once, left once."""

    def __init__(self, limits: SharedLimits, principal: Principal, tool: str, size: int) -> None:
        self._limits = limits
        self._tool = tool
        self._size = size
        self._keys = limits.keys(principal, tool)
        self._id = secrets.token_hex(12)

    async def __aenter__(self) -> None:
        await self._limits.take(self._keys, self._tool, self._size, self._id)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._limits.give_back(self._keys, self._id)


def _numbers(rate: Rate) -> tuple[str, str]:
    return repr(1.0 / rate.per_second), str(rate.burst)


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
