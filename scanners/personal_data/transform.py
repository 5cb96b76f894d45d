"""Ways to change a value besides masking, replacing and hashing it; each is keyed, and consistent under its key."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from scanners.personal_data import fpe
from scanners.personal_data.checks.arithmetic import luhn, only
from scanners.personal_data.checks.china import id_card
from scanners.personal_data.normalise import normalised
from scanners.personal_data.redact import keyed_digest
from scanners.personal_data.rules.lexicon import GIVEN_CHARACTERS, SURNAMES
from scanners.personal_data.vault import VaultKey

Transformation = Literal[
    "mask",
    "partial_mask",
    "replace",
    "hash",
    "surrogate",
    "date_shift",
    "generalise",
    "token",
    "format_preserving",
    "keep",
]

_DATE = re.compile(
    r"(?P<year>(?:18|19|20)\d\d)(?P<a>[-/.年 ]?)(?P<month>\d{1,2})(?P<b>[-/.月 ]?)(?P<day>\d{1,2})(?P<c>日?)", re.ASCII
)
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?P<a>[-/. ])(?P<month>\d{1,2})(?P<b>[-/. ])(?P<year>(?:18|19|20)\d\d)", re.ASCII
)
_REGION = re.compile(r"^(.{2,3}?(?:省|自治区)|北京市?|上海市?|天津市?|重庆市?)?(.{2,6}?(?:市|州|盟))?")
_ENGLISH = (
    "Alex Morgan",
    "Robin Taylor",
    "Sam Carter",
    "Jamie Brooks",
    "Casey Reed",
    "Jordan Hayes",
    "Taylor Quinn",
    "Avery Cole",
)


@dataclass(frozen=True)
class Keys:
    """What the keyed transformations need. Secrets: never logged, never sent."""

    key: bytes
    """At least 16 bytes; surrogates, shifts and hashes are consistent under it."""
    vault: VaultKey | None = None
    """For tokens."""


@dataclass(frozen=True)
class Transformer:
    """What to do with each type of entity."""

    keys: Keys
    default: Transformation = "replace"
    by_type: Mapping[str, Transformation] = field(default_factory=dict)

    def __call__(self, kind: str, original: str) -> str:
        """The value in its new form."""
        return _WAYS[self.way(kind)](kind, original, self.keys)

    def way(self, kind: str) -> Transformation:
        """What is done with a type."""
        return self.by_type.get(kind, self.default)


def _partial(kind: str, original: str, keys: Keys) -> str:
    """Enough to recognise it by for who knows it: a fifth at each end, and never more than four characters."""
    if kind == "EMAIL_ADDRESS" and "@" in original:
        local, _, domain = original.partition("@")
        return f"{local[:1]}***@{domain}"
    if kind == "PERSON":
        return original[:1] + "*" * (len(original) - 1)
    shown = min(4, len(original) // 5)
    return (
        "*" * len(original) if shown == 0 else original[:shown] + "*" * (len(original) - 2 * shown) + original[-shown:]
    )


def _surrogate(kind: str, original: str, keys: Keys) -> str:
    """Another value of the same look, always the same one for the same original under the key."""
    seed = int(keyed_digest(f"surrogate {kind}", original, keys.key), 16)
    if kind == "PERSON":
        if original.isascii():
            return _ENGLISH[seed % len(_ENGLISH)]
        return SURNAMES[seed % 100] + GIVEN_CHARACTERS[seed // 100 % 200] + GIVEN_CHARACTERS[seed // 20_000 % 200]
    if kind == "EMAIL_ADDRESS":
        return f"user{seed % 10**8:08d}@example.com"
    if kind in ("DATE_OF_BIRTH", "DATE_TIME"):
        return _shifted(kind, original, keys)
    if kind == "ADDRESS":
        return (
            f"示例市示例区示例路{seed % 900 + 1}号" if not original.isascii() else f"{seed % 9000 + 1} Example Street"
        )
    shown = _reshaped(original, seed, keep=3 if kind == "PHONE_NUMBER" else 1)
    return _made_valid(kind, original, shown)


def _reshaped(original: str, seed: int, keep: int) -> str:
    """Every digit and letter after the first `keep` exchanged for another of its kind; punctuation stays."""
    out: list[str] = []
    for place, character in enumerate(normalised(original).text):
        seed, value = divmod(seed, 36) if seed else (0, place)
        if place < keep or not character.isalnum() or not character.isascii():
            out.append(character)
        elif character.isdigit():
            out.append(str(value % 10))
        else:
            letter = chr(ord("A") + value % 26)
            out.append(letter if character.isupper() else letter.lower())
    return "".join(out)


def _made_valid(kind: str, original: str, shown: str) -> str:
    """Check digits that hold where the original's did, and dates that exist."""
    if kind == "CN_ID_CARD" and id_card(original):
        digits = only(shown[:17]) + "0"
        body = (
            "110101"
            + f"19{int(digits[8:10]):02d}"
            + f"{int(digits[10:12]) % 12 + 1:02d}{int(digits[12:14]) % 28 + 1:02d}"
            + digits[14:17]
        )
        return next(body + check for check in "0123456789X" if id_card(body + check))
    if kind in ("CREDIT_CARD", "CN_BANK_CARD") and luhn(only(original)):
        place = max(at for at, character in enumerate(shown) if character.isdigit())
        for check in "0123456789":
            candidate = shown[:place] + check + shown[place + 1 :]
            if luhn(only(candidate)):
                return candidate
    return shown


