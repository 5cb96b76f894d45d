"""All rules over a normalised text: gate, exact pattern, validator, context. Near-linear, with a deadline.

The text is read in blocks, so that a rule that fires in one place is not run over the whole text, and so that a
deadline leaves a clean border between what was read and what was not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from scanners.personal_data.context import Surroundings, surroundings, words
from scanners.personal_data.entities import Entity
from scanners.personal_data.gate import Awake, gate, stretches
from scanners.personal_data.han import simplified
from scanners.personal_data.rules.rule import NUMBER_DIGITS, Rule, RuleSet

BLOCK = 8192
OVERLAP = 512
"""The gate looks this far beyond a block; each gate expression must match within it."""


Place = tuple[int, int, int]
"""Start and end of an entity, and where the rule's next match may begin."""

Hit = tuple[Rule, int, int]
"""A rule, and where what it found begins and ends."""
NARROW = 64
"""Where a match may begin at so few places, each that could is tried."""
Number = tuple[int, int, int]
"""Where a number may begin, how many digits follow without a break, and how many in one breath at most."""

_RUN = re.compile("[0-9]+")
_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]{0,4}-?\(?\+?\(?[0-9])", re.ASCII)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SIGNS = frozenset("-(+")
_DIGIT = frozenset("0123456789")
_LONGEST_BEFORE = 8
_BREATH = re.compile(rf"[0-9](?:[ .\-/()A-Za-z+]{{0,4}}[0-9]){{{NUMBER_DIGITS - 1},}}", re.ASCII)
_LONGEST_BREATH = 128
"""Characters in which a rule's digits are, at most."""
_DIGITS = b"0123456789"


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
    for start in range(0, len(text), BLOCK):
        if deadline is not None and time.thread_time() > deadline:
            return Found(candidates, start)
        block = _Block(text, start, min(start + BLOCK, len(text)), rules, threshold, resume, gated)
        candidates += block.candidates()
    return Found(candidates, len(text))


class _Block:
    """One block of a text: the sure rules first, then those that want a word beside them, where one is said."""

    def __init__(
        self, text: str, start: int, stop: int, rules: RuleSet, threshold: float, resume: dict[str, int], gated: bool
    ) -> None:
        self.text, self.start, self.stop = text, start, stop
        self.rules, self.threshold = rules, threshold
        self.resume = resume
        """By rule, where its next match may begin: a match of the block before may reach into this one."""
        self.awake = gate(rules).awake(text[start : stop + OVERLAP]) if gated else _everything(rules)
        self.found: list[Hit] = []

    def candidates(self) -> list[Entity]:
        """What was found with a score that is high enough, in no order."""
        threshold = self.threshold
        unsure: list[tuple[Rule, list[int] | None]] = []
        for rule, ends in self.awake.rules:
            if rule.score >= threshold:
                self._try(rule, ends)
            elif rule.boosted >= threshold:
                unsure.append((rule, ends))
        boosted: dict[int, list[Rule]] = {}
        if self.awake.numbered:
            numbered = _numbered(self.rules, threshold)
            self._try_numbers(numbered.sure, None)
            boosted = numbered.boosted
        near = self._near(unsure, bool(boosted))
        if near is None:
            return [Entity(rule.type, begin, end, rule.score, rule.id) for rule, begin, end in self.found]
        for rule, ends in unsure:
            if not near.silent(rule):
                self._try(rule, ends)
        wanted = {rule.id for word in near.spoken if word in boosted for rule in boosted[word]}
        if wanted:
            self._try_numbers(_numbered(self.rules, threshold).unsure, wanted)
        out: list[Entity] = []
        for rule, begin, end in self.found:
            score = near.score(rule, begin, end) if rule.boosted or rule.refutable else rule.score
            if score >= threshold:
                out.append(Entity(rule.type, begin, end, score, rule.id))
        return out

    def _near(self, unsure: list[tuple[Rule, list[int] | None]], numbered: bool) -> Surroundings | None:
        """The words around all places that may want one; None where no place does."""
        start = self.start
        where = [(begin, end) for rule, begin, end in self.found if rule.boosted or rule.refutable]
        if numbered:
            where += [(place, place) for place, _, _ in self.all_numbers]
        for rule, ends in unsure:
            if rule.begins is None or ends is None:
                where.append((start, self.stop))
            else:
                where += [(start + first, start + last) for first, last in stretches(ends, rule.begins)]
        return surroundings(self.text, where, words(self.rules)) if where else None

    @cached_property
    def all_numbers(self) -> list[Number]:
        """Every place in this block where a number may begin."""
        return numbers_in(self.text, self.start, self.stop)

    def _try_numbers(self, rules: Numbered, wanted: set[str] | None) -> None:
        """Note the valid matches of rules that begin at a number; of those `wanted`, by id, where some are named."""
        text, stop, resume = self.text, self.stop, self.resume
        for place, run, breath in self.all_numbers:
            for rule in rules.of(text[place], run, breath):
                if (wanted is None or rule.id in wanted) and resume.get(rule.id, 0) <= place:
                    match = rule.compiled.match(text, place, stop + rule.reach)
                    if match is not None and (valid := _valid(rule, text, match)) is not None:
                        resume[rule.id] = valid[2]
                        self.found.append((rule, valid[0], valid[1]))

    def _try(self, rule: Rule, ends: list[int] | None) -> None:
        """Note the rule's valid matches that begin in this block."""
        following = max(self.start, self.resume.get(rule.id, 0))
        if rule.begins is not None and ends is not None:
            found = _placed(rule, self.text, self.start, following, ends, rule.begins)
        else:
            found = places(rule, self.text, following, self.stop)
        for begin, end, following in found:
            self.resume[rule.id] = following
            self.found.append((rule, begin, end))


@cache
def _everything(rules: RuleSet) -> Awake:
    return Awake([(rule, None) for rule in rules], False)


def _placed(rule: Rule, text: str, block: int, start: int, ends: list[int], begins: tuple[int, int]) -> Iterator[Place]:
    """The rule's valid matches, none before `start`, that begin where the ends of its gate's hits allow it."""
    before, behind = begins
    if before == behind:
        at = [block + end + before for end in ends]
    elif rule.starter is not None and behind - before < NARROW:
        find = rule.starter.finditer
        at = [
            match.start()
            for first, last in stretches(ends, begins)
            for match in find(text, max(start, block + first), min(len(text), block + last))
        ]
    else:
        for first, last in stretches(ends, begins):
            for place in places(rule, text, max(start, block + first), min(len(text), block + last)):
                start = place[2]
                yield place
        return
    yield from _at(rule, text, at, start, min(len(text), block + ends[-1] + behind + 1 + rule.reach))


def places(rule: Rule, text: str, start: int, stop: int) -> Iterator[Place]:
    """The rule's valid matches that begin in [start, stop)."""
    limit = min(len(text), stop + rule.reach)
    short = stop - start < rule.reach // 4  # a search that finds nothing would read on to the limit
    if rule.starter is not None and (short or rule.rare):
        yield from _at(rule, text, [match.start() for match in rule.starter.finditer(text, start, stop)], start, limit)
        return
    if short:
        yield from _at(rule, text, range(start, stop), start, limit)
        return
    search = rule.compiled.search
    while start < stop and (match := search(text, start, limit)) is not None:
        if match.start() >= stop:
            return
        start = match.start() + 1
        place = _valid(rule, text, match)
        if place is not None:
            start = place[2]
            yield place


def _at(rule: Rule, text: str, positions: Iterable[int], start: int, limit: int) -> Iterator[Place]:
    """The rule's valid matches that begin at one of the positions, none before `start` or inside another."""
    attempt = rule.compiled.match
    for position in positions:
        if position >= start:
            match = attempt(text, position, limit)
            if match is not None and (place := _valid(rule, text, match)) is not None:
                start = place[2]
                yield place


def numbers_in(text: str, start: int, stop: int) -> list[Number]:
    """Where a number of enough digits may begin in [start, stop): at its first digit, or at what may stand before that."""
    out: list[Number] = []
    begins = _NUMBER.match
    for breath in _BREATH.finditer(text, start, stop + _LONGEST_BEFORE + _LONGEST_BREATH):
        raw = breath[0].encode()
        left = len(raw) - len(raw.translate(None, _DIGITS))
        for run in _RUN.finditer(text, *breath.span()):
            at = run.start()
            if left < NUMBER_DIGITS or at >= stop + _LONGEST_BEFORE:
                break
            length = run.end() - at
            before = text[at - 1] if at else " "
            if before in _SIGNS and not (before == "-" and at > 1 and text[at - 2] in _DIGIT):
                first = max(start, at - _LONGEST_BEFORE)
                out += [(place, length, left) for place in range(first, min(at + 1, stop)) if begins(text, place)]
            else:
                place = at
                while place > at - 5 and place and text[place - 1] in _LETTERS:
                    place -= 1
                if start <= place < stop and begins(text, place):
                    out.append((place, length, left))
            left -= length
    return out


class Numbered:
    """Rules that begin at a number, by what the number looks like."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._of: dict[tuple[str, int, int], tuple[Rule, ...]] = {}

    def of(self, begins: str, run: int, breath: int) -> tuple[Rule, ...]:
        """Those that may match where a number begins with this character and has so many digits.

        A match that ends behind a digit reads the first run of digits whole.
        """
        key = (begins, min(run, MOST), min(breath, MOST))
        if key not in self._of:
            self._of[key] = tuple(
                rule
                for rule in self._rules
                if begins in rule.first and rule.fewest_digits <= breath and (run <= rule.most_digits)
            )
        return self._of[key]


MOST = 64
"""Numbers with more digits are all alike."""


class _Split(NamedTuple):
    """The rules that begin at a number: those that need no word beside them, the others, and these by their words."""

    sure: Numbered
    unsure: Numbered
    boosted: dict[int, list[Rule]]


@cache
def _numbered(rules: RuleSet, threshold: float) -> _Split:
    numbered = [rule for rule in rules if rule.numbered]
    unsure = [rule for rule in numbered if rule.score < threshold <= rule.boosted]
    boosted: dict[int, list[Rule]] = {}
    for rule in unsure:
        for word in words(rules).of_rule[rule.id]:
            boosted.setdefault(word, []).append(rule)
    return _Split(Numbered(rule for rule in numbered if rule.score >= threshold), Numbered(unsure), boosted)


def _valid(rule: Rule, text: str, match: re.Match[str]) -> Place | None:
    begin, end = match.span("v") if rule.narrowed else match.span()
    if rule.compiled_lead is not None:
        lead = rule.compiled_lead.search(text, max(0, match.start() - rule.longest_lead), match.start())
        if lead is None:
            return None
        if rule.led:
            begin = lead.start("v")
    if rule.check is not None and not rule.check(text[begin:end]):
        return None
    if rule.ends is not None:
        ends = rule.ends(text, begin, end)
        if ends is None:
            return None
        end = ends
    return begin, end, max(end, match.start() + 1)
