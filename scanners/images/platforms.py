"""An image for several platforms, scanned whole: each platform's on its own, and what was found put together."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from scanners.errors import TargetMissing
from scanners.findings import Coverage, Finding, Report, Skipped, Subject
from scanners.images.observing import Progress
from scanners.images.sbom.reading import is_bill
from scanners.images.scan import MAXIMUM_AGE, ImageScan, PlatformScan, scan_image
from scanners.images.sources import list_platforms
from scanners.images.sources.interface import NoSuchImage
from scanners.images.upgrades import upgrades
from scanners.images.vulnerable import SEVERITIES, Vulnerable
from scanners.vulnerabilities.artefact import Seal

ALL = "all"
MAXIMUM_PLATFORMS = 24

T = TypeVar("T")
_Found = tuple[str, ImageScan]
"""A platform, and what was seen of it."""


def scan_platforms(
    target: Path,
    database: Path | None,
    *,
    reference: str | None = None,
    exceptions: Path | None = None,
    seal: Seal | None = None,
    rules: Path | None = None,
    bases: Path | None = None,
    maximum_age: int = MAXIMUM_AGE,
    today: date | None = None,
    progress: Progress | None = None,
) -> ImageScan:
    """Scan every platform of an image. One that is not there is said to be unread; what is for one only is `scan_image`'s.

    Raises as `scan_image` does, for the first platform that cannot be believed.
    """
    platforms = [] if target.is_file() and is_bill(target) else list_platforms(target, reference)
    scans: list[_Found] = []
    skipped = [Skipped(name, f"more than {MAXIMUM_PLATFORMS} platforms") for name, _ in platforms[MAXIMUM_PLATFORMS:]]
    wanted: list[tuple[str, str | None]] = [*platforms[:MAXIMUM_PLATFORMS]] or [("", reference)]
    for name, digest in wanted:
        try:
            scan = scan_image(
                target,
                database,
                reference=digest,
                exceptions=exceptions,
                seal=seal,
                rules=rules,
                bases=bases,
                maximum_age=maximum_age,
                today=today,
                progress=progress,
            )
        except TargetMissing as error:
            if not name:
                raise
            skipped.append(Skipped(name, f"it is not here ({error.message}): pull with --all-platforms"))
            continue
        scans.append((name, scan))
    if not platforms:
        return scans[0][1]
    if not scans:
        raise NoSuchImage("none of the image's platforms is here", remedy="pull it with --all-platforms")
    return _together(scans, skipped)


def _together(scans: Sequence[_Found], skipped: list[Skipped]) -> ImageScan:
    vulnerabilities = tuple(_once((scan.vulnerabilities for _, scan in scans), _same_flaw))
    findings = sorted(_findings(scans), key=lambda finding: SEVERITIES.index(finding.severity))
    examined: Counter[str] = Counter()
    for name, scan in scans:
        examined.update(scan.report.coverage.examined)
        skipped += [Skipped(f"{name}: {one.what}", one.why) for one in scan.report.coverage.skipped]
    packages: Counter[str] = Counter()
    for _, scan in scans:
        packages.update(scan.packages)
    data = {source: moment for _, scan in scans for source, moment in scan.report.coverage.data.items()}
    first = scans[0][1]
    return ImageScan(
        report=Report(_subject(scans), tuple(findings), Coverage(dict(examined), tuple(skipped), data)),
        image=None,
        distribution=first.distribution,
        packages=dict(packages),
        vulnerabilities=vulnerabilities,
        upgrades=upgrades(vulnerabilities),
        suppressed=tuple(_once((scan.suppressed for _, scan in scans), lambda one: one)),
        database=first.database,
        base=first.base,
        platforms=tuple(_summary(name, scan) for name, scan in scans),
    )


def _summary(name: str, scan: ImageScan) -> PlatformScan:
    return PlatformScan(
        name, scan.image, scan.distribution, scan.packages, len(scan.vulnerabilities), len(scan.report.findings)
    )


def _subject(scans: Sequence[_Found]) -> Subject:
    """The index that names all of them, or, without one, what their digests make together."""
    name = scans[0][1].report.subject.name
    indexes = {scan.image.index for _, scan in scans if scan.image}
    if len(indexes) == 1 and (index := indexes.pop()):
        return Subject("image", index, name)
    named = "\n".join(sorted(scan.report.subject.digest for _, scan in scans))
    return Subject("image", f"sha256:{hashlib.sha256(named.encode()).hexdigest()}", name)


def _findings(scans: Sequence[_Found]) -> Iterator[Finding]:
    """Each once, with the platforms that have it, where not all have."""
    places: dict[Hashable, list[str]] = defaultdict(list)
    firsts: dict[Hashable, Finding] = {}
    for name, scan in scans:
        for finding in scan.report.findings:
            key: Hashable = (
                finding.rule,
                finding.severity,
                finding.title,
                finding.location.path,
                finding.location.line,
            )
            firsts.setdefault(key, finding)
            if name not in places[key]:
                places[key].append(name)
    for key, finding in firsts.items():
        where = "" if len(places[key]) == len(scans) else f"; only on {', '.join(places[key])}"
        yield replace(finding, evidence=finding.evidence + where)


def _same_flaw(found: Vulnerable) -> Hashable:
    return found.package, found.version, found.ecosystem, found.advisory, found.path


def _once(several: Iterable[Iterable[T]], key: Callable[[T], Hashable]) -> Iterator[T]:
    seen: set[Hashable] = set()
    for items in several:
        for item in items:
            if (known := key(item)) not in seen:
                seen.add(known)
                yield item
