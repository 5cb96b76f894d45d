"""Bundles pulled from a server or a registry: fetched when they changed, verified, kept on disk, and put in place as one."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from mcp_server.policy.bundles import load_bundle
from mcp_server.policy.errors import PolicyInvalid, Problem
from mcp_server.policy.packs import Pack
from mcp_server.policy.settings import BundleSettings
from mcp_server.policy.signatures import VerificationKey


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
        from mcp_server.policy.fetching import fetch  # HTTP costs a quarter of a second at start, and most pull nothing

        tag = ""
        with contextlib.suppress(OSError, ValueError):
            if self.is_here:
                tag = str(json.loads(self._tag.read_text("utf-8")))
        fetched = await fetch(self.settings, tag)
        if fetched is None:
            return False
        await asyncio.to_thread(load_bundle, fetched.content, source=self.settings.url, keys=self._keys)
        await asyncio.to_thread(self._keep, fetched.content, fetched.tag)
        return True

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
