"""Base scores from CVSS vectors of version 2, 3.0, 3.1 and 4.0, by Red Hat's library."""

from __future__ import annotations

from functools import lru_cache

from scanners.findings import Severity


@lru_cache(maxsize=8192)
def base_score(vector: str) -> float | None:
    """The base score of a vector, 0.0 to 10.0; None for one that is not understood.

    Of a version 4.0 vector, the score of what it says (CVSS-B or, with threat and environment, CVSS-BTE).
    """
    from cvss import CVSS2, CVSS3, CVSS4  # only who builds a database scores: a server starts without it
    from cvss.exceptions import CVSSError

    version = CVSS4 if vector.startswith("CVSS:4.") else CVSS3 if vector.startswith("CVSS:") else CVSS2
    try:
        return float(version(vector).base_score)
    except (CVSSError, ArithmeticError, LookupError, ValueError):
        return None


def severity(score: float) -> Severity:
    """The qualitative rating of a base score (CVSS v3.1 §5, v4.0 §6)."""
    if score >= 9.0:
        return "critical"
    if score >= 7.0:
        return "high"
    if score >= 4.0:
        return "medium"
    return "low" if score > 0 else "info"
