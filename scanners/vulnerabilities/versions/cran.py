"""R's version order (R: package_version): numbers between dots and hyphens, a shorter sequence before a longer one."""

from __future__ import annotations

import re

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, UnparsableVersion

_VERSION = re.compile(r"[0-9]+(?:[.\-][0-9]+)*\Z")


def key(version: str) -> tuple[int, ...]:
    """Raises UnparsableVersion."""
    if len(version) > MAXIMUM_LENGTH or not _VERSION.match(version):
        raise UnparsableVersion(version, "CRAN")
    return tuple(int(part) for part in re.split(r"[.\-]", version))
