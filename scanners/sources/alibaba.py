"""Alibaba Cloud Object Storage Service, through its own client.

Its fsspec file system gives no ETag, takes a refusal for an empty folder, and has no time-out: nothing could be pinned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any

import oss2
from oss2.credentials import StaticCredentialsProvider
from requests.adapters import HTTPAdapter

from scanners.errors import UnreadableInput
from scanners.sources.interface import Access, RemoteFile, SourceFailed
from scanners.sources.objects import ObjectSource

_PAGE = 1000
"""Entries of a page of a listing: the most that OSS gives."""


class OssSource(ObjectSource):
    """One bucket of OSS. Requests are signed with version 4 where the region is configured, with version 1 elsewhere."""

    def _connect(self, access: Access) -> Any:
        try:
            return oss2.Bucket(
                _proof(access),
                access.endpoint,
                self._location.place,
                session=oss2.Session(adapter=HTTPAdapter(max_retries=2)),  # a kept connection may be gone
                connect_timeout=access.seconds,  # requests takes it for the time between two bytes as well
                region=access.region or None,
            )
        except oss2.exceptions.ClientError as error:
            raise UnreadableInput(f"{self._location} cannot be a place in OSS", detail=str(error)) from error

    def _info(self, path: str) -> Mapping[str, Any]:
        asked = self._asked() if path == self._top else {}
        try:
            found = self._files.head_object(self._key(path), params=asked)
        except oss2.exceptions.NotFound as error:
            raise FileNotFoundError(path) from error
        version = found.versionid if asked else ""
        return {"name": path, "type": "file", "size": found.content_length, "version": version or found.etag}

    def _find(self, most: int) -> Collection[Mapping[str, Any]]:
        prefix = f"{self._location.path}/".lstrip("/")
        entries = oss2.ObjectIteratorV2(self._files, prefix=prefix, max_keys=min(most, _PAGE))
        try:
            return [
                {"name": f"{self._location.place}/{one.key}", "type": "file", "size": one.size, "version": one.etag}
                for one in islice(entries, most)
            ]
        except oss2.exceptions.NotFound as error:
            raise FileNotFoundError(self._top) from error

    def _version(self, info: Mapping[str, Any]) -> str:
        return str(info["version"] or "").strip('"')

    def _version_query(self, version: str) -> str:
        return f"?versionId={version}" if self._location.version else f"?etag={version}"

    def _range(self, file: RemoteFile, start: int, end: int) -> bytes:
        asked = self._asked() if file.key == self._top else {}
        headers = {} if asked else {"If-Match": f'"{file.version}"'}
        body = self._files.get_object(
            self._key(file.key), (start, end - 1), {**headers, "x-oss-range-behavior": "standard"}, params=asked
        )
        if body.status != 206 and (start, end) != (0, file.size):
            raise SourceFailed(f"the store does not give a part of {file.name!r} alone")
        got = bytearray()
        try:
            while len(got) <= end - start and (chunk := body.read(end - start + 1 - len(got))):
                got += chunk
        except Exception:  # cut off, whichever layer says so: the rest is asked for again
            if not got:
                raise
        finally:
            body.resp.response.close()  # what is not read would keep the connection
        return bytes(got)

    def _asked(self) -> dict[str, str]:
        return {"versionId": self._location.version} if self._location.version else {}

    def _key(self, path: str) -> str:
        return path.removeprefix(f"{self._location.place}/")


def _proof(access: Access) -> Any:
    secrets = access.secrets
    if not secrets:
        return oss2.AnonymousAuth()
    given = StaticCredentialsProvider(secrets.get("key", ""), secrets.get("secret", ""), secrets.get("token") or None)
    return oss2.ProviderAuthV4(given) if access.region else oss2.ProviderAuth(given)
