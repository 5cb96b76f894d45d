"""The `[identity]` section of yumen.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mcp_server.jurisdictions import Jurisdiction

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Asymmetric only: with a symmetric algorithm whoever can verify can also forge (RFC 8725 §2.1)."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _secure_url(value: str) -> str:
    parts = urlsplit(value)
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise ValueError("must be an absolute URL without user or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("must use https (http only on a loopback address)")
    return value


def _issuer_url(value: str) -> str:
    if urlsplit(value).query:
        raise ValueError("an issuer has no query (RFC 8414 §2)")
    return _secure_url(value)


SecureUrl = Annotated[str, AfterValidator(_secure_url)]
IssuerUrl = Annotated[str, AfterValidator(_issuer_url)]


class ClaimSettings(BaseModel):
    """Where in a token's claims the principal is found. A name is a claim, or a dotted path such as 'realm_access.roles'."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = Field(default="sub", description="Claim with the subject")
    tenant: str = Field(default="tenant", description="Claim with the tenant")
    roles: tuple[str, ...] = Field(
        default=("roles",), description="Claims with roles: lists of strings, or one spaced string"
    )
    role_names: Mapping[str, str] = Field(
        default_factory=dict,
        description="Issuer's role -> Yumen role; roles not in it are dropped; empty: names are taken as they are",
    )
    scopes: tuple[str, ...] = Field(
        default=("scope", "scp"), description="Claims with scopes; the first present counts"
    )
    client: tuple[str, ...] = Field(
        default=("client_id", "azp"), description="Claims with the client; the first present counts"
    )
    jurisdiction: str | None = Field(
        default=None,
        description="Claim with the country that the caller is in, as an ISO 3166-1 alpha-2 code (Entra ID: 'ctry'); none is "
        "read unless set. A token without it has no known jurisdiction, one with anything else in it is refused",
    )


class IssuerSettings(BaseModel):
    """One authorization server whose access tokens are accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: IssuerUrl = Field(description="Exactly what its tokens carry as `iss`")
    jwks_uri: SecureUrl | None = Field(
        default=None, description="Where its keys are; when absent, found by RFC 8414 or OpenID Connect discovery"
    )
    algorithms: tuple[Algorithm, ...] = Field(
        default=("RS256", "PS256", "ES256", "EdDSA"), min_length=1, description="Signature algorithms accepted"
    )
    audiences: tuple[str, ...] = Field(
        default=(), description="Accepted values of `aud`; empty: this server's resource URL (RFC 8707)"
    )
    require_at_jwt: bool = Field(
        default=True,
        description="Accept only tokens typed at+jwt (RFC 9068 §4). Issuers that type access tokens 'JWT' (Keycloak, "
        "Entra ID) need false; tokens with the marks of an ID or refresh token are refused either way",
    )
    skew: float = Field(
        default=30.0, ge=0, le=300, description="Clock difference allowed for exp, nbf and iat, seconds"
    )
    claims: ClaimSettings = Field(default=ClaimSettings(), description="Where the principal is found")
    default_tenant: str | None = Field(default=None, description="Tenant of tokens that name none; absent: refused")
    tenants: tuple[str, ...] = Field(default=(), description="Tenants this issuer may speak for; empty: any")
    refresh: float = Field(default=600.0, ge=1, description="Age of the keys at which they are fetched again, seconds")
    stale_if_error: float = Field(
        default=3600.0, ge=0, description="How much longer old keys serve when the issuer cannot be reached, seconds"
    )
    refetch_interval: float = Field(
        default=10.0, ge=0, description="Least time between two fetches that unknown key ids cause, seconds"
    )


class ApiKeySettings(BaseModel):
    """API keys, for agents and CI."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Accept API keys")
    remembered: int = Field(default=4096, ge=16, description="Verified keys kept in memory (as SHA-256)")
    waiting: int = Field(default=32, ge=1, description="Slow checks that may wait before further ones are refused")


class LocalPrincipalSettings(BaseModel):
    """Who a caller over stdio or `yumen call` is: whoever may start the process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str = Field(default="local", min_length=1, description="Name in records and policy")
    tenant: str = Field(default="default", min_length=1, description="Tenant")
    roles: tuple[str, ...] = Field(default=("operator",), description="Roles")
    scopes: tuple[str, ...] = Field(default=(), description="Scopes")
    jurisdiction: Jurisdiction = Field(
        default="", description="Where the caller is: ISO 3166-1 alpha-2, or EEA; empty if not known"
    )


class IdentitySettings(BaseModel):
    """Who may call, and how they prove it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuers: tuple[IssuerSettings, ...] = Field(
        default=(), description="Authorization servers whose tokens are accepted"
    )
    api_keys: ApiKeySettings = Field(default=ApiKeySettings(), description="API keys")
    local: LocalPrincipalSettings = Field(default=LocalPrincipalSettings(), description="The principal of stdio")
    scopes: tuple[str, ...] = Field(
        default=(), description="Scopes that clients are told to ask for, e.g. 'tools:read'; the issuers must know them"
    )
    token_bytes: int = Field(default=8192, ge=256, le=65536, description="Longest access token, bytes")
    remembered: int = Field(
        default=4096, ge=16, description="Verified tokens kept in memory (as SHA-256) until they expire"
    )
