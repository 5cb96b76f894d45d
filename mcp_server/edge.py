"""The outermost ASGI layer: what an HTTP request must show before the protocol code sees a byte of its body.

Order: shape of the headers → Host and Origin → identity → speed → size and pace of the body → the application.
What is refused here, or by the protocol code behind it, never reaches the gate; so it is counted, slowed down and
handed to the record here.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_server.calls import Origin, Principal
from mcp_server.doors import BadHeaders, Doors, checked
from mcp_server.identity.errors import IdentityUnavailable, InsufficientScope, Unauthenticated
from mcp_server.identity.resource import ProtectedResource
from mcp_server.limits.admission import Who, identity_of
from mcp_server.limits.buckets import Buckets, spend
from mcp_server.limits.settings import LimitSettings, Rate
from mcp_server.refusals import OnRefused, Refusal, RefusalMeter
from scanners.errors import YumenError

PRINCIPAL = "yumen.principal"
"""Key of the ASGI scope that holds the proven Principal."""
PASSAGE = "yumen.passage"
"""Key of the ASGI scope that holds the request's Passage."""

_PUBLIC = frozenset({"/healthz", "/readyz"})
_CLOSE = (b"connection", b"close")


class Authenticates(Protocol):
    """`Authenticator.authenticate`."""

    async def authenticate(self, authorization_header: str | None) -> Principal: ...


@dataclass(slots=True)
class Passage:
    """What the layers behind the edge tell it about one request."""

    reached_gate: bool = False
    """The gate records it: the edge need not."""
    step_up: InsufficientScope | None = None
    """The operation needs scopes that the token lacks: the answer becomes 403 with the challenge of RFC 6750 §3.1."""


