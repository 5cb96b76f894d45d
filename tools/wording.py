"""Words that every tool's sentence needs."""

from __future__ import annotations


def many(count: int, noun: str, plural: str = "") -> str:
    """'1 package', '2 packages'; `plural` where it is not made with an s."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def vulnerabilities(count: int) -> str:
    """'1 known vulnerability', '2 known vulnerabilities'."""
    return many(count, "known vulnerability", "known vulnerabilities")
