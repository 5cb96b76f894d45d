"""Are there known vulnerabilities in what a project, or a bill of materials, says it is made of?"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scanners.bom.lockfiles import pinned, reader_of
from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject
from scanners.images.catalogue.files import Senseless
from scanners.images.matching import match_packages
from scanners.images.packages import Package
from scanners.images.sbom.reading import is_bill, read_bill
from scanners.images.upgrades import Upgrade, upgrades
from scanners.images.vulnerable import Vulnerable
from scanners.model_files.inventory import Inventory, take_inventory
from scanners.model_files.manifest import Serialization, build_manifest
from scanners.vulnerabilities.artefact import Seal, open_database

MAX_FILE = 64 << 20
MAXIMUM_AGE = 14
"""Days after which advisories are too old for a pass."""


class NoDependencies(UnreadableInput):
    """Nothing in the target says what it depends on."""

    code = "no_dependencies"


@dataclass(frozen=True, slots=True)
class CheckedDependencies:
    """The report, and every vulnerability with its fix."""

    report: Report
    vulnerabilities: Annotated[tuple[Vulnerable, ...], Field(description="Vulnerable packages, worst first")]
    upgrades: Annotated[tuple[Upgrade, ...], Field(description="The fixes by package, most urgent first")]
    database: Annotated[str | None, Field(description="Digest of the vulnerability database; null: there was none")]


def check_dependencies(
    target: Path,
    database: Path | None,
    maximum_age: int = MAXIMUM_AGE,
    today: datetime.date | None = None,
    seal: Seal | None = None,
) -> CheckedDependencies:
    """Look up every package that the requirement or lock files, or the bill of materials, at `target` name.

    `target` is such a file, or a folder: then all that lie in it are read. `seal`: the signature that the database must
    carry. Raises NoDependencies when there is no such file, DatabaseNotTrusted.
    """
    inventory = take_inventory(target)
    packages, skipped, subject = _named(inventory)
    found = [package for package in packages if package.version]
    skipped += [Skipped(package.name, "no exact version is given") for package in packages if not package.version]
    if database is None:
        skipped.append(Skipped("known vulnerabilities", "there is no vulnerability database: run 'yumen db build'"))
        report = Report(subject, (), Coverage({"packages": len(found)}, tuple(skipped)))
        return CheckedDependencies(report, (), (), None)
    with open_database(database, seal) as opened:
        matched = match_packages(
            found,
            ("",),
            None,
            opened,
            maximum_age=maximum_age,
            today=today or datetime.datetime.now(datetime.UTC).date(),
        )
        digest = opened.digest
    report = Report(
        subject=subject,
        findings=tuple(map(_finding, matched.vulnerabilities)),
        coverage=Coverage({"packages": len(found)}, (*skipped, *matched.skipped), matched.data),
    )
    return CheckedDependencies(report, matched.vulnerabilities, upgrades(matched.vulnerabilities), digest)


def _named(inventory: Inventory) -> tuple[list[Package], list[Skipped], Subject]:
    skipped: list[Skipped] = [] if inventory.single else list(inventory.others)
    packages: dict[tuple[str, str, str], Package] = {}
    read = []
    for file in inventory.files:
        # A text file that is given by itself is meant as requirements, whatever it is called.
        known = "requirements.txt" if inventory.single and file.name.endswith(".txt") else file.name
        if reader_of(known) is not None:
            if file.size > MAX_FILE:
                skipped.append(Skipped(file.name, f"larger than {MAX_FILE >> 20} MiB"))
                continue
            try:
                for one in pinned(known, file.path.read_bytes()):
                    if isinstance(one, Package):
                        packages.setdefault((one.type, one.name, one.version), one)
                    else:
                        skipped.append(Skipped(f"{file.name}: {one[0]}", one[1]))
            except (Senseless, RecursionError) as senseless:
                skipped.append(Skipped(file.name, f"it cannot be read: {senseless}"))
            read.append(file)
        elif inventory.single or file.name.endswith((".cdx.json", ".spdx.json", "bom.json")):
            if not is_bill(file.path):
                continue
            bill = read_bill(file.path)
            packages.update({(one.type, one.name, one.version): one for one in bill.packages})
            skipped += bill.skipped
            read.append(file)
    if not read:
        raise NoDependencies(
            f"{inventory.root.name!r} holds no requirement file, lock file or bill of materials",
            remedy="give requirements.txt, poetry.lock, uv.lock, package-lock.json, Cargo.lock, go.mod, CycloneDX or SPDX JSON",
        )
    digest = build_manifest(read, Serialization()).digest(single=inventory.single)
    return list(packages.values()), skipped, Subject("dependencies", digest, inventory.root.name)


def _finding(found: Vulnerable) -> Finding:
    facts = [f"{found.purl} matched by {found.method}"]
    if not found.rated:
        facts.append("nobody rated it, so it counts as high")
    if found.exploited:
        facts.append(f"used in attacks since {found.exploited} or before")
    if found.probability is not None:
        facts.append(f"EPSS {found.probability:.1%}")
    return Finding(
        rule="dependency.vulnerable",
        severity=found.severity,
        title=f"{found.package} {found.version} has {found.advisory}: {found.summary}"[:200],
        location=Location(path=found.path),
        evidence="; ".join(facts),
        remediation=f"Upgrade {found.package} to {found.fixed}."
        if found.fixed
        else "No fixed version is known; remove or replace it.",
        references=(*found.identifiers, *found.references[:3]),
    )
