"""The outermost ASGI layer.

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
from functools import lru_cache
from typing import Protocol

from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_server.calls import Origin, Principal
from mcp_server.edge.answers import CLOSE, Answer, WayOut, challenged, retry_after, send_preflight
from mcp_server.edge.doors import BadHeaders, Doors, Headers, checked
from mcp_server.edge.refusals import OnRefused, Refusal, RefusalMeter
from mcp_server.edge.vigil import Vigil
from mcp_server.identity.errors import IdentityUnavailable, InsufficientScope, Unauthenticated
from mcp_server.identity.resource import ProtectedResource
from mcp_server.limits.admission import Who, identity_of
from mcp_server.limits.buckets import Buckets, spend
from mcp_server.limits.settings import LimitSettings, Rate
from scanners.errors import YumenError

PRINCIPAL = "yumen.principal"
"""Key of the ASGI scope that holds the proven Principal."""
PASSAGE = "yumen.passage"
"""Key of the ASGI scope that holds the request's Passage."""

_PUBLIC = frozenset({"/healthz", "/readyz"})


class Authenticates(Protocol):
    """`Authenticator.authenticate`."""

    async def authenticate(self, authorization_header: str | None) -> Principal: ...


class Passage:
    """What the layers behind the edge tell it about one request."""

    def __init__(self, way_out: WayOut, resource: ProtectedResource) -> None:
        self._way_out = way_out
        self._resource = resource
        self.reached_gate = False
        """The gate records this request: the edge need not."""

    def step_up(self, lacking: InsufficientScope) -> None:
        """Answer with 403 and the scopes that the operation needs, if the answer has not begun to leave."""
        self._way_out.replacement = challenged(lacking, self._resource)


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
        recheck_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._resource = resource
        self._doors = doors
        self._on_refused = on_refused
        self._public_paths = frozenset(public_paths)
        self._metadata = resource.metadata()
        self._metadata_paths = resource.metadata_paths
        self._rate = protocol_rate or LimitSettings().protocol
        self._body_bytes = body_bytes
        self._vigil = Vigil(authenticator.authenticate, body_seconds=body_seconds, recheck_seconds=recheck_seconds)
        self._clock = clock
        self._buckets: Buckets[Who] = Buckets(10_000)
        self._meter = RefusalMeter(clock)
        self._counts: Counter[str] = Counter()
        self._reporting: set[asyncio.Future[None]] = set()

    def counts(self) -> dict[str, int]:
        """Requests since the start by what became of them: 'gate', 'protocol.<status>', 'public', or why refused."""
        return dict(self._counts + self._meter.counts)

    def malformed(self, address: str, status: int, code: str) -> None:
        """Count and report what was no HTTP request at all; for `wire.http_protocol`."""
        unreported = self._meter.due(address, code)
        if unreported is not None:
            refusal = Refusal(status, code, Origin(transport="http", address=address), unreported=unreported)
            task = asyncio.ensure_future(self._on_refused(refusal))
            self._reporting.add(task)
            task.add_done_callback(self._reporting.discard)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"Yumen speaks HTTP only, not {scope['type']}")
        way_out = WayOut(send, None)
        try:
            try:
                clean = checked(scope["headers"])
                headers = dict(clean)
                origin = headers.get(b"origin")
                self._doors.check(headers.get(b"host"), origin)
            except BadHeaders as error:
                raise Answer(error.status, error.code, str(error), headers=CLOSE) from None
            way_out = WayOut(send, origin)
            await self._serve(scope, clean, headers, receive, way_out)
        except Answer as answer:
            await self._refuse(scope, answer, way_out)

    async def _serve(
        self, scope: Scope, clean: Headers, headers: dict[bytes, bytes], receive: Receive, way_out: WayOut
    ) -> None:
        path, method = scope["path"], scope["method"]
        if method == "OPTIONS" and b"origin" in headers and b"access-control-request-method" in headers:
            self._counts["public"] += 1
            await send_preflight(way_out.send, headers.get(b"access-control-request-headers", b""))
        elif path in self._metadata_paths:
            await self._serve_metadata(method, way_out.send)
        elif path in self._public_paths:
            self._counts["public"] += 1
            await self._app(dict(scope, headers=clean), receive, way_out.send)
        else:
            await self._serve_known(scope, clean, headers, receive, way_out)

    async def _serve_known(
        self, scope: Scope, clean: Headers, headers: dict[bytes, bytes], receive: Receive, way_out: WayOut
    ) -> None:
        authorization = headers.get(b"authorization")
        credential = None if authorization is None else authorization.decode("latin-1")
        principal = way_out.principal = await self._identify(credential)
        who = identity_of(principal)
        self._slow_down(who)
        passage = Passage(way_out, self._resource)
        user = _sdk_user(principal)
        # The credential ends here: nothing behind the edge can log or forward it.
        kept = [header for header in clean if header[0] != b"authorization"]
        inner = {**scope, "headers": kept, "user": user, PRINCIPAL: principal, PASSAGE: passage}
        with self._vigil.over(credential) as watch:
            body = await self._body(headers.get(b"content-length"), receive)
            if body is None:
                self._counts["client_left"] += 1
                return
            watch.body_is_here()
            way_out.hold = scope["method"] == "POST"
            token = auth_context_var.set(user)
            try:
                await self._app(inner, _replayed(body, receive), way_out.send)
            finally:
                auth_context_var.reset(token)
        if watch.ended == "body_too_slow":
            raise Answer(408, "body_too_slow", "The request body took too long.", headers=CLOSE)
        if watch.ended == "lapsed":
            await self._report(scope, 401, "unauthenticated.lapsed", detail=watch.detail, principal=principal)
            await way_out.replace(self._unauthenticated(Unauthenticated("lapsed")))
            return
        await self._account(scope, principal, who, passage, way_out.status)

    async def _identify(self, credential: str | None) -> Principal:
        try:
            return await self._authenticator.authenticate(credential)
        except Unauthenticated as error:
            raise self._unauthenticated(error) from None
        except IdentityUnavailable as error:
            raise Answer(
                503,
                f"{error.code}.{error.reason}",
                error.message,
                error="temporarily_unavailable",
                detail=error.detail,
                headers=(retry_after(error.retry_after),),
            ) from None

    def _unauthenticated(self, error: Unauthenticated) -> Answer:
        challenge = self._resource.challenge(error=error.error, description=error.message)
        return Answer(
            error.status,
            f"{error.code}.{error.reason}",
            error.message,
            error=error.error or "unauthorized",
            detail=error.detail,
            headers=((b"www-authenticate", challenge.encode("latin-1")),),
        )

    def _slow_down(self, who: Who) -> None:
        """Refuse a principal whose requests keep missing the gate. Nothing is charged here: see `_account`."""
        _, wait = spend(self._buckets.tat(who), self._clock(), self._rate)
        if wait > 0:
            message = "Too many requests that are no calls."
            raise Answer(429, "protocol_rate_limited", message, headers=(retry_after(wait),))

    async def _body(self, declared: bytes | None, receive: Receive) -> Message | None:
        """The message with the whole body; None when the client has left."""
        if declared is not None:
            if not declared.isdigit():
                raise Answer(400, "content_length", "Content-Length is not a number.", headers=CLOSE)
            if len(declared) > 12 or int(declared) > self._body_bytes:
                raise self._too_large()
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._body_bytes:
                raise self._too_large()
            if not message.get("more_body", False):
                return {"type": "http.request", "body": b"".join(parts), "more_body": False}

    def _too_large(self) -> Answer:
        message = f"The request body is larger than {self._body_bytes} bytes."
        return Answer(413, "body_too_large", message, headers=CLOSE)

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

    async def _serve_metadata(self, method: str, send: Send) -> None:
        if not self._resource.authorization_servers:
            raise Answer(404, "no_metadata", "This server has no authorization server.")
        if method not in ("GET", "HEAD"):
            raise Answer(405, "method", "Only GET.", headers=((b"allow", b"GET, HEAD"),))
        self._counts["public"] += 1
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self._metadata)).encode()),
            (b"cache-control", b"max-age=3600"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else self._metadata})

    async def _refuse(self, scope: Scope, answer: Answer, way_out: WayOut) -> None:
        try:
            await self._report(scope, answer.status, answer.code, detail=answer.detail, principal=way_out.principal)
        except YumenError:
            answer = Answer(503, "record", "The refusal could not be recorded.", headers=CLOSE)
        await way_out.replace(answer)

    async def _report(
        self, scope: Scope, status: int, code: str, *, detail: str = "", principal: Principal | None = None
    ) -> None:
        client = scope.get("client")
        address = client[0] if client else ""
        unreported = self._meter.due(address, code)
        if unreported is not None:
            origin = Origin(transport="http", address=address)
            await self._on_refused(Refusal(status, code, origin, principal, _printable(detail), unreported))


def transport_security(doors: Doors) -> TransportSecuritySettings:
    """The same doors for the SDK, whose own check then stands behind the edge's: it is off when nothing is passed."""
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=list(doors.hosts), allowed_origins=list(doors.origins)
    )


@lru_cache(maxsize=1024)
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


def _replayed(first: Message, receive: Receive) -> Receive:
    pending: list[Message] = [first]

    async def next_message() -> Message:
        return pending.pop() if pending else await receive()

    return next_message


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:500])
