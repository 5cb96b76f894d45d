# ruff: noqa: SIM905 - a table reads best one row a line
"""Identifiers that belong to no one country: cards, accounts, devices, vehicles, networks, crypto addresses."""

from __future__ import annotations

import hashlib
import ipaddress

from scanners.personal_data.checks.arithmetic import luhn, mod97_10, only
from scanners.personal_data.checks.china import identity_shaped

_IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""ISO 13616 registry: total length by country."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

_VIN_VALUE = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9),
                      strict=True)) | {str(digit): digit for digit in range(10)}  # fmt: skip
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def credit_card(text: str) -> bool:
    """A payment card: an issuer range of ISO/IEC 7812, the length that goes with it, Luhn."""
    digits = only(text)
    length = len(digits)
    two, four = int(digits[:2]), int(digits[:4])
    issued = (
        (digits[0] == "4" and length in (13, 16, 19))
        or (51 <= two <= 55 and length == 16)
        or (2221 <= four <= 2720 and length == 16)
        or (two in (34, 37) and length == 15)
        or ((two in (36, 38, 39) or 300 <= int(digits[:3]) <= 305) and length in (14, 16))
        or ((four == 6011 or two in (64, 65)) and length in (16, 19))
        or (3528 <= four <= 3589 and length == 16)
        or (two in (50, 56, 57, 58, 63, 67) and length in (16, 18, 19))
    )
    return issued and luhn(digits) and not identity_shaped(digits)


def payment_card(text: str) -> bool:
    """A card by its cue: also Maestro's 12 digits and up, and JCB's old ranges 2131, 1800 and 35."""
    digits = only(text)
    maestro = digits[:2] in ("50", "56", "57", "58", "63", "67") and 12 <= len(digits) <= 19
    jcb = (digits.startswith(("2131", "1800")) and len(digits) == 15) or (digits.startswith("35") and len(digits) == 16)
    return (maestro or jcb) and luhn(digits)


def iban(text: str) -> bool:
    """ISO 13616: the country's length and MOD 97-10."""
    code = text.replace(" ", "").replace("-", "").upper()
    return _IBAN_LENGTH.get(code[:2]) == len(code) and mod97_10(code[4:] + code[:4])


def ip_address(text: str) -> bool:
    """A real address of version 4 or 6, with an optional prefix length; not the unspecified one nor loopback, which are
    everybody's."""
    try:
        address = ipaddress.ip_interface(text).ip
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)


def mac_address(text: str) -> bool:
    """EUI-48 that is neither all zeros nor broadcast."""
    digits = only(text.upper(), "0123456789ABCDEF")
    return len(digits) == 12 and digits not in ("0" * 12, "F" * 12)


def imei(text: str) -> bool:
    """3GPP TS 23.003 §6.2: fifteen digits with a Luhn check."""
    digits = only(text)
    return len(digits) == 15 and luhn(digits)


def vin(text: str) -> bool:
    """ISO 3779 vehicle number with the check digit in place 9 (North America and China, GB 16735)."""
    code = text.upper()
    if len(code) != 17 or any(character not in _VIN_VALUE for character in code) or len(set(code)) < 4:
        return False
    total = sum(_VIN_VALUE[character] * weight for character, weight in zip(code, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == code[8]


def base58check(text: str) -> bool:
    """A base58 string whose last four bytes are the double SHA-256 of the others: Bitcoin, Litecoin, Tron, …"""
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    raw = number.to_bytes(25, "big") if number < 1 << 200 else b""
    return bool(raw) and hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def bech32(text: str) -> bool:
    """BIP 173 and BIP 350: the polymod of prefix and data is 1 or 0x2bc830a3."""
    lowered = text.lower()
    prefix, _, data = lowered.rpartition("1")
    if text not in (lowered, text.upper()) or any(character not in _BECH32 for character in data):
        return False
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in data]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check in (1, 0x2BC830A3)


_COUNTRY_CODES = frozenset(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 "
    "90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 "
    "239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 "
    "269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 379 380 381 382 "
    "383 385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 "
    "672 673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852 853 855 856 870 878 "
    "880 881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 "
    "998".split()
)
"""ITU-T E.164 country codes in use."""


def international_phone(text: str) -> bool:
    """E.164: an assigned country code and 7 to 15 digits in all, not one digit repeated."""
    head = text.split("x")[0].split("e")[0].replace("(0)", "")
    digits = only(head)
    if digits.startswith("00"):
        digits = digits[2:]
    if not 8 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    return any(digits[:size] in _COUNTRY_CODES for size in (1, 2, 3))
