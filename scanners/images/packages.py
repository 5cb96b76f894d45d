"""What a catalogue says: packages, and the files that an operating system's packages own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

from packaging.utils import canonicalize_name
from pydantic import Field

from scanners.vulnerabilities.versions.bitnami import upstream

PackageType = Literal["deb", "apk", "rpm", "pypi", "npm", "golang", "cargo", "maven", "gem", "composer", "nuget",
                      "conda", "cran", "hex", "pub", "bitnami", "generic"]  # fmt: skip
"""The type part of a package URL."""

ECOSYSTEMS: Mapping[PackageType, str] = {
    "pypi": "PyPI",
    "npm": "npm",
    "golang": "Go",
    "cargo": "crates.io",
    "maven": "Maven",
    "gem": "RubyGems",
    "composer": "Packagist",
    "nuget": "NuGet",
    "cran": "CRAN",
    "hex": "Hex",
    "pub": "Pub",
    "bitnami": "Bitnami",
    "generic": "Bitnami",
}
"""OSV's names; those of distributions come from os-release."""
OF_A_DISTRIBUTION: frozenset[PackageType] = frozenset(("deb", "apk", "rpm"))
"""Whose advisories are those of the distribution."""


_EITHER = frozenset(("AlmaLinux", "Chainguard", "MinimOS", "Photon OS", "Red Hat", "Rocky Linux", "Wolfi"))
"""Whose advisories name binary packages, or now those, now sources."""


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package, with the evidence for it."""

    type: PackageType
    name: str
    version: str
    path: Annotated[str, Field(description="The file that says so")]
    layer: Annotated[int, Field(description="Index of the layer that brought it, from 0 at the bottom")]
    source: Annotated[str, Field(description="Source package, as distributions' advisories name it")] = ""
    source_version: str = ""
    architecture: str = ""
    licenses: tuple[str, ...] = ()
    qualifiers: Annotated[tuple[tuple[str, str], ...], Field(description="Further parts of the package URL")] = ()
    certain: Annotated[bool, Field(description="False: the name was put together from hints")] = True
    cpe: Annotated[
        str, Field(description="Vendor and product, as NVD names them; empty where a package URL says it")
    ] = ""

    def names_in(self, ecosystem: str) -> tuple[tuple[str, str], ...]:
        """Under which names advisories may speak of it, and the version that they then compare.

        Most distributions name source packages (OSV schema, 'Defined ecosystems'): a binary package that happens to
        have the name of another's source is not meant. Where advisories name either, RPM's suffix marks what is about
        a source ('curl.src').
        """
        if self.type == "bitnami":
            return ((self.name, upstream(self.version)),)
        source = (self.source or self.name, self.source_version or self.version)
        if ecosystem.partition(":")[0] not in _EITHER:
            return (source,)
        marked = ((f"{source[0]}.src", source[1]),) if self.type == "rpm" else ()
        return tuple(dict.fromkeys(((self.name, self.version), source, *marked)))

    def purl(self, distribution: str = "", release: str = "") -> str:
        """The package URL (ECMA-427); for operating-system packages with the distribution, and its source package."""
        qualifiers = dict([("arch", self.architecture), *self.qualifiers])
        namespace, name, version = "", self.name, self.version
        if self.type in OF_A_DISTRIBUTION:
            namespace = f"{quote(distribution)}/" if distribution else ""
            qualifiers["distro"] = f"{distribution}-{release}" if distribution and release else ""
            if self.type == "rpm":
                if self.source and self.source_version:
                    qualifiers["upstream"] = f"{self.source}-{self.source_version.rpartition(':')[2]}.src.rpm"
                if ":" in version:
                    qualifiers["epoch"], _, version = version.partition(":")
            elif self.source and (self.source, self.source_version or version) != (name, version):
                qualifiers["upstream"] = self.source + (f"@{self.source_version}" if self.source_version else "")
        elif self.type == "pypi":
            name = canonicalize_name(name)
        elif self.type == "maven":
            name = name.replace(":", "/")
        query = "&".join(f"{key}={quote(value, safe=':')}" for key, value in sorted(qualifiers.items()) if value)
        tail = f"@{quote(version, safe=':~.-_')}" + (f"?{query}" if query else "")
        return f"pkg:{self.type}/{namespace}{quote(name, safe='/.-_')}{tail}"

    @property
    def cpe_name(self) -> str:
        """The CPE 2.3 name (NIST IR 7695 §6.2); empty where no vendor is known."""
        version = re.sub(r"([^A-Za-z0-9._\-])", r"\\\1", self.version)
        return f"cpe:2.3:a:{self.cpe}:{version}:*:*:*:*:*:*:*" if self.cpe else ""


_SOURCE_FILE = re.compile(r"(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm\Z")


def source_file(name: str) -> tuple[str, str] | None:
    """Name and version-release of a source RPM by its file's name; None for another name."""
    match = _SOURCE_FILE.match(name)
    return (match[1], match[2]) if match else None


def printable(text: str) -> str:
    """A name from inside an image as valid, visible text."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
