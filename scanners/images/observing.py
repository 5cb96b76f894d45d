"""What is in an image, before anything is said of vulnerabilities: its identity, distribution, packages and contents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from scanners.findings import Finding, Skipped, Subject
from scanners.images import configuration, contents, malware
from scanners.images.bases import BaseImage, find_base
from scanners.images.catalogue import PROBES, WANTED, Inventory, take_inventory
from scanners.images.distribution import Distribution, identify
from scanners.images.filesystem import FileSystem
from scanners.images.packages import ECOSYSTEMS, OF_A_DISTRIBUTION, Package
from scanners.images.reading import read
from scanners.images.sources import Image, open_image

Progress = Callable[[float, float | None, str], None]


@dataclass(frozen=True, slots=True)
class ImageIdentity:
    """Which image was looked at, by digest."""

    name: Annotated[str, Field(description="Name or tag in the archive; not to be relied on")]
    platform: str
    manifest: Annotated[str | None, Field(description="Digest of the manifest; null in archives without one")]
    index: Annotated[str | None, Field(description="Digest of the index through which it was found, if any")]
    config: Annotated[str, Field(description="Digest of the configuration: the image id")]
    layers: Annotated[tuple[str, ...], Field(description="Digests of the layers, from the bottom")]

    @property
    def digest(self) -> str:
        """What names the image: its manifest, or its configuration where there is none."""
        return self.manifest or self.config


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that was seen in an image, or read in a bill of materials."""

    subject: Subject
    image: ImageIdentity | None
    """None for a bill of materials."""
    layers: tuple[str, ...]
    distribution: Distribution | None
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    examined: Mapping[str, int]
    base: BaseImage | None = None

    @property
    def digests(self) -> frozenset[str]:
        """Everything that names it: manifest, configuration, and the index that it was found through."""
        image = self.image
        named = (image.manifest, image.config, image.index) if image else ()
        return frozenset(filter(None, (self.subject.digest, *named)))

    def counts(self) -> dict[str, int]:
        """Number of packages by ecosystem."""
        names = (_kind(package, self.distribution) for package in self.packages)
        return dict(Counter(names))


def _kind(package: Package, distribution: Distribution | None) -> str:
    if package.type in OF_A_DISTRIBUTION:
        return f"{package.type} ({distribution.id if distribution else 'unknown distribution'})"
    return "programs" if package.type == "generic" else ECOSYSTEMS.get(package.type, package.type)


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
    """Verify the image and list its packages. Raises TargetMissing, UnreadableInput (DigestMismatch, NoSuchImage),
    LimitReached."""
    with open_image(target, platform=platform, reference=reference) as image:
        system = read(image, WANTED, PROBES, progress=progress)
        inventory, distribution = take_inventory(system), identify(system)
    skipped = (*system.skipped, *_blind_spots(inventory, distribution))
    return PackageList(identity_of(image), distribution, tuple(inventory.packages), skipped)


def observe_image(
    target: Path,
    platform: str | None,
    reference: str | None,
    progress: Progress | None,
    *,
    hashes: bool = False,
    rules: Path | None = None,
    bases: Path | None = None,
) -> tuple[Observed, FileSystem]:
    """Packages and contents of an image, and its file system; `rules` is a folder of YARA rules, `bases` one of base images.

    Raises as `list_packages`.
    """
    searched = malware.load_rules(rules) if rules else malware.no_rules()
    with open_image(target, platform=platform, reference=reference) as image:
        system = read(
            image, WANTED, PROBES, secrets=True, hashes=hashes, rules=searched if rules else None, progress=progress
        )
        inventory, distribution = take_inventory(system), identify(system)
    identity = identity_of(image)
    base, unread = find_base(image, bases)
    owned = inventory.owned_of(frozenset(hidden.path for hidden in system.hidden))
    observed = Observed(
        subject=Subject("image", identity.digest, image.name or target.name),
        image=identity,
        layers=identity.layers,
        distribution=distribution,
        packages=tuple(inventory.packages),
        findings=(
            *malware.findings(searched, identity.layers),
            *contents.examine(system, identity.layers, owned, searched.matched),
            *_configured(image),
        ),
        skipped=(*system.skipped, *searched.skipped, *_blind_spots(inventory, distribution), *unread),
        examined=_examined(image, system, inventory),
        base=base,
    )
    return observed, system


def _configured(image: Image) -> Iterable[Finding]:
    return configuration.examine(image.config) if image.configured else ()


def identity_of(image: Image) -> ImageIdentity:
    """The image's digests."""
    layers = tuple(layer.name for layer in image.layers)
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


def _blind_spots(inventory: Inventory, distribution: Distribution | None) -> list[Skipped]:
    """What the absence of packages may hide."""
    types = {package.type for package in inventory.packages}
    if not types:
        return [Skipped("packages", "no package database or metadata was found: nothing could be looked up")]
    if distribution is not None and not types & {"deb", "apk", "rpm"}:
        why = f"the image says it is {distribution.name}, but has no package database"
        return [Skipped("operating-system packages", why)]
    return []
