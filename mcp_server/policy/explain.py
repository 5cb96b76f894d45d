"""Why a decision came out as it did: how far each rule got on one input, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from mcp_server.policy.catalogue import describe
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.packs import Pack
from mcp_server.policy.process import EngineProcess, LineReport, LoadedRule, Question, evaluation
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.wire import NO_VALUE, VALUE

Course = Literal["held", "stopped"]


@dataclass(frozen=True, slots=True)
class Step:
    """One definition of a rule or function that the evaluation entered."""

    rule: str
    file: str
    line: int
    course: Course
    """held: every line of it was evaluated. stopped: the lines after `at` were not, since what stands there did not hold."""
    at: int
    text: str
    """The source of line `at`."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        if self.course == "held":
            return f"{place} {self.rule}: went through to its end"
        return f"{place} {self.rule}: went no further than line {self.at}: {self.text}"


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
        pack, deadline=10.0, memory_bytes=settings.memory_bytes, on_end=lambda *_: None, coverage=True
    )
    try:
        if not any(rule.entrypoint == entrypoint and not rule.is_function for rule in process.rules):
            raise PolicyUndefined(f"{entrypoint!r:.200} is not the path of a rule")
        try:
            body = evaluation(entrypoint, orjson.dumps(document))
        except TypeError as error:
            raise PolicyUnavailable("the input of the policy cannot be written as JSON", detail=str(error)) from None
        question = Question(body, asyncio.get_running_loop().create_future())
        process.ask(question)
        status, answer = await question.answer
        if status not in (VALUE, NO_VALUE):
            raise PolicyUnavailable("the policy failed on this input", detail=answer.decode())
        steps = tuple(steps_of(pack, process.rules, await process.lines()))
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


def steps_of(pack: Pack, rules: Sequence[LoadedRule], reports: Sequence[LineReport]) -> Iterator[Step]:
    """How far each definition got, of those that were entered; in the order of the files."""
    texts = {module.path: module.text.split("\n") for module in pack.modules}
    by_file = {report.file: report for report in reports}
    for file in sorted(by_file):
        report = by_file[file]
        starts = sorted((rule for rule in rules if rule.file == file), key=lambda rule: rule.line)
        for number, rule in enumerate(starts):
            end = starts[number + 1].line if number + 1 < len(starts) else len(texts[file]) + 1
            reached = sorted(line for line in report.reached if rule.line <= line < end)
            if not reached:
                continue
            left = [line for line in report.left if rule.line <= line < end]
            at = max((line for line in reached if any(line < other for other in left)), default=reached[-1])
            yield Step(rule.entrypoint, file, rule.line, "stopped" if left else "held", at, texts[file][at - 1].strip())
