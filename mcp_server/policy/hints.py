"""What the engine's words on a broken module leave out: which character, what to write instead, where a circle runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from mcp_server.policy.errors import Problem

_PLACE = re.compile(r"--> (\S+:\d+):\d+")
_HINTS: Mapping[str, str] = {
    "unexpected keyword `every`": "`every` cannot be negated; put it into a rule of its own and negate that",
    "`if` keyword is required before rule body": (
        "Rego before OPA 1.0 had none: add it, or run the pack with --alone --v0-compatible"
    ),
    "`contains` keyword is required": "Rego before OPA 1.0 had none: add it, or run the pack with --alone --v0-compatible",
}


def told(problem: Problem, text: str = "") -> Problem:
    """`problem` with what the author of `text` needs to know besides."""
    message = problem.message
    if message == "invalid character":
        return replace(problem, message=f"{message}{_character(problem, text)}")
    if message.startswith("recursion detected"):
        places = dict.fromkeys(_PLACE.findall(message))
        return replace(problem, message=f"recursion: the rule comes back to itself: {', '.join(places)}")
    for words, hint in _HINTS.items():
        if message.startswith(words):
            return replace(problem, message=f"{message}: {hint}")
    return problem


def _character(problem: Problem, text: str) -> str:
    """The first character from there on that no name may have: names are ASCII, and lookalikes are not."""
    lines = text.split("\n")
    line = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
    found = re.search(r"[^\x20-\x7e\t]", line[max(0, problem.column - 2) :]) or re.search(r"[^\x20-\x7e\t]", line)
    if found is None:
        return ""
    return f" U+{ord(found[0]):04X} {unicodedata.name(found[0], 'without a name')}: names are ASCII"
