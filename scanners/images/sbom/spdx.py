"""SPDX 2.3 (ISO/IEC 5962), as JSON: the image, its packages, and that it contains them."""

from __future__ import annotations

from typing import Any

from scanners.images.observing import PackageList
from scanners.images.packages import Package
from scanners.images.sbom.licences import expression


def write_spdx(listing: PackageList, created: str) -> dict[str, Any]:
    """The document; the same image gives the same bytes but for `created` (RFC 3339)."""
    digest = listing.image.manifest or listing.image.config
    image = {
        "SPDXID": "SPDXRef-Image",
        "name": listing.image.name or digest,
        "versionInfo": digest,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER",
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest.partition(":")[2]}],
    }
    contains = [
        {"spdxElementId": "SPDXRef-Image", "relationshipType": "CONTAINS", "relatedSpdxElement": _id(number)}
        for number in range(len(listing.packages))
    ]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": listing.image.name or digest,
        "documentNamespace": f"https://yumen.invalid/spdx/{digest.replace(':', '/')}",
        "comment": comment(listing),
        "creationInfo": {"created": created, "creators": ["Tool: yumen"]},
        "packages": [image, *(_package(package, number, listing) for number, package in enumerate(listing.packages))],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-Image",
            },
            *contains,
        ],
    }


def _package(package: Package, number: int, listing: PackageList) -> dict[str, Any]:
    distribution = listing.distribution
    return {
        "SPDXID": _id(number),
        "name": package.name,
        "versionInfo": package.version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseDeclared": (expression(package.licenses) if package.licenses else "") or "NOASSERTION",
        "sourceInfo": f"found in {package.path}, layer {listing.image.layers[package.layer]}",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": package.purl(
                    distribution.id if distribution else "", distribution.version if distribution else ""
                ),
            },
            *(
                [{"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": package.cpe_name}]
                if package.cpe_name
                else []
            ),
        ],
    }


def _id(number: int) -> str:
    return f"SPDXRef-Package-{number}"


def comment(listing: PackageList) -> str:
    """What of the image was not examined, in words."""
    if not listing.skipped:
        return "Everything in the image was examined."
    return "Not examined: " + "; ".join(f"{item.what}: {item.why}" for item in listing.skipped)
