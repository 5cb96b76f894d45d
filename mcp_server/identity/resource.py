"""What this server is to OAuth clients: its metadata document (RFC 9728) and its challenges (RFC 6750 §3)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

WELL_KNOWN = "/.well-known/oauth-protected-resource"
"""RFC 9728 §3.1: the resource's own path is appended to it."""


@dataclass(frozen=True)
class ProtectedResource:
    """The MCP endpoint as a protected resource."""

    url: str
    """The URL that clients connect to: `resource` in the metadata and `aud` in tokens (RFC 8707)."""
    authorization_servers: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    """Scopes that a client asks for to begin with; a single operation may ask for more (step-up)."""

    @property
    def metadata_paths(self) -> frozenset[str]:
        """Where the document is served: at the path of RFC 9728 §3.1, and at the root where clients look next."""
        return frozenset({WELL_KNOWN, WELL_KNOWN + self._path})

    @property
    def metadata_url(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{self._path}"

    @property
    def _path(self) -> str:
        return urlsplit(self.url).path.rstrip("/")

    def metadata(self) -> bytes:
        """The document of RFC 9728 §2 as JSON. Parameters without a value are left out (§3.2)."""
        document: dict[str, object] = {
            "resource": self.url,
            "resource_name": "Yumen",
            "bearer_methods_supported": ["header"],
        }
        if self.authorization_servers:
            document["authorization_servers"] = list(self.authorization_servers)
        if self.scopes:
            document["scopes_supported"] = list(self.scopes)
        return json.dumps(document).encode()

    def challenge(self, *, error: str | None = None, description: str = "", scopes: Iterable[str] | None = None) -> str:
        """The value of WWW-Authenticate. `scopes` are those the operation needs; by default the ones to begin with."""
        parameters = []
        if error is not None:
            parameters += [("error", error), ("error_description", description)]
        wanted = " ".join(self.scopes if scopes is None else scopes)
        if wanted:
            parameters.append(("scope", wanted))
        if self.authorization_servers:
            parameters.append(("resource_metadata", self.metadata_url))
        return "Bearer" + ",".join(f' {name}="{_quotable(value)}"' for name, value in [("realm", "yumen"), *parameters])


def _quotable(value: str) -> str:
    # RFC 6750 §3 allows %x20-21 / %x23-5B / %x5D-7E inside these quotes, nothing else.
    return "".join(letter for letter in value if " " <= letter <= "~" and letter not in '"\\')
