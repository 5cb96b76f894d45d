"""RubyGems' version order (Gem::Version), as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_VERSION = re.compile(r"[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?\Z")
_SEGMENT = re.compile(r"[0-9]+|[a-zA-Z]+")

GemKey = tuple[tuple[int, int | str], ...]


@lru_cache(REMEMBERED)
def key(version: str) -> GemKey:
    """Letters mark a pre-release: they are before any number, and so before the end. Raises UnparsableVersion."""
    text = version.strip()
    if len(text) > MAXIMUM_LENGTH or not _VERSION.match(text):
        raise UnparsableVersion(version, "RubyGems")
    segments: list[int | str] = [
        int(part) if part.isdigit() else part for part in _SEGMENT.findall(text.replace("-", ".pre."))
    ]
    letters = next((at for at, part in enumerate(segments) if isinstance(part, str)), len(segments))
    canonical = _without_zeros(segments[:letters]) + _without_zeros(segments[letters:])
    return (*((1, part) if isinstance(part, int) else (0, part) for part in canonical), (1, 0))


def _without_zeros(segments: list[int | str]) -> list[int | str]:
    while segments and segments[-1] == 0:
        segments = segments[:-1]
    return segments
