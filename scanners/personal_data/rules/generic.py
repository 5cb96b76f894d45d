# ruff: noqa: E501 - a table reads best one row a line
"""Identifiers of no one country: contact, network, money, devices, dates of birth."""

from __future__ import annotations

import re

from scanners.personal_data.checks import generic
from scanners.personal_data.checks.dates import real_date
from scanners.personal_data.rules.china import PHONE_WORDS
from scanners.personal_data.rules.rule import (
    DIGITS_8,
    DIGITS_13,
    EDGE_LEFT,
    EDGE_RIGHT,
    NUMBER_LEFT,
    NUMBER_RIGHT,
    Rule,
)

CREDIT_WORDS = (
    "card",
    "credit",
    "visa",
    "mastercard",
    "amex",
    "debit",
    "cc",
    "payment",
    "信用卡",
    "卡号",
    "银行卡",
    "kreditkarte*",
    "karte*",
)
BIRTH_WORDS = ("born", "birth", "birthday", "birthdate", "dob", "d.o.b", "出生", "生日", "诞生", "生于", "geb", "geboren*",
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
_FILES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".js", ".css", ".html", ".py", ".json")
_HAN = re.compile("[\u4e00-\u9fff]")


def plausible_email(text: str) -> bool:
    """No empty label, and not `icon@2x.png`."""
    local, _, domain = text.partition("@")
    return ".." not in text and not local.endswith(".") and not domain.lower().endswith(_FILES)


def international_email(text: str) -> bool:
    """RFC 6531: something beyond ASCII, but no Chinese words run into the local part."""
    return not text.isascii() and not _HAN.search(text.partition("@")[0])


def plausible_ipv6(text: str) -> bool:
    """A real address with enough in it: `be::` and the slice `1::2` are not."""
    groups = [group for group in text.split("/")[0].split("%")[0].split(":") if group]
    enough = sum(map(len, groups)) >= 5 and len(groups) > 1
    return (enough or text.startswith("::1")) and generic.ip_address(text.split("%")[0])


def plausible_birth(text: str) -> bool:
    """A compact date must exist in the calendar; the others were checked place by place by the pattern."""
    return not (len(text) == 8 and text.isdigit()) or real_date(int(text[:4]), int(text[4:6]), int(text[6:]))


