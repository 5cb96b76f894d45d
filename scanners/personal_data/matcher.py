"""All rules over a normalised text: gate, exact pattern, validator, context. Near-linear, with a deadline.

The text is read in blocks, so that a rule that fires in one place is not run over the whole text, and so that a
deadline leaves a clean border between what was read and what was not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from scanners.personal_data.context import surroundings, words
from scanners.personal_data.entities import Entity
from scanners.personal_data.gate import gate
from scanners.personal_data.rules.rule import Rule

BLOCK = 2048
OVERLAP = 512
"""The gate looks this far beyond a block; each gate expression must match within it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of a whole text in its own offsets, not yet settled, and where reading stopped."""

    candidates: list[Entity]
    read: int


def matched(
    text: str, rules: tuple[Rule, ...], *, threshold: float, deadline: float | None = None, gated: bool = True
) -> Found:
    """Every match of `rules` with a score of at least `threshold`. `text` is normalised: it has no lone surrogates.

    `deadline` is on the monotonic clock: after it no further block is begun. `gated=False` runs every rule
    everywhere; the result is the same.
    """
    candidates: list[Entity] = []
    resume: dict[str, int] = {}
    awake = gate(rules).awake
    vocabulary = words(rules)
    for start in range(0, len(text), BLOCK):
        if deadline is not None and time.monotonic() > deadline:
            return Found(candidates, start)
        stop = start + BLOCK
        near = None
        for rule in awake(text[start : stop + OVERLAP]) if gated else rules:
            if max(rule.score, rule.boosted) < threshold:
                continue
            for begin, end, following in _places(rule, text, max(start, resume.get(rule.id, 0)), stop):
                resume[rule.id] = following
                score = rule.score
                if rule.boosted or rule.refutable:
                    near = near or surroundings(text, start, stop, vocabulary)
                    score = near.score(rule, begin, end)
                if score >= threshold:
                    candidates.append(Entity(rule.type, begin, end, score, rule.id))
    return Found(candidates, len(text))


def _places(rule: Rule, text: str, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """The rule's valid matches that begin before `stop`: start, end, and where the next may begin."""
    search = rule.compiled.search
    narrowed = "v" in rule.compiled.groupindex
    limit = min(len(text), stop + rule.reach)
    while start < stop and (match := search(text, start, limit)) is not None:
        if match.start() >= stop:
            return
        begin, end = match.span("v") if narrowed else match.span()
        start = match.start() + 1
        if rule.check is None or rule.check(text[begin:end]):
            start = max(end, start)
            yield begin, end, start
