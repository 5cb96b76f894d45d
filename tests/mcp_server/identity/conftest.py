"""A small real authorization server on loopback: metadata, keys, and tokens signed with them."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

RESOURCE = "http://127.0.0.1:8765/mcp"
_ALGORITHMS = {
    "RS256": jwt.algorithms.RSAAlgorithm,
    "ES256": jwt.algorithms.ECAlgorithm,
    "EdDSA": jwt.algorithms.OKPAlgorithm,
}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    """The authorization server: change its fields to rotate keys, go down, or misbehave."""

    def __init__(self, issuer: str, key: rsa.RSAPrivateKey) -> None:
        self.issuer = issuer
        self.key = key
        self.audience = RESOURCE
        self.metadata_issuer = issuer
        self.oauth_metadata = True
        self.keys: list[dict[str, Any]] = [self.public(key, "RS256", "first")]
        self.raw: bytes | None = None
        self.status = 200
        self.fetches = 0
        self.asked: list[dict[str, str]] = []

    def public(self, key: Any, algorithm: str, key_id: str | None, **more: Any) -> dict[str, Any]:
        """A private key's public half as a JWK."""
        jwk = _ALGORITHMS[algorithm].to_jwk(key.public_key(), as_dict=True)
        return jwk | {"use": "sig", "alg": algorithm} | ({"kid": key_id} if key_id else {}) | more

    def pem(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Good claims, with changes; a change to None takes the claim away."""
        now = int(time.time())
        good = {
            "iss": self.issuer, "aud": self.audience, "sub": "alice", "client_id": "assistant", "tenant": "acme",
            "roles": ["analyst"], "scope": "yumen:read", "iat": now, "nbf": now, "exp": now + 300, "jti": "1",
        }  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not None}

    def token(
        self,
        *,
        key: Any = None,
        algorithm: str = "RS256",
        key_id: str | None = "first",
        kind: str | None = "at+jwt",
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        headers: dict[str, Any] = {"typ": kind} | (header or {}) | ({"kid": key_id} if key_id else {})
        return jwt.encode(self.claims(**changes), self.key if key is None else key, algorithm, headers)

    def assembled(self, header: bytes, payload: bytes) -> str:
        """A token over exact bytes, properly signed: for what no JSON library would write."""
        signing_input = f"{b64(header)}.{b64(payload)}"
        algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
        return f"{signing_input}.{b64(algorithm.sign(signing_input.encode(), self.key))}"


class Realms:
    """The providers of a whole test run behind one listening socket, a path each."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.providers: dict[str, Provider] = {}

    def add(self, key: rsa.RSAPrivateKey) -> Provider:
        name = f"realm-{len(self.providers)}"
        self.providers[name] = Provider(f"http://127.0.0.1:{self.port}/{name}", key)
        return self.providers[name]

    async def metadata(self, request: Request) -> Response:
        provider = self.providers[request.path_params["realm"]]
        if request.url.path.startswith("/.well-known/oauth") and not provider.oauth_metadata:
            return Response(status_code=404)
        return JSONResponse(
            {
                "issuer": provider.metadata_issuer,
                "jwks_uri": f"{provider.issuer}/keys",
                "token_endpoint": f"{provider.issuer}/token",
                "authorization_endpoint": f"{provider.issuer}/authorize",
                "response_types_supported": ["code"],
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    async def token(self, request: Request) -> Response:
        """A token for whoever asks, for the resource and the scopes asked for (RFC 6749 §4.4, RFC 8707 §2)."""
        provider = self.providers[request.path_params["realm"]]
        asked = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        provider.asked.append(asked)
        token = provider.token(sub="service", aud=asked.get("resource"), scope=asked.get("scope", ""))
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": asked.get("scope", "")}
        )

    async def keys(self, request: Request) -> Response:
        provider = self.providers[request.path_params["realm"]]
        provider.fetches += 1
        body = json.dumps({"keys": provider.keys}).encode() if provider.raw is None else provider.raw
        return Response(body, status_code=provider.status, media_type="application/json")


@pytest.fixture(scope="session")
def realms() -> Iterator[Realms]:
    listener = socket.create_server(("127.0.0.1", 0))
    realms = Realms(listener.getsockname()[1])
    app = Starlette(
        routes=[
            Route("/.well-known/oauth-authorization-server/{realm}", realms.metadata),
            Route("/{realm}/.well-known/openid-configuration", realms.metadata),
            Route("/{realm}/keys", realms.keys),
            Route("/{realm}/token", realms.token, methods=["POST"]),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield realms
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def provider(realms: Realms, rsa_key: rsa.RSAPrivateKey) -> Provider:
    return realms.add(rsa_key)


@pytest.fixture
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


class Clock:
    """A clock that moves when told."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()
