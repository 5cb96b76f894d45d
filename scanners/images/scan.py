"""The image scan: source × catalogue × match × report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject
from scanners.images import configuration, contents
from scanners.images.catalogue import PROBES, WANTED, Inventory, take_inventory
from scanners.images.distribution import Distribution, identify
from scanners.images.exceptions import Exceptions, Suppressed, read_exceptions
from scanners.images.matching import SEVERITIES, Matched, Upgrade, Vulnerable, match_packages, upgrades
from scanners.images.packages import ECOSYSTEMS, Package
from scanners.images.reading import FileSystem, read
from scanners.images.sources import Image, open_image
from scanners.vulnerabilities.database import Database

Progress = Callable[[float, float | None, str], None]

MAXIMUM_AGE = 30
"""Days after which advisories are too old to call anything free of known vulnerabilities."""


@dataclass(frozen=True, slots=True)
class ImageIdentity:
    """Which image was looked at, by digest."""

    name: Annotated[str, Field(description="Name or tag in the archive; not to be relied on")]
    platform: str
    manifest: Annotated[str | None, Field(description="Digest of the manifest; null in archives without one")]
    index: Annotated[str | None, Field(description="Digest of the index through which it was found, if any")]
    config: Annotated[str, Field(description="Digest of the configuration: the image id")]
    layers: Annotated[tuple[str, ...], Field(description="Digests of the layers, from the bottom")]


@dataclass(frozen=True, slots=True)
class ImageScan:
    """All that a scan saw."""

    report: Report
    image: ImageIdentity
    distribution: Distribution | None
    packages: Annotated[Mapping[str, int], Field(description="Number of packages by ecosystem")]
    vulnerabilities: tuple[Vulnerable, ...]
    upgrades: Annotated[tuple[Upgrade, ...], Field(description="The fixes by package, most urgent first")]
    suppressed: Annotated[tuple[Suppressed, ...], Field(description="Found, and settled by VEX or a waiver")]
    database: Annotated[str | None, Field(description="Digest of the vulnerability database; null: there was none")]


def scan_image(
    target: Path,
    database: Path | None,
    *,
    platform: str | None = None,
    reference: str | None = None,
    exceptions: Path | None = None,
    maximum_age: int = MAXIMUM_AGE,
    today: date | None = None,
    progress: Progress | None = None,
) -> ImageScan:
    """Scan one image: verify it, list its packages, match them with known vulnerabilities.

    database: path of the database that `yumen db build` wrote; None: nothing is matched, and the report says so.
    exceptions: a folder of VEX documents and waivers; what they settle is listed apart and is no finding.
    platform, reference: which image, where the target holds several ('linux/arm64'; a name or digest).
    Raises TargetMissing, UnreadableInput (DigestMismatch, NoSuchImage), LimitReached.
    """
    today = today or datetime.now(UTC).date()
    system, inventory, distribution = _look_into(target, platform, reference, progress, secrets=True)
    image = system.image
    layers = tuple(layer.name for layer in image.layers)
    if database is None:
        nothing = Skipped("known vulnerabilities", "there is no vulnerability database: run 'yumen db build'")
        matched, database_digest = Matched((), (nothing,), {}), None
    else:
        with Database(database) as opened:
            database_digest = opened.digest
            matched = match_packages(
                inventory.packages, layers, distribution, opened, maximum_age=maximum_age, today=today
            )
    settled = read_exceptions(exceptions) if exceptions else Exceptions()
    vulnerabilities, suppressed = settled.settle(matched.vulnerabilities, image.digest, today)
    owned = inventory.owned_of(frozenset(hidden.path for hidden in system.hidden))
    findings = (
        *_end_of_life(distribution, today),
        *contents.examine(system, layers, owned),
        *configuration.examine(image.config),
        *map(_finding, vulnerabilities),
    )
    findings = tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
    coverage = Coverage(
        examined=_examined(image, system, inventory),
        skipped=(*system.skipped, *_blind_spots(inventory, distribution), *matched.skipped, *settled.troubles),
        data=matched.data,
    )
    subject = Subject("image", image.digest, image.name or target.name)
    return ImageScan(
        report=Report(subject, findings, coverage),
        image=_identity(image, layers),
        distribution=distribution,
        packages=_counts(inventory, distribution),
        vulnerabilities=tuple(vulnerabilities),
        upgrades=upgrades(vulnerabilities),
        suppressed=tuple(suppressed),
        database=database_digest,
    )


@dataclass(frozen=True, slots=True)
class PackageList:
    """The packages of an image, without a word about vulnerabilities."""

    image: ImageIdentity
    distribution: Distribution | None
    packages: tuple[Package, ...]
    skipped: tuple[Skipped, ...]


def list_packages(
    target: Path,
    *,
    platform: str | None = None,
    reference: str | None = None,
    progress: Progress | None = None,
) -> PackageList:
    """The first half of `scan_image`: verify the image and list its packages. Raises the same."""
    system, inventory, distribution = _look_into(target, platform, reference, progress)
    identity = _identity(system.image, tuple(layer.name for layer in system.image.layers))
    skipped = (*system.skipped, *_blind_spots(inventory, distribution))
    return PackageList(identity, distribution, tuple(inventory.packages), skipped)


def _look_into(
    target: Path, platform: str | None, reference: str | None, progress: Progress | None, *, secrets: bool = False
) -> tuple[FileSystem, Inventory, Distribution | None]:
    with open_image(target, platform=platform, reference=reference) as image:
        system = read(image, WANTED, PROBES, secrets=secrets, progress=progress)
        return system, take_inventory(system), identify(system)


def _identity(image: Image, layers: tuple[str, ...]) -> ImageIdentity:
    return ImageIdentity(
        image.name, image.platform, image.manifest_digest, image.index_digest, image.config_digest, layers
    )


def _examined(image: Image, system: FileSystem, inventory: Inventory) -> dict[str, int]:
    return {
        "layers": len(image.layers),
        "entries": system.entries,
        "bytes": system.expanded_bytes,
        "packages": len(inventory.packages),
        "os_owned_language_packages": inventory.owned,
    }


def _counts(inventory: Inventory, distribution: Distribution | None) -> dict[str, int]:
    system = distribution.id if distribution else "unknown distribution"
    names = (ECOSYSTEMS.get(package.type) or f"{package.type} ({system})" for package in inventory.packages)
    return dict(Counter(names))


def _blind_spots(inventory: Inventory, distribution: Distribution | None) -> list[Skipped]:
    """What the absence of packages may hide."""
    spots = []
    types = {package.type for package in inventory.packages}
    if not types:
        spots.append(Skipped("packages", "no package database or metadata was found: nothing could be looked up"))
    elif distribution is not None and not types & {"deb", "apk", "rpm"}:
        spots.append(
            Skipped(
                "operating-system packages", f"the image says it is {distribution.name}, but has no package database"
            )
        )
    return spots


def _end_of_life(distribution: Distribution | None, today: date) -> list[Finding]:
    if distribution is None or not distribution.ended(today):
        return []
    return [
        Finding(
            rule="image.os.end_of_life",
            severity="high",
            title=f"{distribution.name} gets no security fixes since {distribution.end_of_life}",
            location=Location(path="etc/os-release"),
            evidence=f"ID={distribution.id} VERSION_ID={distribution.version}",
            remediation="Rebuild on a release that is still supported; no list of vulnerabilities is complete for this one",
        )
    ]


def _finding(found: Vulnerable) -> Finding:
    rating = "" if found.rated else "; nobody rated it, so it counts as high"
    if found.exploited:
        rating += f"; used in attacks since {found.exploited} or before"
    if found.probability is not None:
        rating += f"; EPSS {found.probability:.1%}"
    return Finding(
        rule="image.package.vulnerable",
        severity=found.severity,
        title=f"{found.package} {found.version} has {found.advisory}: {found.summary}"[:200],
        location=Location(path=found.path, layer=found.layer),
        evidence=f"{found.purl} matched by {found.method}{rating}",
        remediation=(
            f"Upgrade {found.package} to {found.fixed}"
            if found.fixed
            else "No fixed version is known; remove or replace it"
        ),
        references=(*found.identifiers, *found.references[:3]),
    )
