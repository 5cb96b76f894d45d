"""`[sources]`: which stores models and images may be brought from, and bringing one for a call.

A caller names a place; where that place is, and with what credentials it is read, is the operator's to say. So no caller
can make this server talk to an address of its choosing.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcp_server.jurisdictions import Jurisdiction
from mcp_server.secrets import text_secret
from scanners.errors import TargetRefused
from scanners.oci.references import LOOPBACK, is_local, parse_reference
from scanners.sandbox import Grant, ProgressListener, Sandbox
from scanners.sources.images import stage_image
from scanners.sources.interface import Access, Listing, Wanted
from scanners.sources.locations import Location, Scheme, parse_location
from scanners.sources.staging import Staged, listed, stage

_NEEDED: Mapping[Scheme, tuple[frozenset[str], ...]] = {
    "s3": (frozenset(("key", "secret")), frozenset(("key", "secret", "token"))),
    "oss": (frozenset(("key", "secret")), frozenset(("key", "secret", "token"))),
    "gs": (frozenset(("token",)), frozenset(("service_account",))),
    "oci": (frozenset(("user", "secret")), frozenset(("token",))),
}
"""The sets of credentials that each kind of store takes."""
_RESOLVING = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/run/systemd/resolve",
)
_CERTIFICATES = ("/etc/ssl", "/etc/pki", "/etc/ca-certificates")


class PlaceSettings(BaseModel):
    """One bucket, or one registry, that models and images may be brought from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Scheme = Field(description="s3 (and whatever speaks its protocol), gs, oss or oci")
    place: str = Field(min_length=1, description="Name of the bucket; of a registry HOST or HOST:PORT")
    prefix: str = Field(
        default="", description="Only what lies below this key, or this repository; empty for all of it"
    )
    endpoint: str = Field(default="", description="URL of the store; empty for the public one. Needed for oss")
    region: str = Field(default="", description="Region of the bucket, where the store wants one")
    jurisdiction: Jurisdiction = Field(
        default="",
        description="Whose law applies where the store stands: ISO 3166-1 alpha-2, or EEA; empty if not known, which "
        "`residency.enforce` holds against a call",
    )
    credentials: dict[str, str] = Field(
        default_factory=dict,
        description="Each by reference (env:NAME, file:/path), read anew for every call, so that short-lived ones can be "
        "renewed in place. s3, oss: key, secret and, of a session, token. gs: token (OAuth 2) or service_account (JSON). "
        "oci: user and secret, or token",
    )
    anonymous: bool = Field(default=False, description="Read without credentials; it must be said")
    ca_file: Path | None = Field(
        default=None, description="PEM file of the authority that the store's certificate is of"
    )
    plain_http: bool = Field(
        default=False, description="Talk to it without TLS; on this machine itself that is allowed"
    )
    mirrors: tuple[str, ...] = Field(
        default=(),
        max_length=8,
        description="oci: hosts (HOST or HOST:PORT) that are asked for images before the registry, in this order and without "
        "credentials; one that fails is passed over. A tag means what the first of them says",
    )

    @model_validator(mode="after")
    def _complete(self) -> PlaceSettings:
        names = frozenset(self.credentials)
        if self.anonymous == bool(names) or (names and names not in _NEEDED[self.scheme]):
            wanted = " or ".join(" + ".join(sorted(one)) for one in _NEEDED[self.scheme])
            raise ValueError(f"{self.scheme} takes the credentials {wanted}, or anonymous = true")
        if any(not re.match(r"(env|file):.", reference) for reference in self.credentials.values()):
            raise ValueError("a credential is named as env:NAME or file:/path")
        if self.mirrors and self.scheme != "oci":
            raise ValueError("only registries have mirrors")
        for mirror in self.mirrors:
            parse_reference(f"{mirror}/image")
        if self.scheme == "oss" and not self.endpoint:
            raise ValueError("oss needs an endpoint")
        address = urlsplit(self.endpoint)
        if self.endpoint and (address.scheme not in ("http", "https") or not address.hostname or address.username):
            raise ValueError("endpoint must be an http:// or https:// URL")
        local = (address.hostname or self.place.rpartition(":")[0] or self.place) in {*LOOPBACK, "::1"}
        if not local and not self.plain_http and address.scheme == "http":
            raise ValueError("endpoint has no TLS: say plain_http = true, if that is meant")
        return self

    def covers(self, location: Location) -> bool:
        """Whether `location` lies in this place."""
        prefix = self.prefix.strip("/")
        inside = not prefix or location.path == prefix or location.path.startswith(f"{prefix}/")
        return (self.scheme, self.place) == (location.scheme, location.place) and inside

    @property
    def ports(self) -> tuple[int, ...]:
        """The only ports that the worker may connect to."""
        if self.endpoint:
            address = urlsplit(self.endpoint)
            return (address.port or (443 if address.scheme == "https" else 80),)
        if self.scheme != "oci":
            return (80 if self.plain_http else 443,)
        hosts = (_port(self.place, self.plain_http), *(_port(mirror, False) for mirror in self.mirrors))
        return tuple({*hosts, 443})  # where its tokens and its blobs may lie


