"""Dart's version order: Semantic Versioning, in which a build ('1.0.0+1') is later than the version without, as a sort key."""

from __future__ import annotations

from functools import lru_cache

from scanners.vulnerabilities.versions import semver
from scanners.vulnerabilities.versions.unparsable import REMEMBERED


@lru_cache(REMEMBERED)
def key(version: str) -> tuple[semver.SemVerKey, bool, tuple[semver.Identifier, ...]]:
    """As pub compares versions (dart.dev, 'Package versioning'). Raises UnparsableVersion."""
    _, plus, build = version.partition("+")
    return semver.key(version), bool(plus), semver.identifiers(build)
