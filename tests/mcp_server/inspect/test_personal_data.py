"""The first inspection compiles the rules; who does not need them does not wait for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mcp_server.inspect.personal_data import PersonalData
from scanners.personal_data import inline
from scanners.sandbox import Sandbox


def test_the_loop_goes_on_while_the_rules_compile_and_they_compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling, compiled, times = threading.Event(), threading.Event(), list[int]()

    def slow() -> None:
        times.append(1)
        compiling.set()
        assert compiled.wait(60)

    monkeypatch.setattr(inline, "warm", slow)

    async def run() -> None:
        engine = PersonalData(lambda tenant: b"k" * 32, Sandbox())
        calls = [
            asyncio.create_task(engine.found({"phone": "13812345678"}, None, None)),
            asyncio.create_task(engine.redacted({"phone": "13812345678"}, None, None, "replace", "acme")),
        ]
        while not compiling.is_set():
            await asyncio.sleep(0.001)
        assert not any(call.done() for call in calls)
        compiled.set()
        found, (redacted, _) = await asyncio.gather(*calls)
        assert found.types == {"PHONE_NUMBER": 1}
        assert "13812345678" not in str(redacted)

    asyncio.run(run())
    assert times == [1]


def test_a_caller_who_leaves_does_not_stop_it_for_the_others() -> None:
    async def run() -> None:
        engine = PersonalData(lambda tenant: b"k" * 32, Sandbox())
        leaving = asyncio.create_task(engine.found({"a": "b"}, None, None))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await engine.found({"phone": "13812345678"}, None, None)).types == {"PHONE_NUMBER": 1}

    asyncio.run(run())


def test_a_failure_is_that_of_the_calls_which_waited_and_the_next_one_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> None:
        raise MemoryError

    async def run() -> None:
        engine = PersonalData(lambda tenant: b"k" * 32, Sandbox())
        with monkeypatch.context() as patched:
            patched.setattr(inline, "warm", fails)
            with pytest.raises(MemoryError):
                await engine.ready()
        assert (await engine.found({"phone": "13812345678"}, None, None)).types == {"PHONE_NUMBER": 1}

    asyncio.run(run())
