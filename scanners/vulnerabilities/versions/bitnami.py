"""Bitnami's version order: the program's own version, then the revision of Bitnami's build of it, as a sort key."""

from __future__ import annotations

import re
from functools import lru_cache

from scanners.vulnerabilities.versions import nuget
from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, REMEMBERED, UnparsableVersion

_REVISION = re.compile(r"-([0-9]{1,6})\Z")


@lru_cache(REMEMBERED)
def key(version: str) -> tuple[nuget.NuGetKey, int]:
    """'7.4.1-2' is a later build of 7.4.1, where semantic versions would have it before. Raises UnparsableVersion."""
    if len(version) > MAXIMUM_LENGTH:
        raise UnparsableVersion(version, "Bitnami")
    revision = _REVISION.search(version)
    try:
        return nuget.key(upstream(version)), int(revision[1]) + 1 if revision else 0
    except UnparsableVersion:
        raise UnparsableVersion(version, "Bitnami") from None


def upstream(version: str) -> str:
    """The program's own version: of that advisories speak, whatever the build."""
    return _REVISION.sub("", version)
