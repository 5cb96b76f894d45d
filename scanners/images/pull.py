"""Pulling an image into an OCI layout: what is there already and whole is not fetched again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanners.errors import LimitReached, TargetMissing, UnreadableInput
from scanners.images.blob_cache import BlobCache, is_content
from scanners.images.sources.interface import NoSuchImage
from scanners.images.sources.oci_layout import FULL_NAME, NAME, fits, host_platform, parse_platform
from scanners.oci import digests
from scanners.oci.client import ATTEMPTS, RegistryFailed, Repository
from scanners.oci.manifests import (
    ELSEWHERE_TYPES,
    INDEX_TYPES,
    MANIFEST_TYPES,
    MAXIMUM_MANIFEST,
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
    client: Repository,
    *,
    platform: str | None = None,
    all_platforms: bool = False,
    cache: BlobCache | None = None,
    maximum: int = MAXIMUM_IMAGE,
    progress: Progress | None = None,
) -> Pulled:
    """Bring an image, one platform of it or all, with the signatures beside it, into the layout directory.

    What the layout or `cache` holds is not fetched. Other images in the layout stay; one of the same name is
    replaced. `maximum`: bytes of all that the image consists of.
    Raises TargetMissing, RegistryFailed, DigestMismatch, NoSuchImage, LimitReached, UnreadableInput.
    """
    others = _others(layout)
    puller = _Puller(layout, client, cache, maximum, progress)
    data, media_type = client.manifest(reference.wanted)
    digest = digests.sha256(data)
    if reference.digest is not None and digest != reference.digest:
        digests.verify(data, reference.digest, "the manifest")
        digest = reference.digest
    entry = puller.root(data, digest, media_type, platform, all_platforms)
    entries = [entry | {"annotations": {NAME: reference.tag or reference.wanted, FULL_NAME: str(reference)}}]
    abouts = [digest, *puller.manifests]
    for about in dict.fromkeys(abouts):
        entries += puller.signatures(about)
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    kept = [other for other in others if _stays(other, entries)]
    _replace(layout / "index.json", json.dumps({"schemaVersion": 2, "manifests": entries + kept}).encode())
    if cache is not None:
        cache.prune()
    return Pulled(digest, layout, puller.fetched, len(entries) - 1)


def _others(layout: Path) -> list[dict[str, Any]]:
    """What a layout holds already, as its index says."""
    index = layout / "index.json"
    if not index.exists():
        return []
    data = index.read_bytes() if index.stat().st_size <= MAXIMUM_MANIFEST else b""
    held = parse(Index, data, f"{layout.name}/index.json")
    return [entry.model_dump(exclude_none=True) for entry in held.manifests]


def _stays(entry: Mapping[str, Any], new: list[dict[str, Any]]) -> bool:
    """Whether an entry of the index names something else than all that was brought: by name, or by digest without one."""
    short, full = _names(entry)
    if not short:
        return all(entry["digest"] != other["digest"] for other in new)
    return (short, full) not in [(name, full and whole) for name, whole in map(_names, new)]


def _names(entry: Mapping[str, Any]) -> tuple[str, str]:
    notes = entry.get("annotations") or {}
    return notes.get(NAME, ""), notes.get(FULL_NAME, "")


class _Puller:
    def __init__(
        self, layout: Path, client: Repository, cache: BlobCache | None, maximum: int, progress: Progress | None
    ) -> None:
        self._layout, self._client, self._cache, self._progress = layout, client, cache, progress
        self.fetched = 0
        self._left = self._maximum = maximum
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
            try:
                self._blob(descriptor)
            except TargetMissing:
                if descriptor.mediaType not in ELSEWHERE_TYPES:
                    raise  # what may lie elsewhere is left out, and a scan says that it was not read

    def _blob(self, descriptor: Descriptor) -> None:
        """Fetch one blob, going on where an earlier attempt stopped; verified before it gets its name."""
        path = self._layout / digests.file_name(descriptor.digest)
        self._left -= descriptor.size
        if descriptor.size > MAXIMUM_BLOB or self._left < 0:
            raise LimitReached(f"the image is larger than {self._maximum} bytes")
        if path.is_file() and path.stat().st_size == descriptor.size:
            return  # a scan verifies it again
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._cache is not None and self._cache.take(descriptor.digest, path):
            return
        partial = path.with_name(f"{path.name}.partial")
        while not self._came_whole(descriptor, partial):
            partial.unlink()
            if not self._client.distrust():
                raise digests.DigestMismatch(
                    f"a blob from the registry is not the content that {descriptor.digest} names: it was exchanged",
                    remedy="fetch the image again from a source that you trust",
                )
        os.replace(partial, path)
        if self._cache is not None:
            self._cache.keep(descriptor.digest, path)

    def _came_whole(self, descriptor: Descriptor, partial: Path) -> bool:
        """Fetch a blob, going on where it broke off; whether it is what its digest names. Raises RegistryFailed."""
        left = ATTEMPTS
        while left:
            try:
                self._fetch(descriptor, partial)
                break
            except RegistryFailed:
                left -= 1
                if not left and not self._client.distrust():
                    raise
                left = left or ATTEMPTS
        return is_content(partial, descriptor.digest)

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
