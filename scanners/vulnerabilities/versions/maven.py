"""Maven's version order (POM reference, 'Version Order Specification'), as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache, total_ordering
from itertools import zip_longest

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_ALLOWED = re.compile(r"[A-Za-z0-9._+~\-]+\Z")
_TOKEN = re.compile(r"([.\-]?)([0-9]+|[^0-9.\-]+|(?=[.\-])|\Z)")
_QUALIFIERS = {name: order for order, name in enumerate(("alpha", "beta", "milestone", "rc", "snapshot", "", "sp"))}
_SAME = {"cr": "rc", "ga": "", "final": "", "release": ""}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}

Token = tuple[str, int | str]
"""Separator ('.' or '-') and what follows it: a number, or a qualifier in lower case."""


@total_ordering
class MavenKey:
    """One version, comparable with others."""

    __slots__ = ("tokens",)

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens

    def _compare(self, other: MavenKey) -> int:
        for mine, theirs in zip_longest(self.tokens, other.tokens):
            low, high = _rank(mine or _padding(theirs)), _rank(theirs or _padding(mine))
            if low != high:
                return -1 if low < high else 1
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MavenKey) and self._compare(other) == 0

    def __lt__(self, other: MavenKey) -> bool:
        return self._compare(other) < 0

    def __hash__(self) -> int:
        return hash(self.tokens)


@lru_cache(REMEMBERED)
def key(version: str) -> MavenKey:
    """Raises UnparsableVersion for what no repository would hold."""
    if len(version) > MAXIMUM_LENGTH or not _ALLOWED.match(version):
        raise UnparsableVersion(version, "Maven")
    tokens: list[Token] = []
    parts = [match for match in _TOKEN.finditer(version.lower()) if match[0]]
    for number, match in enumerate(parts):
        # A change between digits and letters separates like a hyphen.
        separator = match[1] or ("-" if tokens else "")
        text = match[2]
        if text.isdigit():
            tokens.append((separator, int(text)))
            continue
        following = parts[number + 1] if number + 1 < len(parts) else None
        numbered = following is not None and not following[1] and following[2].isdigit()
        if tokens and (numbered or following is None):
            separator = "-"  # '1.0.RC1' is read as '1.0-RC1'
        if numbered:
            text = _SHORT.get(text, text)
        tokens.append((separator, _SAME.get(text, text)) if text else (separator, 0))
    return MavenKey(tuple(_trimmed(tokens)))


def _trimmed(tokens: list[Token]) -> list[Token]:
    """Without the null values (0 and '') at the end, and before each remaining hyphen."""
    result: list[Token] = []
    trimming = True
    for separator, value in reversed(tokens):
        if not (trimming and value in (0, "")):
            trimming = False
            result.append((separator, value))
        if separator == "-":
            trimming = True
    return result[::-1]


def _padding(other: Token | None) -> Token:
    separator = other[0] if other else "."
    return (separator, "" if separator == "-" or (other and isinstance(other[1], str)) else 0)


def _rank(token: Token) -> tuple[int, int, str]:
    """Qualifiers after a dot, after a hyphen, then numbers after a hyphen, after a dot."""
    separator, value = token
    hyphen = separator == "-"
    if isinstance(value, int):
        return (2 if hyphen else 3, value, "")
    order = _QUALIFIERS.get(value)
    kind = 1 if hyphen or not separator else 0
    return (kind, len(_QUALIFIERS), value) if order is None else (kind, order, "")
