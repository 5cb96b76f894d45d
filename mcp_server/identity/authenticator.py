"""Who a request comes from: the one place where a credential becomes a Principal."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from mcp_server.calls import Principal
from mcp_server.identity.api_keys import PREFIX, ApiKeyStore
from mcp_server.identity.errors import IdentityUnavailable, Unauthenticated
from mcp_server.identity.key_check import ApiKeyCheck
from mcp_server.identity.settings import IdentitySettings, LocalPrincipalSettings

if TYPE_CHECKING:
    from mcp_server.identity.access_tokens import AccessTokens

KEY_FILE = "api_keys.sqlite"
"""Name of the key file in the data directory."""

# RFC 6750 §2.1 with the b64token of RFC 9110 §11.2; nothing after the token.
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)")


def local_principal(settings: LocalPrincipalSettings) -> Principal:
    """The principal of stdio and of `yumen call`."""
    return Principal(
        subject=settings.subject,
        issuer="yumen:local",
        method="local",
        tenant=settings.tenant,
        roles=settings.roles,
        scopes=frozenset(settings.scopes),
        jurisdiction=settings.jurisdiction,
    )


def open_key_store(data_dir: Path) -> ApiKeyStore:
    """The key file of a data directory, which is made (mode 0700) when it is not there.

    Raises IdentityUnavailable.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise IdentityUnavailable("key_store", detail=f"{data_dir}: {error}") from error
    return ApiKeyStore(data_dir / KEY_FILE)


class Authenticator:
    """Verifies what an Authorization header carries: an API key (`ymn_…`) or an access token in JWT form."""

    def __init__(self, keys: ApiKeyCheck | None, tokens: AccessTokens | None, longest: int) -> None:
        self._keys = keys
        self._tokens = tokens
        self._longest = longest

    @classmethod
    def open(cls, settings: IdentitySettings, data_dir: Path, resource: str) -> Authenticator:
        """Open the key file in `data_dir` and prepare for the configured issuers; nothing is fetched yet.

        `resource` is this server's URL as clients know it: the audience that tokens must name (RFC 8707).
        Raises IdentityUnavailable when the key file cannot be opened.
        """
        keys = ApiKeyCheck(open_key_store(data_dir), settings.api_keys) if settings.api_keys.enabled else None
        tokens: AccessTokens | None = None
        if settings.issuers:
            # The HTTP client and its TLS context cost 0.15 s of the start: only where there is somebody to ask.
            from mcp_server.identity.access_tokens import AccessTokens

            tokens = AccessTokens.open(settings, resource)
        return cls(keys, tokens, settings.token_bytes + len("Bearer "))

    async def authenticate(self, authorization_header: str | None) -> Principal:
        """The proven caller.

        Raises Unauthenticated, or IdentityUnavailable when that cannot be told at the moment.
        """
        if authorization_header is None:
            raise Unauthenticated("missing", error=None)
        if len(authorization_header) > self._longest:
            raise Unauthenticated("too_long", detail=f"{len(authorization_header)} bytes")
        match = _BEARER.fullmatch(authorization_header)
        if match is None:
            scheme = authorization_header.partition(" ")[0].lower()
            if scheme != "bearer":
                raise Unauthenticated("scheme", error=None, detail=f"scheme {scheme[:20]!r}")
            raise Unauthenticated(
                "malformed", error="invalid_request", message="The Authorization header is malformed."
            )
        credential = match[1]
        if credential.startswith(PREFIX):
            if self._keys is None:
                raise Unauthenticated("disabled", detail="API keys are disabled")
            return await self._keys.verify(credential)
        if self._tokens is None:
            raise Unauthenticated("issuer", detail="no issuer is configured")
        return await self._tokens.verify(credential)

    async def close(self) -> None:
        """Release the key file, the threads and the connections."""
        if self._keys is not None:
            self._keys.close()
        if self._tokens is not None:
            await self._tokens.close()

    async def __aenter__(self) -> Authenticator:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
