"""The first inspection compiles the rules; who does not need them does not wait for it."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mcp_server.inspect.duties import Inspector
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


def test_rules_are_there_before_the_first_progress_message_of_a_call_that_hides_something() -> None:
    decision: Any = SimpleNamespace(
        obligations=[SimpleNamespace(kind="redact", parameters={"direction": "text", "method": "replace"})]
    )
    known: Any = SimpleNamespace(tool=None, call=SimpleNamespace(arguments={}))
    heard: list[str] = []

    async def run() -> None:
        engine = PersonalData(lambda tenant: b"k" * 32, Sandbox())
        duties = Inspector(engine).duties(decision, "acme")
        assert await duties.inbound(known, cast(Any, None)) is known
        assert engine._compiled is not None
        assert engine._compiled.done()
        duties.progress(lambda done, total, message: heard.append(message))(1.0, None, "phone 13812345678")

    asyncio.run(run())
    assert "13812345678" not in heard[0]
