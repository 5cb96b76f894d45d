"""SPDX 3.0.1 as JSON-LD: the image, its packages, their licences, and how much of it was examined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanners.bom.spdx_elements import document, element, licence_expression, relation, sha256_hash
from scanners.images.observing import PackageList
from scanners.images.packages import Package
from scanners.images.sbom.licences import expression
from scanners.images.sbom.spdx import comment

PROFILES = ("core", "software", "simpleLicensing")


def write_spdx3(listing: PackageList, created: str) -> dict[str, Any]:
    """The document; the same image gives the same bytes but for `created` (RFC 3339)."""
    digest = listing.image.manifest or listing.image.config
    base = f"https://yumen.invalid/spdx3/{digest.replace(':', '-')}#"
    return document(base, created, PROFILES, f"{base}bill", list(_elements(listing, base, digest)))


def _elements(listing: PackageList, base: str, digest: str) -> Iterator[dict[str, Any]]:
    image, name = f"{base}image", listing.image.name or digest
    yield element("SoftwareAgent", f"{base}yumen", name="yumen")
    yield element(
        "software_Sbom", f"{base}bill", software_sbomType=["analyzed"], rootElement=[image], comment=comment(listing)
    )
    yield element(
        "software_Package",
        image,
        name=name,
        verifiedUsing=sha256_hash(digest),
        software_packageVersion=digest,
        software_primaryPurpose="container",
    )
    if system := listing.distribution:
        yield element(
            "software_Package",
            f"{base}system",
            name=system.id,
            description=system.name,
            software_packageVersion=system.version,
            software_primaryPurpose="operatingSystem",
        )
    packages = [f"{base}package-{number}" for number in range(len(listing.packages))]
    for identity, package in zip(packages, listing.packages, strict=True):
        yield _package(identity, package, listing)
    parts = [*([f"{base}system"] if listing.distribution else []), *packages]
    if parts:
        how = "incomplete" if listing.skipped else "noAssertion"
        yield relation(base, image, "contains", *parts, name="image", completeness=how)
    yield from _licences(listing, base, packages)


def _package(identity: str, package: Package, listing: PackageList) -> dict[str, Any]:
    system = listing.distribution
    return element(
        "software_Package",
        identity,
        name=package.name,
        software_packageVersion=package.version,
        software_packageUrl=package.purl(system.id if system else "", system.version if system else ""),
        comment=f"found in {package.path}, layer {listing.image.layers[package.layer]}",
    )


def _licences(listing: PackageList, base: str, packages: list[str]) -> Iterator[dict[str, Any]]:
    """Each licence once, and whose it is."""
    numbers: dict[str, int] = {}
    for identity, package in zip(packages, listing.packages, strict=True):
        if package.licenses:
            declared = expression(package.licenses) or " AND ".join(map(licence_expression, package.licenses))
            number = numbers.setdefault(declared, len(numbers))
            licence = f"{base}licence-{number}"
            yield relation(base, identity, "hasDeclaredLicense", licence, name=identity.removeprefix(base))
    for declared, number in numbers.items():
        yield element(
            "simplelicensing_LicenseExpression",
            f"{base}licence-{number}",
            simplelicensing_licenseExpression=declared,
        )
