"""Alpine's version order, digit{.digit}{letter}{_suffix{number}}{~hash}{-rN} (apk-package(5)), as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_VERSION = re.compile(
    r"(?P<digits>[0-9]+(?:\.[0-9]+)*)(?P<letter>[a-z]?)"
    r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)"
    r"(?:~(?P<commit>[0-9a-f]+))?(?:-r(?P<revision>[0-9]+))?\Z"
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_BEFORE = {"alpha": 0, "beta": 1, "pre": 2, "rc": 3}
_AFTER = {"cvs": 0, "svn": 1, "git": 2, "hg": 3, "p": 4}

# Where two versions differ in what comes next, the earlier kind in the grammar is the newer version; a pre-release
# suffix is older than the end.
_PRE_RELEASE, _END, _REVISION, _COMMIT, _SUFFIX_NUMBER, _POST_RELEASE, _LETTER, _DIGITS = range(8)

ApkKey = tuple[tuple[int, int, int | str], ...]


@lru_cache(REMEMBERED)
def key(version: str) -> ApkKey:
    """Comparable as apk compares versions. Raises UnparsableVersion."""
    match = _VERSION.match(version) if len(version) <= MAXIMUM_LENGTH else None
    if match is None:
        raise UnparsableVersion(version, "Alpine")
    first, *others = match["digits"].split(".")
    parts: list[tuple[int, int, int | str]] = [(_DIGITS, 1, int(first))]
    for digits in others:
        # With a leading zero the digits are a fraction: compared as text, before any without one.
        parts.append((_DIGITS, 0, digits) if digits[0] == "0" else (_DIGITS, 1, int(digits)))
    if match["letter"]:
        parts.append((_LETTER, 0, match["letter"]))
    for name, number in _SUFFIX.findall(match["suffixes"]):
        kind, order = (_PRE_RELEASE, _BEFORE[name]) if name in _BEFORE else (_POST_RELEASE, _AFTER[name])
        parts.append((kind, order, 0))
        if number:
            parts.append((_SUFFIX_NUMBER, 0, int(number)))
    if match["commit"]:
        parts.append((_COMMIT, 0, match["commit"]))
    if match["revision"]:
        parts.append((_REVISION, 0, int(match["revision"])))
    parts.append((_END, 0, 0))
    return tuple(parts)
