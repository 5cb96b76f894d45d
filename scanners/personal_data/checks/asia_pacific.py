"""National identifiers of Asia outside China, and of Australia: check digits and ranges by the issuing authority's rule."""

from __future__ import annotations

from scanners.personal_data.checks.arithmetic import only, verhoeff, weighted
from scanners.personal_data.checks.dates import yymmdd

_RRN_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_UEN_OTHERS = "ABCDEFGHJKLMNPQRSTUVWX0123456789"


def aadhaar(text: str) -> bool:
    """Aadhaar: Verhoeff, and not a palindrome (UIDAI)."""
    digits = only(text)
    return verhoeff(digits) and digits != digits[::-1]


def singapore_nric(text: str) -> bool:
    """NRIC and FIN: weights 2-7-6-5-4-3-2, offset by series."""
    offset = {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}[text[0]]
    place = (weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + offset) % 11
    letters = "JZIHGFEDCBA" if text[0] in "ST" else "XWUTRQPNMLK"
    if text[0] == "M":
        return "KLJNPQRTUWX"[10 - place] == text[8]
    return letters[place] == text[8]


def australian_tfn(text: str) -> bool:
    digits = only(text)
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0 and len(set(digits)) > 1


def australian_abn(text: str) -> bool:
    """Australian business number: one less in the first place, MOD 89."""
    digits = only(text)
    if digits[0] == "0":
        return False
    return weighted(str(int(digits[0]) - 1) + digits[1:], (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) % 89 == 0


def australian_acn(text: str) -> bool:
    digits = only(text)
    return (10 - weighted(digits[:8], range(8, 0, -1)) % 10) % 10 == int(digits[8]) and len(set(digits)) > 1


def australian_medicare(text: str) -> bool:
    digits = only(text)
    return weighted(digits[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == int(digits[8])


def korean_birth(text: str) -> bool:
    """The birth date in front: all that can be checked of numbers issued since October 2020, whose last six are random."""
    return yymmdd(text[:6])


def korean_rrn(text: str) -> bool:
    """Resident registration number: a real date, and the check digit of those issued before October 2020."""
    digits = only(text)
    return korean_birth(digits) and (11 - weighted(digits[:12], _RRN_WEIGHTS) % 11) % 10 == int(digits[12])


def korean_frn(text: str) -> bool:
    """Foreigner registration number: the same, with a check digit that is two more."""
    digits = only(text)
    return korean_birth(digits) and (13 - weighted(digits[:12], _RRN_WEIGHTS) % 11) % 10 == int(digits[12])


def korean_brn(text: str) -> bool:
    """Business registration number: weights 1-3-7-1-3-7-1-3-5, with the tens of the last product added."""
    digits = only(text)
    total = weighted(digits[:9], (1, 3, 7, 1, 3, 7, 1, 3, 5)) + int(digits[8]) * 5 // 10
    return len(set(digits)) > 1 and (10 - total % 10) % 10 == int(digits[9])


def japanese_my_number(text: str) -> bool:
    """My Number: MOD 11 with weights 6-5-4-3-2-7-6-5-4-3-2 (MIC ordinance 85 of 2014)."""
    digits = only(text)
    rest = weighted(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest <= 1 else 11 - rest) == int(digits[11]) and len(set(digits)) > 1


def thai_id(text: str) -> bool:
    digits = only(text)
    return (11 - weighted(digits[:12], range(13, 1, -1)) % 11) % 10 == int(digits[12])


def indian_gstin(text: str) -> bool:
    """GSTIN: base 36, factors 1 and 2 in turn, quotient and remainder by 36 added (CGST Rules 2017, rule 10)."""
    total = sum(sum(divmod(int(c, 36) * (1 + place % 2), 36)) for place, c in enumerate(text[:14]))
    return (36 - total % 36) % 36 == int(text[14], 36)


def singapore_uen(text: str) -> bool:
    """Unique Entity Number (ACRA): businesses, local companies and other entities each have their own check letter."""
    if text[0].isalpha():
        total = sum(_UEN_OTHERS.index(c) * w for c, w in zip(text[:9], (4, 3, 5, 3, 10, 2, 2, 5, 7), strict=True))
        return _UEN_OTHERS[(total - 5) % 11] == text[9]
    if len(text) == 9:
        return "XMKECAWLJDB"[weighted(text[:8], (10, 4, 9, 3, 8, 2, 7, 1)) % 11] == text[8]
    year = int(text[:4])
    return 1800 <= year <= 2099 and "ZKCMDNERGWH"[weighted(text[:9], (10, 8, 6, 4, 9, 7, 5, 3, 1)) % 11] == text[9]
