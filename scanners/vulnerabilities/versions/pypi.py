"""Python's version order (PEP 440), by `packaging`."""

from __future__ import annotations

from functools import lru_cache

from packaging.version import InvalidVersion, Version

from scanners.vulnerabilities.versions.unparsable import MAXIMUM_LENGTH, UnparsableVersion


@lru_cache(maxsize=65536)
def key(version: str) -> Version:
    """Without its local part ('+cu118'), which takes no part in '<=' and '=='. Raises UnparsableVersion."""
    if len(version) > MAXIMUM_LENGTH:
        raise UnparsableVersion(version, "PyPI")
    try:
        parsed = Version(version)
    except InvalidVersion as error:
        raise UnparsableVersion(version, "PyPI") from error
    # PEP 440, 'Version matching' and 'Inclusive ordered comparison': who names a release means its local builds too.
    return Version(str(parsed).partition("+")[0]) if parsed.local else parsed
