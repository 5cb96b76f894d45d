"""Fetches a bundle from where it lies, unless it is still the one that is here: over HTTP by ETag, from a registry by digest."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Literal

import httpx

from mcp_server.policy.errors import PolicyUnavailable
from mcp_server.policy.settings import BundleSettings
from mcp_server.secrets import text_secret
from scanners.errors import YumenError
from scanners.oci.client import RegistryClient
from scanners.oci.credentials import Credentials
from scanners.oci.digests import sha256, verify
from scanners.oci.manifests import Manifest, parse_manifest_or_index
from scanners.oci.references import parse_reference

MAX_DOWNLOAD = 64 << 20
"""Bytes of a bundle as it comes over the network."""
OCI = "oci://"
LAYER_TYPES = frozenset(
    (
        "application/vnd.oci.image.layer.v1.tar+gzip",  # what OPA itself reads
        "application/vnd.cncf.openpolicyagent.layer.v1.tar+gzip",
        "application/vnd.opa.bundle.v1.tar+gzip",
    )
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A bundle as it came: nothing in it has been looked at."""

    content: bytes
    tag: str
    """By which the server, or the registry, knows this version; empty if it has no name for it."""


async def fetch(settings: BundleSettings, tag: str) -> Fetched | None:
    """The bundle, or None where it still is the one of `tag`. Raises PolicyUnavailable."""
    if settings.url.startswith(OCI):
        return await asyncio.to_thread(_from_registry, settings, tag)
    return await _over_http(settings, tag)


async def _over_http(settings: BundleSettings, tag: str) -> Fetched | None:
    headers = {"Accept": "application/gzip, application/octet-stream", "Prefer": "modes=snapshot"}
    if settings.token:
        headers["Authorization"] = f"Bearer {_secret(settings)}"
    if tag:
        headers["If-None-Match"] = tag
    content = bytearray()
    try:
        async with (
            httpx.AsyncClient(verify=_tls(settings), trust_env=False, follow_redirects=False, timeout=30) as client,
            client.stream("GET", settings.url, headers=headers) as answer,
        ):
            status, found = answer.status_code, answer.headers.get("etag", "")
            if status == 200:
                async for chunk in answer.aiter_raw():  # raw: the bundle is gzip itself, and nobody unpacks it twice
                    content += chunk
                    if len(content) > MAX_DOWNLOAD:
                        raise httpx.DecodingError(f"more than {MAX_DOWNLOAD} bytes")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise PolicyUnavailable(f"{settings.url} cannot be fetched", detail=repr(error)) from None
    if status == 304:
        return None
    if status != 200:
        raise PolicyUnavailable(f"{settings.url} answered with status {status}")
    return Fetched(bytes(content), found)


def _from_registry(settings: BundleSettings, tag: str) -> Fetched | None:
    """The one layer of an artefact that is a bundle; what a digest names is that or nothing."""
    try:
        reference = parse_reference(settings.url.removeprefix(OCI))
        kind: Literal["password", "bearer"] = "password" if settings.user else "bearer"
        credentials = Credentials(settings.user, _secret(settings), kind) if settings.token else None
        transport = httpx.HTTPTransport(verify=_tls(settings)) if settings.ca_file else None
        with RegistryClient(reference, credentials, transport=transport) as registry:
            raw, media_type = registry.manifest(reference.wanted)
            if reference.digest:
                verify(raw, reference.digest, "the manifest")
            digest = sha256(raw)
            if digest == tag:
                return None
            manifest = parse_manifest_or_index(raw, media_type, "the manifest")
            layers = manifest.layers if isinstance(manifest, Manifest) else ()
            if len(layers) != 1 or layers[0].mediaType not in LAYER_TYPES:
                raise PolicyUnavailable(
                    f"{settings.url} is no bundle: it takes one layer of {', '.join(sorted(LAYER_TYPES))}"
                )
            if layers[0].size > MAX_DOWNLOAD:
                raise PolicyUnavailable(f"{settings.url} holds more than {MAX_DOWNLOAD} bytes")
            content = bytearray()
            for piece in registry.blob(layers[0].digest, 0):
                content += piece
                if len(content) > layers[0].size:
                    raise PolicyUnavailable(f"{settings.url} sends more than its manifest says")
            verify(bytes(content), layers[0].digest, "the bundle")
            return Fetched(bytes(content), digest)
    except PolicyUnavailable:
        raise
    except (YumenError, httpx.HTTPError, OSError) as error:
        raise PolicyUnavailable(f"{settings.url} cannot be fetched", detail=str(error)) from None


def _secret(settings: BundleSettings) -> str:
    return text_secret(settings.token, "policy.bundles.token")


def _tls(settings: BundleSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file)
