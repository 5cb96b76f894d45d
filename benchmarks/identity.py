"""What identity, limits and the edge cost a request, in CPU time, beside the MCP SDK's own authentication.

    python benchmarks/identity.py

Every line is the least of several interleaved rounds. The peer of the edge is the SDK's stack (Starlette's
AuthenticationMiddleware with its BearerAuthBackend, RequireAuthMiddleware, AuthContextMiddleware and
RequestBodyLimitMiddleware) with a token verifier that accepts everything.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import RequestBodyLimitMiddleware
from starlette.middleware.authentication import AuthenticationMiddleware

from mcp_server.edge import PASSAGE, Doors, Edge, Refusal
from mcp_server.identity.access_tokens import AccessTokens
from mcp_server.identity.authenticator import Authenticator, open_key_store
from mcp_server.identity.resource import ProtectedResource
from mcp_server.identity.settings import IdentitySettings, IssuerSettings
from mcp_server.limits import LimitSettings, LocalLimits, Rate

ISSUER = "https://issuer.example"
RESOURCE = "http://127.0.0.1:8765/mcp"
ROUNDS, CALLS = 7, 2000
PLENTY = Rate(per_second=1e6, burst=1_000_000)


def main() -> None:
    uvloop.run(_main())


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await _measure(Path(folder))


async def _measure(folder: Path) -> None:
    keys = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
    }
    settings = IdentitySettings(issuers=(IssuerSettings(issuer=ISSUER, jwks_uri=f"{ISSUER}/keys"),))
    issuer = httpx.AsyncClient(transport=httpx.MockTransport(_key_set(keys)))
    key, _ = open_key_store(folder).create(label="", tenant="acme", roles=("agent",))
    api_keys = Authenticator.open(IdentitySettings(), folder, RESOURCE)
    tokens = AccessTokens(settings, RESOURCE, issuer)
    signed = {name: [_token(name, keys[name], number) for number in range(200)] for name in keys}
    limits = LocalLimits(LimitSettings(principal=PLENTY, tool=PLENTY))
    principal = await api_keys.authenticate(f"Bearer {key}")
    for name in keys:
        await tokens.verify(signed[name][0])

    async def admitted() -> None:
        async with limits.admit(principal, "model_hash", 100):
            pass

    async def unseen(name: str) -> None:
        tokens._verified.clear()
        await tokens.verify(signed[name][0])

    edge = Edge(_application, api_keys, ProtectedResource(RESOURCE), Doors.around("127.0.0.1", 8765), _ignored)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "x"}}).encode()
    stack = _sdk_stack()
    subjects: dict[str, Callable[[], Awaitable[Any]]] = {
        "API key, seen before": lambda: api_keys.authenticate(f"Bearer {key}"),
        "access token, seen before": lambda: tokens.verify(signed["RS256"][0]),
        "access token RS256, first time": lambda: unseen("RS256"),
        "access token ES256, first time": lambda: unseen("ES256"),
        "limits: admit and release": admitted,
        "application alone": lambda: _ask(_application, key, body),
        "edge (verifying an API key)": lambda: _ask(edge, key, body),
        "SDK's authentication (verifying nothing)": lambda: _ask(stack, key, body),
    }
    least = dict.fromkeys(subjects, float("inf"))
    for _ in range(ROUNDS):
        for name, call in subjects.items():
            count = CALLS // 10 if "first" in name else CALLS
            begun = time.process_time()
            for _ in range(count):
                await call()
            least[name] = min(least[name], (time.process_time() - begun) / count * 1e6)
    for name, micros in least.items():
        print(f"{name:45} {micros:8.1f} µs CPU")
    bare = least["application alone"]
    ours, theirs = least["edge (verifying an API key)"] - bare, least["SDK's authentication (verifying nothing)"] - bare
    print(f"\nadded by the edge {ours:.1f} µs, by the SDK's stack {theirs:.1f} µs: ratio {ours / theirs:.2f}")
    begun = time.process_time()
    hashlib.scrypt(b"x" * 52, salt=b"x" * 16, n=1 << 14, r=8, p=1)
    print(f"an API key's first time (scrypt, off the event loop) {(time.process_time() - begun) * 1e3:.0f} ms")
    await api_keys.close()
    await issuer.aclose()


def _key_set(keys: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    algorithms = {"RS256": jwt.algorithms.RSAAlgorithm, "ES256": jwt.algorithms.ECAlgorithm}
    members = [
        algorithms[name].to_jwk(key.public_key(), as_dict=True) | {"kid": name, "alg": name}
        for name, key in keys.items()
    ]
    return lambda request: httpx.Response(200, json={"keys": members})


def _token(algorithm: str, key: Any, number: int) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": RESOURCE, "sub": "alice", "tenant": "acme", "roles": ["analyst"], "scope": "tools:read",
        "iat": now, "exp": now + 3600, "jti": str(number),
    }  # fmt: skip
    return jwt.encode(claims, key, algorithm, {"kid": algorithm, "typ": "at+jwt"})


async def _ignored(refusal: Refusal) -> None:
    raise AssertionError(refusal)


async def _application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    if PASSAGE in scope:
        scope[PASSAGE].reached_gate = True
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


class _LooksUp:
    async def verify_token(self, token: str) -> AccessToken | None:
        return AccessToken(token=token, client_id="assistant", scopes=[], expires_at=int(time.time()) + 60)


def _sdk_stack() -> Any:
    return AuthenticationMiddleware(
        AuthContextMiddleware(RequestBodyLimitMiddleware(RequireAuthMiddleware(_application, []), 4 << 20)),
        backend=BearerAuthBackend(_LooksUp()),
    )


async def _ask(app: Any, key: str, body: bytes) -> None:
    scope = {
        "type": "http", "method": "POST", "path": "/mcp", "query_string": b"", "client": ("127.0.0.1", 5000),
        "headers": [
            (b"host", b"127.0.0.1:8765"), (b"authorization", b"Bearer " + key.encode()),
            (b"content-type", b"application/json"), (b"accept", b"application/json, text/event-stream"),
            (b"content-length", b"%d" % len(body)), (b"mcp-protocol-version", b"2026-07-28"),
            (b"mcp-method", b"tools/call"), (b"mcp-name", b"x"), (b"user-agent", b"benchmark"),
        ],
    }  # fmt: skip
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop()

    async def send(message: Any) -> None:
        pass

    await app(scope, receive, send)


if __name__ == "__main__":
    main()
