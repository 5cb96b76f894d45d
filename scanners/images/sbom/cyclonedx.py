"""CycloneDX 1.6 (ECMA-424): one component for each package, with its evidence."""

from __future__ import annotations

import uuid
from typing import Any

from scanners.images.observing import PackageList
from scanners.images.packages import Package
from scanners.images.sbom.licences import choices

_NAMESPACE = uuid.UUID("6f0f1d9e-53d0-5f0c-9d43-0b6d0a6f8f34")


def write_cyclonedx(listing: PackageList, created: str) -> dict[str, Any]:
    """The document; the same image gives the same bytes but for `created` (RFC 3339)."""
    digest = listing.image.manifest or listing.image.config
    distribution = listing.distribution
    image = {
        "type": "container",
        "bom-ref": digest,
        "name": listing.image.name or digest,
        "version": digest,
        "hashes": [{"alg": "SHA-256", "content": digest.partition(":")[2]}],
        "properties": [
            {"name": "yumen:image:platform", "value": listing.image.platform},
            *({"name": "yumen:image:layer", "value": layer} for layer in listing.image.layers),
            *({"name": "yumen:not-examined", "value": f"{item.what}: {item.why}"} for item in listing.skipped),
        ],
    }
    system = [] if distribution is None else [
        {"type": "operating-system", "bom-ref": "os", "name": distribution.id, "version": distribution.version,
         "description": distribution.name}
    ]  # fmt: skip
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "tools": {"components": [{"type": "application", "name": "yumen"}]},
            "component": image,
        },
        "components": [
            *system,
            *(_component(package, number, listing) for number, package in enumerate(listing.packages)),
        ],
        "compositions": [{"aggregate": "incomplete" if listing.skipped else "unknown", "assemblies": [digest]}],
    }


def _component(package: Package, number: int, listing: PackageList) -> dict[str, Any]:
    distribution = listing.distribution
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"package-{number}",
        "name": package.name,
        "version": package.version,
        "purl": package.purl(distribution.id if distribution else "", distribution.version if distribution else ""),
        "properties": [
            {"name": "yumen:package:type", "value": package.type},
            {"name": "yumen:location:path", "value": package.path},
            {"name": "yumen:location:layer", "value": listing.image.layers[package.layer]},
        ],
        "evidence": {"occurrences": [{"location": package.path}]},
    }
    if package.cpe_name:
        component["cpe"] = package.cpe_name
    if package.licenses:
        component["licenses"] = choices(package.licenses)
    return component
