"""One timer for all: late tasks are ended, others are not, and nobody else's cancellation is taken back."""

from __future__ import annotations

import asyncio

import pytest

from mcp_server.deadlines import Deadlines

FOREVER = 3600.0


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario(Deadlines(tick=0.005)), 30))


def test_only_the_block_that_takes_too_long_is_ended() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        async def work(seconds: float) -> str:
            with deadlines.within(seconds):
                await asyncio.sleep(0.1)
            return "done"

        late, early = await asyncio.gather(work(0.01), work(FOREVER), return_exceptions=True)
        assert isinstance(late, TimeoutError)
        assert early == "done"

    run(scenario)


def test_the_task_lives_on_after_its_deadline() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        with pytest.raises(TimeoutError), deadlines.within(0.01):
            await asyncio.sleep(FOREVER)
        await asyncio.sleep(0.02)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    run(scenario)


def test_a_cancellation_from_outside_goes_on() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        async def work() -> None:
            with deadlines.within(FOREVER):
                await asyncio.sleep(FOREVER)

        task = asyncio.create_task(work())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(scenario)


def test_a_failure_within_stays_what_it_is() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        with pytest.raises(KeyError), deadlines.within(FOREVER):
            raise KeyError

    run(scenario)


def test_the_timer_rests_when_nobody_waits_and_wakes_again() -> None:
    async def scenario(deadlines: Deadlines) -> None:
        for _ in range(2):
            with deadlines.within(FOREVER):
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.02)
            assert deadlines._timer is None

    run(scenario)
