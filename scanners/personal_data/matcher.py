"""All rules over a normalised text: gate, exact pattern, validator, context. Near-linear, with a deadline.

The text is read in blocks, so that a rule that fires in one place is not run over the whole text, and so that a
deadline leaves a clean border between what was read and what was not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from scanners.personal_data.context import surroundings, words
from scanners.personal_data.entities import Entity
from scanners.personal_data.gate import Awake, gate
from scanners.personal_data.han import simplified
from scanners.personal_data.rules.rule import LEAD, Rule, RuleSet

BLOCK = 2048
OVERLAP = 512
"""The gate looks this far beyond a block; each gate expression must match within it."""


Place = tuple[int, int, int]
"""Start and end of an entity, and where the rule's next match may begin."""

_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]{0,2}-?\(?\+?\(?[0-9])", re.ASCII)
_BREATH = re.compile(r"[A-Za-z(+\-]{0,5}(?:[0-9][ .\-/()A-Za-z+]{0,4}){1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of a whole text in its own offsets, not yet settled, and where reading stopped."""

    candidates: list[Entity]
    read: int
    unread: tuple[tuple[int, int], ...] = ()
    """Stretches before `read` that a team's recogniser could not finish."""


def matched(text: str, rules: RuleSet, *, threshold: float, deadline: float | None = None, gated: bool = True) -> Found:
    """Every match of `rules` with a score of at least `threshold`. `text` is normalised: it has no lone surrogates.

    `deadline` is on the CPU clock of this thread, for a busy machine is not the text's fault: after it no further block
    is begun. `gated=False` runs every rule everywhere; the result is the same.
    """
    text = simplified(text)
    candidates: list[Entity] = []
    resume: dict[str, int] = {}
    awake = gate(rules).awake
    vocabulary = words(rules)
    needed = _needed(rules)
    for start in range(0, len(text), BLOCK):
        if deadline is not None and time.thread_time() > deadline:
            return Found(candidates, start)
        stop = start + BLOCK
        near = numbers = None
        for rule, stretches in _to_try(rules, awake(text[start : stop + OVERLAP]) if gated else None):
            if rule.score < threshold:
                if rule.boosted < threshold:
                    continue
                near = near or surroundings(text, start, stop, vocabulary)
                if near.silent(rule):
                    continue
            following = max(start, resume.get(rule.id, 0))
            if gated and rule.fewest_digits:
                numbers = numbers if numbers is not None else _numbers(text, start, stop, needed)
                found = _at_numbers(rule, text, numbers.get(rule.fewest_digits, []), following, stop)
            elif stretches is not None:
                found = _in_stretches(rule, text, start, following, stretches)
            else:
                found = places(rule, text, following, stop)
            for begin, end, following in found:
                resume[rule.id] = following
                score = rule.score
                if rule.boosted or rule.refutable:
                    near = near or surroundings(text, start, stop, vocabulary)
                    score = near.score(rule, begin, end)
                if score >= threshold:
                    candidates.append(Entity(rule.type, begin, end, score, rule.id))
    return Found(candidates, len(text))


@cache
def _needed(rules: RuleSet) -> frozenset[int]:
    """The digit counts that rules ask for."""
    return frozenset(rule.fewest_digits for rule in rules if rule.fewest_digits)


def _to_try(rules: RuleSet, awake: list[Awake] | None) -> Iterator[tuple[Rule, list[tuple[int, int]] | None]]:
    if awake is None:
        yield from ((rule, None) for rule in rules)
    else:
        yield from ((one.rule, one.stretches) for one in awake)


def _in_stretches(rule: Rule, text: str, block: int, start: int, stretches: list[tuple[int, int]]) -> Iterator[Place]:
    """The rule's valid matches that begin in one of the stretches, which count from `block`."""
    for first, last in stretches:
        for place in places(rule, text, max(start, block + first), min(len(text), block + last)):
            start = place[2]
            yield place


def places(rule: Rule, text: str, start: int, stop: int) -> Iterator[Place]:
    """The rule's valid matches that begin in [start, stop)."""
    search = rule.compiled.search
    limit = min(len(text), stop + rule.reach)
    while start < stop and (match := search(text, start, limit)) is not None:
        if match.start() >= stop:
            return
        start = match.start() + 1
        place = _valid(rule, text, match)
        if place is not None:
            start = place[2]
            yield place


def _at_numbers(rule: Rule, text: str, numbers: list[int], start: int, stop: int) -> Iterator[Place]:
    """The same, trying only where a number begins that is long enough."""
    attempt = rule.compiled.match
    limit = min(len(text), stop + rule.reach)
    for position in numbers:
        if position < start:
            continue
        match = attempt(text, position, limit)
        if match is not None and (place := _valid(rule, text, match)) is not None:
            start = place[2]
            yield place


def _numbers(text: str, start: int, stop: int, needed: frozenset[int]) -> dict[int, list[int]]:
    """Where a number may begin in [start, stop), by how many digits follow in one breath at least."""
    out: dict[int, list[int]] = {fewest: [] for fewest in needed}
    for match in _NUMBER.finditer(text, start, min(len(text), stop + 8)):
        position = match.start()
        if position >= stop:
            break
        breath = _BREATH.match(text, position)
        digits = sum(map(str.isdigit, breath[0])) if breath else 0
        for fewest, places_of in out.items():
            if digits >= fewest:
                places_of.append(position)
    return out


def _valid(rule: Rule, text: str, match: re.Match[str]) -> Place | None:
    begin, end = match.span("v") if "v" in rule.compiled.groupindex else match.span()
    if rule.compiled_lead is not None:
        lead = rule.compiled_lead.search(text[max(0, match.start() - LEAD) : match.start()])
        if lead is None:
            return None
        if "v" in rule.compiled_lead.groupindex:
            begin = match.start() - (lead.end() - lead.start("v"))
    if rule.check is not None and not rule.check(text[begin:end]):
        return None
    return begin, end, max(end, match.start() + 1)
