"""What a catalogue says: packages, and the files that an operating system's packages own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import quote

from packaging.utils import canonicalize_name
from pydantic import Field

PackageType = Literal["deb", "apk", "rpm", "pypi", "npm", "golang", "cargo", "maven", "gem", "composer", "nuget",
                      "conda", "cran"]  # fmt: skip
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
}
"""OSV's names; those of distributions come from os-release."""


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

    @property
    def advisory_names(self) -> tuple[tuple[str, str], ...]:
        """Under which names advisories may speak of it, and the version that they then compare.

        Debian, Ubuntu and Alpine name source packages; of the RPM distributions some name sources, some binaries.
        """
        source = (self.source or self.name, self.source_version or self.version)
        if self.type == "rpm":
            return tuple(dict.fromkeys(((self.name, self.version), source)))
        return (source,)

    def purl(self, distribution: str = "", release: str = "") -> str:
        """The package URL (ECMA-427); for operating-system packages with the distribution, and its source package."""
        qualifiers = dict([("arch", self.architecture), *self.qualifiers])
        namespace, name, version = "", self.name, self.version
        if self.type in ("deb", "apk", "rpm"):
            namespace = f"{quote(distribution)}/" if distribution else ""
            qualifiers["distro"] = f"{distribution}-{release}" if distribution and release else ""
            if self.source and self.type != "rpm" and (self.source, self.source_version or version) != (name, version):
                qualifiers["upstream"] = self.source + (f"@{self.source_version}" if self.source_version else "")
            if self.type == "rpm" and ":" in version:
                qualifiers["epoch"], _, version = version.partition(":")
        elif self.type == "pypi":
            name = canonicalize_name(name)
        elif self.type == "maven":
            name = name.replace(":", "/")
        query = "&".join(f"{key}={quote(value, safe=':')}" for key, value in sorted(qualifiers.items()) if value)
        tail = f"@{quote(version, safe=':~.-_')}" + (f"?{query}" if query else "")
        return f"pkg:{self.type}/{namespace}{quote(name, safe='/.-_')}{tail}"


def printable(text: str) -> str:
    """A name from inside an image as valid, visible text."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
