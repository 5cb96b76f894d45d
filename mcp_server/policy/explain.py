"""Why a decision came out as it did: how far each rule got on one input, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from mcp_server.policy.catalogue import describe
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.packs import Pack
from mcp_server.policy.process import Course, EngineProcess, Question, evaluation
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.wire import NO_VALUE, VALUE


@dataclass(frozen=True, slots=True)
class Step:
    """One body of a rule or function that the evaluation entered; of one that was asked often, the furthest course."""

    rule: str
    file: str
    line: int
    course: Literal["held", "stopped"]
    """held: everything in it held. stopped: what stands at `at` did not."""
    at: int
    text: str
    """The statement at line `at`."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        if self.course == "held":
            return f"{place} {self.rule}: held"
        return f"{place} {self.rule}: did not hold at line {self.at}: {self.text}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A value, and the way to it."""

    entrypoint: str
    title: str
    value: Any
    """None, with `defined` false, if the rule has no value for the input."""
    defined: bool
    steps: tuple[Step, ...]


async def explain(
    pack: Pack, entrypoint: str, document: Mapping[str, Any], settings: PolicySettings | None = None
) -> Explanation:
    """Evaluate `entrypoint` on `document` and tell how it went.

    Raises PolicyInvalid, PolicyUnavailable (the evaluation failed) and PolicyUndefined (there is no such rule).
    """
    settings = settings or PolicySettings()
    pack = pack.without_tests()
    process = await EngineProcess.start(
        pack, deadline=10.0, memory_bytes=settings.memory_bytes, on_end=lambda *_: None, courses=True
    )
    try:
        if not any(rule.entrypoint == entrypoint and not rule.is_function for rule in process.rules):
            path = f"data.{entrypoint.removeprefix('data.')}"
            known = path if any(rule.entrypoint == path for rule in process.rules) else "data.<package>.<name>"
            raise PolicyUndefined(
                f"{entrypoint!r:.200} is not the path of a rule",
                remedy=f"write the rule as {known}; `yumen policy list` shows which there are",
            )
        try:
            body = evaluation(entrypoint, orjson.dumps(document))
        except TypeError as error:
            raise PolicyUnavailable("the input of the policy cannot be written as JSON", detail=str(error)) from None
        question = Question(body, asyncio.get_running_loop().create_future())
        process.ask(question)
        status, answer = await question.answer
        if status not in (VALUE, NO_VALUE):
            raise PolicyUnavailable("the policy failed on this input", detail=answer.decode())
        steps = tuple(steps_of(pack, await process.courses()))
        title = next(
            (
                rule.title or policy.title
                for policy in describe(pack, process.rules)
                for rule in policy.rules
                if rule.path == entrypoint
            ),
            "",
        )
        value = orjson.loads(answer) if status == VALUE else None
        return Explanation(entrypoint, title, value, status == VALUE, steps)
    except asyncio.CancelledError:
        process.kill()
        raise
    finally:
        await process.drain()


def steps_of(pack: Pack, courses: Iterable[Course]) -> Iterator[Step]:
    """How far each body got, of those that were entered; in the order of the files."""
    texts = {module.path: module.text.split("\n") for module in pack.modules}
    for course in sorted(courses, key=lambda course: (course.file, course.line)):
        stopped = course.passed < len(course.statements)
        first, last = course.statements[course.passed if stopped else -1] if course.statements else (course.line,) * 2
        text = " ".join(line.strip() for line in texts[course.file][first - 1 : last])[:_LONGEST]
        yield Step(course.rule, course.file, course.line, "stopped" if stopped else "held", first, text)


_LONGEST = 200
"""Characters of a statement that a step shows."""
