"""The Hyperscan gate: which rules can match at all in a stretch of text, in one pass over its bytes.

Each rule carries a hand-written superset of its exact pattern, so that skipping a rule the gate is silent about
never changes the result (tests/scanners/personal_data/test_gate.py proves it). One database a process, compiled on
first use; scratch space is per thread, because Hyperscan's is not shareable.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache

from scanners.personal_data.rules.rule import Rule, RuleSet

Stretch = tuple[int, int]
"""Where matches may begin: from, to (exclusive)."""


@dataclass(frozen=True, slots=True)
class Awake:
    """What may match in a stretch of text."""

    rules: list[tuple[Rule, list[int] | None]]
    """In the order of the list, with where its gate's hits end, in bytes; None: it may match anywhere."""
    numbered: bool
    """Whether a number is there that is long enough for the rules which share the gates of numbers."""
    code_points: CodePoints


class Gate:
    """Says which of a fixed list of rules may match."""

    def __init__(self, rules: RuleSet) -> None:
        import hyperscan  # with numpy a third of a second: whoever only names a scanner does not pay it

        self.rules = rules
        expressions = sorted({(rule.gate.removeprefix("(?i)"), _flags(rule)) for rule in rules})
        numbers = {expression: number for number, expression in enumerate(expressions)}
        self._wakes: list[list[tuple[int, bool]]] = [[] for _ in expressions]
        self._wakes_numbered: set[int] = set()
        for place, rule in enumerate(rules):
            number = numbers[rule.gate.removeprefix("(?i)"), _flags(rule)]
            if rule.numbered:
                self._wakes_numbered.add(number)
            else:
                self._wakes[number].append((place, rule.begins is not None))
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[expression.encode() for expression, _ in expressions],
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[flags for _, flags in expressions],
        )
        self._local = threading.local()

    def awake(self, text: str) -> Awake:
        """The rules that may match in `text`, each with where. No lone surrogates in `text`."""
        hits: dict[int, list[int]] = {}

        def saw(number: int, start: int, end: int, flags: int, context: object) -> None:
            if number in hits:
                hits[number].append(end)
            else:
                hits[number] = [end]

        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            import hyperscan

            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        raw = text.encode()
        self._database.scan(raw, match_event_handler=saw, scratch=scratch)
        seen: dict[int, list[int] | None] = {}
        for number, ends in hits.items():
            for place, windowed in self._wakes[number]:
                seen[place] = ends if windowed else None
        numbered = not self._wakes_numbered.isdisjoint(hits)
        return Awake([(self.rules[place], seen[place]) for place in sorted(seen)], numbered, CodePoints(raw, text))


SHORT = 200
"""Up to so many bytes of a text are decoded for a place in it: faster than a table."""


class CodePoints:
    """For byte offsets of UTF-8 text, the number of code points before each."""

    def __init__(self, raw: bytes, text: str) -> None:
        self._raw = raw
        self._same = len(raw) == len(text)
        self._table: list[int] | None = None

    def __call__(self, offsets: list[int]) -> list[int]:
        raw, table = self._raw, self._table
        if self._same:
            return offsets
        if table is None and len(raw) <= SHORT:
            return [len(raw[:offset].decode()) for offset in offsets]
        if table is None:
            import numpy as np

            starts = (np.frombuffer(raw, dtype=np.uint8) & 0xC0) != 0x80
            table = self._table = [0, *np.cumsum(starts, dtype=np.int64).tolist()]
        return [table[offset] for offset in offsets]


def stretches(ends: list[int], begins: tuple[int, int]) -> list[Stretch]:
    """Where matches may begin, as disjoint [from, to) in order."""
    before, behind = begins
    out: list[Stretch] = []
    for end in sorted(ends):
        first, last = end + before, end + behind + 1
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


def _flags(rule: Rule) -> int:
    import hyperscan

    caseless = rule.ignore_case or rule.gate.startswith("(?i)")
    flags: int = hyperscan.HS_FLAG_UTF8 | (hyperscan.HS_FLAG_CASELESS if caseless else 0)
    return flags if rule.begins is not None else flags | hyperscan.HS_FLAG_SINGLEMATCH


@cache
def gate(rules: RuleSet) -> Gate:
    """The gate of a rule list, compiled once a process."""
    return Gate(rules)
