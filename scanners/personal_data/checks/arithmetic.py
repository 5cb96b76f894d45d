"""Check digits that many identifiers share. Each takes the bare characters and says whether they agree."""

from __future__ import annotations

from collections.abc import Sequence

_LUHN_DOUBLE = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_VERHOEFF_PRODUCT = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_VERHOEFF_PERMUTED = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)


def only(text: str, wanted: str = "0123456789") -> str:
    """The characters of `text` that are in `wanted`, in order."""
    return "".join([character for character in text if character in wanted])


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 Annex B. All-equal digits are refused: nobody was ever issued 0000…"""
    if not digits or digits == digits[0] * len(digits):
        return False
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = ord(character) - 48
        total += _LUHN_DOUBLE[digit] if place % 2 else digit
    return total % 10 == 0


def luhn_number(text: str) -> bool:
    """The same over the digits of a written number."""
    return luhn(only(text))


def verhoeff(digits: str) -> bool:
    """Verhoeff's dihedral check (1969), as Aadhaar uses it."""
    check = 0
    for place, character in enumerate(reversed(digits)):
        check = _VERHOEFF_PRODUCT[check][_VERHOEFF_PERMUTED[place % 8][int(character)]]
    return check == 0


def weighted(digits: str, weights: Sequence[int]) -> int:
    """The sum of digit times weight, place by place."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def mod11_10(digits: str) -> bool:
    """ISO/IEC 7064 MOD 11,10: German tax number, Croatian OIB."""
    product = 10
    for character in digits[:-1]:
        total = (int(character) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def mod97_10(text: str) -> bool:
    """ISO/IEC 7064 MOD 97-10 over letters and digits, as IBAN uses it: the remainder is 1."""
    return int("".join(str(int(character, 36)) for character in text)) % 97 == 1


def icao_9303(text: str) -> int:
    """The 7-3-1 check digit of machine-readable travel documents (ICAO 9303-3 §4.9)."""
    return sum(int(character, 36) * (7, 3, 1)[place % 3] for place, character in enumerate(text)) % 10
