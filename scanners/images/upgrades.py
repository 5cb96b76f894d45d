"""Fix advice: the vulnerabilities of an image, by the one step that mends several of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from scanners.findings import Severity
from scanners.images.vulnerable import SEVERITIES, Vulnerable
from scanners.vulnerabilities.versions import version_key


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One step that mends several vulnerabilities."""

    package: Annotated[str, Field(description="What is upgraded; of several packages of one source, the source")]
    installed: str
    to: Annotated[str, Field(description="The lowest version that mends them all")]
    mends: Annotated[tuple[str, ...], Field(description="Identifiers of the vulnerabilities that it removes")]
    worst: Severity
    packages: Annotated[tuple[str, ...], Field(description="The installed packages that it is about")] = ()


def upgrades(vulnerabilities: Iterable[Vulnerable]) -> tuple[Upgrade, ...]:
    """The fixes, grouped: one upgrade of a package to the highest of its fix versions; the most urgent first, and of those the
    one that mends most. What a distribution builds from one source is upgraded together."""
    groups: dict[tuple[str, ...], list[Vulnerable]] = {}
    for found in vulnerabilities:
        if found.fixed:
            together = (
                (found.ecosystem, found.source, found.version) if found.os_owned and found.source else (found.purl,)
            )
            groups.setdefault(together, []).append(found)
    return tuple(
        sorted(
            map(_upgrade, groups.values()),
            key=lambda upgrade: (SEVERITIES.index(upgrade.worst), -len(upgrade.mends), upgrade.package),
        )
    )


def _upgrade(group: list[Vulnerable]) -> Upgrade:
    first = group[0]
    key = version_key(first.ecosystem)
    versions = {found.fixed for found in group if found.fixed}
    packages = tuple(dict.fromkeys(found.package for found in group))
    return Upgrade(
        package=first.source if len(packages) > 1 else first.package,
        installed=first.version,
        to=max(versions, key=key) if key else sorted(versions)[-1],
        mends=tuple(dict.fromkeys(found.advisory for found in group)),
        worst=min((found.severity for found in group), key=SEVERITIES.index),
        packages=packages,
    )
