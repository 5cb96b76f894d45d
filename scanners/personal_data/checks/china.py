# ruff: noqa: SIM905 - a table reads best one row a line
"""Identifiers of mainland China, Hong Kong, Macao and Taiwan."""

from __future__ import annotations

from scanners.personal_data.checks.arithmetic import luhn, only, weighted
from scanners.personal_data.checks.dates import real_date, yyyymmdd

PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
"""GB/T 2260 first two digits; 81-83 are the residence permits of Hong Kong, Macao and Taiwan residents."""

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DOMESTIC = ("9", "436742", "436745", "456351", "601382", "601428", "405512", "421317", "427020", "548943", "552599")
_ID_CHECK = "10X98765432"

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_TAIWAN_LETTERS = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))


def id_card(text: str) -> bool:
    """居民身份证: GB 11643-1999, 18 places: region, real birth date, MOD 11-2 check character."""
    code = only(text.upper(), "0123456789X")
    if len(code) != 18 or code[:2] not in PROVINCES or not _district(code) or not yyyymmdd(code[6:14]):
        return False
    return _ID_CHECK[weighted(code[:17], _ID_WEIGHTS) % 11] == code[17]


def id_card_15(text: str) -> bool:
    """The first-generation card of 15 digits: region and a birth date in the 1900s, no check digit."""
    code = only(text)
    if len(code) != 15 or code[:2] not in PROVINCES or not _district(code):
        return False
    return real_date(1900 + int(code[6:8]), int(code[8:10]), int(code[10:12]))


def _district(code: str) -> bool:
    """GB/T 2260: prefecture 00-70 or 90, county 00-99 but never an unassigned high block."""
    return int(code[2:4]) <= 70 or code[2:4] == "90"


def uscc(text: str) -> bool:
    """统一社会信用代码: GB 32100-2015, MOD 31 check character; the region inside is a real province."""
    code = text.upper()
    if len(code) != 18 or any(character not in _USCC_VALUE for character in code):
        return False
    if code[2:4] not in PROVINCES and code[2:4] != "10":  # 100000: registered with the central state
        return False
    total = sum(_USCC_VALUE[character] * weight for character, weight in zip(code, _USCC_WEIGHTS, strict=False))
    return _USCC_VALUE[code[17]] == (31 - total % 31) % 31


def identity_shaped(digits: str) -> bool:
    """Eighteen digits built as an identity number: with a wrong check digit it is a mistyped one, and no card."""
    return len(digits) == 18 and digits[:2] in PROVINCES and _district(digits) and yyyymmdd(digits[6:14])


def unionpay(text: str) -> bool:
    """A card of the UnionPay range (62, 81): 16 to 19 digits that pass Luhn."""
    digits = only(text)
    return 16 <= len(digits) <= 19 and digits[:2] in ("62", "81") and luhn(digits) and not identity_shaped(digits)


def chinese_bank_card(text: str) -> bool:
    """A debit card by context: 16 to 19 digits that pass Luhn, of any issuer range that Chinese banks use."""
    digits = only(text)
    return 16 <= len(digits) <= 19 and digits[0] in "134569" and luhn(digits) and not identity_shaped(digits)


def domestic_card(text: str) -> bool:
    """A card of a Chinese bank outside UnionPay's own range: national numbers (ISO/IEC 7812 leaves 9 to each country) and
    the old ranges of the large banks."""
    digits = only(text)
    return 16 <= len(digits) <= 19 and digits.startswith(_DOMESTIC) and luhn(digits) and not identity_shaped(digits)


def mobile(text: str) -> bool:
    """A mobile number whose subscriber part is not a filler such as 00000000."""
    digits = only(text)[-11:]
    return len(set(digits[3:])) > 1


def area_code(text: str) -> bool:
    """A landline whose area code exists: 010, 02x, or 03xx to 09xx; subscriber numbers start with 2 to 8."""
    digits = only(text.split("转")[0])
    if digits.startswith("86"):
        digits = "0" + digits[2:].lstrip("0")
    if digits.startswith(("010", "02")):
        area, rest = digits[:3], digits[3:]
        return area not in ("026",) and len(rest) >= 7 and rest[0] in "2345678"
    return digits[:1] == "0" and digits[1] in "3456789" and len(digits) >= 11 and digits[4] in "2345678"


def hong_kong_id(text: str) -> bool:
    """HKID: one or two letters, six digits, a check character (MOD 11)."""
    code = only(text.upper(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    if len(code) not in (8, 9):
        return False
    body, check = code[:-1].rjust(8), code[-1]
    total = sum((36 if c == " " else int(c, 36)) * weight for c, weight in zip(body, range(9, 1, -1), strict=True))
    return "0123456789A"[-total % 11] == check


def taiwan_id(text: str) -> bool:
    """中華民國身分證 and the new resident certificate: a letter, nine digits, MOD 10 check."""
    code = text.upper()
    letter = _TAIWAN_LETTERS[code[0]]
    total = letter // 10 + letter % 10 * 9 + weighted(code[1:9], range(8, 0, -1)) + int(code[9])
    return total % 10 == 0
