"""Version order, one module per ecosystem. Each `key` turns a version into something Python can compare.

A version that its ecosystem's own tool would refuse raises UnparsableVersion: the caller must then say "unknown",
never "not affected".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scanners.vulnerabilities.versions import apk, cran, dpkg, gem, maven, nuget, packagist, pypi, rpm, semver
from scanners.vulnerabilities.versions.unparsable import UnparsableVersion

VersionKey = Callable[[str], Any]

# OSV schema, "Defined ecosystems": the part before the first colon.
_KEYS: dict[str, VersionKey] = {
    "Alpaquita": apk.key,
    "Alpine": apk.key,
    "BellSoft Hardened Containers": apk.key,
    "Chainguard": apk.key,
    "MinimOS": apk.key,
    "Wolfi": apk.key,
    "Debian": dpkg.key,
    "Echo": dpkg.key,
    "Ubuntu": dpkg.key,
    "AlmaLinux": rpm.key,
    "Azure Linux": rpm.key,
    "Mageia": rpm.key,
    "Photon OS": rpm.key,
    "Red Hat": rpm.key,
    "Rocky Linux": rpm.key,
    "SUSE": rpm.key,
    "openEuler": rpm.key,
    "openSUSE": rpm.key,
    "CRAN": cran.key,
    "Maven": maven.key,
    "NuGet": nuget.key,
    "Packagist": packagist.key,
    "PyPI": pypi.key,
    "RubyGems": gem.key,
    "Go": semver.key,
    "crates.io": semver.key,
    "Hex": semver.key,
    "Pub": semver.key,
    "npm": semver.key,
}


def version_key(ecosystem: str) -> VersionKey | None:
    """The order of an OSV ecosystem ('Debian:12', 'PyPI'), or None where Yumen does not know it."""
    return _KEYS.get(ecosystem.partition(":")[0])


__all__ = ["UnparsableVersion", "VersionKey", "version_key"]
