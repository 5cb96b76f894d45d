"""National identifiers of Africa: check digits and ranges by the issuing authority's rule."""

from __future__ import annotations

from scanners.personal_data.checks.arithmetic import luhn, only
from scanners.personal_data.checks.dates import yymmdd


def south_african_id(text: str) -> bool:
    digits = only(text)
    return yymmdd(digits[:6]) and digits[10] in "012" and luhn(digits)
