"""What a pattern says of itself: how wide its matches are, what they can begin with, how many digits they have."""

from __future__ import annotations

import re
from re import _constants, _parser  # type: ignore[attr-defined]  # what `re` itself compiles with
from typing import Any

MANY = 24
"""With so many first characters, looking for one of them saves nothing."""


def width(pattern: str) -> tuple[int, int]:
    """The fewest and the most characters that a pattern matches."""
    least, most = _parser.parse(pattern).getwidth()
    return int(least), int(most)


def first_characters(pattern: str) -> str:
    """The ASCII characters that a match may begin with, and "\\x80" when it may begin with another; case is ignored.

    All that it is not sure about may begin a match.
    """
    parsed = _parser.parse(pattern)
    begins = {character for character in map(chr, range(128)) if _may_begin(parsed, ord(character))[0]}
    begins |= {character.swapcase() for character in begins}
    return "".join(sorted(begins)) + ("\x80" if _may_begin(parsed, None)[0] else "")


def starter(pattern: str) -> re.Pattern[str] | None:
    """A pattern for one character that a match begins with; None when that would be nearly any."""
    characters = first_characters(pattern)
    if len(characters) > MANY or "\x80" in characters:
        return None
    return re.compile("[" + re.escape(characters) + "]")


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


def _may_begin(parsed: Any, code: int | None) -> tuple[bool, bool]:
    """Whether a match may begin with this character (None: with one beyond ASCII), and whether it may be empty."""
    may = False
    for op, argument in parsed:
        here, empty = _op_may_begin(op, argument, code)
        may = may or here
        if not empty:
            return may, False
    return may, True


def _op_may_begin(op: Any, argument: Any, code: int | None) -> tuple[bool, bool]:
    if op in (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT):
        return False, True
    if op is _constants.LITERAL:
        return (argument == code if code is not None else argument > 127), False
    if op is _constants.IN:
        return _in_class(argument, code), False
    if op is _constants.BRANCH:
        several = [_may_begin(branch, code) for branch in argument[1]]
        return any(may for may, _ in several), any(empty for _, empty in several)
    if op is _constants.SUBPATTERN:
        return _may_begin(argument[3], code)
    if op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        may, empty = _may_begin(argument[2], code)
        return may, empty or argument[0] == 0
    return True, True


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
