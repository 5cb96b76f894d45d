"""Payment cards, bank accounts of ISO 13616, and crypto addresses."""

from __future__ import annotations

from scanners.personal_data.checks import generic
from scanners.personal_data.rules.rule import (
    AT_START,
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


def long_hexadecimal(text: str) -> bool:
    """Not a run of one repeated character."""
    return len(set(text.lower())) > 6


RULES: tuple[Rule, ...] = (
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
        id="credit_card.labelled",
        type="CREDIT_CARD",
        pattern=rf"{NUMBER_LEFT}[1-6](?:[ \-]?[0-9]){{11,18}}{NUMBER_RIGHT}",
        gate=DIGITS_8,
        score=0.2,
        check=generic.payment_card,
        context=CREDIT_WORDS,
        boosted=0.9,
    ),
    Rule(
        id="iban",
        type="IBAN_CODE",
        pattern=rf"{EDGE_LEFT}[A-Za-z]{{2}}[0-9]{{2}}(?:[ \-]?[A-Za-z0-9]{{4}}){{2,7}}(?:[ \-]?[A-Za-z0-9]{{1,3}})?{EDGE_RIGHT}",
        gate=r"[A-Za-z]{2}[0-9]{2}[ \-]?[A-Za-z0-9]{4}[ \-]?[A-Za-z0-9]{4}",
        score=1.0,
        check=generic.iban,
        refutable=False,
        window=AT_START,
    ),
    Rule(
        id="crypto.base58",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}[13LMT2mn][1-9A-HJ-NP-Za-km-z]{{25,34}}{EDGE_RIGHT}",
        gate=r"[13LMT2mn][1-9A-HJ-NP-Za-km-z]{25}",
        score=0.97,
        check=generic.base58check,
        refutable=False,
        window=AT_START,
    ),
    Rule(
        id="crypto.bech32",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}(?:bc1|tb1|ltc1|BC1)[02-9ac-hj-np-zAC-HJ-NP-Z]{{11,71}}{EDGE_RIGHT}",
        gate=r"(bc1|tb1|ltc1|BC1)[02-9a-zA-Z]{11}",
        score=0.97,
        check=generic.bech32,
        refutable=False,
        window=AT_START,
    ),
    Rule(
        id="crypto.ethereum",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}0x[0-9A-Fa-f]{{40}}{EDGE_RIGHT}",
        gate=r"0x[0-9A-Fa-f]{8}",
        score=0.85,
        check=long_hexadecimal,
        refutable=False,
        window=AT_START,
    ),
    Rule(
        id="crypto.monero",
        type="CRYPTO",
        pattern=rf"{EDGE_LEFT}[48][0-9AB][1-9A-HJ-NP-Za-km-z]{{93}}{EDGE_RIGHT}",
        gate=r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{25}",
        score=0.9,
        refutable=False,
        window=AT_START,
    ),
)