def long_hexadecimal(text: str) -> bool:
    """Not a run of one repeated character."""
    return len(set(text.lower())) > 6


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
        lead=r"(?<![A-Za-z0-9._%+\-!#$&'*/=?^`{|}~])(?P<v>[A-Za-z0-9][A-Za-z0-9._%+\-!#$&'*/=?^`{|}~]{0,63})",
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
        id="ip.v4",
        type="IP_ADDRESS",
        pattern=r"(?<![A-Za-z0-9])(?<![0-9A-Za-z][.\-])(?<!\.)(?<![<>=~!]=)(?<![<>~^])(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:/(?:3[0-2]|[12]?[0-9])(?![0-9]))?(?![A-Za-z0-9]|\.[0-9]|-[0-9])",
        gate=r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]",
        score=0.7,
        check=generic.ip_address,
        context=(
            "ip",
            "ipv4",
            "address",
            "host",
            "server",
            "client",
            "remote",
            "login",
            "地址",
            "服务器",
            "主机",
            "登录",
            "adresse",
        ),
        boosted=0.95,
        digits=4,
    ),
    Rule(
        id="ip.v6",
        type="IP_ADDRESS",
        pattern=r"(?<![A-Za-z0-9.])(?<![^A-Za-z][0-9A-Fa-f]:)(?<!::)(?=[0-9A-Fa-f]{0,4}:)(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}(?::[0-9A-Fa-f]{1,4}){1,7}|(?:[0-9A-Fa-f]{1,4}:){1,7}:|::(?:[fF]{4}:)?(?:[0-9A-Fa-f]{1,4}:){0,6}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{1,4}))(?:%[a-z0-9]{1,12})?(?:/[0-9]{1,3})?(?![A-Za-z0-9:]|\.[0-9])",
        gate=r"([0-9A-Fa-f]{1,4}:){2}|::[0-9A-Fa-f]|[0-9A-Fa-f]::",
        score=0.8,
        check=plausible_ipv6,
        context=("ip", "ipv6", "address", "host", "地址"),
        boosted=0.97,
        window=14,
    ),
    Rule(
        id="mac",
        type="MAC_ADDRESS",
        pattern=r"(?<![A-Za-z0-9])(?<![^A-Za-z][0-9A-Fa-f]{2}[:\-])[0-9A-Fa-f]{2}(?P<s>[:\-])(?:[0-9A-Fa-f]{2}(?P=s)){4}[0-9A-Fa-f]{2}(?![A-Za-z0-9]|[:\-][0-9A-Fa-f])|(?<![A-Za-z0-9.])[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}(?![A-Za-z0-9.])",
        gate=r"([0-9A-Fa-f]{2}[:\-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}",
        score=0.9,
        check=generic.mac_address,
        refutable=False,
        window=20,
    ),
    Rule(
        id="credit_card",
        type="CREDIT_CARD",
        pattern=rf"{NUMBER_LEFT}[2-6](?:[ \-]?[0-9]){{12,18}}{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.8,
        check=generic.credit_card,
        context=CREDIT_WORDS,
        boosted=0.98,
    ),
    Rule(
        id="iban",
        type="IBAN_CODE",
        pattern=rf"{EDGE_LEFT}[A-Za-z]{{2}}[0-9]{{2}}(?:[ \-]?[A-Za-z0-9]{{4}}){{2,7}}(?:[ \-]?[A-Za-z0-9]{{1,3}})?{EDGE_RIGHT}",
        gate=r"[A-Za-z]{2}[0-9]{2}[ \-]?[A-Za-z0-9]{4}[ \-]?[A-Za-z0-9]{4}",
        score=1.0,
        check=generic.iban,
        refutable=False,
        digits=2,
    ),
    Rule(
        id="crypto.base58",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}[13LMT2mn][1-9A-HJ-NP-Za-km-z]{{25,34}}{EDGE_RIGHT}",
        gate=r"[13LMT2mn][1-9A-HJ-NP-Za-km-z]{25}",
        score=0.97,
        check=generic.base58check,
        refutable=False,
        window=28,
    ),
    Rule(
        id="crypto.bech32",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}(?:bc1|tb1|ltc1|BC1)[02-9ac-hj-np-zAC-HJ-NP-Z]{{11,71}}{EDGE_RIGHT}",
        gate=r"(bc1|tb1|ltc1|BC1)[02-9a-zA-Z]{11}",
        score=0.97,
        check=generic.bech32,
        refutable=False,
        window=18,
    ),
    Rule(
        id="crypto.ethereum",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}0x[0-9A-Fa-f]{{40}}{EDGE_RIGHT}",
        gate=r"0x[0-9A-Fa-f]{40}",
        score=0.85,
        check=long_hexadecimal,
        refutable=False,
        window=44,
    ),
    Rule(
        id="crypto.monero",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}[48][0-9AB][1-9A-HJ-NP-Za-km-z]{{93}}{EDGE_RIGHT}",
        gate=r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}",
        score=0.9,
        refutable=False,
        window=98,
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
        id="phone.national",
        type="PHONE_NUMBER",
        pattern=r"(?<![A-Za-z0-9+])(?<![0-9][ .\-/_:])(?:\(0[1-9][0-9]{1,4}\)|0[1-9][0-9]{1,4})[ \-/]{1,3}[0-9]{2,8}(?:[ \-][0-9]{2,6}){0,3}(?![A-Za-z0-9])(?![.\-/][0-9])",
        gate=DIGITS_8,
        score=0.45,
        check=lambda text: 8 <= sum(c.isdigit() for c in text) <= 13,
        context=PHONE_WORDS,
        boosted=0.9,
    ),
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
        digits=1,
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
        id="date.any",
        type="DATE_TIME",
        pattern=r"(?<![A-Za-z0-9])(?<![0-9][.\-/])" + _DATE + r"(?![0-9A-Za-z])(?![.\-/][0-9])",
        gate=_DATE_GATE,
        score=0.3,
        check=plausible_birth,
        ignore_case=True,
        refutable=False,
        digits=1,
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
    Rule(
        id="health.labelled",
        type="MEDICAL_CONDITION",
        pattern=r"(?:诊断(?:结果|为|意见)?|既往病史|病史|过敏史|疾病名称|确诊为?|diagnosis|diagnosed with|medical history|allerg(?:y|ies|isch gegen)|suffers from|diagnose|vorerkrankung(?:en)?|leidet an)\s{0,2}[:：]?\s{0,2}(?P<v>[\u4e00-\u9fff]{2,14}(?=[,。;、\s\x00]|$)|(?:(?:type|hiv|typ)[ \-])?[A-Za-zäöüß0-9\-]{3,24}(?: (?:mellitus|cancer|disease|disorder|syndrome|type|[12]|infection|positive)){0,3})",
        gate=r"(诊断|病史|过敏史|疾病名称|确诊|diagnos|medical history|allerg|suffers from|vorerkrankung|leidet an)",
        score=0.6,
        check=lambda text: (
            text.lower() not in ("the", "and", "code", "was", "for", "not", "none", "keine", "information")
        ),
        ignore_case=True,
        refutable=False,
        window=20,
    ),
    Rule(
        id="nrp.labelled",
        type="NRP",
        pattern=r"(?:民族|宗教信仰|宗教|政治面貌|国籍|种族|religion|ethnicity|nationality|race|political party|konfession|staatsangehörigkeit|religionszugehörigkeit)\s{0,2}[:=]\s{0,3}(?P<v>[\u4e00-\u9fff]{1,6}|[A-Za-zäöüß\-]{3,24})",
        gate=r"(民族|宗教|政治面貌|国籍|种族|religion|ethnicity|nationality|race|political party|konfession|staatsangehörigkeit)",
        score=0.65,
        ignore_case=True,
        refutable=False,
        window=24,
    ),
    Rule(
        id="biometric.labelled",
        type="BIOMETRIC_ID",
        pattern=r"(?:指纹|人脸|虹膜|声纹|掌纹|fingerprint|face|iris|voiceprint|biometric)[ _]?(?:特征|模板|编号|ID|id|template|hash)\s{0,2}[:=]\s{0,3}(?P<v>[A-Za-z0-9+/=_\-]{6,256})",
        gate=r"(指纹|人脸|虹膜|声纹|掌纹|fingerprint|face|iris|voiceprint|biometric)",
        score=0.8,
        ignore_case=True,
        refutable=False,
        window=14,
    ),
    Rule(
        id="device.imei",
        type="IMEI",
        pattern=rf"{NUMBER_LEFT}[0-9]{{2}}[ \-]?[0-9]{{6}}[ \-]?[0-9]{{6}}[ \-]?[0-9]{NUMBER_RIGHT}",
        gate=DIGITS_13,
        score=0.3,
        check=generic.imei,
        context=("imei", "设备", "手机串号", "串号", "device", "handset"),
        boosted=0.95,
    ),
    Rule(
        id="vehicle.vin_labelled",
        type="VIN",
        pattern=rf"{EDGE_LEFT}(?=[A-Z0-9]{{0,16}}[0-9])[A-HJ-NPR-Z0-9]{{17}}{EDGE_RIGHT}",
        gate=r"[A-HJ-NPR-Z0-9]{17}",
        score=0.1,
        context=(
            "vin",
            "chassis",
            "车架",
            "车辆识别",
            "fahrgestell*",
            "fahrzeug-identifizierungsnummer",
            "fin",
            "车驾号",
        ),
        boosted=0.85,
        refutable=False,
    ),
    Rule(
        id="vehicle.vin",
        type="VIN",
        pattern=rf"{EDGE_LEFT}[A-HJ-NPR-Z0-9]{{17}}{EDGE_RIGHT}",
        gate=r"[A-HJ-NPR-Z0-9]{17}",
        score=0.45,
        check=generic.vin,
        context=("vin", "vehicle", "chassis", "车架", "车辆识别", "fahrgestell*", "fin", "车驾号", "car"),
        boosted=0.95,
        refutable=False,
    ),
)
