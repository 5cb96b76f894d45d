"""Semantic Versioning 2.0.0 §11, with the 'v' and 'go' prefixes that Go writes, as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_VERSION = re.compile(
    r"(?:v|go)?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"(?:-?((?:(?<=-)[0-9A-Za-z.\-]+)|(?:rc|beta|alpha)[0-9]+))?(?:\+[0-9A-Za-z.\-]+)?\Z"
)
_GO_PRE_RELEASE = re.compile(r"(rc|beta|alpha)([0-9]+)\Z")

Identifier = tuple[int, int | str]
SemVerKey = tuple[int, int, int, int, tuple[Identifier, ...]]


@lru_cache(REMEMBERED)
def key(version: str) -> SemVerKey:
    """Major, minor, patch, then pre-release identifiers; build metadata does not count. Raises UnparsableVersion.

    Go's own releases ('go1.21rc2', 'go1.21') are read as 1.21.0-rc.2 and 1.21.0.
    """
    match = _VERSION.match(version) if len(version) <= MAXIMUM_LENGTH else None
    if match is None:
        raise UnparsableVersion(version, "semantic")
    major, minor, patch, pre = match.groups()
    go = _GO_PRE_RELEASE.match(pre) if pre and version.startswith("go") else None
    parts = identifiers(".".join(go.groups()) if go else pre or "")
    return int(major), int(minor or 0), int(patch or 0), 0 if parts else 1, parts


def identifiers(pre: str) -> tuple[Identifier, ...]:
    """Pre-release identifiers in their order: numbers by value and before words."""
    return tuple(map(_identifier, pre.split("."))) if pre else ()


def _identifier(text: str) -> Identifier:
    return (0, int(text)) if text.isdigit() else (1, text)
