"""RPM's version order: epoch, then rpmvercmp of version and release (rpm-version(7)), as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_EVR = re.compile(r"(?:([0-9]{1,9}):)?([^\s:\-]+)(?:-([^\s:\-]+))?\Z")
_SEGMENTS = re.compile(r"([0-9]+)|([A-Za-z]+)|(~)|(\^)")

# How segments of different kind compare: '~' < end < '^' < letters < digits.
_TILDE, _END, _CARET, _LETTERS, _DIGITS = range(5)

PartKey = tuple[tuple[int, int | str], ...]
RpmKey = tuple[int, PartKey, PartKey]


@lru_cache(REMEMBERED)
def key(version: str) -> RpmKey:
    """[epoch:]version[-release], comparable as rpm compares them; no epoch is epoch 0. Raises UnparsableVersion."""
    match = _EVR.match(version) if len(version) <= MAXIMUM_LENGTH else None
    if match is None or not any(char.isascii() and char.isalnum() for char in match[2]):
        raise UnparsableVersion(version, "RPM")
    epoch, upstream, release = match.groups()
    return int(epoch or 0), _part(upstream), _part(release or "")


def _part(text: str) -> PartKey:
    parts: list[tuple[int, int | str]] = []
    for digits, letters, tilde, _caret in _SEGMENTS.findall(text):
        if digits:
            parts.append((_DIGITS, int(digits)))
        elif letters:
            parts.append((_LETTERS, letters))
        else:
            parts.append((_TILDE if tilde else _CARET, 0))
    parts.append((_END, 0))
    return tuple(parts)