def _shifted(kind: str, original: str, keys: Keys) -> str:
    """The date moved by up to a year, by the same number of days everywhere under the key; intervals survive."""
    days = int.from_bytes(hmac.digest(keys.key, b"date shift", "sha256")[:4], "big") % 729 - 364
    text = normalised(original).text
    for pattern in (_DATE, _DAY_FIRST):
        match = pattern.fullmatch(text)
        if match is None:
            continue
        try:
            day = date(int(match["year"]), int(match["month"]), int(match["day"])) + timedelta(days=days or 365)
        except (ValueError, OverflowError):
            break
        parts = {
            "year": f"{day.year:04d}",
            "month": _padded(day.month, match["month"]),
            "day": _padded(day.day, match["day"]),
        }
        return "".join(parts.get(name, match[name]) for name in sorted(match.groupdict(), key=match.start))
    return f"<{kind}>"


def _padded(number: int, like: str) -> str:
    return f"{number:02d}" if len(like) == 2 else str(number)


def _generalised(kind: str, original: str, keys: Keys) -> str:
    """Less exact: a year, a network, a region, an area."""
    text = normalised(original).text
    if kind in ("DATE_OF_BIRTH", "DATE_TIME"):
        year = re.search(r"(?:18|19|20)\d\d", text)
        return year.group() if year else f"<{kind}>"
    if kind == "IP_ADDRESS":
        try:
            address = ipaddress.ip_address(text.split("/")[0].split("%")[0])
        except ValueError:
            return f"<{kind}>"
        return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
    if kind == "ADDRESS" and (region := _REGION.match(text)) and region.group():
        return region.group()
    if kind == "CN_ID_CARD" and id_card(text):
        digits = only(text)
        return f"<{kind}: {digits[:2]}0000, {digits[6:10]}>"
    return f"<{kind}>"


def _token(kind: str, original: str, keys: Keys) -> str:
    if keys.vault is None:
        raise ValueError("tokens need a vault")
    return keys.vault.token(kind, original)


def _format_preserving(kind: str, original: str, keys: Keys) -> str:
    """FF1 over the digits, everything else in place; a value with fewer than six digits is replaced by its type.

    What does not begin with 0 is encrypted until it does not again (cycle walking, which can be walked back), so that a
    number keeps its length.
    """
    text = normalised(original).text
    digits = only(text)
    if len(digits) < 6:
        return f"<{kind}>"
    after = fpe.encrypt(keys.key[:32], kind.encode(), digits)
    while after[0] == "0" != digits[0]:
        after = fpe.encrypt(keys.key[:32], kind.encode(), after)
    other = iter(after)
    return "".join(next(other) if character in "0123456789" else character for character in text)


_WAYS: dict[Transformation, Callable[[str, str, Keys], str]] = {
    "mask": lambda kind, original, keys: "*" * len(original),
    "partial_mask": _partial,
    "replace": lambda kind, original, keys: f"<{kind}>",
    "hash": lambda kind, original, keys: f"<{kind}:{keyed_digest(kind, original, keys.key)[:16]}>",
    "surrogate": _surrogate,
    "date_shift": _shifted,
    "generalise": _generalised,
    "token": _token,
    "format_preserving": _format_preserving,
    "keep": lambda kind, original, keys: original,
}
