"""Names of places in stores: 's3://bucket/folder', 'gs://bucket/file?generation=7', 'oci://registry/team/model:1'."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from scanners.errors import TargetRefused, UnreadableInput
from scanners.oci.references import ImageReference, parse_reference

Scheme = Literal["s3", "gs", "oss", "oci"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
MAX_LENGTH = 2048
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._\-]{1,220}[a-z0-9]")
_VERSION = {"s3": "versionId", "gs": "generation", "oss": "versionId"}
_VERSION_VALUE = re.compile(r"[A-Za-z0-9._\-]{1,200}")


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a store: an object or everything below a prefix; in a registry one artefact."""

    scheme: Scheme
    place: str
    """The bucket, or the registry's host."""
    path: str
    """The key without a leading slash, or the repository."""
    version: str = ""
    """Of an object, if one is named; of an artefact its tag or digest."""

    def __str__(self) -> str:
        if self.scheme == "oci":
            return f"oci://{self.place}/{self.path}{'@' if ':' in self.version else ':'}{self.version}"
        query = f"?{_VERSION[self.scheme]}={self.version}" if self.version else ""
        return f"{self.scheme}://{self.place}/{self.path}{query}"

    @property
    def name(self) -> str:
        """What to call the model: the last part of its path."""
        return self.path.rstrip("/").rpartition("/")[2] or self.place

    @property
    def reference(self) -> ImageReference:
        """Of an artefact in a registry."""
        digest = self.version if ":" in self.version else None
        return ImageReference(self.place, self.path, None if digest else self.version, digest)


def is_location(target: str) -> bool:
    """Whether `target` is written as a place in a store rather than as a path."""
    return target.partition("://")[0] in SCHEMES and "://" in target


def parse_location(target: str) -> Location:
    """The place that `target` names. Raises TargetRefused for whatever is not one, exactly."""
    scheme = next((known for known in SCHEMES if target.startswith(f"{known}://")), None)
    if scheme is None or len(target) > MAX_LENGTH or not target.isprintable() or "\\" in target:
        raise _refused(target)
    rest = target.removeprefix(f"{scheme}://")
    if scheme == "oci":
        if "/" not in rest or "." not in (host := rest.partition("/")[0]) + ("." if ":" in host else ""):
            raise _refused(target)
        try:
            reference = parse_reference(rest)
        except UnreadableInput:
            raise _refused(target) from None
        return Location(scheme, reference.registry, reference.repository, reference.wanted)
    place, _, path = rest.partition("/")
    path, asked, query = path.partition("?")
    key, _, version = query.partition("=")
    if asked and (key != _VERSION[scheme] or not _VERSION_VALUE.fullmatch(version)):
        raise _refused(target)
    if not _BUCKET.fullmatch(place) or "#" in path or not is_safe_name(path.removesuffix("/") or "all"):
        raise _refused(target)
    return Location(scheme, place, path.removesuffix("/"), version)


def is_safe_name(name: str) -> bool:
    """Whether a name with '/' stays inside the folder it is put in, and is shown as it is."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and all(
        part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts
    ) and len(parts) <= 64  # fmt: skip


def _refused(target: str) -> TargetRefused:
    return TargetRefused(
        f"{target[:200]!r} does not name a place in a store",
        remedy="write s3://bucket/key, gs://bucket/key, oss://bucket/key or oci://registry/name:tag, with nothing else",
    )
