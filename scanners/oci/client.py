"""One registry over HTTP: manifests and blobs, bounded, resumed where they broke, never with credentials to strangers."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import httpx

from scanners.errors import LimitReached, TargetMissing, UnreadableInput
from scanners.oci.credentials import Credentials
from scanners.oci.manifests import INDEX_TYPES, MANIFEST_TYPES, MAXIMUM_MANIFEST
from scanners.oci.references import LOOPBACK, ImageReference, is_local

ATTEMPTS = 4
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""Seconds between two pieces of an answer: a registry that stalls is given up."""
SLOWEST = 16 * 2**10
"""Bytes a second, on average since the answer began, below which a registry is given up after `PATIENCE` seconds."""
PATIENCE = 60.0
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')
_HUB = {"docker.io": "registry-1.docker.io"}


class RegistryFailed(UnreadableInput):
    """The registry refused, stalled, or answered what it may not."""

    code = "registry_failed"


class Repository(Protocol):
    """One repository, wherever it is read."""

    def manifest(self, wanted: str) -> tuple[bytes, str]:
        """The bytes and media type of a manifest or index, by tag or digest. Raises TargetMissing, RegistryFailed."""
        ...

    def referrers(self, digest: str) -> bytes | None:
        """The index of what refers to a manifest; None where nobody keeps one."""
        ...

    def blob(self, digest: str, start: int) -> Iterator[bytes]:
        """The pieces of a blob from an offset on. Raises TargetMissing, RegistryFailed."""
        ...

    def distrust(self) -> bool:
        """Ask whoever sent the last blob no more; False where there is nobody else."""
        ...


