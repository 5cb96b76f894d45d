"""Debian's version order (Debian Policy §5.6.12; deb-version(7)), as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_VERSION = re.compile(r"(?:([0-9]{1,9}):)?([A-Za-z0-9.+~:\-]+?)(?:-([A-Za-z0-9+.~]+))?\Z")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
# '~' sorts before the end of the string, letters before everything else.
_WEIGHT = {char: ord(char) if char.isalpha() else ord(char) + 256 for char in map(chr, range(33, 127))} | {"~": -1}

PartKey = tuple[tuple[int, ...] | int, ...]
DpkgKey = tuple[int, PartKey, PartKey]


@lru_cache(REMEMBERED)
def key(version: str) -> DpkgKey:
    """Epoch, upstream version and revision, comparable as dpkg compares them. Raises UnparsableVersion."""
    match = _VERSION.match(version) if len(version) <= MAXIMUM_LENGTH else None
    if match is None:
        raise UnparsableVersion(version, "Debian")
    epoch, upstream, revision = match.groups()
    if not any(char.isdigit() for char in upstream) or _is_torn(epoch, upstream, revision):
        raise UnparsableVersion(version, "Debian")
    return int(epoch or 0), _part(upstream), _part(revision or "0")


def _is_torn(epoch: str | None, upstream: str, revision: str | None) -> bool:
    """A colon needs an epoch before it, a hyphen a revision after it."""
    return (epoch is None and ":" in upstream) or (revision is None and "-" in upstream)


def _part(text: str) -> PartKey:
    parts: list[tuple[int, ...] | int] = []
    for letters, digits in _PARTS.findall(text):
        if letters or digits:
            parts.append((*(_WEIGHT[char] for char in letters), 0))
            parts.append(int(digits or 0))
    parts.append((0,))  # the end: after '~', before everything else
    return tuple(parts)