def _port(host: str, plain_http: bool) -> int:
    port = host.rpartition(":")[2]
    return int(port) if port.isdigit() else 80 if plain_http or is_local(host) else 443


class SourceSettings(BaseModel):
    """`[sources]`: stores, other than this machine's disk, that models and images may be brought from. None is, unless
    listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_bytes: int = Field(
        default=64 << 30, ge=1, description="Bytes that one call may bring here; they are deleted after it"
    )
    max_files: int = Field(default=10_000, ge=1, description="Files of one model")
    seconds: float = Field(default=30.0, gt=0, le=600, description="Without a byte for this long, a store is given up")
    image_cache_bytes: int = Field(
        default=10 << 30,
        ge=0,
        description="Bytes of image layers that are kept for later calls, for each registry; 0 keeps none",
    )
    places: tuple[PlaceSettings, ...] = Field(default=(), description="Buckets and registries")


@dataclass(frozen=True, slots=True)
class Brought:
    """A model that was brought here for one call."""

    path: Path
    staged: Staged

    @property
    def origin(self) -> str:
        """The place in a form that cannot come to mean anything else."""
        return self.staged.pinned if "@sha256:" in self.staged.pinned else f"{self.staged.pinned}#{self.staged.digest}"


class Sources:
    """Every store that is configured."""

    def __init__(self, settings: SourceSettings, data_dir: Path, sandbox: Sandbox) -> None:
        self._settings = settings
        self._staging = data_dir / "staging"
        self._cache = data_dir / "image-cache"
        self._sandbox = sandbox
        shutil.rmtree(self._staging, ignore_errors=True)  # what a server that was killed left behind

    def locate(self, target: str) -> Location:
        """The place that `target` names. Raises TargetRefused for one that is not configured, whether or not it exists."""
        location = parse_location(target)
        self._place_of(location)
        return location

    def jurisdiction_of(self, location: Location) -> str:
        """Where the store of `location` stands; empty if not known. Raises TargetRefused."""
        return self._place_of(location).jurisdiction

    async def listed(self, location: Location, *, seconds: float) -> Listing:
        """What is at `location`, without bringing it. Raises what `bring` raises."""
        place = self._place_of(location)
        return await self._sandbox.run(
            listed,
            location,
            self._access(place, seconds),
            self._settings.max_files,
            deadline=seconds,
            grant=Grant(readable=_readable(place), ports=place.ports),
        )

    async def bring(
        self,
        location: Location,
        *,
        seconds: float,
        image: Wanted | None = None,
        on_progress: ProgressListener | None = None,
    ) -> Brought:
        """Copy what is at `location` into a folder of its own; `release` deletes it. `image`: what a registry holds there is
        a container image, and which platform of it is wanted.

        Raises what `stage` and `stage_image` raise, KeyUnusable, ScanKilled.
        """
        place = self._place_of(location)
        access = self._access(place, seconds)
        self._staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._staging)).resolve()
        try:
            if image is not None and location.scheme == "oci":
                cache = self._cache_of(place)
                staged = await self._sandbox.run(
                    stage_image,
                    location,
                    access,
                    folder,
                    image.platform,
                    self._settings.max_bytes,
                    cache,
                    self._settings.image_cache_bytes,
                    deadline=seconds,
                    on_progress=on_progress,
                    grant=Grant(
                        readable=_readable(place), writable=(folder, *([cache] if cache else [])), ports=place.ports
                    ),
                )
            else:
                staged = await self._sandbox.run(
                    stage,
                    location,
                    access,
                    folder,
                    max_bytes=self._settings.max_bytes,
                    max_files=self._settings.max_files,
                    deadline=seconds,
                    on_progress=on_progress,
                    grant=Grant(readable=_readable(place), writable=(folder,), ports=place.ports),
                )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Brought(folder / staged.name, staged)

    def _cache_of(self, place: PlaceSettings) -> Path | None:
        """A folder for each registry, and for each part of one: who may read one of them may not read another."""
        if not self._settings.image_cache_bytes:
            return None
        name = hashlib.sha256(f"{place.place}/{place.prefix}".encode()).hexdigest()[:16]
        folder = self._cache / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.resolve()

    def _access(self, place: PlaceSettings, seconds: float) -> Access:
        secrets = {
            name: text_secret(reference, f"the {name} for {place.scheme}://{place.place}")
            for name, reference in place.credentials.items()
        }
        return Access(
            place.endpoint,
            place.region,
            secrets,
            place.ca_file,
            place.plain_http,
            min(self._settings.seconds, seconds),
            place.mirrors,
        )

    def release(self, brought: Brought) -> None:
        """Delete what was brought."""
        shutil.rmtree(brought.path.parent, ignore_errors=True)

    def _place_of(self, location: Location) -> PlaceSettings:
        found = next((place for place in self._settings.places if place.covers(location)), None)
        if found is None:
            raise TargetRefused(
                "the target is not inside any of the configured sources",
                remedy="use a bucket or registry listed under [[sources.places]]",
            )
        return found


def _readable(place: PlaceSettings) -> tuple[Path, ...]:
    return (*map(Path, (*_RESOLVING, *_CERTIFICATES)), *([place.ca_file] if place.ca_file else []))
