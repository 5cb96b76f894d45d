"""NuGet's version order: Semantic Versioning with up to four numbers, ignoring case, as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions.semver import identifiers
from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+){0,3})(?:-([0-9A-Za-z.\-]+))?(?:\+[0-9A-Za-z.\-]+)?\Z")

NuGetKey = tuple[tuple[int, ...], int, tuple[tuple[int, int | str], ...]]


@lru_cache(REMEMBERED)
def key(version: str) -> NuGetKey:
    """Raises UnparsableVersion."""
    match = _VERSION.match(version) if len(version) <= MAXIMUM_LENGTH else None
    if match is None:
        raise UnparsableVersion(version, "NuGet")
    numbers = [int(part) for part in match[1].split(".")]
    padded = tuple(numbers + [0] * (4 - len(numbers)))
    return padded, 0 if match[2] else 1, identifiers(match[2].lower() if match[2] else "")
