"""All rules over a normalised text: gate, exact pattern, validator, context. Near-linear, with a deadline.

The text is read in blocks, so that a rule that fires in one place is not run over the whole text, and so that a
deadline leaves a clean border between what was read and what was not.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from scanners.personal_data.context import Surroundings, surroundings, words
from scanners.personal_data.entities import Entity
from scanners.personal_data.gate import Awake, CodePoints, Stretch, gate, stretches
from scanners.personal_data.han import simplified
from scanners.personal_data.rules.rule import FEWEST_DIGITS, Rule, RuleSet

BLOCK = 2048
OVERLAP = 512
"""The gate looks this far beyond a block; each gate expression must match within it."""
FARTHEST = 256
"""How far behind the last place the words are read: they may stand in or behind what begins there."""


Place = tuple[int, int, int]
"""Start and end of an entity, and where the rule's next match may begin."""

Hit = tuple[Rule, int, int]
"""A rule, and where what it found begins and ends."""
Number = tuple[int, int]
"""Where a number may begin, and how many digits follow in one breath at most."""

_RUN = re.compile("[0-9]+")
_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]{0,4}-?\(?\+?\(?[0-9])", re.ASCII)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SIGNS = frozenset("-(+")
_DIGIT = frozenset("0123456789")
_LONGEST_BEFORE = 8
_BREATH = re.compile(r"(?:[0-9][ .\-/()A-Za-z+]{0,4}){1,40}", re.ASCII)
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
        self.gated = gated
        self.awake = gate(rules).awake(text[start : stop + OVERLAP]) if gated else _everything(rules)
        self.all_numbers: list[Number] | None = None
        self.numbers: dict[int, list[int]] = {}
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
        if self.awake.numbered:
            sure, boosted = _numbered(self.rules, threshold)
            for rule in sure:
                self._try(rule, None)
        else:
            boosted = {}
        near = self._near(unsure, bool(boosted))
        if near is None:
            return [Entity(rule.type, begin, end, rule.score, rule.id) for rule, begin, end in self.found]
        for rule, ends in unsure:
            if not near.silent(rule):
                self._try(rule, ends)
        for rule in {rule for word in near.spoken if word in boosted for rule in boosted[word]}:
            self._try(rule, None)
        out: list[Entity] = []
        for rule, begin, end in self.found:
            score = near.score(rule, begin, end) if rule.boosted or rule.refutable else rule.score
            if score >= threshold:
                out.append(Entity(rule.type, begin, end, score, rule.id))
        return out

    def _near(self, unsure: list[tuple[Rule, list[int] | None]], numbered: bool) -> Surroundings | None:
        """The words around all places that may want one; None where no place does."""
        first, last = self.stop, -1
        for rule, begin, end in self.found:
            if rule.boosted or rule.refutable:
                first, last = min(first, begin), max(last, end)
        fewest = min((rule.fewest_digits for rule, _ in unsure if rule.fewest_digits), default=0)
        if numbered:
            fewest = min(fewest or 99, *FEWEST_DIGITS.values())
        if fewest and self.gated:
            at = self._numbers(fewest)
            if at:
                first, last = min(first, at[0]), max(last, at[-1])
        for rule, ends in unsure:
            if rule.begins is not None and ends is not None:
                first_end, last_end = self.awake.code_points([min(ends), max(ends)])
                first = min(first, self.start + first_end + rule.begins[0])
                last = max(last, self.start + last_end + rule.begins[1])
            elif not rule.fewest_digits or not self.gated:
                first, last = self.start, max(last, self.stop)
        return surroundings(self.text, first, last + FARTHEST, words(self.rules)) if last >= 0 else None

    def _numbers(self, fewest: int) -> list[int]:
        """Where a number of at least so many digits may begin in this block."""
        if self.all_numbers is None:
            self.all_numbers = numbers_in(self.text, self.start, self.stop)
        if fewest not in self.numbers:
            self.numbers[fewest] = [position for position, digits in self.all_numbers if digits >= fewest]
        return self.numbers[fewest]

    def _try(self, rule: Rule, ends: list[int] | None) -> None:
        """Note the rule's valid matches that begin in this block."""
        following = max(self.start, self.resume.get(rule.id, 0))
        if self.gated and rule.fewest_digits:
            first, text = rule.first, self.text
            at = [place for place in self._numbers(rule.fewest_digits) if text[place] in first]
            found = _at(rule, text, at, following, min(len(text), self.stop + rule.reach))
        elif rule.begins is not None and ends is not None:
            found = _in_stretches(
                rule, self.text, self.start, following, stretches(self.awake.code_points(ends), rule.begins)
            )
        else:
            found = places(rule, self.text, following, self.stop)
        for begin, end, following in found:
            self.resume[rule.id] = following
            self.found.append((rule, begin, end))


@cache
def _everything(rules: RuleSet) -> Awake:
    return Awake([(rule, None) for rule in rules], False, CodePoints(b"", ""))


def _in_stretches(rule: Rule, text: str, block: int, start: int, where: list[Stretch]) -> Iterator[Place]:
    """The rule's valid matches that begin in one of the stretches, which count from `block`."""
    for first, last in where:
        for place in places(rule, text, max(start, block + first), min(len(text), block + last)):
            start = place[2]
            yield place


def places(rule: Rule, text: str, start: int, stop: int) -> Iterator[Place]:
    """The rule's valid matches that begin in [start, stop)."""
    limit = min(len(text), stop + rule.reach)
    if rule.starter is not None:
        yield from _at(rule, text, [match.start() for match in rule.starter.finditer(text, start, stop)], start, limit)
        return
    if stop - start < rule.reach // 4:  # a search that finds nothing would read on to the limit
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
    """Where a number may begin in [start, stop): at its first digit, or at what may stand before that."""
    out: list[Number] = []
    breath_at, begins = _BREATH.match, _NUMBER.match
    for run in _RUN.finditer(text, start, min(len(text), stop + _LONGEST_BEFORE)):
        at = run.start()
        before = text[at - 1] if at else " "
        if before in _SIGNS and not (before == "-" and at > 1 and text[at - 2] in _DIGIT):
            first = max(start, at - _LONGEST_BEFORE)
            where = [place for place in range(first, min(at + 1, stop)) if begins(text, place)]
        else:
            letters = 0
            while letters < 5 and letters < at and text[at - 1 - letters] in _LETTERS:
                letters += 1
            place = at - letters
            where = [place] if start <= place < stop and begins(text, place) else []
        if where:
            breath = breath_at(text, at)
            raw = (breath or run)[0].encode()
            digits = len(raw) - len(raw.translate(None, _DIGITS))
            out += [(place, digits) for place in where]
    return out


@cache
def _numbered(rules: RuleSet, threshold: float) -> tuple[list[Rule], dict[int, list[Rule]]]:
    """Of the rules that share a gate of numbers: those that need no word beside them, and the others by their words."""
    sure = [rule for rule in rules if rule.numbered and rule.score >= threshold]
    boosted: dict[int, list[Rule]] = {}
    for rule in rules:
        if rule.numbered and rule.score < threshold <= rule.boosted:
            for word in words(rules).of_rule[rule.id]:
                boosted.setdefault(word, []).append(rule)
    return sure, boosted


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
    return begin, end, max(end, match.start() + 1)
