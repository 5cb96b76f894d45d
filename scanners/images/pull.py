"""Pulling an image into an OCI layout: what is there already and whole is not fetched again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanners.errors import LimitReached, TargetMissing, UnreadableInput
from scanners.images.sources.interface import NoSuchImage
from scanners.images.sources.oci_layout import NAME, fits, host_platform, parse_platform
from scanners.oci import digests
from scanners.oci.client import ATTEMPTS, RegistryClient, RegistryFailed
from scanners.oci.manifests import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Descriptor,
    Index,
    Manifest,
    parse,
    parse_manifest_or_index,
)
from scanners.oci.references import ImageReference

MAXIMUM_BLOB = 64 * 2**30
MAXIMUM_IMAGE = 128 * 2**30

Progress = Callable[[float, float | None, str], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was brought."""

    digest: str
    """Of the manifest, or of the index where the image is for several platforms."""
    layout: Path
    fetched: int
    """Bytes that came over the network."""
    signatures: int
    """Manifests of signatures and attestations beside the image."""


def pull_image(
    reference: ImageReference,
    layout: Path,
    client: RegistryClient,
    *,
    platform: str | None = None,
    all_platforms: bool = False,
    progress: Progress | None = None,
) -> Pulled:
    """Bring an image, one platform of it or all, with the signatures beside it, into the layout directory.

    Raises TargetMissing, RegistryFailed, DigestMismatch, NoSuchImage, LimitReached.
    """
    puller = _Puller(layout, client, progress)
    data, media_type = client.manifest(reference.wanted)
    digest = digests.sha256(data)
    if reference.digest is not None and digest != reference.digest:
        digests.verify(data, reference.digest, "the manifest")
        digest = reference.digest
    entry = puller.root(data, digest, media_type, platform, all_platforms)
    entries = [entry | {"annotations": {NAME: reference.tag or reference.wanted}}]
    abouts = [digest, *puller.manifests]
    for about in dict.fromkeys(abouts):
        entries += puller.signatures(about)
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    _replace(layout / "index.json", json.dumps({"schemaVersion": 2, "manifests": entries}).encode())
    return Pulled(digest, layout, puller.fetched, len(entries) - 1)


