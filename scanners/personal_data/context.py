"""What stands beside a number: the words that speak for it, and the label that speaks against it.

Works on raw text (no tokens, no lemmas), in Chinese, English and German. All words of all rules are literals in one
Hyperscan database, read once a stretch of text; a match then only looks at the few words near it. Linear.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from scanners.patterns import Patterns, compiled_once
from scanners.personal_data.gate import CodePoints
from scanners.personal_data.normalise import WALL
from scanners.personal_data.rules.refuting import REFUTING
from scanners.personal_data.rules.rule import Rule, RuleSet

BEFORE = 56
AFTER = 20
FADING = 0.2
"""What a context word loses at the far end of its reach."""
FARTHEST = 256
"""How far behind a place the words are read: they may stand in or behind what begins there."""
NEXT = 256
"""Stretches so near each other are read as one."""
LABEL = 24
"""How far before a match a refuting label may stand."""
BARRIER = WALL
"""Separates values that are no context for each other, such as the leaves of a JSON document."""
_BREAK = re.compile(r"[\x00\n;。]|,(?= ?[A-Za-z\u4e00-\u9fff])")
"""Where a clause or a value ends: a word behind it speaks for what follows."""
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Said(NamedTuple):
    """A context word in the text: which one, and where, in code points."""

    word: int
    start: int
    end: int


class Words:
    """The context words of a rule list, as one set of literals."""

    def __init__(self, rules: RuleSet) -> None:
        import hyperscan

        spelled: dict[str, set[str]] = {}
        for word in {word for rule in rules for word in rule.context} | set(REFUTING):
            for spelling in _spellings(word):
                spelled.setdefault(spelling, set()).add(word)
        self._spellings = sorted(spelled)
        names = sorted({word for words in spelled.values() for word in words})
        number = {word: place for place, word in enumerate(names)}
        self._meant = [
            [(number[word], word.isascii(), word.endswith("*")) for word in sorted(spelled[s])] for s in self._spellings
        ]
        self.of_rule = {rule.id: frozenset(number[word] for word in rule.context) for rule in rules}
        self.refuting = frozenset(number[word] for word in REFUTING)
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[spelling.encode() for spelling in self._spellings],
            ids=list(range(len(self._spellings))),
            elements=len(self._spellings),
            flags=hyperscan.HS_FLAG_CASELESS,
            literal=True,
        )
        self._patterns = Patterns(database)

    def said(self, text: str, offset: int) -> list[Said]:
        """Every context word in `text`, by its end; places count from `offset` before it. A Latin word must be whole."""
        raw = text.encode()
        events: list[tuple[int, int]] = []

        def saw(number: int, start: int, end: int, flags: int, context: object) -> None:
            events.append((end, number))

        self._patterns.scan(raw, saw)
        if not events:
            return []
        events.sort()
        out: list[Said] = []
        for end, (_, number) in zip(CodePoints(raw, text)([end for end, _ in events]), events, strict=True):
            start = end - len(self._spellings[number])
            for word, latin, prefix in self._meant[number]:
                if not latin or _whole(text, start, end, prefix):
                    out.append(Said(word, start + offset, end + offset))
        return out


def _spellings(word: str) -> list[str]:
    """A phrase is also written with '_', '-' or nothing between its words; bytes beyond ASCII have no other case."""
    base = word.removesuffix("*")
    spelled = [base] if " " not in base else [base.replace(" ", joint) for joint in (" ", "_", "-", "")]
    return (
        spelled
        if base.isascii()
        else sorted({*spelled, *(one.upper() for one in spelled), *(one.title() for one in spelled)})
    )


def _whole(text: str, start: int, end: int, prefix: bool) -> bool:
    """Whether no Latin letter touches the word; a plural 's' may, and after a prefix anything."""
    if start and text[start - 1] in _LATIN:
        return False
    if prefix or end >= len(text) or text[end] not in _LATIN:
        return True
    return text[end] in "sS" and (end + 1 >= len(text) or text[end + 1] not in _LATIN)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The words said in one stretch of a text, and the stretch itself; offsets are those of the whole text."""

    text: str
    said: list[Said]
    ends: list[int]
    words: Words
    spoken: frozenset[int]

    def silent(self, rule: Rule) -> bool:
        """Whether none of the rule's words is said anywhere near: it cannot be boosted here."""
        return self.spoken.isdisjoint(self.words.of_rule[rule.id])

    def score(self, rule: Rule, start: int, end: int) -> float:
        """The rule's score at this place. The nearest label before it wins."""
        begin = max(self.text.rfind(BARRIER, max(0, start - BEFORE), start) + 1, start - BEFORE, 0)
        speaking = self.words.of_rule[rule.id] if rule.boosted else frozenset()
        support = refuted = -1
        first = bisect_left(self.ends, begin)
        last = bisect_left(self.ends, start + 1)
        for said in self.said[first:last]:
            if said.start < begin:
                continue
            if said.word in speaking:
                support = said.end
            elif support >= said.start - 1 >= 0:
                support = max(support, said.end)  # one compound label: 'phone number', 证件编号
            elif rule.refutable and said.word in self.words.refuting and said.start >= start - LABEL:
                refuted = said.end
        if speaking and self._said_inside(speaking, start, end):
            support = start
        if support < 0 and speaking:
            support = begin if self._said_after(speaking, end) else -1
        if refuted > support:
            return rule.score * 0.4
        if support < 0:
            return rule.score
        # Of two types that both have a word here, the one whose word is nearer is meant.
        faded = rule.boosted - FADING * (start - support) / BEFORE
        return max(faded, min(rule.boosted, 0.5), rule.score)

    def _said_inside(self, speaking: frozenset[int], start: int, end: int) -> bool:
        """Whether the match says itself what it is: 'MRN-8341502'."""
        first, last = bisect_left(self.ends, start + 1), bisect_left(self.ends, end + 1)
        return any(said.word in speaking and said.start >= start for said in self.said[first:last])

    def _said_after(self, speaking: frozenset[int], end: int) -> bool:
        broken = _BREAK.search(self.text, end, end + AFTER)
        stop = broken.start() if broken else end + AFTER
        first, last = bisect_left(self.ends, end), bisect_left(self.ends, stop + 1)
        return any(said.word in speaking and said.start >= end for said in self.said[first:last])


def surroundings(text: str, places: list[tuple[int, int]], words: Words) -> Surroundings:
    """The words that are said around the places, each from a character to another."""
    if len(text) <= FARTHEST:
        said = words.said(text, 0)
    else:
        said = [word for begin, stop in _joined(places) for word in words.said(text[begin:stop], begin)]
    return Surroundings(text, said, [one.end for one in said], words, frozenset([one.word for one in said]))


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches that hold all words which may speak for the places, disjoint and in order."""
    out: list[tuple[int, int]] = []
    for first, last in sorted(places):
        begin, stop = max(0, first - BEFORE - 32), last + FARTHEST
        if out and begin <= out[-1][1] + NEXT:
            out[-1] = (out[-1][0], max(stop, out[-1][1]))
        else:
            out.append((begin, stop))
    return out


@compiled_once
def words(rules: RuleSet) -> Words:
    """The context words of a rule list, compiled once a process."""
    return Words(rules)
