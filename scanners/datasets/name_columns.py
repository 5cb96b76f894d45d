"""Columns of names: what one cell leaves open, a column of them decides.

A bare 文静, Rosalind or Hauke Petersen may be a word as well as a name; in a column in which nearly every cell is built like
one, and many are known to be one, all of them are names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from scanners.personal_data.rules.chinese_names import called
from scanners.personal_data.rules.given_names import GIVEN_NAMES
from scanners.personal_data.rules.lexicon import COMPOUND_SURNAMES, NOT_NAMES, RARE_SURNAMES, SURNAMES

Shape = Literal["chinese", "full", "known_full", "single", "known_single"]
"""How a cell is built: a Chinese surname and a given name; two to four capitalised words, of which the first is a given
name that is known; one word, and a given name that is known."""

_BUILT: Final = 0.8
"""The share of filled cells that must be built like a name, of whatever kind."""
_KNOWN_FULL: Final = 0.3
_KNOWN_SINGLE: Final = 0.4
"""The share of filled cells in which a given name must be known: lists of names hold the most common ones only."""
_HAN_NAME: Final = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{2,8}[·•][\u4e00-\u9fff]{1,10}")
_WORD: Final = re.compile(r"(?:[A-ZÀ-ÖØ-Þ\u0100-\u017f][A-Za-zÀ-ÿ\u0100-\u017f]*['’-]?){1,3}")
_PARTICLES: Final = frozenset(
    (
        "van",
        "von",
        "der",
        "den",
        "de",
        "da",
        "del",
        "di",
        "du",
        "la",
        "le",
        "bin",
        "al",
        "ibn",
        "zu",
        "zum",
        "y",
        "dos",
        "das",
    )
)
_TITLES: Final = frozenset(
    (
        "Herr",
        "Frau",
        "Mr",
        "Mrs",
        "Ms",
        "Miss",
        "Dr",
        "Prof",
        "Sir",
        "Madam",
        "Jr",
        "Sr",
        "II",
        "III",
        "IV",
        "MD",
        "PhD",
        "DDS",
        "DVM",
    )
)
_SURNAMED: Final = frozenset(SURNAMES) | frozenset(RARE_SURNAMES)
_SURNAME_HEADERS: Final = re.compile(
    r"(?i)^(?:last|family|maiden|sur)[ _-]?name$|^surname$|^nachname$|^familienname$|^last$|^姓氏?$"
)


def shape_of(cell: str) -> tuple[Shape, ...]:
    """The shapes that a cell has as a whole; none for what is built like no name."""
    text = cell.strip()
    if not (1 < len(text) <= 60 and text[0].isalpha()):
        return ()
    if _HAN_NAME.fullmatch(text):
        surnamed = text[0] in _SURNAMED or text[:2] in COMPOUND_SURNAMES or "·" in text or "•" in text
        return ("chinese",) if surnamed and called(text) else ()
    last, comma, first = text.partition(", ")
    words = [word for word in (f"{first} {last}" if comma else text).split() if not _is_title(word)]
    capitals = [word for word in words if word not in _PARTICLES]
    if not capitals or not all(_WORD.fullmatch(word) for word in capitals) or any(word in NOT_NAMES for word in words):
        return ()
    known = words[0].split("-")[0] in GIVEN_NAMES
    if len(words) == 1:
        return ("single", "known_single") if known else ("single",)
    if len(capitals) > 4:
        return ()
    return ("full", "known_full") if known else ("full",)


def _is_title(word: str) -> bool:
    return word.endswith(".") or word.rstrip(".,") in _TITLES


def shapes_of(cells: Iterable[str]) -> Counter[str]:
    """How many cells have which shape; empty cells have none."""
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update(shape_of(cell))
    return counts


def names_in(header: str, shapes: Mapping[str, int], filled: int) -> int:
    """How many cells of a column are names, if it is a column of names; else 0."""
    chinese, full, single = (shapes.get(kind, 0) for kind in ("chinese", "full", "single"))
    if chinese >= _BUILT * filled:
        return chinese
    if full >= _BUILT * filled and shapes.get("known_full", 0) >= _KNOWN_FULL * filled:
        return full
    known = shapes.get("known_single", 0) >= _KNOWN_SINGLE * filled or _SURNAME_HEADERS.search(header.strip())
    return single if known and single >= _BUILT * filled else 0
