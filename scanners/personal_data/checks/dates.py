"""Calendar dates inside identifiers."""

from __future__ import annotations

from datetime import date

EARLIEST = 1870
LATEST = 2035
"""Fixed, not today's: the same input must give the same answer next year."""


def real_date(year: int, month: int, day: int) -> bool:
    """Whether such a day exists and a living person or a valid document may carry it."""
    if not EARLIEST <= year <= LATEST:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def yyyymmdd(digits: str) -> bool:
    return real_date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def yymmdd(digits: str) -> bool:
    """A two-digit year: a day that exists in the 1900s or the 2000s."""
    month, day, short = int(digits[2:4]), int(digits[4:6]), int(digits[:2])
    return real_date(1900 + short, month, day) or real_date(2000 + short, month, day)


def ddmmyy(digits: str) -> bool:
    return yymmdd(digits[4:6] + digits[2:4] + digits[:2])
