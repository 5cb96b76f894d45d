# ruff: noqa: E501 - a table reads best one row a line
"""Electronic mail, the web and the telephone."""

from __future__ import annotations

import re

from scanners.personal_data.checks import generic
from scanners.personal_data.rules.china import PHONE_WORDS
from scanners.personal_data.rules.rule import DIGITS_8, NUMBER_RIGHT, Rule

_FILES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".js", ".css", ".html", ".py", ".json")

_HAN = re.compile("[\u4e00-\u9fff]")
_LOCAL = r"[A-Za-z0-9._%+\-]"
"""RFC 5322 allows more, but in a text `=`, `&`, `/` and quotes stand around an address and not in it."""


def plausible_email(text: str) -> bool:
    """No empty label, and not `icon@2x.png`."""
    local, _, domain = text.partition("@")
    return ".." not in text and not local.endswith(".") and not domain.lower().endswith(_FILES)


def international_email(text: str) -> bool:
    """RFC 6531: something beyond ASCII, but no Chinese words run into the local part."""
    return not text.isascii() and not _HAN.search(text.partition("@")[0])


RULES: tuple[Rule, ...] = (
    Rule(
        id="email",
        type="EMAIL_ADDRESS",
        pattern=r"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.){1,6}(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9\-]{2,40})(?![A-Za-z0-9])",
        gate=r"@[A-Za-z0-9]",
        score=0.98,
        check=plausible_email,
        refutable=False,
        reach=512,
        lead=rf"(?<![A-Za-z0-9._%+\-])(?<![A-Za-z]')(?P<v>[A-Za-z0-9](?:{_LOCAL}|(?<=[A-Za-z])'(?=[A-Za-z])){{0,63}})",
        window=3,
    ),
    Rule(
        id="email.spelled",
        type="EMAIL_ADDRESS",
        pattern=r" ?[\[(]\s?(?:at|AT|@)\s?[\])] ?[A-Za-z0-9\-]{2,40}(?: ?[\[(]\s?(?:dot|DOT|\.)\s?[\])] ?|\.)[A-Za-z]{2,12}(?![A-Za-z0-9])",
        gate=r"[\[(]\s?(at|AT|@)\s?[\])]",
        score=0.85,
        refutable=False,
        lead=r"(?<![A-Za-z0-9._])(?P<v>[A-Za-z0-9][A-Za-z0-9._+\-]{1,40})",
        window=12,
    ),
    Rule(
        id="email.international",
        type="EMAIL_ADDRESS",
        pattern=r"@[A-Za-z0-9\u0080-\uffff\-]{1,40}(?:\.[A-Za-z0-9\u0080-\uffff\-]{1,40}){0,4}\.(?:[A-Za-z]{2,24}|中国|公司|网络|网址|网站|网店|中文网|技术|商城|在线|集团|移动|企业|公益|政务|机构|组织机构|信息|商标|商店|手机|香港|台湾|澳门|新加坡|рф|онлайн|сайт|орг|москва|рус|бел|укр|срб)(?![A-Za-z0-9])",
        gate=r"@",
        score=0.9,
        check=international_email,
        refutable=False,
        lead=r"(?<![A-Za-z0-9_\u0080-\uffff.%+\-])(?P<v>[A-Za-z0-9\u00c0-\u024f\u0400-\u04ff][A-Za-z0-9_\u00c0-\u024f\u0400-\u04ff.%+\-]{0,40})",
        window=2,
    ),
    Rule(
        id="url",
        type="URL",
        pattern=r"://[^\s\x00<>\"'`{}|\\^\u3000-\u303f\u4e00-\u9fff\uff00-\uffef,。;]{3,1500}(?<![.,:!?)\]])",
        lead=r"(?<![A-Za-z0-9])(?P<v>[Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp][Ss]?|sftp|wss?)",
        gate=r"://",
        score=0.6,
        refutable=False,
        reach=1600,
        window=4,
    ),
    Rule(
        id="url.www",
        type="URL",
        pattern=r"(?<![A-Za-z0-9@./\-])www\.[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,4}(?:/[^\s\x00<>\"'`{}|\\^\u3000-\u303f\u4e00-\u9fff,。;]{0,1000})?(?<![.,:!?)\]])",
        gate=r"www\.",
        score=0.6,
        refutable=False,
        reach=1400,
        window=5,
    ),
    Rule(
        id="url.bare",
        type="URL",
        pattern=r"\.(?:com|org|net|edu|gov|mil|int|info|biz|io|ai|cn|de|uk|fr|eu|us|hk|tw|jp|kr|ru|ch|at|nl|app|dev|cloud|shop|top|xyz|vip|cc|tv|me)(?:/[A-Za-z0-9\-._~%!$&()*+;=:@/?#\[\]]{0,500})?(?<![.,:!?)\]])(?![A-Za-z0-9@(]|-[A-Za-z0-9]|\.[A-Za-z0-9])",
        gate=r"[A-Za-z0-9]\.(com|org|net|edu|gov|mil|int|info|biz|io|ai|cn|de|uk|fr|eu|us|hk|tw|jp|kr|ru|ch|at|nl|app|dev|cloud|shop|top|xyz|vip|cc|tv|me)",
        score=0.5,
        refutable=False,
        check=lambda text: not text.split("/")[0].replace(".", "").isdigit(),
        reach=800,
        lead=r"(?<![A-Za-z0-9@./\\\-_])(?P<v>[A-Za-z0-9](?:[A-Za-z0-9\-]{0,40}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9\-]{0,40}[A-Za-z0-9])?){0,3})",
        window=14,
    ),
    Rule(
        id="phone.international",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?:\+|(?<![0-9][ \-])00(?=[1-9][0-9]?[ \-(])|\(\+)[1-9][0-9]{0,2}\)?(?:[ .\-/]{0,2}(?:\(0?[0-9]{1,5}\)|[0-9]{1,5})){2,7}(?:[ ]?(?:x|ext\.?|#)[ ]?[0-9]{1,6})?(?![A-Za-z0-9])(?![.\-/][0-9])",
        gate=DIGITS_8,
        score=0.7,
        check=generic.international_phone,
        context=PHONE_WORDS,
        boosted=0.95,
    ),
    Rule(
        id="phone.north_america",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][.\-/_:])(?:(?:\+1|001|1)[ .\-]?)?(?:\([2-9][0-9]{2}\)[ .\-]?|[2-9][0-9]{2}(?P<s>[ .\-]))[2-9][0-9]{2}(?(s)(?P=s)|[ .\-])[0-9]{4}(?:[ ,]{0,2}(?:x|ext\.?|extension|#)[ ]?[0-9]{1,6})?(?![A-Za-z0-9])(?![.\-/][0-9])",
        gate=DIGITS_8,
        score=0.65,
        context=PHONE_WORDS,
        boosted=0.95,
    ),
    Rule(
        id="phone.north_america_loose",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}(?P<s>[ .\-]))[0-9]{3}(?(s)(?P=s)|[ .\-])[0-9]{4}(?![A-Za-z0-9])(?![ .\-/][0-9])",
        gate=DIGITS_8,
        score=0.5,
        context=PHONE_WORDS,
        boosted=0.85,
    ),
    Rule(
        id="phone.plain",
        type="PHONE_NUMBER",
        pattern=rf"(?<![A-Za-z0-9+])(?<![0-9][.\-/_:])(?:1?[2-9][0-9]{{2}}[2-9][0-9]{{6}}|0[1-9][0-9]{{8,10}}){NUMBER_RIGHT}",
        gate=DIGITS_8,
        score=0.3,
        context=PHONE_WORDS,
        boosted=0.8,
    ),
    Rule(
        id="phone.german_mobile",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])01[567][0-9]{1,2}[ \-/]{1,3}[0-9]{3,4}[ \-]?[0-9]{3,5}(?![A-Za-z0-9])(?![.\-/][0-9])",
        gate=DIGITS_8,
        score=0.6,
        context=PHONE_WORDS,
        boosted=0.92,
    ),
    Rule(
        id="phone.british",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])(?:07[1-57-9][0-9]{2} [0-9]{3} ?[0-9]{3}|02[03489] [0-9]{4} [0-9]{4}|01[0-9]1 [0-9]{3} [0-9]{4})(?![A-Za-z0-9])(?![ .\-/][0-9])",
        gate=DIGITS_8,
        score=0.55,
        context=PHONE_WORDS,
        boosted=0.92,
    ),
    Rule(
        id="phone.french",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])0[1-79](?P<s>[ .\-])[0-9]{2}(?:(?P=s)[0-9]{2}){3}(?![A-Za-z0-9])(?![ .\-/][0-9])",
        gate=DIGITS_8,
        score=0.55,
        context=PHONE_WORDS,
        boosted=0.9,
    ),
    Rule(
        id="phone.eight",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])[2-9][0-9]{3}[ \-]?[0-9]{4}(?![A-Za-z0-9])(?![ .\-/][0-9])",
        gate=DIGITS_8,
        score=0.15,
        context=("电话", "座机", "手提", "传真", "直线", "tel", "telephone", "fax", "hotline"),
        boosted=0.72,
    ),
    Rule(
        id="phone.iberian",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])[26789][0-9]{2}(?P<s>[ .\-]?)[0-9]{3}(?P=s)[0-9]{3}(?![A-Za-z0-9])(?![ .\-/][0-9])",
        gate=DIGITS_8,
        score=0.15,
        context=(
            "teléfono",
            "telefono",
            "tel",
            "tel.",
            "tlf",
            "móvil",
            "movil",
            "telefone",
            "telemóvel",
            "celular",
            "contacto",
        ),
        boosted=0.78,
    ),
    Rule(
        id="phone.korean",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])01[016789][ .\-][0-9]{3,4}[ .\-][0-9]{4}(?![A-Za-z0-9])(?![ .\-/][0-9])",
        gate=DIGITS_8,
        score=0.6,
        context=PHONE_WORDS,
        boosted=0.92,
    ),
    Rule(
        id="phone.spaced",  # written digit by digit, to be read out or to hide it
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:,])1(?P<s>[ .\-_*])[3-9](?:(?P=s)[0-9]){9}(?![A-Za-z0-9])(?![ .\-/][0-9])",
        gate=r"1[ .\-_*][3-9][ .\-_*][0-9][ .\-_*][0-9]",
        score=0.3,
        context=PHONE_WORDS,
        boosted=0.85,
        window=8,
    ),
    Rule(
        id="phone.national",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])(?:\(0[1-9][0-9]{0,4}\)|0[1-9][0-9]{0,4})[ \-/]{1,3}[0-9]{2,8}(?:[ \-][0-9]{2,6}){0,3}(?![A-Za-z0-9])(?![.\-/][0-9])",
        gate=DIGITS_8,
        score=0.45,
        check=lambda text: 8 <= sum(c.isdigit() for c in text) <= 13,
        context=PHONE_WORDS,
        boosted=0.9,
    ),
)
