"""Names of images in registries: 'registry.example:5000/team/app:1.2@sha256:…'."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanners.errors import UnreadableInput

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._\-]{0,127}\Z")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?\Z")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}\Z|sha512:[a-f0-9]{128}\Z")
LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))


@dataclass(frozen=True, slots=True)
class ImageReference:
    """Where an image is. A tag can be moved; with a digest it is that one image or none."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def wanted(self) -> str:
        """What the registry is asked for."""
        return self.digest or self.tag or "latest"

    @property
    def is_local(self) -> bool:
        """Whether the registry is on this machine, so that plain HTTP tells nobody anything."""
        return is_local(self.registry)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def is_local(host: str) -> bool:
    """Whether a host, with or without a port, is this machine."""
    return host in LOOPBACK or host.rpartition(":")[0] in LOOPBACK


def parse_reference(text: str) -> ImageReference:
    """Raises UnreadableInput. As Docker does, a first part without dot, colon or 'localhost' is a part of the name on
    docker.io, and there a name of one part is in 'library'."""
    rest, at, digest = text.strip().partition("@")
    host, slash, path = rest.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, path = "docker.io", rest
    name, colon, tag = path.partition(":")
    if host == "docker.io" and "/" not in name:
        name = f"library/{name}"
    sound = _HOST.match(host) and _NAME.match(name) and len(name) <= 255
    if not sound or (colon and not _TAG.match(tag)) or (at and not _DIGEST.match(digest)):
        raise UnreadableInput(
            f"{text[:200]!r} is not the name of an image",
            remedy="write it as registry/name:tag or registry/name@sha256:…",
        )
    return ImageReference(host, name, tag or None, digest or None)
