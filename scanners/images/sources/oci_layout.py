"""OCI image layout (image-layout.md), in a directory or an archive: from index.json to one verified manifest."""

from __future__ import annotations

import platform as machine
import re
from collections.abc import Iterator
from functools import partial

from scanners.errors import LimitReached, UnreadableInput
from scanners.images.sources.interface import Image, Layer, Members, NoSuchImage
from scanners.oci import digests
from scanners.oci.manifests import (
    CONFIG_TYPES,
    INDEX_TYPES,
    LAYER_TYPES,
    MANIFEST_TYPES,
    MAXIMUM_CONFIG,
    MAXIMUM_MANIFEST,
    Descriptor,
    ImageConfig,
    Index,
    Manifest,
    Platform,
    parse,
    parse_manifest_or_index,
)

MAXIMUM_NESTING = 4
"""Indexes within indexes."""
MAXIMUM_CANDIDATES = 1000
NAME = "org.opencontainers.image.ref.name"
FULL_NAME = "io.containerd.image.name"
"""With registry and repository, where the other is only a tag; containerd's, and understood by its tools."""
_SIGNATURE_TAG = re.compile(r"(?:.*:)?sha256-[a-f0-9]{64}(?:\.sig|\.att|\.sbom)?\Z")
_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def host_platform() -> str:
    """The platform of this machine as an image would name it; the operating system is always Linux."""
    return f"linux/{_MACHINES.get(machine.machine(), machine.machine())}"


def parse_platform(text: str) -> Platform:
    """'linux/arm64/v8'. Raises NoSuchImage for what is not a platform."""
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise NoSuchImage(f"{text[:80]!r} is not a platform", remedy="write it as os/architecture, e.g. linux/amd64")
    return Platform(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else "")


def oci_image(members: Members, platform: str | None, reference: str | None) -> Image:
    """The image for a platform (default: this machine's, or the only one there is), and by its name or digest."""
    index = parse_manifest_or_index(members.read("index.json", MAXIMUM_MANIFEST), "", "index.json")
    if not isinstance(index, Index):
        raise UnreadableInput("index.json is not an image index")
    candidates = list(_candidates(members, index, reference))
    descriptor, manifest, config, index_digest = _choose(members, candidates, platform)
    if len(manifest.layers) != len(config.rootfs.diff_ids):
        raise UnreadableInput(
            f"the manifest has {len(manifest.layers)} layers, the configuration {len(config.rootfs.diff_ids)}"
        )
    notes = descriptor.annotations or {}
    layers = tuple(
        _layer(members, layer, diff_id) for layer, diff_id in zip(manifest.layers, config.rootfs.diff_ids, strict=True)
    )
    return Image(
        name=next((notes[key] for key in (FULL_NAME, NAME) if notes.get(key)), ""),
        platform=str(Platform(os=config.os, architecture=config.architecture, variant=config.variant)),
        manifest_digest=descriptor.digest,
        index_digest=index_digest,
        config_digest=manifest.config.digest,
        config=config,
        layers=layers,
        annotations=manifest.annotations or {},
    )


def oci_platforms(members: Members, reference: str | None) -> list[tuple[str, str]]:
    """The platforms of an image and the digests of their manifests; none where it is for one only.

    Raises NoSuchImage where `reference` does not tell apart several images.
    """
    index = parse_manifest_or_index(members.read("index.json", MAXIMUM_MANIFEST), "", "index.json")
    if not isinstance(index, Index):
        raise UnreadableInput("index.json is not an image index")
    candidates = [descriptor for descriptor, _ in _candidates(members, index, reference)]
    if len(candidates) <= 1:
        return []
    found = {str(descriptor.platform or ""): descriptor.digest for descriptor in candidates}
    if len(found) != len(candidates) or "" in found:
        offered = ", ".join(sorted({_describe(descriptor) for descriptor in candidates})[:12])
        raise NoSuchImage(
            f"the layout holds several images: {offered}", remedy="choose with 'reference' (name or digest)"
        )
    return list(found.items())


_Candidate = tuple[Descriptor, str | None]
"""A manifest's descriptor, and the digest of the index that named it (None: the layout's own)."""


def _candidates(members: Members, index: Index, reference: str | None) -> Iterator[_Candidate]:
    seen: set[str] = set()
    pending: list[tuple[Descriptor, str | None, int, bool]] = [
        (descriptor, None, 0, _is_named(descriptor, reference)) for descriptor in reversed(index.manifests)
    ]
    while pending:
        descriptor, parent, depth, named = pending.pop()
        named = named or descriptor.digest == reference
        if descriptor.mediaType in MANIFEST_TYPES:
            if named and descriptor.digest not in seen and not _is_attestation(descriptor):
                seen.add(descriptor.digest)
                yield descriptor, parent
        elif descriptor.mediaType in INDEX_TYPES and descriptor.digest not in seen:
            seen.add(descriptor.digest)
            if depth >= MAXIMUM_NESTING or len(seen) > MAXIMUM_CANDIDATES:
                raise LimitReached("the image's indexes are nested too deeply, or too many")
            data = _blob(members, descriptor, MAXIMUM_MANIFEST, "an index")
            nested = parse_manifest_or_index(data, descriptor.mediaType, f"index {descriptor.digest}")
            if not isinstance(nested, Index):
                raise UnreadableInput(f"{descriptor.digest} is referred to as an index and is none")
            pending += [(child, descriptor.digest, depth + 1, named) for child in reversed(nested.manifests)]