class RegistryClient:
    """Reads one repository."""

    def __init__(
        self,
        reference: ImageReference,
        credentials: Credentials | None = None,
        *,
        mirror: str | None = None,
        plain_http: bool = False,
        ca_file: Path | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """mirror: the host that is asked instead, without credentials. ca_file: the authorities (PEM) that vouch for it."""
        host = mirror or _HUB.get(reference.registry, reference.registry)
        plain = plain_http or (is_local(host) and ca_file is None)
        self._base = f"{'http' if plain else 'https'}://{host}/v2/{reference.repository}"
        self._repository = reference.repository
        # Credentials are the registry's: a mirror gets none.
        self._credentials = None if mirror else credentials
        self._authorization: str | None = None
        trusted = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._http = httpx.Client(
            timeout=TIMEOUT, follow_redirects=True, max_redirects=5, transport=transport, verify=trusted
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def manifest(self, wanted: str) -> tuple[bytes, str]:
        """The bytes and media type of a manifest or index, by tag or digest. Not yet verified."""
        accept = ", ".join(sorted(INDEX_TYPES | MANIFEST_TYPES))
        response = self._get(f"/manifests/{wanted}", {"Accept": accept}, MAXIMUM_MANIFEST)
        return response.content, response.headers.get("content-type", "").partition(";")[0].strip()

    def referrers(self, digest: str) -> bytes | None:
        """The index of what refers to a manifest; None where the registry does not keep one.

        A registry without the referrers API keeps it under a tag (OCI distribution specification 1.1, 'Referrers Tag
        Schema').
        """
        try:
            return self._get(f"/referrers/{digest}", {}, MAXIMUM_MANIFEST).content
        except (TargetMissing, RegistryFailed):
            try:
                return self.manifest(digest.replace(":", "-"))[0]
            except (TargetMissing, RegistryFailed):
                return None

    def blob(self, digest: str, start: int) -> Iterator[bytes]:
        """The pieces of a blob from an offset on. Breaks off with RegistryFailed when the connection does."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with self._stream(f"/blobs/{digest}", headers) as response:
                self._require(response, f"/blobs/{digest}")
                if start and response.status_code != 206:
                    left = start  # the registry begins anew: pass over what is there already
                    for piece in _paced(response):
                        yield piece[left:]
                        left = max(0, left - len(piece))
                    return
                yield from _paced(response)
        except httpx.HTTPError as error:
            raise RegistryFailed(f"the registry broke off while sending {digest}", detail=repr(error)) from error

    def distrust(self) -> bool:
        """There is nobody else to ask."""
        return False

    def _get(self, path: str, headers: Mapping[str, str], limit: int) -> httpx.Response:
        for attempt in range(ATTEMPTS):
            try:
                with self._stream(path, headers) as response:
                    body = b""
                    for piece in _paced(response):
                        body += piece
                        if len(body) > limit:
                            raise LimitReached(f"the registry sends more than {limit} bytes for {path}")
                    self._require(response, path)
                    return httpx.Response(response.status_code, headers=response.headers, content=body)
            except httpx.HTTPError as error:
                if attempt == ATTEMPTS - 1:
                    raise RegistryFailed(f"the registry does not answer for {path}", detail=repr(error)) from error
        raise AssertionError("unreachable")

    def _stream(self, path: str, headers: Mapping[str, str]) -> _Opened:
        return _Opened(self, path, headers)

    def open(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        """Send one request; where the registry asks who it is, say it and ask again."""
        for known in (False, True):
            sent = dict(headers) | ({"Authorization": self._authorization} if self._authorization else {})
            request = self._http.build_request("GET", self._base + path, headers=sent)
            response = self._http.send(request, stream=True)
            if response.status_code != 401:
                return response
            challenge = response.headers.get("www-authenticate", "")
            response.close()
            if not known:
                self._authorization = self._answer(challenge)
        raise RegistryFailed("the registry refuses access", remedy="check the credentials and their scope")

    def _answer(self, challenge: str) -> str:
        """The Authorization header for a challenge (distribution specification, 'Token Authentication')."""
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self._credentials and self._credentials.kind == "password":
            basic = httpx.BasicAuth(self._credentials.user, self._credentials.secret)
            request = next(basic.auth_flow(httpx.Request("GET", self._base)))
            return request.headers["Authorization"]
        if scheme.lower() != "bearer":
            raise RegistryFailed("the registry wants credentials", remedy="log in, or name them with --docker-config")
        if self._credentials and self._credentials.kind == "bearer":
            return f"Bearer {self._credentials.secret}"
        fields = dict(_PARAMETER.findall(rest))
        realm = urlsplit(fields.get("realm", ""))
        if realm.scheme != "https" and not (realm.scheme == "http" and (realm.hostname or "") in LOOPBACK):
            raise RegistryFailed(f"the registry names a token service without TLS: {realm.geturl()[:200]!r}")
        query = {"service": fields.get("service", ""), "scope": f"repository:{self._repository}:pull"}
        try:
            response = self._ask_for_token(realm.geturl(), query)
            response.raise_for_status()
            token = response.json()
            return f"Bearer {token.get('token') or token['access_token']}"
        except (httpx.HTTPError, ValueError, KeyError, AttributeError) as error:
            raise RegistryFailed("the registry's token service gives no token", detail=repr(error)) from error

    def _ask_for_token(self, service: str, query: Mapping[str, str]) -> httpx.Response:
        known = self._credentials
        if known and known.kind == "identity":  # the registry's specification, 'OAuth2 Token Authentication'
            grant = {"grant_type": "refresh_token", "client_id": "yumen", "refresh_token": known.secret}
            return self._http.post(service, data={**query, **grant})
        auth = httpx.BasicAuth(known.user, known.secret) if known else None
        return self._http.get(service, params=query, auth=auth)

    def _require(self, response: httpx.Response, path: str) -> None:
        if response.status_code in (200, 206):
            return
        if response.status_code == 404:
            raise TargetMissing(f"the registry has no {path.strip('/')} in {self._repository}")
        if response.status_code in (401, 403):
            raise RegistryFailed("the registry refuses access", remedy="check the credentials and their scope")
        raise RegistryFailed(f"the registry answers {response.status_code} for {path}")


def _paced(response: httpx.Response) -> Iterator[bytes]:
    """The pieces of an answer as they come; one that only trickles is given up."""
    began, have = time.monotonic(), 0
    for piece in response.iter_bytes():
        have += len(piece)
        lasted = time.monotonic() - began
        if lasted > PATIENCE and have < lasted * SLOWEST:
            raise RegistryFailed(f"the registry sends less than {SLOWEST} bytes a second")
        yield piece


class _Opened:
    """A response that is open for as long as it is read."""

    def __init__(self, client: RegistryClient, path: str, headers: Mapping[str, str]) -> None:
        self._client, self._path, self._headers = client, path, headers

    def __enter__(self) -> httpx.Response:
        self._response = self._client.open(self._path, self._headers)
        return self._response

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close()
