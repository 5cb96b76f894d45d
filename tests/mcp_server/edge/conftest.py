"""The edge in front of a small application, asked as an ASGI server would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from mcp_server.calls import Principal
from mcp_server.edge import PASSAGE, PRINCIPAL, Doors, Edge, Refusal
from mcp_server.identity.errors import IdentityUnavailable, InsufficientScope, Unauthenticated
from mcp_server.identity.resource import ProtectedResource

ALICE = Principal(subject="alice", issuer="https://issuer.example", method="oidc", tenant="acme", client="assistant")
URL = "https://yumen.example/mcp"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool


class Bench:
    """An edge, the application behind it, and what came out."""

    def __init__(self) -> None:
        self.people: dict[str, Principal | Exception] = {
            "Bearer alice": ALICE,
            "Bearer bob": replace(ALICE, subject="bob"),
            "Bearer expired": Unauthenticated("expired", message="The access token expired.", detail="exp 1"),
            "Bearer down": IdentityUnavailable("issuer_keys", detail="host unreachable"),
        }
        self.refusals: list[Refusal] = []
        self.record_fails: Exception | None = None
        self.seen: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.status = 200
        self.gate = True
        self.step_up: InsufficientScope | None = None
        self.stream: asyncio.Event | None = None
        self.now = 100.0
        self.resource = ProtectedResource(URL, ("https://issuer.example",), ("yumen:read",))

    async def authenticate(self, header: str | None) -> Principal:
        found = self.people.get(header or "", Unauthenticated("missing", error=None))
        if isinstance(found, Exception):
            raise found
        return found

    async def refused(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)
        if self.record_fails is not None:
            raise self.record_fails

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope)
        message = await receive()
        self.bodies.append(message.get("body", b""))
        if PASSAGE in scope:
            scope[PASSAGE].reached_gate = self.gate
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        if self.stream is not None:
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            await self.stream.wait()
        if self.step_up is not None:
            scope[PASSAGE].step_up(self.step_up)
        body = scope[PRINCIPAL].subject.encode() if PRINCIPAL in scope else b"public"
        await send({"type": "http.response.body", "body": body})

    def edge(self, **changes: Any) -> Edge:
        doors = Doors.around("127.0.0.1", 8765, ["yumen.example"], ["https://app.example"])
        told = {"on_refused": self.refused, "clock": lambda: self.now} | changes
        return Edge(self.app, self, told.pop("resource", self.resource), doors, **told)

    async def ask(
        self,
        edge: Edge,
        method: str = "POST",
        path: str = "/mcp",
        *,
        who: str | None = "alice",
        headers: Iterable[tuple[str, str]] = (),
        host: str | None = "yumen.example",
        chunks: Iterable[bytes] = (b"{}",),
        pause: float = 0,
    ) -> Reply:
        sent: list[dict[str, Any]] = []
        waiting = list(chunks)
        told = [("Host", host)] if host is not None else []
        told += [("Authorization", f"Bearer {who}")] if who is not None else []
        told += list(headers)
        scope = {
            "type": "http", "method": method, "path": path, "client": ("192.0.2.1", 5000),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in told],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            if pause:
                await asyncio.sleep(pause)
            if not waiting:
                await asyncio.Event().wait()
            body = waiting.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(waiting)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await edge(scope, receive, send)
        starts = [message for message in sent if message["type"] == "http.response.start"]
        assert len(starts) == 1, sent
        assert sent[0] is starts[0]
        return Reply(
            starts[0]["status"],
            {name.decode(): value.decode("latin-1") for name, value in starts[0]["headers"]},
            b"".join(message.get("body", b"") for message in sent[1:]),
            not sent[-1].get("more_body", False),
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()
