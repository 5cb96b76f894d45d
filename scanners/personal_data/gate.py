"""The Hyperscan gate: which rules can match at all in a stretch of text, in one pass over its bytes.

Each rule carries a hand-written superset of its exact pattern, so that skipping a rule the gate is silent about
never changes the result (tests/scanners/personal_data/test_gate.py proves it). One database a process, compiled on
first use; scratch space is per thread, because Hyperscan's is not shareable.
"""

from __future__ import annotations

import threading
from functools import cache

import hyperscan

from scanners.personal_data.rules.rule import Rule

_FLAGS = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_UTF8


class Gate:
    """Says which of a fixed list of rules may match."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        expressions = sorted({(rule.gate.removeprefix("(?i)"), _flags(rule)) for rule in rules})
        numbers = {expression: number for number, expression in enumerate(expressions)}
        self._wakes: list[list[int]] = [[] for _ in expressions]
        for place, rule in enumerate(rules):
            self._wakes[numbers[rule.gate.removeprefix("(?i)"), _flags(rule)]].append(place)
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[expression.encode() for expression, _ in expressions],
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[flags for _, flags in expressions],
        )
        self._local = threading.local()

    def awake(self, text: str) -> list[Rule]:
        """The rules that may match in `text`, in the order of the list. `text` holds no lone surrogates."""
        seen: list[int] = []

        def saw(number: int, start: int, end: int, flags: int, context: object) -> None:
            seen.extend(self._wakes[number])

        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        self._database.scan(text.encode(), match_event_handler=saw, scratch=scratch)
        seen.sort()
        return [self.rules[number] for number in seen]


def _flags(rule: Rule) -> int:
    caseless = rule.ignore_case or rule.gate.startswith("(?i)")
    flags: int = _FLAGS | (hyperscan.HS_FLAG_CASELESS if caseless else 0)
    return flags


@cache
def gate(rules: tuple[Rule, ...]) -> Gate:
    """The gate of a rule list, compiled once a process."""
    return Gate(rules)
