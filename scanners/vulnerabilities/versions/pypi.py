"""Python's version order (PEP 440), by `packaging`."""

from __future__ import annotations

from functools import lru_cache

from packaging.version import InvalidVersion, Version

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, UnparsableVersion


@lru_cache(maxsize=65536)
def key(version: str) -> Version:
    """Raises UnparsableVersion for what PEP 440 does not allow."""
    if len(version) > MAXIMUM_LENGTH:
        raise UnparsableVersion(version, "PyPI")
    try:
        return Version(version)
    except InvalidVersion as error:
        raise UnparsableVersion(version, "PyPI") from error