def _choose(
    members: Members, candidates: list[_Candidate], platform: str | None
) -> tuple[Descriptor, Manifest, ImageConfig, str | None]:
    if not candidates:
        raise NoSuchImage("there is no such image in the layout", remedy="give its name or digest as 'reference'")
    wanted = parse_platform(platform or host_platform())
    if len(candidates) > 1:
        fitting = [item for item in candidates if item[0].platform is None or fits(item[0].platform, wanted)]
        candidates = fitting if fitting else candidates
        if not fitting or len(fitting) > 1:
            offered = ", ".join(sorted({_describe(descriptor) for descriptor, _ in candidates})[:12])
            raise NoSuchImage(
                f"the layout holds {'several images' if fitting else 'no image'} for {wanted}: {offered}",
                remedy="choose with 'platform' (os/architecture) or 'reference' (name or digest)",
            )
    descriptor, index_digest = candidates[0]
    data = _blob(members, descriptor, MAXIMUM_MANIFEST, "the manifest")
    manifest = parse_manifest_or_index(data, descriptor.mediaType, f"manifest {descriptor.digest}")
    if not isinstance(manifest, Manifest):
        raise UnreadableInput(f"{descriptor.digest} is referred to as a manifest and is an index")
    if manifest.config.mediaType not in CONFIG_TYPES:
        raise UnreadableInput(
            f"{descriptor.digest} is not a container image: its configuration is {manifest.config.mediaType!r}"
        )
    config = parse(ImageConfig, _blob(members, manifest.config, MAXIMUM_CONFIG, "the configuration"), "configuration")
    found = Platform(os=config.os, architecture=config.architecture, variant=config.variant)
    if platform is not None and not fits(found, wanted):
        raise NoSuchImage(f"the only image is for {found}, not {wanted}", remedy="leave 'platform' out, or change it")
    return descriptor, manifest, config, index_digest


def _layer(members: Members, descriptor: Descriptor, diff_id: str) -> Layer:
    digests.hasher(diff_id)
    path = digests.file_name(descriptor.digest)
    foreign = "" if descriptor.mediaType in LAYER_TYPES else f"its media type {descriptor.mediaType!r} is not read"
    return Layer(descriptor.digest, descriptor.digest, descriptor.size, diff_id, partial(members.open, path), foreign)


def _blob(members: Members, descriptor: Descriptor, limit: int, what: str) -> bytes:
    """A small blob, verified by size and digest."""
    if descriptor.size > limit:
        raise LimitReached(f"{what} {descriptor.digest} is larger than {limit} bytes")
    data = members.read(digests.file_name(descriptor.digest), limit)
    if len(data) != descriptor.size:
        raise digests.DigestMismatch(
            f"{what} {descriptor.digest} has {len(data)} bytes, its descriptor says {descriptor.size}",
            remedy="fetch the image again from a source that you trust",
        )
    digests.verify(data, descriptor.digest, what)
    return data


def _is_named(descriptor: Descriptor, reference: str | None) -> bool:
    notes = descriptor.annotations or {}
    return reference is None or reference in (descriptor.digest, notes.get(NAME), notes.get(FULL_NAME))


def _is_attestation(descriptor: Descriptor) -> bool:
    annotations = descriptor.annotations or {}
    if descriptor.platform is not None and descriptor.platform.os == "unknown":
        return True  # BuildKit's attestations
    if "vnd.docker.reference.type" in annotations or descriptor.artifactType:
        return True
    # Cosign's signatures: a tag made of the digest that they are about, or the mark of `cosign save`.
    kind = annotations.get("kind", "")
    return bool(_SIGNATURE_TAG.match(annotations.get(NAME, ""))) or kind.endswith(("/sigs", "/atts"))


def fits(found: Platform, wanted: Platform) -> bool:
    """Whether an image for one platform runs on another; no operating system stands for Linux."""
    same = (found.os or "linux", found.architecture) == (wanted.os, wanted.architecture)
    return same and (not wanted.variant or found.variant == wanted.variant)


def _describe(descriptor: Descriptor) -> str:
    name = (descriptor.annotations or {}).get(NAME, "")
    return " ".join(part for part in (name, str(descriptor.platform or ""), descriptor.digest) if part)[:200]
