"""From verified claims to a Principal, by configuration. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_server.calls import Principal
from mcp_server.identity.errors import Unauthenticated
from mcp_server.identity.settings import IssuerSettings
from mcp_server.jurisdictions import is_jurisdiction

_LONGEST = 256
_MOST = 256


def principal_from(claims: Mapping[str, Any], settings: IssuerSettings) -> Principal:
    """Who verified claims speak for.

    Raises Unauthenticated when the subject or the tenant is missing or is not a short printable string, when the
    issuer may not speak for the tenant, or when roles, scopes or jurisdiction are not what they must be.
    """
    where = settings.claims
    tenant = _at(claims, where.tenant)
    if tenant is None:
        tenant = settings.default_tenant
    name = _name(tenant, "tenant")
    if settings.tenants and name not in settings.tenants:
        raise Unauthenticated("tenant", detail=f"issuer may not speak for tenant {name!r}")
    roles = [role for path in where.roles for role in _names(_at(claims, path), "roles")]
    if where.role_names:
        roles = [where.role_names[role] for role in roles if role in where.role_names]
    scopes = next((value for path in where.scopes if (value := _at(claims, path)) is not None), None)
    client = next((value for path in where.client if (value := _at(claims, path)) is not None), None)
    return Principal(
        subject=_name(_at(claims, where.subject), "subject"),
        issuer=settings.issuer,
        method="oidc",
        tenant=name,
        roles=tuple(dict.fromkeys(roles)),
        scopes=frozenset(_names(scopes, "scopes")),
        client=None if client is None else _name(client, "client"),
        expires=float(claims["exp"]) + settings.skew,
        jurisdiction=_jurisdiction(_at(claims, where.jurisdiction) if where.jurisdiction else None),
    )


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that whole name (namespaced claims are URLs with dots), else what the dotted path leads to, else None."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _name(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise Unauthenticated(what, detail=f"{what} is missing or not a short printable string")
    return value


def _jurisdiction(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not is_jurisdiction(value):
        raise Unauthenticated("jurisdiction", detail="jurisdiction is neither an ISO 3166-1 alpha-2 code nor EEA")
    return value


def _names(value: Any, what: str) -> list[str]:
    if value is None:
        return []
    items = value.split() if isinstance(value, str) else value
    if not isinstance(items, list) or len(items) > _MOST:
        raise Unauthenticated(what, detail=f"{what} is neither a string nor a list of at most {_MOST}")
    return [_name(item, what) for item in items]
