"""Where images come from: each kind of source finds one image and its layers, with what must be true of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from scanners.errors import TargetMissing, UnreadableInput
from scanners.images.sources.docker_archive import docker_image
from scanners.images.sources.interface import Image, Layer, Members
from scanners.images.sources.members import DirectoryMembers, open_archive
from scanners.images.sources.oci_layout import oci_image, oci_platforms
from scanners.images.sources.root import is_root, root_image


@contextmanager
def open_image(target: Path, *, platform: str | None = None, reference: str | None = None) -> Iterator[Image]:
    """The image at a path: an OCI layout directory, an oci-archive or a docker-archive (also gzip-compressed), or an
    unpacked root file system.

    Raises TargetMissing, UnreadableInput (with DigestMismatch and NoSuchImage), LimitReached.
    """
    if is_root(target):  # also with an index.json in it: an image that somebody planted is not what runs
        yield root_image(target)
        return
    with open_source(target, platform=platform, reference=reference) as (image, _):
        yield image


def list_platforms(target: Path, reference: str | None) -> list[tuple[str, str]]:
    """The platforms of an image, each with its manifest's digest; none where it is for one only. Raises as `open_image`."""
    if is_root(target):
        return []
    with _members(target) as members:
        return oci_platforms(members, reference) if members.has("index.json") else []


@contextmanager
def open_source(
    target: Path, *, platform: str | None = None, reference: str | None = None
) -> Iterator[tuple[Image, Members]]:
    """The image at a path, and the files beside it. Raises as `open_image`."""
    with _members(target) as members:
        # An archive by Docker 25 or later is both; the OCI half has digests for everything.
        if members.has("index.json"):
            yield oci_image(members, platform, reference), members
        elif members.has("manifest.json"):
            yield docker_image(members, platform, reference), members
        else:
            raise UnreadableInput(
                f"{target.name} is not a container image: it has neither index.json nor manifest.json",
                remedy="use an OCI layout, or an archive by 'skopeo copy', 'docker save' or 'podman save'",
            )


def _members(target: Path) -> AbstractContextManager[Members]:
    if target.is_dir():
        return DirectoryMembers(target)
    if target.is_file():
        return open_archive(target)
    raise TargetMissing(f"there is no image at {target.name}", remedy="name an OCI layout or an image archive")


__all__ = ["Image", "Layer", "list_platforms", "open_image", "open_source"]
