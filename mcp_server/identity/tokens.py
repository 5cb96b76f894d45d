"""A JWT taken apart, strictly, before any key is looked at: RFC 7515 compact form, RFC 8725 advice. Nothing here is verified."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_server.identity.errors import Unauthenticated

_SEGMENTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

# Headers that bring a key or a place to fetch one (RFC 7515 §4.1.2-6), and extensions that change what is signed:
# keys come from the configured issuer only (RFC 8725 §3.10), and no critical extension is understood (RFC 7515 §4.1.11).
_FOREIGN_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "enc"})


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """What a token claims about itself. Good for choosing a key, for nothing else."""

    raw: str
    algorithm: str
    key_id: str | None
    type: str
    """The `typ` header, lower case, without 'application/'."""
    issuer: str
    claims: Mapping[str, Any]
    """To be read only after the signature over `raw` was verified."""


def parse(raw: str, limit: int) -> UnverifiedToken:
    """Take a compact JWS apart.

    Raises Unauthenticated for anything that is not exactly three base64url segments holding two JSON objects without
    duplicate names, with a string `alg` and `iss`, no foreign key material and no critical extension.
    """
    if len(raw) > limit:
        raise Unauthenticated("too_long", detail=f"{len(raw)} bytes")
    if _SEGMENTS.fullmatch(raw) is None:
        raise Unauthenticated("malformed", detail="not three base64url segments")
    head, body, _signature = raw.split(".")
    header = _json_object(head, "header")
    foreign = _FOREIGN_HEADERS & header.keys()
    if foreign:
        raise Unauthenticated("foreign_key_header", detail=f"header has {sorted(foreign)}")
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
    if not isinstance(algorithm, str) or not isinstance(kind, str):
        raise Unauthenticated("malformed", detail="alg or typ is not a string")
    if key_id is not None and (not isinstance(key_id, str) or not 0 < len(key_id) <= 256):
        raise Unauthenticated("malformed", detail="kid is not a short string")
    claims = _json_object(body, "claims")
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise Unauthenticated("issuer", detail="no iss")
    return UnverifiedToken(raw, algorithm, key_id, kind.lower().removeprefix("application/"), issuer, claims)


def _json_object(segment: str, what: str) -> dict[str, Any]:
    try:
        data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Unauthenticated("malformed", detail=f"{what}: {error}") from None
    if not isinstance(value, dict):
        raise Unauthenticated("malformed", detail=f"{what} is not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # RFC 7519 §4 lets a parser refuse duplicate names; two readers that pick different ones is how checks are bypassed.
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate name")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
