"""The embedded engine: right answers, and nothing that an evaluation can do to the server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable, PolicyUndefined
from mcp_server.policy.settings import PolicySettings

ECHO = "package a\n\necho := input\n\nright := true\n\nwrong := 1 / input.zero\n"
ENDLESS = """package a

echo := input

endless := count([1 | input.go; some _ in numbers.range(1, 100000); some _ in numbers.range(1, 100000)])

greedy := [x | input.go; some _ in numbers.range(1, 100000); x := numbers.range(1, 100000)]
"""


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"a": [1, 2.5, "é", None, True, {"b": []}]},
        {"text": 'a "quoted"\nline\x00'},
        {"n": 2**63 - 1},
        {"d": deep(100)},
    ],
)
def test_an_input_comes_through_unchanged(make_pack: Any, with_engine: Any, document: dict[str, Any]) -> None:
    assert with_engine(make_pack(ECHO), lambda engine: engine.evaluate("data.a.echo", document)) == document


@pytest.mark.parametrize(
    ("entrypoint", "document", "error"),
    [
        ("data.a.nothing", {}, PolicyUndefined),
        ("data.b.echo", {}, PolicyUndefined),
        ("data", {}, PolicyUndefined),
        ("", {}, PolicyUndefined),
        ("data.a", {}, PolicyUndefined),
        ("data.a.right == true", {}, PolicyUndefined),
        ("data.a.right; data.a.echo", {}, PolicyUndefined),
        ("input", {}, PolicyUndefined),
        ("data.a.wrong", {}, PolicyUndefined),
        ("data.a.wrong", {"zero": 0}, PolicyUnavailable),
        ("data.a.echo", {"lone surrogate": "\udc80"}, PolicyUnavailable),
        ("data.a.echo", {"too deep": deep(20_000)}, PolicyUnavailable),
        ("data.a.echo", {"too large": 2**70}, PolicyUnavailable),
        ("data.a.echo", {"not JSON": Path("/")}, PolicyUnavailable),
    ],
)
def test_what_has_no_answer_is_an_error(
    make_pack: Any, with_engine: Any, entrypoint: str, document: dict[str, Any], error: type[Exception]
) -> None:
    async def use(engine: EmbeddedEngine) -> None:
        with pytest.raises(error):
            await engine.evaluate(entrypoint, document)
        assert await engine.evaluate("data.a.right", {}) is True

    with_engine(make_pack(ECHO), use)


def test_an_undefined_rule_is_not_the_string_that_says_so(make_pack: Any, with_engine: Any) -> None:
    pack = make_pack('package a\n\nhonest := "<undefined>x"\n\nno if input.x\n')

    async def use(engine: EmbeddedEngine) -> None:
        assert await engine.evaluate("data.a.honest", {}) == "<undefined>x"
        with pytest.raises(PolicyUndefined):
            await engine.evaluate("data.a.no", {})

    with_engine(pack, use)


def test_an_endless_evaluation_fails_alone_and_the_others_are_answered(make_pack: Any, with_engine: Any) -> None:
    async def use(engine: EmbeddedEngine) -> None:
        answers = await asyncio.gather(
            engine.evaluate("data.a.echo", {"n": 0}),
            engine.evaluate("data.a.endless", {"go": True}),
            *(engine.evaluate("data.a.echo", {"n": number}) for number in range(20)),
            return_exceptions=True,
        )
        assert isinstance(answers[1], PolicyUnavailable)
        assert "too long" in answers[1].message
        assert [answers[0], *answers[2:]] == [{"n": 0}, *({"n": number} for number in range(20))]
        assert engine.replaced == 1

    with_engine(make_pack(ENDLESS), use, deadline=0.3)


def test_data_of_50_mb_is_refused_or_used_by_the_memory_that_there_is(make_pack: Any, with_engine: Any) -> None:
    rows = [{"id": number, "name": "x" * 1000} for number in range(48_000)]
    pack = make_pack("package a\n\nn := count(data.rows)\n", data={"rows": rows})
    with pytest.raises(PolicyUnavailable, match=r"memory|ended while it loaded") as error:
        with_engine(pack, lambda engine: engine.evaluate("data.a.n", {}), memory_bytes=160 << 20)
    assert "policy.memory_bytes" in error.value.remedy
    assert (
        with_engine(pack, lambda engine: engine.evaluate("data.a.n", {}), deadline=10, memory_bytes=2 << 30) == 48_000
    )


def test_an_evaluation_that_takes_all_memory_fails_alone(make_pack: Any, with_engine: Any) -> None:
    async def use(engine: EmbeddedEngine) -> None:
        greedy, echo = await asyncio.gather(
            engine.evaluate("data.a.greedy", {"go": True}), engine.evaluate("data.a.echo", {}), return_exceptions=True
        )
        assert isinstance(greedy, PolicyUnavailable)
        assert echo == {}

    with_engine(make_pack(ENDLESS), use, deadline=10, memory_bytes=192 << 20)


def test_an_engine_outlives_the_loss_of_every_process(make_pack: Any, with_engine: Any) -> None:
    async def use(engine: EmbeddedEngine) -> None:
        for _ in range(3):
            assert engine._active is not None
            os.kill(engine._active.pid, signal.SIGKILL)
            while engine.replaced == 0:
                await asyncio.sleep(0.001)
            assert await engine.evaluate("data.a.echo", {"x": 1}) == {"x": 1}
            engine.replaced = 0

    with_engine(make_pack(ECHO), use)


def test_more_questions_than_the_queue_holds_are_refused_at_once(make_pack: Any, with_engine: Any) -> None:
    async def use(engine: EmbeddedEngine) -> None:
        answers = await asyncio.gather(*(engine.evaluate("data.a.echo", {}) for _ in range(30)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [dict] * 10 + [PolicyUnavailable] * 20

    with_engine(make_pack(ECHO), use, queue=10)


def test_a_cancelled_question_does_not_shift_the_answers(make_pack: Any, with_engine: Any) -> None:
    async def use(engine: EmbeddedEngine) -> None:
        cancelled = asyncio.create_task(engine.evaluate("data.a.echo", {"n": 1}))
        await asyncio.sleep(0)
        cancelled.cancel()
        assert await engine.evaluate("data.a.echo", {"n": 2}) == {"n": 2}

    with_engine(make_pack(ECHO), use)


def test_closing_answers_what_was_asked_and_nothing_later(make_pack: Any) -> None:
    async def scenario() -> None:
        engine = await EmbeddedEngine.start(make_pack(ECHO))
        asked = [asyncio.create_task(engine.evaluate("data.a.echo", {"n": number})) for number in range(50)]
        await asyncio.sleep(0)
        await engine.close()
        assert [await task for task in asked] == [{"n": number} for number in range(50)]
        with pytest.raises(PolicyUnavailable):
            await engine.evaluate("data.a.echo", {})

    asyncio.run(scenario())


def test_the_process_gets_nothing_of_our_environment(make_pack: Any, with_engine: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("YUMEN_TEST_SECRET", "42")

    async def use(engine: EmbeddedEngine) -> bytes:
        assert engine._active is not None
        return Path(f"/proc/{engine._active.pid}/environ").read_bytes()

    assert b"YUMEN" not in with_engine(make_pack(ECHO), use)


def test_a_broken_pack_never_starts(make_pack: Any) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        asyncio.run(EmbeddedEngine.start(make_pack(ECHO, "package b\n\np if {\n"), PolicySettings()))
    assert caught.value.problems[0].file == "m1.rego"


def test_an_engine_process_imports_nothing_that_it_does_not_need() -> None:
    """A reload starts two of them, and what they import is most of that time."""
    program = (
        "import sys, mcp_server.policy.worker; print(*{'asyncio', 'pydantic', 'tempfile', 'yaml'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split() == []
