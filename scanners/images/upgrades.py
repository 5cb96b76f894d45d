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

    package: str
    installed: str
    to: Annotated[str, Field(description="The lowest version that mends them all")]
    mends: Annotated[tuple[str, ...], Field(description="Identifiers of the vulnerabilities that it removes")]
    worst: Severity


def upgrades(vulnerabilities: Iterable[Vulnerable]) -> tuple[Upgrade, ...]:
    """The fixes, grouped: one upgrade of a package to the highest of its fix versions; those that mend most first."""
    groups: dict[str, list[Vulnerable]] = {}
    for found in vulnerabilities:
        if found.fixed:
            groups.setdefault(found.purl, []).append(found)
    result = []
    for group in groups.values():
        first = group[0]
        key = version_key(first.ecosystem)
        versions = {found.fixed for found in group if found.fixed}
        to = max(versions, key=key) if key else sorted(versions)[-1]
        worst = min((found.severity for found in group), key=SEVERITIES.index)
        result.append(Upgrade(first.package, first.version, to, tuple(found.advisory for found in group), worst))
    return tuple(
        sorted(result, key=lambda upgrade: (SEVERITIES.index(upgrade.worst), -len(upgrade.mends), upgrade.package))
    )
