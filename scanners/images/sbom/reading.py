"""A bill of materials as the source of packages: CycloneDX and SPDX JSON, of any tool that writes package URLs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from scanners.errors import LimitReached, TargetMissing, UnreadableInput
from scanners.findings import Skipped
from scanners.images.distribution import Distribution, from_release
from scanners.images.packages import Package, printable
from scanners.images.purls import from_purl
from scanners.oci import digests

MAXIMUM_BILL = 256 * 2**20
MAXIMUM_PACKAGES = 500_000


@dataclass(frozen=True, slots=True)
class Bill:
    """What a bill of materials says."""

    name: str
    digest: str
    """Of the document itself."""
    distribution: Distribution | None
    packages: tuple[Package, ...]
    skipped: tuple[Skipped, ...]


def is_bill(path: Path) -> bool:
    """Whether a file may be a bill of materials: JSON, where images are archives."""
    with open(path, "rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def read_bill(path: Path) -> Bill:
    """Raises TargetMissing, LimitReached, UnreadableInput."""
    if not path.is_file():
        raise TargetMissing(f"there is no bill of materials at {path.name}")
    if path.stat().st_size > MAXIMUM_BILL:
        raise LimitReached(f"{path.name} is larger than {MAXIMUM_BILL // 2**20} MiB")
    data = path.read_bytes()
    try:
        document = orjson.loads(data)
    except ValueError as error:
        raise UnreadableInput(f"{path.name} is not JSON") from error
    if not isinstance(document, Mapping):
        raise UnreadableInput(f"{path.name} is not a bill of materials")
    try:
        if document.get("bomFormat") == "CycloneDX":
            entries, system = list(_cyclonedx(document)), _cyclonedx_system(document)
            metadata = document.get("metadata")
            component = metadata.get("component") if isinstance(metadata, Mapping) else None
            name = component.get("name", "") if isinstance(component, Mapping) else ""
        elif str(document.get("spdxVersion", "")).startswith("SPDX-2"):
            entries, system, name = list(_spdx(document)), None, document.get("name", "")
        elif isinstance(document.get("@graph"), list):
            entries, system, name = list(_spdx3(document["@graph"])), None, _spdx3_name(document["@graph"])
        else:
            raise UnreadableInput(
                f"{path.name} is neither CycloneDX nor SPDX", remedy="write the bill as CycloneDX or SPDX JSON"
            )
    except (TypeError, AttributeError) as error:
        raise UnreadableInput(f"{path.name} does not have the shape of a bill of materials") from error
    packages, skipped, releases = [], [], []
    for label, purl in entries[:MAXIMUM_PACKAGES]:
        package, release = from_purl(purl, path.name)
        if package is None:
            skipped.append(
                Skipped(printable(label)[:200], "it has no package URL with a version, of a type that Yumen looks up")
            )
            continue
        packages.append(package)
        releases += [release] if release else []
    if len(entries) > MAXIMUM_PACKAGES:
        skipped.append(Skipped("packages", f"more than {MAXIMUM_PACKAGES}"))
    if system is None and releases:
        identity, _, version = releases[0].rpartition("-")
        system = from_release(identity, version)
    return Bill(printable(str(name))[:200], digests.sha256(data), system, tuple(packages), tuple(skipped[:200]))


def _cyclonedx(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    pending = list(document.get("components") or ())
    seen = 0
    while pending and seen <= MAXIMUM_PACKAGES:
        component = pending.pop()
        seen += 1
        pending.extend(component.get("components") or ())
        if component.get("type") not in ("operating-system", "file", "data", "device", "machine-learning-model"):
            yield str(component.get("name", "")), str(component.get("purl") or "")


def _cyclonedx_system(document: Mapping[str, Any]) -> Distribution | None:
    for component in document.get("components") or ():
        if component.get("type") == "operating-system":
            return from_release(str(component.get("name", "")), str(component.get("version", "")))
    return None


def _spdx(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for package in document.get("packages") or ():
        purls = [
            str(reference.get("referenceLocator", ""))
            for reference in package.get("externalRefs") or ()
            if reference.get("referenceType") == "purl"
        ]
        if package.get("primaryPackagePurpose") in ("CONTAINER", "OPERATING-SYSTEM", "FILE"):
            continue
        yield str(package.get("name", "")), purls[0] if purls else ""


def _spdx3(graph: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The packages of SPDX 3's graph. An element's type stands under 'type', or under '@type' in full."""
    for element in graph:
        if not str(element.get("type", element.get("@type"))).endswith("software_Package"):
            continue
        if str(element.get("software_primaryPurpose")) in ("container", "operatingSystem", "file"):
            continue
        others = [
            str(other.get("identifier", ""))
            for other in element.get("externalIdentifier") or ()
            if other.get("externalIdentifierType") == "packageUrl"
        ]
        yield str(element.get("name", "")), str(element.get("software_packageUrl") or next(iter(others), ""))


def _spdx3_name(graph: Sequence[Mapping[str, Any]]) -> str:
    return next((str(item["name"]) for item in graph if item.get("type") == "SpdxDocument" and item.get("name")), "")
