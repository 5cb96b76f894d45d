"""Composer's version order, after the normalisation that Packagist applies (Composer\\Semver), as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_VERSION = re.compile(
    r"v?(?P<numbers>[0-9]{1,20}(?:\.[0-9]{1,20}){0,3})"
    r"(?:[._-]?(?P<stability>stable|beta|b|rc|alpha|a|patch|pl|p)(?P<more>(?:[.-]?[0-9]+)*))?"
    r"(?P<dev>[.-]?dev)?(?:\+[^\s]*)?\Z",
    re.IGNORECASE,
)
_DATE = re.compile(r"v?([0-9]{4}(?:[.:-]?[0-9]{2}){1,6}(?:[.:-]?[0-9]{1,3})?)\Z")
_ORDER = {"alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "stable": 4, "": 4, "patch": 5, "pl": 5, "p": 5}

PackagistKey = tuple[tuple[int, ...], int, tuple[int, ...], int]


@lru_cache(REMEMBERED)
def key(version: str) -> PackagistKey:
    """Numbers, then dev < alpha < beta < RC < stable < patch. A branch ('dev-main') has no place in the order.

    Raises UnparsableVersion.
    """
    text = version.strip()
    match = _VERSION.match(text) if len(text) <= MAXIMUM_LENGTH else None
    if match is None:
        date = _DATE.match(text) if len(text) <= MAXIMUM_LENGTH else None
        if date is None:
            raise UnparsableVersion(version, "Packagist")
        return _padded(re.findall("[0-9]+", date[1])), _ORDER[""], (), 1
    stability = (match["stability"] or "").lower()
    more = tuple(int(part) for part in re.findall("[0-9]+", match["more"] or ""))
    developing = bool(match["dev"])
    order = 0 if developing and not stability else _ORDER[stability]
    return _padded(match["numbers"].split(".")), order, more, 0 if developing else 1


def _padded(numbers: list[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in numbers) + (0,) * (4 - len(numbers))
