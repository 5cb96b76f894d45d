"""Object stores: what they have in common; Amazon S3, with what speaks its protocol, and Google Cloud Storage, through fsspec.

Every range is asked for in one exact state of the object: by generation (GCS), version id or `If-Match` (S3, OSS), so
that an object that is replaced meanwhile is an error and never a mixture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from scanners.errors import LimitReached, TargetMissing, UnreadableInput
from scanners.sources.interface import PIECE, Access, Listing, RemoteFile, SourceChanged, SourceFailed, SourceForbidden
from scanners.sources.locations import Location

_CHANGED = re.compile(r"PreconditionFailed|pre-conditions|\b412\b")
_FORBIDDEN = re.compile(
    r"AccessDenied|Forbidden|\b40[13]\b|Unauthorized|SignatureDoesNotMatch|InvalidAccessKeyId|UserNotFound|ExpiredToken"
    r"|InvalidToken|RefreshError|SecurityTokenExpired"
)
"""What the stores' clients say, in their own words, when an object was replaced and when credentials do not suffice."""


class ObjectSource:
    """An object, or all objects below a prefix."""

    def __init__(self, location: Location, access: Access) -> None:
        self._location = location
        self._top = f"{location.place}/{location.path}".rstrip("/")
        self._files = self._connect(access)

    def listing(self, most: int) -> Listing:
        info = self._told(lambda: self._info(self._top)) if self._location.path else None
        if info is not None and info["type"] == "file":
            only = self._file(info, self._location.name)
            files, single = (only, *self._signature_of(only)), True
            versioned = self._version_query(only.version)
        else:
            if self._location.version:
                raise TargetMissing(f"there is no object {self._location}")
            found = self._told(lambda: self._find(most + 1)) or ()
            entries = [entry for entry in found if entry["type"] == "file" and not entry["name"].endswith("/")]
            if len(entries) > most:
                raise LimitReached(f"{self._location} holds more than {most} objects")
            files = tuple(self._file(entry, entry["name"][len(self._top) + 1 :]) for entry in entries)
            single, versioned = False, ""
        if not files:
            raise TargetMissing(
                f"there is nothing at {self._location}", remedy="check the spelling and the credentials"
            )
        return Listing(f"{self._location.scheme}://{self._top}{versioned}", single, files)

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        while start < file.size:
            end = min(start + PIECE, file.size)
            wanted, begin = end - start, start
            piece = self._told(lambda b=begin, e=end: self._range(file, b, e))  # type: ignore[misc]
            if piece is None:
                raise SourceChanged(f"{file.name!r} was removed while it was read")
            if not piece or len(piece) > wanted:
                raise SourceFailed(f"the store sent {len(piece)} of {wanted} bytes of {file.name!r}")
            yield piece
            start += len(piece)

    def check(self, file: RemoteFile, sha256: str) -> None:
        now = self._told(lambda: self._info(file.key))
        if now is None or self._version(now) != file.version or int(now["size"]) != file.size:
            raise SourceChanged(
                f"{file.name!r} was changed while it was read", remedy="let the writer finish, or name a version"
            )

    def close(self) -> None:
        pass

    def _told(self, ask: Callable[[], Any]) -> Any:
        """What the store says; None where it says that there is nothing. Everything else becomes an error of ours."""
        try:
            return ask()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise self._refused(error) from error
        except Exception as error:  # each client and each of its transports has errors of its own
            text = f"{type(error).__name__} {error}"
            if _CHANGED.search(text):
                raise SourceChanged("an object was changed while it was read", detail=text) from error
            if _FORBIDDEN.search(text):
                raise self._refused(error) from error
            raise SourceFailed(f"the store of {self._location} does not answer as it should", detail=text) from error

    def _refused(self, error: Exception) -> SourceForbidden:
        return SourceForbidden(
            f"the store refuses access to {self._location}",
            remedy="check the configured credentials, whether they have expired, and what they may read",
            detail=repr(error),
        )

    def _file(self, info: Mapping[str, Any], name: str) -> RemoteFile:
        version = self._version(info)
        if not version:
            raise UnreadableInput(f"the store gives {name!r} no version, generation or ETag: it cannot be pinned")
        return RemoteFile(name, int(info["size"]), version, str(info["name"]))

    def _signature_of(self, only: RemoteFile) -> Iterator[RemoteFile]:
        """The signature that lies beside a single file, in its usual place."""
        info = self._told(lambda: self._info(f"{self._top}.sig"))
        if info is not None and info["type"] == "file":
            yield self._file(info, f"{only.name}.sig")

    # What differs from store to store.

    def _connect(self, access: Access) -> Any:
        raise NotImplementedError

    def _info(self, path: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._files.info(path)
        return found

    def _find(self, most: int) -> Collection[Mapping[str, Any]]:
        """All below the location; a store that can stops after so many."""
        found: Mapping[str, Mapping[str, Any]] = self._files.find(self._top, detail=True, withdirs=False)
        return found.values()

    def _version(self, info: Mapping[str, Any]) -> str:
        raise NotImplementedError

    def _version_query(self, version: str) -> str:
        return f"?etag={version}"

    def _range(self, file: RemoteFile, start: int, end: int) -> bytes:
        raise NotImplementedError


class S3Source(ObjectSource):
    """Amazon S3, and the many that speak its protocol."""

    def _connect(self, access: Access) -> Any:
        import s3fs

        secrets = access.secrets
        files = s3fs.S3FileSystem(
            anon=not secrets,
            key=secrets.get("key"),
            secret=secrets.get("secret"),
            token=secrets.get("token") or None,
            endpoint_url=access.endpoint or None,
            client_kwargs={"region_name": access.region} if access.region else {},
            config_kwargs={
                "connect_timeout": min(10.0, access.seconds),
                "read_timeout": access.seconds,
                "retries": {"max_attempts": 2},
            },
            version_aware=bool(self._location.version),
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        files.retries = 2
        return files

    def _info(self, path: str) -> Mapping[str, Any]:
        version = {"version_id": self._location.version} if self._location.version and path == self._top else {}
        found: Mapping[str, Any] = self._files.info(path, refresh=True, **version)
        return found

    def _version(self, info: Mapping[str, Any]) -> str:
        if self._location.version and info.get("VersionId"):
            return str(info["VersionId"])
        return str(info.get("ETag") or "").strip('"')

    def _version_query(self, version: str) -> str:
        return f"?versionId={version}" if self._location.version else f"?etag={version}"

    def _range(self, file: RemoteFile, start: int, end: int) -> bytes:
        if self._location.version:
            found: bytes = self._files.cat_file(file.key, version_id=self._location.version, start=start, end=end)
            return found
        bucket, _, key = file.key.partition("/")
        response = self._files.call_s3(
            "get_object", Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}", IfMatch=f'"{file.version}"'
        )
        return self._body(response)

    def _body(self, response: Mapping[str, Any]) -> bytes:
        from fsspec.asyn import sync

        async def read() -> bytes:
            try:
                whole: bytes = await response["Body"].read()
                return whole
            finally:
                response["Body"].close()

        found: bytes = sync(self._files.loop, read)
        return found


class GcsSource(ObjectSource):
    """Google Cloud Storage."""

    def _connect(self, access: Access) -> Any:
        # The package's default also asks, over gRPC and at another address, how the bucket is laid out.
        from gcsfs.core import GCSFileSystem
        from google.oauth2.credentials import Credentials

        secrets = access.secrets
        proof: Any = "anon"
        if secrets.get("token"):
            proof = Credentials(secrets["token"])  # type: ignore[no-untyped-call]
        elif secrets.get("service_account"):
            proof = json.loads(secrets["service_account"])
        return GCSFileSystem(
            token=proof,
            access="read_only",
            endpoint_url=access.endpoint or None,
            timeout=access.seconds,
            requests_timeout=access.seconds,
            version_aware=True,
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def _info(self, path: str) -> Mapping[str, Any]:
        generation = self._location.version if path == self._top else ""
        found: Mapping[str, Any] = self._files.info(f"{path}#{generation}" if generation else path)
        return found

    def _version(self, info: Mapping[str, Any]) -> str:
        return str(info.get("generation") or "")

    def _version_query(self, version: str) -> str:
        return f"?generation={version}"

    def _range(self, file: RemoteFile, start: int, end: int) -> bytes:
        found: bytes = self._files.cat_file(file.key.partition("#")[0], start=start, end=end, generation=file.version)
        return found
