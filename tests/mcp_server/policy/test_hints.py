"""A broken module is told with what its author needs to mend it."""

from __future__ import annotations

import pytest

from mcp_server.policy.guard import Guarded


@pytest.mark.parametrize(
    ("rules", "line", "words"),
    [
        ("p if not every x in [1] { x == 1 }", 3, "put it into a rule of its own and negate that"),
        ("deny[x] {\n\tx := 1\n}", 3, "--v0-compatible"),
        ("p if input.\u0430dmin", 3, "U+0430 CYRILLIC SMALL LETTER A"),
        ("p if q\n\nq if p", 3, "comes back to itself: a.rego:3, a.rego:5"),
    ],
)
def test_the_message_says_what_to_do(rules: str, line: int, words: str) -> None:
    problem = Guarded([("a.rego", f"package a\n\n{rules}\n")], {}).problems[0]
    assert (problem.file, problem.line) == ("a.rego", line)
    assert words in problem.message


def test_a_circle_is_told_once_for_each_rule_in_it() -> None:
    problems = Guarded([("a.rego", "package a\n\np if q\n\nq if p\n\nr if p\n")], {}).problems
    assert sorted(problem.line for problem in problems) == [3, 5]


def test_the_clock_is_warned_of_in_a_pack_of_a_team() -> None:
    asked = Guarded([("a.rego", "package a\n\np if time.now_ns() > 5\n")], {})
    assert asked.problems == []
    assert ["input.call.minute" in warning.message for warning in asked.warnings] == [True]
