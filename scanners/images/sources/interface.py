"""What every source hands over: one image, with its layers not yet read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from scanners.errors import UnreadableInput
from scanners.findings import Skipped
from scanners.oci.manifests import ImageConfig


class NoSuchImage(UnreadableInput):
    """The source holds images, but not the one that was asked for, or more than one that fits."""

    code = "no_such_image"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's blob, not yet read, and what its bytes must turn out to be."""

    name: str
    """Its digest, or the member's name in an archive that names layers otherwise."""
    digest: str | None
    """Of the blob as stored; None where the source does not say."""
    size: int | None
    """Bytes as stored; None where the source does not say."""
    diff_id: str | None
    """Digest of the uncompressed tar; None only in images that come without a configuration of layers."""
    open: Callable[[], BinaryIO]
    foreign: str = ""
    """Why the layer is not read, where its media type is not one of a container's file system."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image for one platform. Manifest and configuration were verified against their digests."""

    name: str
    platform: str
    manifest_digest: str | None
    index_digest: str | None
    config_digest: str
    config: ImageConfig
    layers: tuple[Layer, ...]
    skipped: tuple[Skipped, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of the manifest."""
    configured: bool = True
    """Whether it has a configuration at all: a plain file system has none."""

    @property
    def digest(self) -> str:
        """What names the image: its manifest, or in archives without one its configuration (the image id)."""
        return self.manifest_digest or self.config_digest


class Members(Protocol):
    """Named files of a directory or an archive."""

    def has(self, name: str) -> bool: ...

    def open(self, name: str) -> BinaryIO:
        """Raises TargetMissing, TargetRefused for anything but a regular file inside."""
        ...

    def read(self, name: str, limit: int) -> bytes:
        """All of a small file. Raises also LimitReached."""
        ...
