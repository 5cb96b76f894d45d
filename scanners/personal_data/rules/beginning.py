"""What a pattern says of itself: how wide its matches are, what they can begin with, how many digits they have.

Read from the tree that `re` itself compiles, for which Python has no public reader; a reader of our own would be a second
opinion on the same syntax. Python 3.11 to 3.13 give the same for every rule; a test pins what is relied on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import _constants, _parser  # type: ignore[attr-defined]  # what `re` itself compiles with
from typing import Any

MANY = 24
"""Looking for one of so many first characters first saves nothing where `re` itself skips to them."""
WIDE = 1024
"""A range of more characters beyond ASCII is taken for all of them."""
_SIGHTS = re.compile(r"(?:\(\?<!(?:\[(?:\\.|[^\]\\])*\]|\\.|[^()|\[\\])*\))*")
"""What must not stand before a match, at the head of a pattern."""


def width(pattern: str) -> tuple[int, int]:
    """The fewest and the most characters that a pattern matches."""
    least, most = _parser.parse(pattern).getwidth()
    return int(least), int(most)


@dataclass(frozen=True, slots=True)
class Beginning:
    """The characters that a match may begin with."""

    characters: frozenset[str]
    beyond: bool
    """Whether any other character beyond ASCII may begin a match, too."""
    empty: bool
    """Whether a match may be empty: then it begins anywhere."""

    def __contains__(self, character: str) -> bool:
        return character in self.characters or (self.beyond and character > "\x7f")


def beginning(pattern: str, *, ignore_case: bool = False) -> Beginning:
    """What a pattern's matches begin with: all that it is not sure about may begin a match."""
    parsed = _parser.parse(pattern)
    codes, beyond, empty = _begins(parsed)
    characters = {chr(code) for code in codes}
    if ignore_case or "(?i:" in pattern:
        characters |= {character.swapcase() for character in characters if character.isascii()}
    return Beginning(frozenset(characters), beyond, empty)


def starter(pattern: str, begins: Beginning) -> re.Pattern[str] | None:
    """A pattern for the places where a match may begin, found far faster; None where that is anywhere.

    What the pattern wants before a match is asked for behind its first character, so that `re` skips to such a one.
    """
    if begins.empty:
        return None
    parsed = _parser.parse(pattern)
    guarded = parsed[0][0] is _constants.ASSERT_NOT and parsed[0][1][0] < 0
    sights = _SIGHTS.match(pattern) if guarded else None
    behind = (
        sights[0].replace(")", ".)") if sights is not None and ")" not in sights[0].replace(")(?<!", "")[:-1] else ""
    )
    beyond = "\x80-\U0010ffff" if begins.beyond else ""
    return re.compile(f"[{re.escape(''.join(sorted(begins.characters)))}{beyond}]{behind}", re.ASCII | re.DOTALL)


def digits_of(pattern: str) -> tuple[int, float]:
    """The fewest digits of a match, and the most that a run of them may have which a match begins with.

    The second is infinite where a match may end between two digits.
    """
    parsed = _parser.parse(pattern)
    fewest, most = _digits(parsed, {})
    return fewest, most if _ends_behind_digits(parsed) else float("inf")


def _digits(parsed: Any, groups: dict[int, tuple[int, int]]) -> tuple[int, int]:
    fewest = most = 0
    for op, argument in parsed:
        few, many = _op_digits(op, argument, groups)
        fewest, most = fewest + few, most + many
    return fewest, most


