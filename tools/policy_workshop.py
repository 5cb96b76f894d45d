"""Writing policy with an agent: why a decision came out as it did, and whether Rego of one's own passes its tests."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from scanners.findings import Coverage, Finding, Location, Skipped, Subject, Verdict
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.policies import PolicyCatalogue, find_policy
from tools.registry import Tool
from tools.wording import many

MAX_FILES = 100
_PATH = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_-]*/){0,8}(?:[A-Za-z0-9][A-Za-z0-9_-]*\.rego|data\.json)")
_STEPS = 300
"""Steps of an explanation that an answer holds."""


class ExplainArguments(Arguments):
    """Which decision to explain."""

    policy: str = Field(
        min_length=1,
        max_length=200,
        description="Id of a policy from policy_list, e.g. 'residency', or the path of one of its rules, "
        "e.g. 'data.yumen.authz.decision'",
    )
    input: dict[str, JsonValue] = Field(description="The input document to decide on")


class ExplainedStep(BaseModel):
    """One body of a rule that the evaluation entered; of one that was asked often, the furthest it got."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="Path of the rule")
    file: str = Field(description="File that defines it, as in its resource URI policy://<file>")
    line: int = Field(description="Line at which the body begins")
    course: Literal["held", "stopped"] = Field(
        description="held: all of it held; stopped: what stands on line `at` did not"
    )
    at: int = Field(description="Line of the statement that did not hold, or of the last one")
    text: str = Field(description="That statement")


class PolicyExplanation(BaseModel):
    """A value, and the way to it."""

    model_config = ConfigDict(frozen=True)

    summary: str = Field(default="", description="The course of it in a sentence")
    rule: str = Field(description="The rule that was evaluated")
    title: str = Field(default="", description="Its title")
    defined: bool = Field(description="Whether it has a value for this input; if not, nothing is decided")
    value: JsonValue = Field(default=None, description="The value")
    steps: tuple[ExplainedStep, ...] = Field(default=(), description="How far each definition got, by file and line")
    left_out: int = Field(default=0, description="Further steps that this answer does not hold")
    revision: str = Field(default="", description="Digest of the policy pack in force")


class TestArguments(Arguments):
    """What to test."""

    __test__ = False
    files: dict[str, str] = Field(
        min_length=1,
        max_length=MAX_FILES,
        description="The files by path: Rego such as 'checks/mine.rego' with tests such as 'checks/mine_test.rego' (rules "
        "named test_… must be true, as for `opa test`), and data in 'data.json' of a folder",
    )
    alone: bool = Field(
        default=False, description="Without the pack in force; otherwise the files may import data.yumen and its data"
    )
    coverage: bool = Field(default=False, description="Say which lines no test reached")

    @field_validator("files")
    @classmethod
    def _plain_paths(cls, files: dict[str, str]) -> dict[str, str]:
        for path in files:
            if len(path) > 200 or not _PATH.fullmatch(path):
                raise ValueError("a path is of letters, digits, '_' and '-', and ends in .rego or is a data.json")
        return files


class TestProblem(BaseModel):
    """Something wrong, and where."""

    __test__ = False
    model_config = ConfigDict(frozen=True)

    test: str = Field(default="", description="Path of the test that is not true; empty if the files do not load")
    file: str = Field(default="", description="File")
    line: int = Field(default=0, description="Line")
    column: int = Field(default=0, description="Column")
    message: str = Field(description="What is wrong")


class LinesOf(BaseModel):
    """Where the tests came to in one file."""

    model_config = ConfigDict(frozen=True)

    file: str = Field(description="File")
    reached: int = Field(description="Lines that some test came to")
    left: tuple[int, ...] = Field(default=(), description="Lines that none did")


class TestedPack(BaseModel):
    """What came of the tests."""

    __test__ = False
    model_config = ConfigDict(frozen=True)

    problems: tuple[TestProblem, ...] = Field(default=(), description="Why the files do not load")
    passed: tuple[str, ...] = Field(default=(), description="Paths of the tests that are true")
    failures: tuple[TestProblem, ...] = Field(default=(), description="Those that are not")
    lines: tuple[LinesOf, ...] = Field(default=(), description="Coverage by file, if it was asked for")


class PolicyTestAnswer(Answer):
    """Whether the tests pass."""

    passed: tuple[str, ...] = Field(default=(), description="Paths of the tests that are true")
    failed: tuple[str, ...] = Field(default=(), description="Paths of the tests that are not")
    lines: tuple[LinesOf, ...] = Field(default=(), description="Coverage by file, if it was asked for")


