"""The image scan: source × catalogue × match × report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject
from scanners.images.bases import BaseImage, in_base
from scanners.images.distribution import Distribution
from scanners.images.exceptions import Exceptions, Suppressed, read_exceptions
from scanners.images.matching import Matched, match_packages
from scanners.images.observing import ImageIdentity, Observed, Progress, observe_image
from scanners.images.sbom.reading import is_bill, read_bill
from scanners.images.upgrades import Upgrade, upgrades
from scanners.images.vulnerable import SEVERITIES, Vulnerable
from scanners.vulnerabilities.artefact import Seal, open_database

MAXIMUM_AGE = 30
"""Days after which advisories are too old to call anything free of known vulnerabilities."""


@dataclass(frozen=True, slots=True)
class PlatformScan:
    """One platform of an image of which all were scanned."""

    platform: str
    image: Annotated[ImageIdentity | None, Field(description="Its digests")]
    os: Annotated[Distribution | None, Field(description="The distribution that it says it is")]
    packages: Annotated[Mapping[str, int], Field(description="Number of packages by ecosystem")]
    vulnerability_count: int
    finding_count: int


@dataclass(frozen=True, slots=True)
class ImageScan:
    """All that a scan saw."""

    report: Report
    image: Annotated[ImageIdentity | None, Field(description="The image's digests; null for a bill of materials")]
    distribution: Distribution | None
    packages: Annotated[Mapping[str, int], Field(description="Number of packages by ecosystem")]
    vulnerabilities: tuple[Vulnerable, ...]
    upgrades: Annotated[tuple[Upgrade, ...], Field(description="The fixes by package, most urgent first")]
    suppressed: Annotated[tuple[Suppressed, ...], Field(description="Found, and settled by VEX or a waiver")]
    database: Annotated[str | None, Field(description="Digest of the vulnerability database; null: there was none")]
    base: Annotated[BaseImage | None, Field(description="On which image it was built; null: nothing says")] = None
    platforms: Annotated[
        tuple[PlatformScan, ...], Field(description="Each of them, where all were scanned; then `image` is null")
    ] = ()


def scan_image(
    target: Path,
    database: Path | None,
    *,
    platform: str | None = None,
    reference: str | None = None,
    exceptions: Path | None = None,
    seal: Seal | None = None,
    rules: Path | None = None,
    bases: Path | None = None,
    maximum_age: int = MAXIMUM_AGE,
    today: date | None = None,
    progress: Progress | None = None,
) -> ImageScan:
    """Scan one image, or the bill of materials of one: verify it, list its packages, match known vulnerabilities.

    database: path of the database that `yumen db build` wrote; None: nothing is matched, and the report says so.
    exceptions: a folder of VEX documents and waivers; what they settle is listed apart and is no finding.
    seal: the signature that the database must carry. rules: a folder of YARA rules that no file may match.
    bases: a folder of what is known of base images.
    platform, reference: which image, where the target holds several ('linux/arm64'; a name or digest).
    Raises TargetMissing, UnreadableInput (DigestMismatch, NoSuchImage), LimitReached, DatabaseNotTrusted.
    """
    if target.is_file() and is_bill(target):
        observed = _observe_bill(target)
    else:
        observed, _ = observe_image(target, platform, reference, progress, rules=rules, bases=bases)
    return judge(observed, database, exceptions=exceptions, seal=seal, maximum_age=maximum_age, today=today)


def judge(
    observed: Observed,
    database: Path | None,
    *,
    exceptions: Path | None = None,
    seal: Seal | None = None,
    maximum_age: int = MAXIMUM_AGE,
    today: date | None = None,
) -> ImageScan:
    """The second half of `scan_image`: what was observed, against what is known."""
    today = today or datetime.now(UTC).date()
    matched, database_digest = _matched(observed, database, seal, maximum_age, today)
    settled = read_exceptions(exceptions) if exceptions else Exceptions()
    vulnerabilities, suppressed = settled.settle(matched.vulnerabilities, observed.digests, today)
    from_base = in_base(observed.layers, observed.base)
    for found in vulnerabilities:
        found.in_base = found.layer in from_base
    findings = (*_end_of_life(observed.distribution, today), *observed.findings, *map(_finding, vulnerabilities))
    worst_first = tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
    skipped = (*observed.skipped, *matched.skipped, *settled.troubles)
    return ImageScan(
        report=Report(observed.subject, worst_first, Coverage(observed.examined, skipped, matched.data)),
        image=observed.image,
        distribution=observed.distribution,
        packages=observed.counts(),
        vulnerabilities=tuple(vulnerabilities),
        upgrades=upgrades(vulnerabilities),
        suppressed=tuple(suppressed),
        database=database_digest,
        base=observed.base,
    )


def _observe_bill(target: Path) -> Observed:
    bill = read_bill(target)
    nothing = () if bill.packages else (Skipped("packages", "the bill of materials names none"),)
    return Observed(
        subject=Subject("bill-of-materials", bill.digest, bill.name or target.name),
        image=None,
        layers=("",),
        distribution=bill.distribution,
        packages=bill.packages,
        findings=(),
        skipped=(*bill.skipped, *nothing),
        examined={"packages": len(bill.packages)},
    )


def _matched(
    observed: Observed, database: Path | None, seal: Seal | None, maximum_age: int, today: date
) -> tuple[Matched, str | None]:
    if database is None:
        nothing = Skipped("known vulnerabilities", "there is no vulnerability database: run 'yumen db build'")
        return Matched((), (nothing,), {}), None
    with open_database(database, seal) as opened:
        matched = match_packages(
            observed.packages, observed.layers, observed.distribution, opened, maximum_age=maximum_age, today=today
        )
        return matched, opened.digest


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
    mend = (
        f"Upgrade {found.package} to {found.fixed}"
        if found.fixed
        else "No fixed version is known; remove or replace it"
    )
    return Finding(
        rule="image.package.vulnerable",
        severity=found.severity,
        title=f"{found.package} {found.version} has {found.advisory}: {found.summary}"[:200],
        location=Location(path=found.path, layer=found.layer or None),
        evidence=f"{found.purl} matched by {found.method}{rating}",
        remediation=mend,
        references=(*found.identifiers, *found.references[:3]),
    )