class _Puller:
    def __init__(self, layout: Path, client: RegistryClient, progress: Progress | None) -> None:
        self._layout, self._client, self._progress = layout, client, progress
        self.fetched = 0
        self._left = MAXIMUM_IMAGE
        self.manifests: list[str] = []
        layout.mkdir(parents=True, exist_ok=True)

    def root(
        self, data: bytes, digest: str, media_type: str, platform: str | None, all_platforms: bool
    ) -> dict[str, Any]:
        """Bring what a tag or digest names; its descriptor for the layout's index."""
        document = parse_manifest_or_index(
            data, media_type if media_type in INDEX_TYPES | MANIFEST_TYPES else "", digest
        )
        kind = document.mediaType or media_type
        self._keep(data, digest)
        if isinstance(document, Manifest):
            self._image(document, digest)
        else:
            for child in self._chosen(document, platform, all_platforms):
                self._image(self._manifest(child), child.digest)
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    def signatures(self, digest: str) -> list[dict[str, Any]]:
        """Bring cosign's signatures and attestations, and OCI referrers, of a manifest."""
        found: list[dict[str, Any]] = []
        for suffix in ("sig", "att"):
            tag = f"{digest.replace(':', '-')}.{suffix}"
            try:
                data, media_type = self._client.manifest(tag)
            except TargetMissing:
                continue
            own = digests.sha256(data)
            found.append(self._attached(data, own, media_type) | {"annotations": {NAME: tag}})
        listed = self._client.referrers(digest)
        if listed is not None:
            for descriptor in parse(Index, listed, "the list of referrers").manifests[:100]:
                if descriptor.mediaType in MANIFEST_TYPES:
                    data, media_type = self._client.manifest(descriptor.digest)
                    digests.verify(data, descriptor.digest, "a referrer")
                    found.append(
                        self._attached(data, descriptor.digest, media_type)
                        | {"artifactType": descriptor.artifactType or ""}
                    )
        return found

    def _attached(self, data: bytes, digest: str, media_type: str) -> dict[str, Any]:
        document = parse_manifest_or_index(data, "", digest)
        if not isinstance(document, Manifest):
            raise UnreadableInput(f"{digest} is not a manifest")
        self._keep(data, digest)
        for descriptor in (document.config, *document.layers):
            self._blob(descriptor)
        return {"mediaType": document.mediaType or media_type, "digest": digest, "size": len(data)}

    def _chosen(self, index: Index, platform: str | None, all_platforms: bool) -> list[Descriptor]:
        manifests = [
            item
            for item in index.manifests
            if item.mediaType in MANIFEST_TYPES and "vnd.docker.reference.type" not in (item.annotations or {})
        ]
        if all_platforms:
            return manifests
        wanted = parse_platform(platform or host_platform())
        chosen = [item for item in manifests if item.platform and fits(item.platform, wanted)]
        if not chosen:
            offered = ", ".join(sorted({str(item.platform) for item in manifests}))[:500]
            raise NoSuchImage(f"the image is not for {wanted}, but for: {offered}", remedy="choose with --platform")
        return chosen[:1]

    def _manifest(self, descriptor: Descriptor) -> Manifest:
        data, _ = self._client.manifest(descriptor.digest)
        digests.verify(data, descriptor.digest, "the manifest")
        document = parse_manifest_or_index(data, descriptor.mediaType, descriptor.digest)
        if not isinstance(document, Manifest):
            raise UnreadableInput(f"{descriptor.digest} is referred to as a manifest and is an index")
        self._keep(data, descriptor.digest)
        return document

    def _image(self, manifest: Manifest, digest: str) -> None:
        self.manifests.append(digest)
        for descriptor in (manifest.config, *manifest.layers):
            self._blob(descriptor)

    def _blob(self, descriptor: Descriptor) -> None:
        """Fetch one blob, going on where an earlier attempt stopped; verified before it gets its name."""
        path = self._layout / digests.file_name(descriptor.digest)
        self._left -= descriptor.size
        if descriptor.size > MAXIMUM_BLOB or self._left < 0:
            raise LimitReached(f"the image is larger than {MAXIMUM_IMAGE} bytes")
        if path.is_file() and path.stat().st_size == descriptor.size:
            return  # a scan verifies it again
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.partial")
        for attempt in range(ATTEMPTS):
            try:
                self._fetch(descriptor, partial)
                break
            except RegistryFailed:
                if attempt == ATTEMPTS - 1:
                    raise
        seen = digests.hasher(descriptor.digest)
        with open(partial, "rb") as file:
            while chunk := file.read(2**20):
                seen.update(chunk)
        try:
            digests.check(seen, descriptor.digest, "a blob from the registry")
        except digests.DigestMismatch:
            partial.unlink()
            raise
        os.replace(partial, path)

    def _fetch(self, descriptor: Descriptor, partial: Path) -> None:
        with open(partial, "ab") as file:
            have = file.tell()
            if have > descriptor.size:
                file.truncate(0)
                have = 0
            if have == descriptor.size:
                return
            for piece in self._client.blob(descriptor.digest, have):
                have += len(piece)
                if have > descriptor.size:
                    raise LimitReached(f"the registry sends more for {descriptor.digest} than its descriptor says")
                file.write(piece)
                self.fetched += len(piece)
                if self._progress:
                    self._progress(have, descriptor.size, descriptor.digest[:19])
        if have < descriptor.size:
            raise RegistryFailed(f"the registry sent {have} of {descriptor.size} bytes of {descriptor.digest}")

    def _keep(self, data: bytes, digest: str) -> None:
        path = self._layout / digests.file_name(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(data)
    os.replace(partial, path)
