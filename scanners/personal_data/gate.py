"""The Hyperscan gate: which rules can match at all in a stretch of text, in one pass over its bytes.

Each rule carries a hand-written superset of its exact pattern, so that skipping a rule the gate is silent about
never changes the result (tests/scanners/personal_data/test_gate.py proves it). Compiled once a process, on first use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners.patterns import Patterns, compiled_once
from scanners.personal_data.rules.rule import NUMBER, Rule, RuleSet

if TYPE_CHECKING:
    import hyperscan
    import numpy as np
    from numpy.typing import NDArray

Stretch = tuple[int, int]
"""Where matches may begin: from, to (exclusive)."""


@dataclass(frozen=True, slots=True)
class Awake:
    """What may match in a stretch of text."""

    rules: list[tuple[Rule, list[int] | None]]
    """In the order of the list, with where its gate's hits end, in code points; None: it may match anywhere."""
    numbered: bool
    """Whether a number is there that is long enough for the rules which begin at one."""


class Gate:
    """Says which of a fixed list of rules may match."""

    def __init__(self, rules: RuleSet) -> None:
        import hyperscan  # with numpy a third of a second: whoever only names a scanner does not pay it

        self.rules = rules
        gates = [_expression(rule) for rule in rules]
        number = {gate: at for at, gate in enumerate(sorted(set(gates)))}
        self._wakes: list[list[tuple[int, bool]]] = [[] for _ in number]
        for place, (rule, gate) in enumerate(zip(rules, gates, strict=True)):
            if not rule.numbered:
                self._wakes[number[gate]].append((place, rule.begins is not None))
        self._number = {at for (expression, _), at in number.items() if expression == NUMBER}
        once = {gate for gate in number if gate[1] & hyperscan.HS_FLAG_SINGLEMATCH}
        # What reports once and what reports each place compile three times as fast apart as together.
        self._patterns = [
            Patterns(_compiled({gate: number[gate] for gate in some})) for some in (once, number.keys() - once) if some
        ]

    def awake(self, text: str) -> Awake:
        """The rules that may match in `text`, each with where. No lone surrogates in `text`."""
        hits: dict[int, list[int]] = {}

        def saw(number: int, start: int, end: int, flags: int, context: object) -> None:
            if number in hits:
                hits[number].append(end)
            else:
                hits[number] = [end]

        raw = text.encode()
        for patterns in self._patterns:
            patterns.scan(raw, saw)
        place_of = CodePoints(raw, text)
        seen: dict[int, list[int] | None] = {}
        for number, ends in hits.items():
            points: list[int] | None = None
            for place, windowed in self._wakes[number]:
                if windowed and points is None:
                    points = place_of(sorted(ends))
                seen[place] = points if windowed else None
        return Awake([(self.rules[place], seen[place]) for place in sorted(seen)], not self._number.isdisjoint(hits))


FEW = 24
"""So few places are counted one after the other: faster than a table."""


class CodePoints:
    """For byte offsets of UTF-8 text, the number of code points before each."""

    def __init__(self, raw: bytes, text: str) -> None:
        self._raw = raw
        self._same = len(raw) == len(text)
        self._table: NDArray[np.int64] | None = None

    def __call__(self, offsets: list[int]) -> list[int]:
        """`offsets` in order."""
        raw, table = self._raw, self._table
        if self._same:
            return offsets
        if table is None and len(offsets) <= FEW:
            points, counted, before = [], 0, 0
            for offset in offsets:
                counted += len(raw[before:offset].decode())
                before = offset
                points.append(counted)
            return points
        import numpy as np

        if table is None:
            starts = (np.frombuffer(raw, dtype=np.uint8) & 0xC0) != 0x80
            table = self._table = np.concatenate(([0], np.cumsum(starts)))
        counts: list[int] = table[offsets].tolist()
        return counts


def stretches(ends: list[int], begins: tuple[int, int]) -> list[Stretch]:
    """Where matches may begin, as disjoint [from, to) in order. `ends` are in order, too."""
    before, behind = begins
    out: list[Stretch] = []
    for end in ends:
        first, last = end + before, end + behind + 1
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], last)
        else:
            out.append((first, last))
    return out


_Expression = tuple[str, int]
"""What Hyperscan compiles: an expression and its flags."""


def _expression(rule: Rule) -> _Expression:
    import hyperscan

    if rule.numbered:
        return NUMBER, hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_SINGLEMATCH
    flags: int = hyperscan.HS_FLAG_UTF8
    if rule.ignore_case or rule.gate.startswith("(?i)"):
        flags |= hyperscan.HS_FLAG_CASELESS
    if rule.begins is None:
        flags |= hyperscan.HS_FLAG_SINGLEMATCH
    return rule.gate.removeprefix("(?i)"), flags


def _compiled(expressions: dict[_Expression, int]) -> hyperscan.Database:
    """A database of expressions that reports each by its number."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode() for expression, _ in expressions],
        ids=list(expressions.values()),
        elements=len(expressions),
        flags=[flags for _, flags in expressions],
    )
    return database


@compiled_once
def gate(rules: RuleSet) -> Gate:
    """The gate of a rule list, compiled once a process."""
    return Gate(rules)
