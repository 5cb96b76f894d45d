"""Index, manifest and configuration (OCI image specification 1.1), parsed into types that hold what was checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scanners.errors import UnreadableInput

MAXIMUM_MANIFEST = 4 * 2**20
"""Bytes. OCI distribution specification: registries accept at least, and need accept no more than, 4 MiB."""
MAXIMUM_CONFIG = 8 * 2**20

INDEX_TYPES = frozenset(
    ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
)
MANIFEST_TYPES = frozenset(
    ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
)
CONFIG_TYPES = frozenset(("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"))
LAYER_TYPES = frozenset(
    (
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
    )
)

ELSEWHERE_TYPES = frozenset(
    (
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    )
)
"""Layers that a registry need not have: Windows' own, fetched from their publisher."""


class Part(BaseModel):
    """Base of every document and part of one."""

    # Unknown fields are allowed by the specification ("extensibility"), wrong types are not.
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Platform(Part):
    """For which machines an image is."""

    os: str = Field(default="", max_length=64)
    architecture: str = Field(default="", max_length=64)
    variant: str = Field(default="", max_length=64)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Descriptor(Part):
    """A reference to content: descriptor.md."""

    mediaType: str = Field(max_length=255)
    digest: str = Field(max_length=200)
    size: int = Field(ge=0)
    platform: Platform | None = None
    annotations: Mapping[str, str] | None = None
    artifactType: str | None = None


class Index(Part):
    """image-index.md; also Docker's manifest list."""

    schemaVersion: int
    mediaType: str | None = None
    manifests: list[Descriptor] = Field(max_length=10_000)


class Manifest(Part):
    """manifest.md; also Docker's schema 2."""

    schemaVersion: int
    mediaType: str | None = None
    artifactType: str | None = None
    config: Descriptor
    layers: list[Descriptor] = Field(max_length=10_000)
    annotations: Mapping[str, str] | None = None


class RootFs(Part):
    type: str = "layers"
    diff_ids: list[str] = Field(default_factory=list, max_length=10_000)


class History(Part):
    """How one layer came about."""

    created: str | None = None
    created_by: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class RunConfig(Part):
    """With what the container starts."""

    User: str | None = None
    ExposedPorts: Mapping[str, object] | None = None
    Env: list[str] | None = None
    Entrypoint: list[str] | None = None
    Cmd: list[str] | None = None
    Volumes: Mapping[str, object] | None = None
    Labels: Mapping[str, str] | None = None
    Healthcheck: Mapping[str, object] | None = None


class ImageConfig(Part):
    """config.md."""

    architecture: str = ""
    os: str = ""
    variant: str = ""
    created: str | None = None
    config: RunConfig | None = None
    rootfs: RootFs = Field(default_factory=RootFs)
    history: list[History] | None = None


T = TypeVar("T", bound=Part)


def parse(model: type[T], data: bytes, what: str) -> T:
    """The document in some bytes. Raises UnreadableInput that names the field."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "document"
        raise UnreadableInput(f"{what} is not valid: {place}: {first['msg']}") from error


def parse_manifest_or_index(data: bytes, media_type: str, what: str) -> Manifest | Index:
    """What a descriptor of an image points at. A document that reads as both is refused (CVE-2021-41190)."""
    shape = parse(_Shape, data, what)
    if shape.manifests is not None and (shape.layers is not None or shape.config is not None):
        raise UnreadableInput(f"{what} is ambiguous: it is a manifest and an index at once")
    if shape.mediaType is not None and media_type and shape.mediaType != media_type:
        raise UnreadableInput(f"{what} calls itself {shape.mediaType!r} but is referred to as {media_type!r}")
    if shape.schemaVersion != 2:
        raise UnreadableInput(f"{what} has schema version {shape.schemaVersion}; only version 2 is read")
    return parse(Index, data, what) if shape.manifests is not None else parse(Manifest, data, what)


class _Shape(Part):
    schemaVersion: int
    mediaType: str | None = None
    manifests: object = None
    layers: object = None
    config: object = None
