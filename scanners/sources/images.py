"""Container images in registries, brought as the OCI layouts that the image tools read."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from scanners.images.blob_cache import BlobCache
from scanners.images.pull import pull_image
from scanners.oci.client import RegistryClient, RegistryFailed, Repository
from scanners.oci.mirrors import Mirrored
from scanners.sources.artefacts import credentials_in
from scanners.sources.interface import Access, Progress, SourceFailed
from scanners.sources.locations import Location, is_safe_name
from scanners.sources.staging import Staged

ALL = "all"


def stage_image(
    location: Location,
    access: Access,
    folder: Path,
    platform: str | None,
    max_bytes: int,
    cache: Path | None = None,
    cache_bytes: int = 0,
    progress: Progress | None = None,
) -> Staged:
    """Bring an image, with the signatures beside it, into a layout in `folder`.

    platform: 'linux/arm64', or 'all'; None: this machine's. cache: a folder of layers of earlier images, of `cache_bytes`.
    Raises TargetMissing, SourceFailed, UnreadableInput (NoSuchImage, DigestMismatch), LimitReached.
    """
    reference = location.reference
    name = location.name if is_safe_name(location.name) else "image"
    with ExitStack() as stack:
        hosts: list[Repository] = [
            stack.enter_context(RegistryClient(reference, mirror=mirror, ca_file=access.ca_file))
            for mirror in access.mirrors
        ]
        credentials = credentials_in(access)
        own = RegistryClient(reference, credentials, plain_http=access.plain_http, ca_file=access.ca_file)
        hosts.append(stack.enter_context(own))
        try:
            pulled = pull_image(
                reference,
                folder / name,
                Mirrored(hosts),
                platform=None if platform == ALL else platform,
                all_platforms=platform == ALL,
                cache=BlobCache(cache, cache_bytes) if cache else None,
                maximum=max_bytes,
                progress=progress,
            )
        except RegistryFailed as error:
            raise SourceFailed(error.message, remedy=error.remedy, detail=error.detail) from error
    return Staged(name, f"oci://{location.place}/{location.path}@{pulled.digest}", ())
