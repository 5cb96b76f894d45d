"""The noun of the engine: one rule, which finds one kind of entity."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from scanners.personal_data.rules.beginning import MANY, Beginning, beginning, digits_of, starter, width

EDGE_LEFT = r"(?<![A-Za-z0-9])"
EDGE_RIGHT = r"(?![A-Za-z0-9])"
"""ASCII look-arounds: `\\b` does not fire between a Chinese character and a digit."""

NUMBER_LEFT = r"(?<![A-Za-z0-9])(?<![0-9][.\-/_:])(?<![$€£¥=]-)"
NUMBER_RIGHT = r"(?![A-Za-z0-9])(?![.\-/_:][0-9])"
"""The same, and not a part of a longer dotted or dashed number such as a version or a UUID."""

DIGITS_8 = r"([0-9][ .\-/()]{0,4}){7}[0-9]"
DIGITS_13 = r"([0-9][ .\-/()]?){12}[0-9]"
LETTER_DIGITS = r"[A-Za-z]-?[0-9]{7}"
FEWEST_DIGITS = {DIGITS_8: 8, DIGITS_13: 13, LETTER_DIGITS: 7}
"""Gates of rules that begin at the edge of a number with at least so many digits: `matcher` tries them only there."""

NUMBER = r"([0-9][ .\-/()A-Za-z+]{0,4}){4}[0-9]"
NUMBER_DIGITS = 5
"""One gate for all rules that want a number of so many digits: which of them may match, the number itself says."""
LEAD = 64
"""How far before a match its lead may begin, at most."""
AT_START = -1
"""As a window: the gate matches from where the match begins, so its own width says where that is."""


@dataclass(frozen=True)
class Rule:
    """An exact pattern, a validator, the words that speak for and against it, and a cheap superset for the gate."""

    id: str
    type: str
    pattern: str
    """Python `re` with ASCII classes, linear by construction: bounded repeats only. A group named `v` narrows the entity."""
    gate: str
    """Hyperscan expression that matches whenever `pattern` does, within the first 512 characters of the match."""
    score: float
    check: Callable[[str], bool] | None = None
    """Says of the matched text whether it really is one (check digits, dates, ranges)."""
    context: tuple[str, ...] = ()
    """Words nearby that speak for it: lower case; a Latin word matches whole or as a prefix when it ends in '*'."""
    boosted: float = 0.0
    """The score with a context word; 0: context does not matter."""
    refutable: bool = True
    """Whether a label such as 'order no.' right before the number speaks against it."""
    ignore_case: bool = False
    lead: str = ""
    """A pattern for what must stand right before the match; the entity begins where its group `v` does, or stays.

    Searching for the rare middle of a thing and then looking back is far cheaper than beginning everywhere.
    """
    digits: int = 0
    """How many digits a match has at least, for a rule that begins at the edge of a number: it is tried only there.

    Taken from the gate where that is a shared one.
    """
    window: int = 0
    """How far before the end of a gate hit a match may begin, in characters, or AT_START.

    0: the gate says only that there is one.
    """
    ahead: int = 0
    """How far behind the end of a gate hit a match may begin: for cues that stand before the thing."""
    reach: int = 256
    """The longest match plus look-ahead, in characters."""
    ends: Callable[[str, int, int], int | None] | None = None
    """Says of a match's place in the text where it ends, at its end or before, and None where it is none: it sees what
    stands around, at most 8 characters before and `reach` behind the beginning."""

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.ASCII | (re.IGNORECASE if self.ignore_case else 0))

    @cached_property
    def starter(self) -> re.Pattern[str] | None:
        """Where a match may begin, far faster to find; None: anywhere."""
        return starter(self.pattern, self.first)

    @cached_property
    def rare(self) -> bool:
        """Whether its starter finds few places where `re` alone would try each: it cannot skip what a look-behind leads."""
        few = not self.first.beyond and len(self.first.characters) <= MANY
        return self.starter is not None and few and self.pattern.startswith("(?<")

    @cached_property
    def first(self) -> Beginning:
        """The characters that its matches may begin with."""
        return beginning(self.pattern, ignore_case=self.ignore_case)

    @cached_property
    def fewest_digits(self) -> int:
        """How many digits a match has at least, where it begins at the edge of a number; 0: it may begin anywhere."""
        promised = self.digits or FEWEST_DIGITS.get(self.gate, 0)
        return max(promised, digits_of(self.pattern)[0]) if promised else 0

    @cached_property
    def most_digits(self) -> float:
        """How many digits the run that a match begins with has at most."""
        return digits_of(self.pattern)[1]

    @cached_property
    def begins(self) -> tuple[int, int] | None:
        """The first and the last place where a match may begin, from the end of a gate hit; None: anywhere."""
        if self.window == AT_START:
            least, most = width(self.gate.removeprefix("(?i)"))
            return -most, -least
        return (-self.window, self.ahead) if self.window + self.ahead > 0 else None

    @cached_property
    def numbered(self) -> bool:
        """Whether the rule is one of the many that share the gate of numbers."""
        return self.fewest_digits >= NUMBER_DIGITS

    @cached_property
    def narrowed(self) -> bool:
        """Whether the entity is only a part of the match."""
        return "v" in self.compiled.groupindex

    @cached_property
    def led(self) -> bool:
        """Whether the entity begins in the lead."""
        return self.compiled_lead is not None and "v" in self.compiled_lead.groupindex

    @cached_property
    def longest_lead(self) -> int:
        """The most characters that the lead may have."""
        return min(LEAD, width(self.lead)[1])

    @cached_property
    def compiled_lead(self) -> re.Pattern[str] | None:
        return re.compile(rf"(?:{self.lead})\Z", re.ASCII) if self.lead else None


def national(
    name: str,
    type: str,
    body: str,
    gate: str,
    score: float,
    boosted: float,
    context: tuple[str, ...],
    check: Callable[[str], bool] | None = None,
    dashed: bool = False,
    digits: int = 0,
    window: int = AT_START,
) -> Rule:
    """A national number: `dashed` ones are not refused for touching a dot or a dash."""
    left, right = (EDGE_LEFT, EDGE_RIGHT) if dashed else (NUMBER_LEFT, NUMBER_RIGHT)
    numbered = digits or gate in FEWEST_DIGITS
    return Rule(
        name,
        type,
        f"{left}(?:{body}){right}",
        gate,
        score,
        check,
        context,
        boosted,
        digits=digits,
        window=0 if numbered else window,
    )


def word_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for a list of words: Latin words by whole word, others (Chinese has no spaces) anywhere."""
    parts = []
    for word in sorted(words, key=len, reverse=True):
        if word.isascii():
            prefix = word.endswith("*")
            body = re.escape(word.rstrip("*")).replace(r"\ ", r"[ _\-]?")
            parts.append(rf"(?<![a-z]){body}" + ("" if prefix else r"s?(?![a-z])"))
        else:
            parts.append(re.escape(word))
    return re.compile("|".join(parts))


class RuleSet(tuple[Rule, ...]):
    """A list of rules that is compared by identity: what is compiled from it is cached by it, at no cost a call."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other