def _op_digits(op: Any, argument: Any, groups: dict[int, tuple[int, int]]) -> tuple[int, int]:
    if op in (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT):
        return 0, 0
    if op is _constants.LITERAL:
        return (1, 1) if 48 <= argument <= 57 else (0, 0)
    if op is _constants.IN:
        digits = sum(_in_class(argument, code) for code in range(48, 58))
        others = any(_in_class(argument, code) for code in (*range(48), *range(58, 128), None))
        return int(digits > 0 and not others), int(digits > 0)
    if op is _constants.BRANCH:
        each = [_digits(branch, groups) for branch in argument[1]]
        return min(few for few, _ in each), max(many for _, many in each)
    if op is _constants.SUBPATTERN:
        found = _digits(argument[3], groups)
        if argument[0] is not None:
            groups[argument[0]] = found
        return found
    if op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        few, many = _digits(argument[2], groups)
        return few * argument[0], many * int(argument[1])
    if op is _constants.GROUPREF:
        return groups[argument]
    return 0, 1


def _ends_behind_digits(parsed: Any) -> bool:
    """Whether no digit can follow a match."""
    items = list(parsed)
    while items:
        op, argument = items.pop()
        if op is _constants.ASSERT_NOT and argument[0] == 1:
            ahead = argument[1]
            if len(ahead) == 1 and ahead[0][0] is _constants.IN and _all_digits(ahead[0][1]):
                return True
        elif op is _constants.SUBPATTERN:
            return _ends_behind_digits(argument[3])
        elif op is _constants.BRANCH:
            return all(_ends_behind_digits(branch) for branch in argument[1])
        else:
            return False
    return False


def _all_digits(items: Any) -> bool:
    return all(_in_class(items, code) for code in range(48, 58))


def _begins(parsed: Any) -> tuple[set[int], bool, bool]:
    """The characters that a match may begin with, whether any beyond ASCII may, and whether it may be empty."""
    codes: set[int] = set()
    beyond = False
    for op, argument in parsed:
        here, further, empty = _op_begins(op, argument)
        codes |= here
        beyond = beyond or further
        if not empty:
            return codes, beyond, False
    return codes, beyond, True


def _op_begins(op: Any, argument: Any) -> tuple[set[int], bool, bool]:
    if op in (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT):
        return set(), False, True
    if op is _constants.LITERAL:
        return {argument}, False, False
    if op is _constants.IN:
        return *_class(argument), False
    if op is _constants.BRANCH:
        several = [_begins(branch) for branch in argument[1]]
        codes = set().union(*(codes for codes, _, _ in several))
        return codes, any(beyond for _, beyond, _ in several), any(empty for _, _, empty in several)
    if op is _constants.SUBPATTERN:
        return _begins(argument[3])
    if op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        codes, beyond, empty = _begins(argument[2])
        return codes, beyond, empty or argument[0] == 0
    return set(range(128)), True, True


def _class(items: Any) -> tuple[set[int], bool]:
    """The characters of a class, and whether any beyond ASCII is one of them."""
    codes = {code for code in range(128) if _in_class(items, code)}
    if items[0][0] is _constants.NEGATE:
        return codes, True
    beyond = False
    for kind, what in items:
        if kind is _constants.LITERAL:
            codes.add(what)
        elif kind is _constants.RANGE and what[1] - what[0] < WIDE:
            codes.update(range(what[0], what[1] + 1))
        else:
            beyond = beyond or _beyond_ascii(kind, what)
    return codes, beyond


def _in_class(items: Any, code: int | None) -> bool:
    negated = items[0][0] is _constants.NEGATE
    if code is None:
        return negated or any(_beyond_ascii(kind, what) for kind, what in items)
    return negated != any(_has(kind, what, code) for kind, what in items)


def _has(kind: Any, what: Any, code: int) -> bool:
    if kind is _constants.LITERAL:
        return bool(what == code)
    if kind is _constants.RANGE:
        return bool(what[0] <= code <= what[1])
    return kind is _constants.CATEGORY and re.match(_CATEGORIES[str(what)], chr(code), re.ASCII) is not None


def _beyond_ascii(kind: Any, what: Any) -> bool:
    if kind is _constants.RANGE:
        return bool(what[1] > 127)
    return bool(what > 127) if kind is _constants.LITERAL else kind is _constants.CATEGORY


_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
