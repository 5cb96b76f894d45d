"""Bundles pulled over HTTP: fetched when they changed, verified, kept on disk, and put in place as one."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import ssl
from collections.abc import Mapping
from pathlib import Path

from mcp_server.policy.bundles import load_bundle
from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable, Problem
from mcp_server.policy.packs import Pack
from mcp_server.policy.settings import BundleSettings
from mcp_server.policy.signatures import VerificationKey
from mcp_server.secrets import text_secret

MAX_DOWNLOAD = 64 << 20
"""Bytes of a bundle as it comes over the network."""


class PulledBundle:
    """One bundle from a URL, with the last good copy of it in `folder`."""

    def __init__(self, settings: BundleSettings, keys: Mapping[str, VerificationKey], folder: Path) -> None:
        self.settings = settings
        self._keys = {} if settings.unsigned else keys
        name = hashlib.sha256(settings.url.encode()).hexdigest()[:32]
        self._content = folder / f"{name}.tar.gz"
        self._tag = folder / f"{name}.etag"

    def pack(self) -> Pack:
        """The last good copy, verified again. Raises PolicyInvalid."""
        try:
            content = self._content.read_bytes()
        except FileNotFoundError:
            raise PolicyInvalid([Problem(self.settings.url, 0, 0, "has not been fetched yet")]) from None
        return load_bundle(content, source=self.settings.url, keys=self._keys, prefix=f"{self.settings.name}/")

    @property
    def is_here(self) -> bool:
        return self._content.exists()

    async def pull(self) -> bool:
        """Fetch the bundle if it changed and keep it if it is good; whether it is new.

        Raises PolicyUnavailable (not reached) and PolicyInvalid (not good). The copy on disk stays as it was then.
        """
        import httpx  # costs a quarter of a second at start, and most servers pull nothing

        headers = {"Accept": "application/gzip, application/octet-stream", "Prefer": "modes=snapshot"}
        if self.settings.token:
            headers["Authorization"] = f"Bearer {text_secret(self.settings.token, 'policy.bundles.token')}"
        with contextlib.suppress(OSError, ValueError):
            if self.is_here:
                headers["If-None-Match"] = json.loads(self._tag.read_text("utf-8"))
        try:
            status, tag, content = await self._fetched(headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise PolicyUnavailable(f"{self.settings.url} cannot be fetched", detail=repr(error)) from None
        if status == 304:
            return False
        if status != 200:
            raise PolicyUnavailable(f"{self.settings.url} answered with status {status}")
        await asyncio.to_thread(load_bundle, content, source=self.settings.url, keys=self._keys)
        await asyncio.to_thread(self._keep, content, tag)
        return True

    async def _fetched(self, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        import httpx

        context = ssl.create_default_context(cafile=self.settings.ca_file)
        content = bytearray()
        async with (
            httpx.AsyncClient(verify=context, trust_env=False, follow_redirects=False, timeout=30) as client,
            client.stream("GET", self.settings.url, headers=dict(headers)) as answer,
        ):
            if answer.status_code == 200:
                async for chunk in answer.aiter_raw():  # raw: the bundle is gzip itself, and nobody unpacks it twice
                    content += chunk
                    if len(content) > MAX_DOWNLOAD:
                        raise httpx.DecodingError(f"more than {MAX_DOWNLOAD} bytes")
            return answer.status_code, answer.headers.get("etag", ""), bytes(content)

    def _keep(self, content: bytes, tag: str) -> None:
        """Replace the copy on disk as a whole; the tag last, so that it never speaks of other bytes."""
        self._content.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tag.unlink(missing_ok=True)
        for path, written in ((self._content, content), (self._tag, json.dumps(tag).encode())):
            if path is self._tag and not tag:
                continue
            fresh = path.with_suffix(".new")
            with fresh.open("wb") as stream:
                stream.write(written)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(path)
