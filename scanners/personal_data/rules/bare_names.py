"""Chinese names that nothing announces: 夏冰把钥匙交给了同事. What is no ordinary word, between words that are, may be one.

Chinese has no spaces and no capitals. A surname with one or two more characters is taken for a name where no ordinary word
holds its characters and where a word ends before it and one begins behind it: the classic way of word segmentation, with
the list of words alone.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from scanners.personal_data.rules.lexicon import (
    COMPOUND_SURNAMES,
    GIVEN_CHARACTERS,
    NOT_IN_NAMES,
    NOT_NAMES,
    NOT_SURNAMED,
    SURNAMES,
)
from scanners.personal_data.rules.rule import Rule

_PREPOSITIONS = frozenset("和时向常都应连边")
"""Surnames that are words of grammar far more often."""
_GRAMMAR = NOT_IN_NAMES | frozenset(
    "在及跟对为从到由以将也又再则却而或但因所等说称道问答讲指认有去来做用叫姓先女老与其和于"
)
"""One-character words that a name stands beside and does not hold."""
_BEFORE = _GRAMMAR | frozenset(
    "当请找问令使比替帮求按经受派送迎选陪据会里中后前时处月日年上下内外位名者见唤约催劝教盼祝是人者员师长生手民友写发看打托带随"
)
_BEHIND = _GRAMMAR | frozenset(
    "摄报讲做任自作均亦即才只可能应该须要想正刚已曾未没非分出入到回走带买卖写看听吃住坐站打拿今昨当主持又获赴率现原死生病受接交收付签发"
)
"""Words of one character that also stand there."""
_TYPICAL = frozenset(GIVEN_CHARACTERS + "大小一")
_GIVEN = "".join(sorted(_TYPICAL))
_GRAMMATICAL = "".join(sorted(_GRAMMAR - {name[1] for name in COMPOUND_SURNAMES}))
_SECONDS = "".join(sorted({name[1] for name in COMPOUND_SURNAMES}))
_BEGINNINGS = "".join(sorted({*SURNAMES, *(name[0] for name in COMPOUND_SURNAMES)} - _PREPOSITIONS))


@cache
def _words() -> frozenset[str]:
    """Ordinary words of two characters, and those of three that begin like a name."""
    words: list[str] = []
    for line in files(__package__).joinpath("chinese_words.txt").read_text(encoding="utf-8").splitlines():
        if " " in line and not line.startswith("#"):
            words += line.split()
        elif line and not line.startswith("#"):
            words += [line[0] + second for second in line[1:]]
    return frozenset(words)


def _han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def bare_name(text: str, begin: int, end: int) -> int | None:
    """Where the name that begins at `begin` ends, at `end` or one character before; None where there is none."""
    words = _words()
    head = text[begin : begin + 2]
    if head in COMPOUND_SURNAMES:
        given = begin + 2
    elif head[0] not in SURNAMES or head in words:
        return None
    else:
        given = begin + 1
        if begin and text[begin - 1 : begin + 1] in words:
            return None
    if head[0] == "于" and begin and _han(text[begin - 1]):  # 'at' and 'of' in the middle of a sentence
        return None
    first = text[given : given + 1]
    if not _han(first) or first in _GRAMMAR or text.startswith(NOT_SURNAMED, begin):
        return None
    if given + 2 <= end and _two_given(text, begin, given):
        return given + 2
    return given + 1 if _one_given(text, begin, given) else None


def _two_given(text: str, begin: int, given: int) -> bool:
    """Whether two characters from `given` on are a given name: both usual ones, or one between words that are clear."""
    words = _words()
    first, second, behind = text[given], text[given + 1], text[given + 2 : given + 3]
    name = text[begin : given + 2]
    if not _han(second) or second in _GRAMMAR or name in words or name in NOT_NAMES:
        return False
    separate, followed = _ends_before(text, begin, words), _begins_at(text, given + 2, words)
    # 王小明天来: the second character belongs to the word behind it.
    if second + behind in words and (
        not followed or (_begins_at(text, given + 1, words) and text[given + 2 : given + 4] not in words)
    ):
        return False
    ordinary = first + second in words
    if first in _TYPICAL and second in _TYPICAL:
        return (separate or followed) and not (ordinary and text[begin] == "于")
    return (first in _TYPICAL or second in _TYPICAL) and separate and followed and not ordinary


def _one_given(text: str, begin: int, given: int) -> bool:
    """Whether one character is, between words that are clear."""
    words = _words()
    first, second = text[given], text[given + 1 : given + 2]
    if first not in _TYPICAL or first == "子" or text[begin : given + 1] in NOT_NAMES:
        return False
    if first + second in words and second not in _GRAMMAR:
        return False
    return _ends_before(text, begin, words) and _begins_at(text, given + 1, words)


def _ends_before(text: str, begin: int, words: frozenset[str]) -> bool:
    """Whether a word ends there."""
    if begin == 0 or not _han(before := text[begin - 1]):
        return True
    return before in _BEFORE or text[max(0, begin - 2) : begin] in words


def _begins_at(text: str, end: int, words: frozenset[str]) -> bool:
    """Whether a word may begin there."""
    behind = text[end : end + 1]
    return not behind or not _han(behind) or behind in _BEHIND or text[end : end + 2] in words


RULES: tuple[Rule, ...] = (
    Rule(
        id="name.zh_bare",
        type="PERSON",
        pattern=rf"[{_BEGINNINGS}](?![{_GRAMMATICAL}])(?=[{_GIVEN}]|[一-龥][{_GIVEN}]|[{_SECONDS}][一-龥][{_GIVEN}])[\u4e00-\u9fff]{{1,3}}",
        gate="[一-龥]{2}",
        score=0.55,
        ends=bare_name,
        refutable=False,
    ),
)
