"""Trying out policy: explains decisions of the pack in force, and runs a caller's own Rego with its tests.

Everything is evaluated in a process made for it, killed at its deadline: neither the gate's engine nor another caller's
evaluation shares it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol

from mcp_server.policy.errors import PolicyInvalid, Problem
from mcp_server.policy.explain import Explanation, explain
from mcp_server.policy.packs import Pack, join, parse_pack
from mcp_server.policy.process import LineReport
from mcp_server.policy.reach import modules_behind
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.testing import run_tests
from scanners.errors import LimitReached
from tools.policy_workshop import ExplainedStep, LinesOf, PolicyExplanation, TestedPack, TestProblem

_PREFIX = "caller/"
"""What comes before the caller's files, so that none can pass for one of the pack's."""
_AT_ONCE = 2
"""Trials that may run at a time; the others wait."""
_LONGEST = 50.0
"""Seconds that one trial may take, waiting included."""


class Loaded(Protocol):
    """The policy store, as far as this needs it."""

    @property
    def pack(self) -> Pack: ...


class Workshop:
    """Implements `tools.policy_workshop.PolicyWorkshop`."""

    def __init__(self, store: Loaded, settings: PolicySettings) -> None:
        self._store = store
        self._settings = settings
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Room for one trial. Raises LimitReached when it is over: what was not finished is unknown."""
        try:
            async with asyncio.timeout(_LONGEST), self._turns:
                yield
        except TimeoutError:
            raise LimitReached(f"the trial took longer than {_LONGEST:g} seconds") from None

    async def explain(self, rule: str, document: Mapping[str, Any]) -> PolicyExplanation:
        """See `PolicyWorkshop.explain`."""
        pack = self._store.pack
        behind = tuple(modules_behind([module for module in pack.modules if not module.is_test], rule))
        async with self._turn():
            told = await explain(replace(pack, modules=behind), rule, document, self._settings)
        return _explanation(told, pack.revision)

    async def test(self, files: Mapping[str, str], *, alone: bool, coverage: bool) -> TestedPack:
        """See `PolicyWorkshop.test`."""
        try:
            given = parse_pack({path: text.encode() for path, text in files.items()}, source="files", prefix=_PREFIX)
            pack = given if alone else join(self._store.pack.without_tests(), [given])
            async with self._turn():
                result = await run_tests(pack, self._settings, coverage=coverage, only=_PREFIX)
        except PolicyInvalid as error:
            return TestedPack(problems=tuple(_problem(problem) for problem in error.problems))
        except (TypeError, ValueError, RecursionError) as error:  # lone surrogates, data nested too deep
            return TestedPack(problems=(TestProblem(message=f"the files cannot be loaded: {error}"),))
        return TestedPack(
            passed=tuple(result.passed),
            failures=tuple(
                _problem(failure.problem).model_copy(update={"test": failure.name}) for failure in result.failures
            ),
            lines=tuple(_lines(report) for report in result.lines if report.file.startswith(_PREFIX)),
        )


def _explanation(told: Explanation, revision: str) -> PolicyExplanation:
    return PolicyExplanation(
        rule=told.entrypoint,
        title=told.title,
        defined=told.defined,
        value=told.value,
        steps=tuple(
            ExplainedStep(
                rule=step.rule, file=step.file, line=step.line, course=step.course, at=step.at, text=step.text
            )
            for step in told.steps
        ),
        revision=revision,
    )


def _problem(problem: Problem) -> TestProblem:
    return TestProblem(
        file=problem.file.removeprefix(_PREFIX),
        line=problem.line,
        column=problem.column,
        message=problem.message.replace(_PREFIX, ""),
    )


def _lines(report: LineReport) -> LinesOf:
    return LinesOf(file=report.file.removeprefix(_PREFIX), reached=len(report.reached), left=tuple(sorted(report.left)))
