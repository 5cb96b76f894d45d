"""The Hyperscan gate: which rules can match at all in a stretch of text, in one pass over its bytes.

Each rule carries a hand-written superset of its exact pattern, so that skipping a rule the gate is silent about
never changes the result (tests/scanners/personal_data/test_gate.py proves it). One database a process, compiled on
first use; scratch space is per thread, because Hyperscan's is not shareable.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from scanners.personal_data.rules.rule import Rule, RuleSet

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Awake:
    """A rule that may match, and the stretches where its matches may begin (None: anywhere)."""

    rule: Rule
    stretches: list[tuple[int, int]] | None


class Gate:
    """Says which of a fixed list of rules may match."""

    def __init__(self, rules: RuleSet) -> None:
        import hyperscan  # with numpy a third of a second: whoever only names a scanner does not pay it

        self.rules = rules
        expressions = sorted({(rule.gate.removeprefix("(?i)"), _flags(rule)) for rule in rules})
        numbers = {expression: number for number, expression in enumerate(expressions)}
        self._wakes: list[list[tuple[int, bool]]] = [[] for _ in expressions]
        for place, rule in enumerate(rules):
            self._wakes[numbers[rule.gate.removeprefix("(?i)"), _flags(rule)]].append(
                (place, rule.window + rule.ahead > 0)
            )
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[expression.encode() for expression, _ in expressions],
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[flags for _, flags in expressions],
        )
        self._local = threading.local()

    def awake(self, text: str) -> list[Awake]:
        """The rules that may match in `text`, in the order of the list, each with where. No lone surrogates in `text`."""
        seen: dict[int, list[int] | None] = {}

        def saw(number: int, start: int, end: int, flags: int, context: object) -> None:
            for place, windowed in self._wakes[number]:
                if not windowed:
                    seen[place] = None
                elif (ends := seen.get(place)) is None:
                    seen[place] = [end]
                else:
                    ends.append(end)

        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            import hyperscan

            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        raw = text.encode()
        self._database.scan(raw, match_event_handler=saw, scratch=scratch)
        place_of = None if len(raw) == len(text) or not any(seen.values()) else code_points(raw)
        out: list[Awake] = []
        for number in sorted(seen):
            ends = seen[number]
            if ends is not None and place_of is not None:
                ends = [int(place_of[end]) for end in ends]
            rule = self.rules[number]
            out.append(Awake(rule, None if ends is None else _stretches(ends, rule)))
        return out


def code_points(raw: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For every byte offset of UTF-8 text, the number of code points before it."""
    import numpy as np

    starts = (np.frombuffer(raw, dtype=np.uint8) & 0xC0) != 0x80
    return np.concatenate(([0], np.cumsum(starts, dtype=np.int64)))


def _stretches(ends: list[int], rule: Rule) -> list[tuple[int, int]]:
    """Where matches may begin, as disjoint [from, to) in order."""
    out: list[tuple[int, int]] = []
    for end in sorted(ends):
        first, last = end - rule.window, end + rule.ahead + 1
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


def _flags(rule: Rule) -> int:
    import hyperscan

    caseless = rule.ignore_case or rule.gate.startswith("(?i)")
    flags: int = hyperscan.HS_FLAG_UTF8 | (hyperscan.HS_FLAG_CASELESS if caseless else 0)
    return flags if rule.window + rule.ahead > 0 else flags | hyperscan.HS_FLAG_SINGLEMATCH


@cache
def gate(rules: RuleSet) -> Gate:
    """The gate of a rule list, compiled once a process."""
    return Gate(rules)
