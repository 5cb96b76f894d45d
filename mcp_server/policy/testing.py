"""Runs the tests that stand beside the rules: every rule `test_…` must be true, as for `opa test`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mcp_server.policy.errors import PolicyUnavailable, Problem
from mcp_server.policy.packs import Pack
from mcp_server.policy.process import EngineProcess, LineReport, LoadedRule, Question, evaluation
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.wire import NO_VALUE, VALUE

TEST_DEADLINE = 10.0
"""Seconds that one test may take."""


@dataclass(frozen=True, slots=True)
class TestFailure:
    """One test that is not true, and where it stands."""

    __test__ = False
    name: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of all tests of a pack."""

    __test__ = False
    passed: tuple[str, ...]
    """Paths of the tests that are true."""
    failures: tuple[TestFailure, ...]
    rules: tuple[LoadedRule, ...]
    """Every definition in the pack, which the guard found in order."""
    lines: tuple[LineReport, ...] = ()
    """Where the tests came to, of every module that is no test; only if asked for."""

    @property
    def coverage(self) -> float:
        """Part of the lines that the tests came to, 0 to 1; 1 if there are none."""
        reached = sum(len(report.reached) for report in self.lines)
        left = sum(len(report.left) for report in self.lines)
        return reached / (reached + left) if reached + left else 1.0


async def check(pack: Pack, settings: PolicySettings | None = None) -> tuple[LoadedRule, ...]:
    """Load `pack` with its tests and give back every definition in it.

    Raises PolicyInvalid with all that the guard finds, and PolicyUnavailable.
    """
    session = _Session(pack, settings or PolicySettings())
    try:
        return await session.rules()
    finally:
        await session.close()


async def warnings(pack: Pack, settings: PolicySettings | None = None) -> tuple[Problem, ...]:
    """What other engines decide differently in `pack`. Raises PolicyInvalid and PolicyUnavailable."""
    session = _Session(pack, settings or PolicySettings())
    try:
        return (await session.running()).warnings
    finally:
        await session.close()


async def run_tests(
    pack: Pack,
    settings: PolicySettings | None = None,
    *,
    coverage: bool = False,
    only: str = "",
    process: EngineProcess | None = None,
) -> TestResult:
    """Run every test of `pack` in the files that begin with `only`; with `coverage`, note which lines they come to.

    A `process` that is there already is used, and used up.

    Raises PolicyInvalid if the pack does not load, and PolicyUnavailable.
    """
    settings = settings or PolicySettings()
    session = _Session(pack, settings, coverage=coverage, process=process)
    try:
        rules = await session.rules()
        tests = [
            rule
            for rule in {rule.entrypoint: rule for rule in reversed(rules)}.values()
            if rule.name.startswith("test_") and not rule.is_function and rule.file.startswith(only)
        ]
        passed: list[str] = []
        failures: list[TestFailure] = []
        for test in tests:
            reason = await session.why_not(test.entrypoint)
            if reason:
                problem = Problem(test.file, test.line, 1, f"{test.name}: {reason}")
                failures.append(TestFailure(test.entrypoint, problem))
            else:
                passed.append(test.entrypoint)
        lines = await session.lines() if coverage else ()
        return TestResult(tuple(passed), tuple(failures), rules, lines)
    except asyncio.CancelledError:
        session.kill()
        raise
    finally:
        await session.close()


class _Session:
    """A process for tests, started again when a test cost the last one its life."""

    def __init__(
        self, pack: Pack, settings: PolicySettings, *, coverage: bool = False, process: EngineProcess | None = None
    ) -> None:
        self._pack = pack
        self._settings = settings
        self._coverage = coverage
        self._first = process
        self._process: EngineProcess | None = None

    async def rules(self) -> tuple[LoadedRule, ...]:
        return (await self.running()).rules

    async def why_not(self, test: str) -> str:
        """Empty if `test` is true, else why it is not."""
        process = await self.running()
        question = Question(evaluation(test, b"{}"), asyncio.get_running_loop().create_future())
        process.ask(question)
        try:
            status, answer = await question.answer
        except PolicyUnavailable as error:
            return error.message
        if status == VALUE:
            return "" if answer == b"true" else "the test is not true"
        return "the test is not true" if status == NO_VALUE else answer.decode()

    async def lines(self) -> tuple[LineReport, ...]:
        """Where the tests came to; what a test reached that cost the process its life is not known."""
        reports = await (await self.running()).lines()
        return tuple(report for report in reports if not report.file.endswith("_test.rego"))

    def kill(self) -> None:
        """Nobody waits for the test under way any more."""
        if self._process is not None:
            self._process.kill()

    async def close(self) -> None:
        if self._process is not None:
            await self._process.drain()

    async def running(self) -> EngineProcess:
        if self._process is None:
            process = self._first or await EngineProcess.empty(self._settings.memory_bytes)
            self._first = None
            self._process = await process.load(
                self._pack, deadline=TEST_DEADLINE, on_end=self._ended, coverage=self._coverage
            )
        return self._process

    def _ended(self, process: EngineProcess, unanswered: list[Question]) -> None:
        self._process = None