class PolicyWorkshop(Protocol):
    """Where policy is tried out; the server runs each trial in a process of its own, killed at its deadline."""

    async def explain(self, rule: str, document: Mapping[str, Any]) -> PolicyExplanation:
        """How `rule` of the pack in force comes to its value. Raises YumenError: LimitReached, failed, no such rule."""
        ...

    async def test(self, files: Mapping[str, str], *, alone: bool, coverage: bool) -> TestedPack:
        """Run the tests in `files`. Raises LimitReached, and YumenError if no process can be had."""
        ...


async def policy_explain(arguments: ExplainArguments, context: ToolContext) -> PolicyExplanation:
    """Run policy_explain."""
    _, rules = find_policy(context.service(PolicyCatalogue).policies(), arguments.policy)  # type: ignore[type-abstract]
    told = await context.service(PolicyWorkshop).explain(rules[0].path, arguments.input)  # type: ignore[type-abstract]
    stopped = sum(step.course == "stopped" for step in told.steps)
    course = f"{many(len(told.steps), 'body of a rule', 'bodies of rules')} entered, of which {stopped} did not hold"
    return told.model_copy(
        update={
            "summary": f"{told.rule} {'has a value' if told.defined else 'has no value for this input'}; {course}.",
            "steps": told.steps[:_STEPS],
            "left_out": max(0, len(told.steps) - _STEPS),
        }
    )


async def policy_test(arguments: TestArguments, context: ToolContext) -> PolicyTestAnswer:
    """Run policy_test."""
    workshop = context.service(PolicyWorkshop)  # type: ignore[type-abstract]
    tested = await workshop.test(arguments.files, alone=arguments.alone, coverage=arguments.coverage)
    wrong = (*tested.problems, *tested.failures)
    verdict: Verdict = "fail" if wrong else "pass" if tested.passed else "unknown"
    nothing = () if wrong or tested.passed else (Skipped("tests", "the files hold no rule named test_…"),)
    return PolicyTestAnswer(
        verdict=verdict,
        summary=_summary(tested),
        findings=tuple(_finding(problem) for problem in wrong),
        coverage=Coverage(
            examined={"files": len(arguments.files), "tests": len(tested.passed) + len(tested.failures)},
            skipped=nothing,
        ),
        subject=Subject(kind="policy-files", digest=_digest(arguments.files), name=min(arguments.files)),
        passed=tested.passed,
        failed=tuple(problem.test for problem in tested.failures),
        lines=tested.lines,
    )


def _summary(tested: TestedPack) -> str:
    if tested.problems:
        return f"The files do not load: {tested.problems[0].message}."
    if tested.failures:
        count = len(tested.failures) + len(tested.passed)
        return f"{len(tested.failures)} of {many(count, 'test')} failed; first: {tested.failures[0].message}."
    if not tested.passed:
        return "There is no test in the files, so nothing was shown."
    reached, left = sum(file.reached for file in tested.lines), sum(len(file.left) for file in tested.lines)
    share = f" They reach {100 * reached / (reached + left):.0f} % of the lines." if reached + left else ""
    return f"{many(len(tested.passed), 'test')} passed.{share}"


def _finding(problem: TestProblem) -> Finding:
    return Finding(
        rule=problem.test or "policy.load",
        severity="high",
        title=problem.message,
        location=Location(path=problem.file or None, line=problem.line or None),
    )


def _digest(files: Mapping[str, str]) -> str:
    canonical = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="policy_explain",
        title="Explain a policy decision",
        description=(
            "Evaluate a policy in force on an input and tell how it came to its value: which rules were entered, how far each "
            "got, and on which line one stopped. Use it when policy_evaluate, or a refusal, is not understood."
        ),
        family="policies",
        risk="read",
        arguments=ExplainArguments,
        answer=PolicyExplanation,
        run=policy_explain,
    ),
    Tool(
        name="policy_test",
        title="Test Rego",
        description=(
            "Load Rego files and run the tests in them as `opa test` would, with file and line of every error and, if asked "
            "for, the lines that no test reached. Nothing is put in force."
        ),
        family="policies",
        risk="read",
        arguments=TestArguments,
        answer=PolicyTestAnswer,
        run=policy_test,
    ),
)
