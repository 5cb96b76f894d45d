"""Text as a reader sees it, with a map back to the text as it was written.

Matching runs on the normalised text, so that `１１０１…`, `1\\u200b1`, `\\u0031`, `%31` and `&#49;` are all digits;
every span is mapped back to the original's code points. Normalising is linear and never fails: whatever is not
understood stays as it is.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Piece = tuple[int, int, str]
"""A stretch of the text, from and to, and what stands there instead."""

_INVISIBLE = re.compile(
    "[\x80-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U000e0000-\U000e01ef"
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
"""Zero-width, bidirectional, tag and combining characters: they hide a number from a pattern, not from a reader."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]{0,16}[@-~]|[\x00-\x08\x0e-\x1f\x7f]+")
_CONTROLS = "".join(map(chr, (*range(9), *range(14, 32), 127)))
"""Terminal colours (ECMA-48 CSI) and control characters other than white space: a screen shows nothing of them."""
WALL = "\x00"
"""In a text made of many values: the wall between two of them."""

_ESCAPE = re.compile(
    r"\\(?P<unicode>u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2})"
    r"|\\(?P<space>[nrt])"
    r"|%(?P<percent>[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*)"
    r"|&(?P<entity>(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)"
)
"""Each begins with its sign outside the groups: `re` then skips to the next sign, seven times as fast."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """The normalised text and the map to the original: runs that shift evenly, and characters that stand for a span."""

    text: str
    original_length: int
    _at: tuple[int, ...] = ()
    """Where in the normalised text each run begins."""
    _origin: tuple[tuple[int, int], ...] = ()
    """(start, 0): an even run that begins there; (start, end): every character of the run stands for that span."""

    def start(self, position: int) -> int:
        """The original offset where the normalised character at `position` begins."""
        if not self._at:
            return position
        if position >= len(self.text):
            return self.original_length
        run = bisect_right(self._at, position) - 1
        begin, end = self._origin[run]
        return begin if end else begin + position - self._at[run]

    def end(self, position: int) -> int:
        """The original offset where the normalised character before `position` ends."""
        if not self._at:
            return position
        if position <= 0:
            return 0
        run = bisect_right(self._at, position - 1) - 1
        begin, end = self._origin[run]
        return end if end else begin + position - self._at[run]


FEW = 60
SHORT = 2000
"""So short a text is taken apart by Python; a longer one is looked up in a table."""


@dataclass(frozen=True, slots=True)
class _Folding:
    """The characters that change: into one other, or into several or none."""

    single: dict[str, str]
    table: dict[int, str]
    several: dict[str, str]
    either: frozenset[str]
    changes: NDArray[np.bool_]
    """By code point, whether it changes."""

    def used(self, text: str) -> frozenset[str]:
        """The characters in the text that change."""
        if len(text) < SHORT:
            return self.either & set(text)
        import numpy as np

        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        return frozenset(map(chr, set(codes[self.changes[codes]].tolist())))


@cache
def _folding() -> _Folding:
    import numpy as np

    single: dict[str, str] = {}
    several: dict[str, str] = {}
    blocks = (
        range(0x80, 0xAC00),
        range(0xD7A4, 0x11000),
        range(0x1BCA0, 0x1BCA4),
        range(0x1D400, 0x1F200),
        range(0x1FBF0, 0x1FBFA),
        range(0xE0000, 0xE01F0),
    )
    for code in chain.from_iterable(blocks):  # nothing folds elsewhere, but for CJK compatibility ideographs
        character = chr(code)
        if 0xD800 <= code <= 0xDFFF:
            single[character] = "\ufffd"
            continue
        if _INVISIBLE.match(character):
            several[character] = ""
            continue
        digit = unicodedata.decimal(character, None)
        folded = str(digit) if digit is not None else unicodedata.normalize("NFKC", character)
        if folded == character:
            continue
        (single if len(folded) == 1 else several)[character] = folded
    for dash in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212":
        single[dash] = "-"
    either = frozenset(single.keys() | several.keys())
    changes = np.zeros(sys.maxunicode + 1, dtype=np.bool_)
    changes[[ord(character) for character in either]] = True
    return _Folding(single, {ord(character): folded for character, folded in single.items()}, several, either, changes)


def normalised(text: str, *, walled: bool = False) -> Normalised:
    """The text as its reader sees it: NFKC folding, invisible and control characters dropped, escapes of four kinds undone.

    `walled`: a NUL is a wall that the caller put between two values, and stays; else it is nothing, like its kin.
    """
    folded, pieces = (text, []) if text.isascii() else _folded(text)
    if any(character in folded for character in (_CONTROLS[1:] if walled else _CONTROLS)):
        for match in _CONTROL.finditer(folded):
            pieces.append((match.start(), match.end(), WALL * match[0].count(WALL) if walled else ""))
    if "\\" in folded or "%" in folded or "&" in folded:
        for match in _ESCAPE.finditer(folded):
            pieces += _undone(match)
    if not pieces:
        return Normalised(folded, len(text))
    return _joined(folded, sorted(pieces), len(text))


def _folded(text: str) -> tuple[str, list[Piece]]:
    """The text with every character that becomes one other exchanged, and what those become that become none or several."""
    folding = _folding()
    used = folding.used(text)
    folded = text
    exchanged = used & folding.single.keys()
    if len(exchanged) > FEW:
        folded = text.translate(folding.table)
    else:
        for character in exchanged:  # far faster than a table while there are few
            folded = folded.replace(character, folding.single[character])
    others = sorted(used - exchanged)
    if not others:
        return folded, []
    places = re.finditer(f"[{''.join(others)}]", folded)
    return folded, [(place.start(), place.end(), folding.several[place[0]]) for place in places]


def _undone(match: re.Match[str]) -> list[Piece]:
    """What an escape stands for, as (start, end, characters); nothing when it stands for nothing readable."""
    start, end, source = match.start(), match.end(), match.group()
    if match.lastgroup == "unicode":
        code = int(source[2:].strip("{}"), 16)
        if code > sys.maxunicode or 0xD800 <= code <= 0xDFFF:
            return []
        return [(start, end, _folded_character(chr(code)))]
    if match.lastgroup == "space":
        return [(start, end, "\t" if source == "\\t" else "\n")]
    if match.lastgroup == "entity":
        shown = html.unescape(source)
        return [] if shown == source else [(start, end, "".join(map(_folded_character, shown)))]
    try:
        decoded = bytes.fromhex(source.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return []
    pieces = []
    for character in decoded:
        width = 3 * len(character.encode())
        pieces.append((start, start + width, _folded_character(character)))
        start += width
    return pieces


def _folded_character(character: str) -> str:
    if character < "\x80":
        return "" if _CONTROL.match(character) else character
    return "" if _INVISIBLE.match(character) else unicodedata.normalize("NFKC", character)


def _joined(text: str, pieces: list[Piece], original_length: int) -> Normalised:
    out: list[str] = []
    at: list[int] = []
    origin: list[tuple[int, int]] = []
    length = done = 0
    for start, end, replacement in pieces:
        if start < done:  # two readings of one place: the first one stands
            continue
        if start > done:
            at.append(length)
            origin.append((done, 0))
            out.append(text[done:start])
            length += start - done
        if replacement:
            at.append(length)
            origin.append((start, end))
            out.append(replacement)
            length += len(replacement)
        done = end
    if done < len(text):
        at.append(length)
        origin.append((done, 0))
        out.append(text[done:])
    return Normalised("".join(out), original_length, tuple(at) or (0,), tuple(origin) or ((0, original_length),))
