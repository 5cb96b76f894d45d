"""The public keys of one issuer, fetched asynchronously and kept. A key set is always complete or absent, never partly read."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mcp_server.identity.errors import IdentityUnavailable, Unauthenticated
from mcp_server.identity.settings import LOOPBACK, IssuerSettings

logger = logging.getLogger(__name__)

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey

_MAX_DOCUMENT = 256 * 1024
_MAX_KEYS = 100
_MIN_RSA_BITS = 2048
_TIMEOUT = 5.0
_CURVE_ALGORITHM = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key and the algorithms it may verify."""

    key_id: str | None
    algorithms: frozenset[str]
    key: PublicKey


def read_key_set(document: Any) -> tuple[VerificationKey, ...]:
    """The signature keys of a JWK set (RFC 7517 §5). Keys for other uses, symmetric, weak or unknown ones are left out.

    Raises ValueError when it is no key set or has too many keys.
    """
    members = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list) or len(members) > _MAX_KEYS:
        raise ValueError("not a JWK set, or too many keys in it")
    return tuple(key for member in members if isinstance(member, dict) and (key := _read_key(member)) is not None)


def _read_key(member: Mapping[str, Any]) -> VerificationKey | None:
    if member.get("use", "sig") != "sig" or "verify" not in member.get("key_ops", ["verify"]):
        return None
    key_id = member.get("kid")
    if member.get("kty") not in ("RSA", "EC", "OKP") or not (key_id is None or isinstance(key_id, str)):
        return None
    public = {name: value for name, value in member.items() if name not in ("d", "p", "q", "dp", "dq", "qi", "oth")}
    try:
        key = jwt.PyJWK(public).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    algorithms = _algorithms(key)
    if "alg" in member:
        algorithms &= {member["alg"]}
    return VerificationKey(key_id, algorithms, key) if algorithms else None


def _algorithms(key: object) -> frozenset[str]:
    if isinstance(key, RSAPublicKey) and key.key_size >= _MIN_RSA_BITS:
        return frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVE_ALGORITHM:
        return frozenset({_CURVE_ALGORITHM[key.curve.name]})
    if isinstance(key, Ed25519PublicKey | Ed448PublicKey):
        return frozenset({"EdDSA"})
    return frozenset()


class IssuerKeys:
    """Keys of one issuer: fetched when first needed, again when old, once more (rate-limited) for an unknown key id.

    Old keys go on serving while a refresh runs or fails, for at most `stale_if_error`; after that nothing verifies.
    """

    def __init__(self, settings: IssuerSettings, client: httpx.AsyncClient, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._keys: tuple[VerificationKey, ...] = ()
        self._fetched: float | None = None
        self._attempted: float | None = None
        self._fetching: asyncio.Task[None] | None = None
        self.generation = 0
        """Changes whenever the key set does: what was verified under another generation must be verified again."""

    def fresh(self) -> bool:
        """Whether the keys may serve without a look at the issuer; starts a refresh in the background when they are old."""
        if self._fetched is None:
            return False
        age = self._clock() - self._fetched
        if age <= self._settings.refresh:
            return True
        if age > self._settings.refresh + self._settings.stale_if_error:
            return False
        if self._may_fetch():
            self._start()
        return True

    async def find(self, key_id: str | None, algorithm: str) -> VerificationKey:
        """The key that a token names.

        Raises Unauthenticated (unknown key) or IdentityUnavailable (no keys, or too old, and the issuer is out of reach).
        """
        if not self.fresh():
            await self._fetch()
            if not self.fresh():
                raise IdentityUnavailable("issuer_keys", detail=f"no usable keys of {self._settings.issuer}")
        key = self._lookup(key_id, algorithm)
        if key is None and (self._fetching is not None or self._may_fetch()):
            await self._fetch()
            key = self._lookup(key_id, algorithm)
        if key is None:
            raise Unauthenticated(
                "unknown_key", detail=f"issuer {self._settings.issuer} has no {algorithm} key {key_id!r}"
            )
        return key

    async def close(self) -> None:
        """Stop a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()

    def _lookup(self, key_id: str | None, algorithm: str) -> VerificationKey | None:
        able = [key for key in self._keys if algorithm in key.algorithms and key_id in (None, key.key_id)]
        # Only an unambiguous key will do, with a kid and without: trying several lets a token choose.
        return able[0] if len(able) == 1 else None

    def _may_fetch(self) -> bool:
        return self._attempted is None or self._clock() - self._attempted >= self._settings.refetch_interval

    def _start(self) -> asyncio.Task[None]:
        if self._fetching is None:
            self._attempted = self._clock()
            self._fetching = asyncio.create_task(self._refresh())
        return self._fetching

    async def _fetch(self) -> None:
        """Wait for one fetch, shared by everybody who needs it; a caller that gives up does not stop it for the others."""
        if self._fetching is None and not self._may_fetch():
            return
        await asyncio.shield(self._start())

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(2 * _TIMEOUT):
                keys = read_key_set(await self._document(self._settings.jwks_uri or await self._discover()))
            if not keys:
                raise ValueError("no usable key in the set")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError, TimeoutError) as error:
            logger.warning("keys of %s could not be fetched: %s", self._settings.issuer, error or type(error).__name__)
        else:
            self._install(keys)
        finally:
            self._fetching = None

    def _install(self, keys: tuple[VerificationKey, ...]) -> None:
        if [(key.key_id, key.algorithms, _bytes(key.key)) for key in keys] != [
            (key.key_id, key.algorithms, _bytes(key.key)) for key in self._keys
        ]:
            self.generation += 1
        self._keys = keys
        self._fetched = self._clock()

    async def _discover(self) -> str:
        """The issuer's `jwks_uri`, from RFC 8414 §3 metadata or else OpenID Connect Discovery §4."""
        parts = urlsplit(self._settings.issuer)
        path = parts.path.rstrip("/")
        origin = f"{parts.scheme}://{parts.netloc}"
        places = (
            f"{origin}/.well-known/oauth-authorization-server{path}",
            f"{origin}{path}/.well-known/openid-configuration",
        )
        failure: Exception = ValueError("no metadata document")
        for place in places:
            try:
                document = await self._document(place)
            except (httpx.HTTPError, ValueError) as error:
                failure = error
                continue
            uri = document.get("jwks_uri") if isinstance(document, dict) else None
            # RFC 8414 §3.3: the issuer in the document must be identical, or another's metadata is being served.
            if not isinstance(uri, str) or document.get("issuer") != self._settings.issuer:
                failure = ValueError(f"{place} is not the metadata of this issuer")
                continue
            target = urlsplit(uri)
            if target.scheme != "https" and not (target.scheme == "http" and target.hostname in LOOPBACK):
                raise ValueError("jwks_uri in the metadata is not https")
            return uri
        raise failure

    async def _document(self, url: str) -> Any:
        async with self._client.stream(
            "GET", url, headers={"accept": "application/json"}, timeout=_TIMEOUT
        ) as response:
            if response.status_code != 200:
                raise ValueError(f"{url} answered {response.status_code}")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_DOCUMENT:
                    raise ValueError(f"{url} is larger than {_MAX_DOCUMENT} bytes")
        return json.loads(bytes(body))


def _bytes(key: PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