class _Answer(Exception):
    """An answer of the edge's own, which ends the request."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        error: str = "",
        detail: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.error = error or code
        self.detail = detail
        self.headers = headers


class Edge:
    """Wraps the whole application. Everything is authenticated but the public paths and the metadata of RFC 9728."""

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticates,
        resource: ProtectedResource,
        doors: Doors,
        on_refused: OnRefused,
        *,
        public_paths: Iterable[str] = _PUBLIC,
        protocol_rate: Rate | None = None,
        body_bytes: int = 4 << 20,
        body_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._resource = resource
        self._doors = doors
        self._on_refused = on_refused
        self._public_paths = frozenset(public_paths)
        self._metadata = resource.metadata()
        self._rate = protocol_rate or LimitSettings().protocol
        self._body_bytes = body_bytes
        self._body_seconds = body_seconds
        self._clock = clock
        self._buckets: Buckets[Who] = Buckets(10_000)
        self._meter = RefusalMeter(clock)
        self._counts: Counter[str] = Counter()

    def counts(self) -> dict[str, int]:
        """Requests since the start by what became of them: 'gate', 'protocol.<status>', 'public', or why refused."""
        return dict(self._counts + self._meter.counts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"Yumen speaks HTTP only, not {scope['type']}")
        try:
            await self._serve(scope, receive, send)
        except _Answer as answer:
            await self._refuse(scope, answer, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = checked(scope["headers"])
            by_name = dict(headers)
            origin = by_name.get(b"origin")
            self._doors.check(by_name.get(b"host"), origin)
        except BadHeaders as error:
            raise _Answer(error.status, error.code, str(error), headers=(_CLOSE,)) from None
        path = scope["path"]
        if path in self._resource.metadata_paths:
            await self._serve_metadata(scope, send)
            return
        if path in self._public_paths:
            self._counts["public"] += 1
            await self._app(scope, receive, send)
            return
        principal = await self._identify(by_name.get(b"authorization"))
        who = identity_of(principal)
        self._slow_down(who)
        body = await self._body(by_name.get(b"content-length"), receive)
        passage = Passage()
        inner = dict(
            scope,
            # The credential ends here: nothing behind can log or forward it.
            headers=[(name, value) for name, value in headers if name != b"authorization"],
            user=_sdk_user(principal),
        )
        inner[PRINCIPAL] = principal
        inner[PASSAGE] = passage
        outgoing = _Outgoing(send, passage, self._resource, hold=scope["method"] == "POST")
        token = auth_context_var.set(inner["user"])
        try:
            await self._app(inner, _replayed(body, receive), outgoing.send)
        finally:
            auth_context_var.reset(token)
            await self._account(scope, principal, who, passage, outgoing.status)

    async def _identify(self, authorization: bytes | None) -> Principal:
        try:
            return await self._authenticator.authenticate(
                None if authorization is None else authorization.decode("latin-1")
            )
        except Unauthenticated as error:
            challenge = self._resource.challenge(error=error.error, description=error.message)
            raise _Answer(
                error.status,
                f"{error.code}.{error.reason}",
                error.message,
                error=error.error or "unauthorized",
                detail=error.detail,
                headers=((b"www-authenticate", challenge.encode("latin-1")),),
            ) from None
        except IdentityUnavailable as error:
            raise _Answer(
                503,
                f"{error.code}.{error.reason}",
                error.message,
                error="temporarily_unavailable",
                detail=error.detail,
                headers=(_retry_after(error.retry_after),),
            ) from None

    def _slow_down(self, who: Who) -> None:
        """Refuse a principal whose requests keep missing the gate. Nothing is charged here: see `_account`."""
        _, wait = spend(self._buckets.tat(who), self._clock(), self._rate)
        if wait > 0:
            raise _Answer(
                429, "protocol_rate_limited", "Too many requests that are no calls.", headers=(_retry_after(wait),)
            )

    async def _body(self, declared: bytes | None, receive: Receive) -> list[Message]:
        """The whole body as messages to replay; without a `http.request` at the end the client has left."""
        if declared is not None:
            if not declared.isdigit():
                raise _Answer(400, "content_length", "Content-Length is not a number.", headers=(_CLOSE,))
            if len(declared) > 12 or int(declared) > self._body_bytes:
                raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return [message]
                    body += message.get("body", b"")
                    if len(body) > self._body_bytes:
                        raise self._too_large()
                    if not message.get("more_body", False):
                        return [{"type": "http.request", "body": bytes(body), "more_body": False}]
        except TimeoutError:
            raise _Answer(408, "body_too_slow", "The request body took too long.", headers=(_CLOSE,)) from None

    def _too_large(self) -> _Answer:
        return _Answer(
            413, "body_too_large", f"The request body is larger than {self._body_bytes} bytes.", headers=(_CLOSE,)
        )

    async def _account(
        self, scope: Scope, principal: Principal, who: Who, passage: Passage, status: int | None
    ) -> None:
        """Count what became of the request; charge and, if refused, report one that missed the gate."""
        if passage.reached_gate:
            self._counts["gate"] += 1
            return
        tat, _ = spend(self._buckets.tat(who), self._clock(), self._rate)
        self._buckets.put(who, tat)
        code = f"protocol.{status or 'none'}"
        if status is not None and status >= 400:
            await self._report(scope, status, code, principal=principal)
        else:
            self._counts[code] += 1

    async def _serve_metadata(self, scope: Scope, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise _Answer(405, "method", "Only GET.", headers=((b"allow", b"GET, HEAD"),))
        self._counts["public"] += 1
        headers = (
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self._metadata)).encode()),
            (b"cache-control", b"max-age=3600"),
            (b"access-control-allow-origin", b"*"),
        )
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else self._metadata})

    async def _refuse(self, scope: Scope, answer: _Answer, send: Send) -> None:
        try:
            await self._report(scope, answer.status, answer.code, detail=answer.detail)
        except YumenError:
            answer = _Answer(503, "record", "The refusal could not be recorded.")
        await _send_error(send, answer.status, answer.error, answer.message, answer.headers)

    async def _report(
        self, scope: Scope, status: int, code: str, *, detail: str = "", principal: Principal | None = None
    ) -> None:
        client = scope.get("client")
        address = client[0] if client else ""
        unreported = self._meter.due(address, code)
        if unreported is not None:
            origin = Origin(transport="http", address=address)
            await self._on_refused(Refusal(status, code, origin, principal, _printable(detail), unreported))


class _Outgoing:
    """The way out: remembers the status, and turns an answer into a step-up challenge while that is still possible."""

    def __init__(self, send: Send, passage: Passage, resource: ProtectedResource, *, hold: bool) -> None:
        self._send = send
        self._hold = hold
        self._passage = passage
        self._resource = resource
        self._start: Message | None = None
        self._replaced = False
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._hold and message["status"] == 200:
                # Held back until there is a body: a stream begins before the gate has said whether scopes suffice.
                self._start = message
                return
        elif self._start is not None:
            start, self._start = self._start, None
            if self._passage.step_up is not None:
                await self._challenge(self._passage.step_up)
                return
            await self._send(start)
        await self._send(message)

    async def _challenge(self, lacking: InsufficientScope) -> None:
        self._replaced = True
        self.status = 403
        value = self._resource.challenge(error=lacking.code, description=lacking.message, scopes=lacking.scopes)
        await _send_error(
            self._send, 403, lacking.code, lacking.message, ((b"www-authenticate", value.encode("latin-1")),)
        )


def transport_security(doors: Doors) -> TransportSecuritySettings:
    """The same doors for the SDK, whose own check then stands behind the edge's: it is off when nothing is passed."""
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=list(doors.hosts), allowed_origins=list(doors.origins)
    )


def _sdk_user(principal: Principal) -> AuthenticatedUser:
    """The identity in the SDK's terms: it binds sessions and sealed request state to (client, issuer, subject).

    The tenant is part of the client id here, so that one subject in two tenants is two owners.
    """
    return AuthenticatedUser(
        AccessToken.model_construct(
            token="",
            client_id=json.dumps([principal.tenant, principal.method, principal.client]),
            scopes=sorted(principal.scopes),
            subject=principal.subject,
            claims={"iss": principal.issuer},
        )
    )


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def _retry_after(seconds: float) -> tuple[bytes, bytes]:
    return (b"retry-after", str(max(1, round(seconds + 0.5))).encode())


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:500])


async def _send_error(
    send: Send, status: int, error: str, message: str, headers: Iterable[tuple[bytes, bytes]]
) -> None:
    body = json.dumps({"error": error, "error_description": message}).encode()
    fixed = ((b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})
