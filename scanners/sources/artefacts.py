"""Model artefacts in OCI registries: ModelPack, ORAS, and whatever else keeps files as layers.

https://github.com/modelpack/model-spec/blob/main/docs/spec.md; https://oras.land/docs/concepts/artifact
"""

from __future__ import annotations

from collections.abc import Iterator

from scanners.errors import LimitReached, UnreadableInput
from scanners.oci import digests
from scanners.oci.client import RegistryClient, RegistryFailed
from scanners.oci.credentials import Credentials
from scanners.oci.manifests import Descriptor, Manifest, parse_manifest_or_index
from scanners.sources.interface import Access, Listing, RemoteFile, SourceChanged, SourceFailed
from scanners.sources.locations import Location

_PATHS = ("org.cncf.model.filepath", "org.cnai.model.filepath", "org.opencontainers.image.title")
_UNPACK = "io.deis.oras.content.unpack"
_TARS = {".tar": "plain", ".tar+gzip": "gzip", ".tar+zstd": "zstd", ".tar.gzip": "gzip", ".tar.zstd": "zstd"}


class ArtefactSource:
    """One artefact of a registry, by its manifest."""

    def __init__(self, location: Location, access: Access) -> None:
        self._location = location
        self._client = RegistryClient(location.reference, credentials_in(access), plain_http=access.plain_http)

    def listing(self, most: int) -> Listing:
        """The layers as files, under the names that their annotations give; one without a name goes by its digest."""
        try:
            data, media_type = self._client.manifest(self._location.version)
        except RegistryFailed as error:
            raise _failed(error) from error
        digest = digests.sha256(data)
        if ":" in self._location.version:
            digests.verify(data, self._location.version, "the manifest")
            digest = self._location.version
        manifest = parse_manifest_or_index(data, "", digest)
        if not isinstance(manifest, Manifest):
            raise UnreadableInput(
                f"{self._location} is an index of several artefacts ({media_type})",
                remedy="name one of them by its digest",
            )
        if not manifest.layers:
            raise UnreadableInput(f"{self._location} has no layers: it is not a model")
        if len(manifest.layers) > most:
            raise LimitReached(f"{self._location} has more than {most} layers")
        pinned = f"oci://{self._location.place}/{self._location.path}@{digest}"
        return Listing(pinned, single=False, files=tuple(map(_file, manifest.layers)))

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        try:
            yield from self._client.blob(file.key, start)
        except RegistryFailed as error:
            raise _failed(error) from error

    def check(self, file: RemoteFile, sha256: str) -> None:
        """A layer is what its descriptor says, or nothing (OCI descriptor.md, 'Verification')."""
        if file.key != f"sha256:{sha256}":
            raise SourceChanged(f"the layer {file.name!r} is not the content that {file.key} names")

    def close(self) -> None:
        self._client.__exit__(None, None, None)


def credentials_in(access: Access) -> Credentials | None:
    """Those for a registry: user and secret, or a token."""
    secrets = access.secrets
    if token := secrets.get("token"):
        return Credentials("", token, "bearer")
    return Credentials(secrets["user"], secrets.get("secret", "")) if secrets.get("user") else None


def _file(layer: Descriptor) -> RemoteFile:
    if not layer.digest.startswith("sha256:"):
        raise UnreadableInput(f"a layer is named by {layer.digest[:40]!r}, which is not a SHA-256 digest")
    digests.hasher(layer.digest)
    notes = layer.annotations or {}
    named = next((notes[key] for key in _PATHS if notes.get(key)), "")
    tar = next((kind for ending, kind in _TARS.items() if layer.mediaType.endswith(ending)), "")
    # ORAS marks a packed folder; a tar that somebody pushed as a file has a title and no mark.
    packed = tar if notes.get(_UNPACK) == "true" or not layer.mediaType.startswith("application/vnd.oci.image") else ""
    if notes.get(_UNPACK) == "true" and not packed:
        packed = "gzip"
    name = named if named and not packed else layer.digest.replace(":", "-")
    return RemoteFile(name, layer.size, layer.digest, layer.digest, packed)


def _failed(error: RegistryFailed) -> SourceFailed:
    return SourceFailed(error.message, remedy=error.remedy, detail=error.detail)
