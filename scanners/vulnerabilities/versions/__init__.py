"""Version order, one module per ecosystem. Each `key` turns a version into something Python can compare.

A version that its ecosystem's own tool would refuse raises UnparsableVersion: the caller must then say "unknown",
never "not affected".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from scanners.vulnerabilities.versions import (
    apk,
    bitnami,
    cran,
    dpkg,
    gem,
    maven,
    nuget,
    packagist,
    pub,
    pypi,
    rpm,
    semver,
)
from scanners.vulnerabilities.versions.unparsable import UnparsableVersion

VersionKey = Callable[[str], Any]

_PLUS = re.compile(r"\+[^\n]*")
_INSIGNIFICANT = bytes(code for code in range(256) if code not in b"123456789\n")

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
    "Bitnami": bitnami.key,
    "CRAN": cran.key,
    "Maven": maven.key,
    "NuGet": nuget.key,
    "Packagist": packagist.key,
    "PyPI": pypi.key,
    "RubyGems": gem.key,
    "Go": semver.key,
    "crates.io": semver.key,
    "Hex": semver.key,
    "Pub": pub.key,
    "npm": semver.key,
}


def version_key(ecosystem: str) -> VersionKey | None:
    """The order of an OSV ecosystem ('Debian:12', 'PyPI'), or None where Yumen does not know it."""
    return _KEYS.get(ecosystem.partition(":")[0])


def alike(versions: str, version: str) -> Sequence[str]:
    """Those of the versions, one a line, that may equal one in any order but RPM's, to which alone what follows a '+'
    always counts.

    However they are written ('1.0', 'v1.0.0'), equal versions have the same digits before a '+', but for zeros. To see
    that costs little, where reading each version of a long list would cost most of a match.
    """
    digits = _significant(version.replace("\n", ""))
    all_digits = _significant(f"\n{versions}\n")
    if b"\n%b\n" % digits not in all_digits:
        return ()
    listed = zip(versions.split("\n"), all_digits[1:].split(b"\n"), strict=False)
    return [candidate for candidate, its in listed if its == digits]


def _significant(versions: str) -> bytes:
    before_plus = _PLUS.sub("", versions) if "+" in versions else versions
    return before_plus.encode("utf-8", "replace").translate(None, _INSIGNIFICANT)


__all__ = ["UnparsableVersion", "VersionKey", "alike", "version_key"]
