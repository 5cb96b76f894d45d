# ruff: noqa: E501 - a table reads best one row a line
"""Dates of birth by their label, and any full date for the profiles that ask for it."""

from __future__ import annotations

from scanners.personal_data.checks.dates import real_date
from scanners.personal_data.rules.rule import Rule

BIRTH_WORDS = ("né le", "née le", "nacido", "nacida", "nato il", "nata il", "nascido", "nascida", "born", "birth", "birthday", "birthdate", "dob", "d.o.b", "出生", "生日", "诞生", "生于", "geb", "geboren*",
               "geburtsdatum", "geburtstag", "date of birth")  # fmt: skip

_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|mär|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|okt(?:ober)?|nov(?:ember)?|dec(?:ember)?|dez(?:ember)?)"
)

_DATE = (
    r"(?:(?:1[89]|20)[0-9]{2}(?: ?年 ?|[-/. ]{1,2})(?:1[0-2]|0?[1-9])(?: ?月 ?|[-/. ]{1,2})(?:3[01]|[12][0-9]|0?[1-9])(?: ?日)?"
    r"|(?:3[01]|[12][0-9]|0?[1-9])[-/. ]{1,2}(?:1[0-2]|0?[1-9])[-/. ]{1,2}(?:(?:1[89]|20)[0-9]{2}|[0-9]{2}(?![0-9]))"
    r"|(?:1[0-2]|0?[1-9])[-/.](?:3[01]|[12][0-9]|0?[1-9])[-/.](?:(?:1[89]|20)[0-9]{2}|[0-9]{2}(?![0-9]))"
    r"|(?:3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th|\.)?[ \-](?:of )?" + _MONTH + r"\.?,?[ \-](?:1[89]|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}(?:1[0-2]|0[1-9])(?:3[01]|[12][0-9]|0[1-9]))"
)

_DATE_NAMED = _MONTH + r"\.? (?:3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?,? (?:1[89]|20)[0-9]{2}"

_DATE_GATE = (
    r"[0-9][-/.年 ]{1,3}[0-9]{1,2}[-/.月 ]{1,3}[0-9]|(19|20)[0-9]{6}"
    r"|[0-9](st|nd|rd|th|\.)?[ \-](of )?(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)"
)

_DATE_NAMED_GATE = r"(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]{0,6}\.? [0-9]"


def plausible_birth(text: str) -> bool:
    """A compact date must exist in the calendar; the others were checked place by place by the pattern."""
    return not (len(text) == 8 and text.isdigit()) or real_date(int(text[:4]), int(text[4:6]), int(text[6:]))


RULES: tuple[Rule, ...] = (
    Rule(
        id="date_of_birth",
        type="DATE_OF_BIRTH",
        pattern=r"(?<![A-Za-z0-9])(?<![0-9][.\-/])" + _DATE + r"(?![0-9A-Za-z])(?![.\-/][0-9])",
        gate=_DATE_GATE,
        score=0.2,
        check=plausible_birth,
        context=BIRTH_WORDS,
        boosted=0.9,
        ignore_case=True,
        refutable=False,
        window=14,
    ),
    Rule(
        id="date_of_birth.named",
        type="DATE_OF_BIRTH",
        pattern=r"(?<![A-Za-z0-9])(?<![0-9][.\-/])" + _DATE_NAMED + r"(?![0-9A-Za-z])(?![.\-/][0-9])",
        gate=_DATE_NAMED_GATE,
        score=0.2,
        check=plausible_birth,
        context=BIRTH_WORDS,
        boosted=0.9,
        ignore_case=True,
        refutable=False,
        window=16,
    ),
    Rule(
        id="date_of_birth.zh",
        type="DATE_OF_BIRTH",
        pattern=r"(?<![0-9])(?:19|20)[0-9]{2} ?年 ?(?:1[0-2]|0?[1-9]) ?月 ?(?:3[01]|[12][0-9]|0?[1-9]) ?日(?=出?生(?![产效活成]))",
        gate=r"日出?生",
        score=0.85,
        refutable=False,
        window=18,
    ),
    Rule(
        id="date_of_birth.month",
        type="DATE_OF_BIRTH",
        pattern=r"出生年月\s{0,2}[:=是为]?\s{0,3}(?P<v>(?:19|20)[0-9]{2}\s?[年.\-/]\s?(?:1[0-2]|0?[1-9])月?)(?![0-9]|[.\-/年日][0-9])",
        gate=r"出生年月",
        score=0.85,
        refutable=False,
        window=5,
    ),
    Rule(
        id="date.any",
        type="DATE_TIME",
        pattern=r"(?<![A-Za-z0-9])(?<![0-9][.\-/])" + _DATE + r"(?![0-9A-Za-z])(?![.\-/][0-9])",
        gate=_DATE_GATE,
        score=0.3,
        check=plausible_birth,
        ignore_case=True,
        refutable=False,
        window=14,
    ),
    Rule(
        id="date.any_named",
        type="DATE_TIME",
        pattern=r"(?<![A-Za-z0-9])(?<![0-9][.\-/])" + _DATE_NAMED + r"(?![0-9A-Za-z])(?![.\-/][0-9])",
        gate=_DATE_NAMED_GATE,
        score=0.3,
        check=plausible_birth,
        ignore_case=True,
        refutable=False,
        window=16,
    ),
)
