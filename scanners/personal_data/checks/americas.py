"""National identifiers of the Americas: check digits and ranges by the issuing authority's rule."""

from __future__ import annotations

from scanners.personal_data.checks.arithmetic import luhn, only, weighted


def ssn(text: str) -> bool:
    """SSA randomisation rules: no area 000, 666 or 9xx, no group 00, no serial 0000, no published dummy."""
    digits = only(text)
    if digits in ("078051120", "219099999", "123456789") or len(set(digits)) == 1:
        return False
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def aba_routing(text: str) -> bool:
    """ABA routing number: weights 3-7-1 sum to a multiple of 10."""
    digits = only(text)
    return digits != "0" * 9 and weighted(digits, (3, 7, 1) * 3) % 10 == 0


def npi(text: str) -> bool:
    """US National Provider Identifier: Luhn with the prefix 80840 (45 CFR 162.406)."""
    return luhn("80840" + only(text))


def dea(text: str) -> bool:
    """DEA registration: the seventh digit is the last of (d1+d3+d5) + 2(d2+d4+d6)."""
    d = [int(c) for c in only(text)[-7:]]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6] and sum(d) > 0


def brazilian_cnpj(text: str) -> bool:
    """CNPJ: two MOD 11 check digits over the weights 2 to 9."""
    digits = only(text)
    checks = ""
    for length in (12, 13):
        rest = weighted((digits[:12] + checks)[:length], [*range(length - 7, 1, -1), *range(9, 1, -1)]) % 11
        checks += "0" if rest < 2 else str(11 - rest)
    return digits[12:] == checks


def brazilian_cpf(text: str) -> bool:
    """CPF: two MOD 11 check digits, not all equal."""
    digits = only(text)
    first = weighted(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return len(set(digits)) > 1 and digits[9:] == f"{first}{second}"
