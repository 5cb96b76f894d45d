"""Verification of OAuth 2.1 access tokens in JWT form (RFC 9068) against the configured issuers."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from mcp_server.calls import Principal
from mcp_server.identity.claims import principal_from
from mcp_server.identity.errors import Unauthenticated
from mcp_server.identity.jwks import IssuerKeys, VerificationKey
from mcp_server.identity.settings import IdentitySettings, IssuerSettings
from mcp_server.identity.tokens import UnverifiedToken, parse

_JWS = jwt.PyJWS()


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    keys: IssuerKeys
    generation: int
    not_before: float
    expires: float


class AccessTokens:
    """Turns an access token into a Principal. A token that was verified is known by its SHA-256 until it expires or the
    issuer's keys change."""

    def __init__(
        self,
        settings: IdentitySettings,
        resource: str,
        client: httpx.AsyncClient,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuers = {each.issuer: (each, IssuerKeys(each, client, clock)) for each in settings.issuers}
        if len(self._issuers) != len(settings.issuers):
            raise ValueError("an issuer is configured twice")
        self._limit = settings.token_bytes
        self._remembered = settings.remembered
        self._resource = resource
        self._now = now
        self._client = client
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    @classmethod
    def open(cls, settings: IdentitySettings, resource: str) -> AccessTokens:
        """With an HTTP client of its own, one for all issuers; nothing is fetched before a token needs it."""
        limits = httpx.Limits(max_connections=8, max_keepalive_connections=4)
        return cls(settings, resource, httpx.AsyncClient(follow_redirects=False, limits=limits))

    async def verify(self, raw: str) -> Principal:
        """Raises Unauthenticated, or IdentityUnavailable when the issuer's keys cannot be had."""
        if len(raw) > self._limit:
            raise Unauthenticated("too_long", detail=f"{len(raw)} bytes")
        digest = hashlib.sha256(raw.encode("latin-1", "replace")).digest()
        known = self._verified.get(digest)
        now = self._now()
        if known is not None:
            if (
                known.not_before <= now < known.expires
                and known.generation == known.keys.generation
                and known.keys.fresh()
            ):
                self._verified.move_to_end(digest)
                return known.principal
            del self._verified[digest]
        verified = await self._check(parse(raw, self._limit))
        self._verified[digest] = verified
        if len(self._verified) > self._remembered:
            self._verified.popitem(last=False)
        return verified.principal

    async def close(self) -> None:
        """Stop key fetches under way and close the connections."""
        for _settings, keys in self._issuers.values():
            await keys.close()
        await self._client.aclose()

    async def _check(self, token: UnverifiedToken) -> _Verified:
        configured = self._issuers.get(token.issuer)
        if configured is None:
            raise Unauthenticated("issuer", detail=f"issuer {token.issuer[:200]!r} is not configured")
        settings, keys = configured
        if token.algorithm not in settings.algorithms:
            raise Unauthenticated("algorithm", detail=f"algorithm {token.algorithm[:20]!r} is not allowed")
        key = await keys.find(token.key_id, token.algorithm)
        generation = keys.generation
        _check_signature(token, key)
        _check_kind(token, settings)
        _check_audience(token.claims, settings.audiences or (self._resource,))
        expires, not_before = _check_times(token.claims, self._now(), settings.skew)
        principal = principal_from(token.claims, settings)
        return _Verified(principal, keys, generation, not_before - settings.skew, expires + settings.skew)


def _check_signature(token: UnverifiedToken, key: VerificationKey) -> None:
    try:
        _JWS.decode_complete(
            token.raw,
            key=key.key,
            algorithms=[token.algorithm],
            options={"verify_signature": True, "enforce_minimum_key_length": True},
        )
    except jwt.PyJWTError as error:
        raise Unauthenticated("signature", detail=f"{type(error).__name__}: {error}") from None


def _check_kind(token: UnverifiedToken, settings: IssuerSettings) -> None:
    """Cross-JWT confusion (RFC 8725 §2.8): an ID, refresh or logout token of the same issuer is no access token."""
    if settings.require_at_jwt and token.type != "at+jwt":
        raise Unauthenticated(
            "token_type",
            detail=f"typ is {token.type!r}, not at+jwt; require_at_jwt = false accepts it for issuers without RFC 9068",
        )
    if token.type not in ("at+jwt", "jwt", ""):
        raise Unauthenticated("token_type", detail=f"typ is {token.type!r}")
    claims = token.claims
    marks = sorted({"nonce", "at_hash", "c_hash", "s_hash", "events"} & claims.keys())
    if (
        marks
        or claims.get("typ") in ("ID", "Refresh", "Offline", "Logout")
        or claims.get("token_use") in ("id", "refresh")
    ):
        raise Unauthenticated("token_type", detail=f"not an access token: {marks or 'by its typ or token_use claim'}")


def _check_audience(claims: Mapping[str, Any], accepted: tuple[str, ...]) -> None:
    audience = claims.get("aud")
    values = [audience] if isinstance(audience, str) else audience
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Unauthenticated("audience", detail="aud is missing or neither a string nor a list of strings")
    if not any(value.removesuffix("/") == each.removesuffix("/") for value in values for each in accepted):
        raise Unauthenticated("audience", detail=f"aud is {values!r:.300}, not {accepted!r}")


def _check_times(claims: Mapping[str, Any], now: float, skew: float) -> tuple[float, float]:
    """The claims' `exp` and `nbf` (0 when there is none), checked together with `iat`."""
    expires = _numeric_date(claims, "exp")
    if expires is None:
        raise Unauthenticated("expired", detail="no exp")
    if now >= expires + skew:
        raise Unauthenticated("expired", message="The access token expired.", detail=f"exp {expires}, now {now:.0f}")
    not_before, issued = _numeric_date(claims, "nbf"), _numeric_date(claims, "iat")
    if (not_before is not None and not_before > now + skew) or (issued is not None and issued > now + skew):
        raise Unauthenticated("not_yet_valid", detail=f"nbf {not_before}, iat {issued}, now {now:.0f}")
    return expires, not_before or 0.0


def _numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e12:
        raise Unauthenticated("malformed", detail=f"{name} is not a NumericDate (RFC 7519 §2)")
    return float(value)
