"""Answers of the edge's own, and the way out that every answer takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from starlette.types import Message, Send

from mcp_server.calls import Principal
from mcp_server.identity.errors import InsufficientScope
from mcp_server.identity.resource import ProtectedResource

Headers = tuple[tuple[bytes, bytes], ...]

CLOSE: Headers = ((b"connection", b"close"),)
"""For answers given before the body was read: what follows on the wire is not a request."""

_HEADER_LIST = re.compile(rb"[A-Za-z0-9, -]{0,1000}")


class Answer(Exception):
    """Ends a request with an answer of the edge's own."""

    def __init__(
        self, status: int, code: str, message: str, *, error: str = "", detail: str = "", headers: Headers = ()
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        """For the record."""
        self.message = message
        self.error = error or code
        """For the client, in the body."""
        self.detail = detail
        self.headers = headers

    async def send(self, send: Send) -> None:
        body = json.dumps({"error": self.error, "error_description": self.message}).encode()
        fixed = ((b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": [*fixed, *self.headers]})
        await send({"type": "http.response.body", "body": body})


def challenged(error: InsufficientScope, resource: ProtectedResource) -> Answer:
    """The step-up answer: 403 with what to ask the authorization server for (RFC 6750 §3.1)."""
    value = resource.challenge(error=error.code, description=error.message, scopes=error.scopes)
    return Answer(403, error.code, error.message, headers=((b"www-authenticate", value.encode("latin-1")),))


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """RFC 9110 §10.2.3, whole seconds, rounded up."""
    return (b"retry-after", str(max(1, int(seconds + 0.999))).encode())


class WayOut:
    """Wraps ASGI `send`: remembers the status, adds CORS headers for an admitted Origin, and holds the start of a POST's
    answer back until its body comes, so that it can still become another answer."""

    def __init__(self, send: Send, origin: bytes | None) -> None:
        self._send = send
        self._cors = _cors(origin)
        self._held: Message | None = None
        self._replaced = False
        self.hold = False
        self.replacement: Answer | None = None
        """Sent instead of the application's answer if that has not begun."""
        self.status: int | None = None
        """Of the answer that was sent."""
        self.principal: Principal | None = None
        """To whom, once that is proven."""

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            if self.hold and message["status"] == 200:
                self._held = message
                return
            await self._begin(message)
            return
        if self._held is not None:
            held, self._held = self._held, None
            if self.replacement is not None:
                await self.replace(self.replacement)
                return
            await self._begin(held)
        await self._send(message)

    async def replace(self, answer: Answer) -> None:
        """Send `answer` instead of whatever else the application has to say; nothing if its answer has begun."""
        if self.status is None and not self._replaced:
            self.hold, self._held = False, None
            await answer.send(self.send)
        self._replaced = True

    async def _begin(self, message: Message) -> None:
        self.status = message["status"]
        if self._cors:
            message = dict(message, headers=[*message.get("headers", ()), *self._cors])
        await self._send(message)


def _cors(origin: bytes | None) -> Headers:
    if origin is None:
        return ()
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", b"mcp-session-id, www-authenticate, retry-after"),
        (b"vary", b"Origin"),
    )


async def send_preflight(send: Send, requested: bytes) -> None:
    """The answer to a CORS preflight of an admitted Origin; `requested` are the headers it wants to send."""
    headers: Iterable[tuple[bytes, bytes]] = (
        (b"access-control-allow-methods", b"GET, POST, DELETE"),
        (b"access-control-allow-headers", requested if _HEADER_LIST.fullmatch(requested) else b""),
        (b"access-control-max-age", b"600"),
    )
    await send({"type": "http.response.start", "status": 204, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b""})
