from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from mcp.server.auth.middleware.bearer_auth import authorization_context
from mcp.shared.auth import ProtectedResourceMetadata

from mcp_server.edge import PASSAGE, PRINCIPAL, Doors, transport_security
from mcp_server.identity.errors import InsufficientScope, Unauthenticated
from mcp_server.identity.resource import ProtectedResource
from mcp_server.limits import Rate
from scanners.errors import YumenError

pytestmark = pytest.mark.anyio

METADATA_URL = "https://yumen.example/.well-known/oauth-protected-resource/mcp"


async def test_a_known_caller_reaches_the_application_with_a_proven_principal(bench: Any) -> None:
    reply = await bench.ask(bench.edge(), chunks=(b'{"a"', b":1}"))
    assert (reply.status, reply.body, bench.bodies) == (200, b"alice", [b'{"a":1}'])
    scope = bench.seen[0]
    assert scope[PRINCIPAL].subject == "alice"
    assert bench.refusals == []


async def test_the_credential_stays_at_the_edge(bench: Any) -> None:
    await bench.ask(bench.edge())
    assert not any(name == b"authorization" for name, _ in bench.seen[0]["headers"])
    assert bench.seen[0]["user"].access_token.token == ""


async def test_sessions_are_bound_to_their_principal(bench: Any) -> None:
    edge = bench.edge()
    for who in ("alice", "alice", "bob"):
        await bench.ask(edge, who=who)
    first, second, other = (authorization_context(scope["user"]) for scope in bench.seen)
    assert first == second != other


@pytest.mark.parametrize(
    ("who", "status", "challenge"),
    [
        (None, 401, f'Bearer realm="yumen", scope="yumen:read", resource_metadata="{METADATA_URL}"'),
        ("stranger", 401, f'Bearer realm="yumen", scope="yumen:read", resource_metadata="{METADATA_URL}"'),
        (
            "expired",
            401,
            'Bearer realm="yumen", error="invalid_token", error_description="The access token expired.", '
            f'scope="yumen:read", resource_metadata="{METADATA_URL}"',
        ),
    ],
)
async def test_nobody_else_gets_in(bench: Any, who: str | None, status: int, challenge: str) -> None:
    reply = await bench.ask(bench.edge(), who=who)
    assert (reply.status, reply.headers["www-authenticate"]) == (status, challenge)
    assert bench.seen == []
    assert [refusal.status for refusal in bench.refusals] == [status]


async def test_what_cannot_be_verified_now_is_refused_for_now(bench: Any) -> None:
    reply = await bench.ask(bench.edge(), who="down")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert b"unreachable" not in reply.body
    assert bench.refusals[0].code == "identity_unavailable.issuer_keys"
    assert "unreachable" in bench.refusals[0].detail


async def test_every_path_but_the_public_ones_needs_an_identity(bench: Any) -> None:
    edge = bench.edge()
    for path in ("/", "/mcp", "/mcp/", "/healthz/", "/HEALTHZ", "/healthz/../mcp", "/.well-known/x", "/console"):
        assert (await bench.ask(edge, path=path, who=None)).status == 401
    for path in ("/healthz", "/readyz"):
        reply = await bench.ask(edge, "GET", path, who=None)
        assert (reply.status, reply.body) == (200, b"public")


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ({"host": "evil.example"}, 421, "host"),
        ({"host": None}, 400, "host_missing"),
        ({"headers": [("Origin", "https://evil.example")]}, 403, "origin"),
        ({"headers": [("Authorization", "Bearer bob")]}, 400, "header_twice"),
        ({"headers": [("X-Long", "x" * 40_000)]}, 431, "headers_too_large"),
        ({"headers": [("Content-Length", "5000000")]}, 413, "body_too_large"),
        ({"headers": [("Content-Length", "9" * 30)]}, 413, "body_too_large"),
        ({"headers": [("Content-Length", "-1")]}, 400, "content_length"),
        ({"headers": [("Content-Length", "1e3")]}, 400, "content_length"),
        ({"chunks": [b"x" * 600, b"x" * 600]}, 413, "body_too_large"),
        ({"chunks": [b"x" * 100] * 11}, 413, "body_too_large"),
    ],
)
async def test_a_bad_request_is_answered_recorded_and_goes_no_further(
    bench: Any, question: dict[str, Any], status: int, code: str
) -> None:
    reply = await bench.ask(bench.edge(body_bytes=1024), **question)
    assert reply.status == status
    assert json.loads(reply.body)["error"] == code
    assert reply.headers["connection"] == "close"
    assert bench.seen == []
    (refusal,) = bench.refusals
    assert (refusal.status, refusal.code, refusal.origin.address) == (status, code, "192.0.2.1")


async def test_a_body_that_dribbles_in_is_given_up(bench: Any) -> None:
    reply = await bench.ask(bench.edge(body_seconds=0.02), chunks=[b"x"] * 100, pause=0.005)
    assert reply.status == 408
    assert (bench.refusals[0].code, bench.refusals[0].principal.subject) == ("body_too_slow", "alice")


async def test_the_largest_body_is_still_accepted(bench: Any) -> None:
    reply = await bench.ask(bench.edge(body_bytes=1024), chunks=[b"x" * 512, b"x" * 512])
    assert reply.status == 200


async def test_a_refusal_behind_the_edge_is_recorded_with_its_principal(bench: Any) -> None:
    bench.gate, bench.status = False, 404
    edge = bench.edge()
    await bench.ask(edge)
    assert (bench.refusals[0].code, bench.refusals[0].principal.subject) == ("protocol.404", "alice")
    bench.gate, bench.status = True, 400
    await bench.ask(edge)
    assert len(bench.refusals) == 1  # the gate recorded that one


async def test_notifications_are_counted_and_slow_their_sender_down(bench: Any) -> None:
    bench.gate, bench.status = False, 202
    edge = bench.edge(protocol_rate=Rate(per_second=1, burst=3))
    replies = [(await bench.ask(edge)).status for _ in range(5)]
    assert replies == [202, 202, 202, 429, 429]
    assert (await bench.ask(edge, who="bob")).status == 202
    bench.now += 1
    assert (await bench.ask(edge)).status == 202
    assert edge.counts() == {"protocol.202": 5, "protocol_rate_limited": 2}


async def test_calls_that_reach_the_gate_are_not_slowed_down_here(bench: Any) -> None:
    edge = bench.edge(protocol_rate=Rate(per_second=1, burst=1))
    assert [(await bench.ask(edge)).status for _ in range(10)] == [200] * 10
    assert edge.counts() == {"gate": 10}


async def test_a_flood_of_refusals_does_not_fill_the_record(bench: Any) -> None:
    edge = bench.edge()
    for _ in range(100):
        assert (await bench.ask(edge, who=None)).status == 401
    assert len(bench.refusals) == 10
    bench.now += 5
    await bench.ask(edge, who=None)
    assert bench.refusals[-1].unreported == 90
    assert edge.counts()["unauthenticated.missing"] == 101


async def test_a_refusal_that_cannot_be_recorded_is_still_a_refusal(bench: Any) -> None:
    bench.record_fails = YumenError("disk full")
    reply = await bench.ask(bench.edge(), who=None)
    assert reply.status == 503
    assert b"disk" not in reply.body


@pytest.mark.parametrize("path", ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"])
async def test_the_metadata_says_where_to_get_a_token(bench: Any, path: str) -> None:
    reply = await bench.ask(bench.edge(), "GET", path, who=None)
    document = ProtectedResourceMetadata.model_validate_json(reply.body)
    assert str(document.resource) == "https://yumen.example/mcp"
    assert [str(server) for server in document.authorization_servers] == ["https://issuer.example"]
    assert (document.scopes_supported, document.bearer_methods_supported) == (["yumen:read"], ["header"])
    assert reply.headers["content-type"] == "application/json"
    assert not any(value in (None, [], "") for value in json.loads(reply.body).values())


async def test_without_an_authorization_server_there_is_no_metadata(bench: Any) -> None:
    edge = bench.edge(resource=ProtectedResource("http://127.0.0.1:8765/mcp"))
    assert (await bench.ask(edge, "GET", "/.well-known/oauth-protected-resource", who=None)).status == 404
    assert (await bench.ask(edge, who=None)).headers["www-authenticate"] == 'Bearer realm="yumen"'


async def test_lacking_scopes_become_a_challenge(bench: Any) -> None:
    bench.step_up = InsufficientScope(["yumen:write", "yumen:read"])
    reply = await bench.ask(bench.edge())
    assert reply.status == 403
    assert reply.headers["www-authenticate"] == (
        'Bearer realm="yumen", error="insufficient_scope", '
        'error_description="The access token lacks a scope that this needs.", '
        f'scope="yumen:read yumen:write", resource_metadata="{METADATA_URL}"'
    )
    assert b"alice" not in reply.body


async def test_a_stream_that_has_begun_stays_what_it_is(bench: Any) -> None:
    bench.step_up, bench.stream = InsufficientScope(["yumen:write"]), asyncio.Event()
    bench.stream.set()
    reply = await bench.ask(bench.edge())
    assert (reply.status, reply.body) == (200, b"firstalice")


async def test_a_stream_ends_when_its_credential_does(bench: Any) -> None:
    bench.stream = asyncio.Event()
    edge = bench.edge(recheck_seconds=0.01)
    asking = asyncio.ensure_future(bench.ask(edge, "GET"))
    while not bench.seen:
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert not asking.done()
    bench.people["Bearer alice"] = Unauthenticated("revoked")
    reply = await asyncio.wait_for(asking, 5)
    assert (reply.body, reply.complete) == (b"first", False)
    assert bench.refusals[0].code == "unauthenticated.lapsed"


async def test_an_answer_that_has_not_begun_becomes_401_when_the_credential_ends(bench: Any) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        scope[PASSAGE].reached_gate = True
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()

    bench.app = slow
    edge = bench.edge(recheck_seconds=0.01)
    asking = asyncio.ensure_future(bench.ask(edge))
    await asyncio.sleep(0)
    bench.people["Bearer alice"] = Unauthenticated("revoked")
    assert (await asyncio.wait_for(asking, 5)).status == 401


async def test_a_cancelled_request_stays_cancelled(bench: Any) -> None:
    bench.stream = asyncio.Event()
    asking = asyncio.ensure_future(bench.ask(bench.edge()))
    while not bench.seen:
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_browser_of_an_admitted_origin_may_read_the_answer(bench: Any) -> None:
    edge, origin = bench.edge(), ("Origin", "https://app.example")
    asked = [
        origin,
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, mcp-name"),
    ]
    preflight = await bench.ask(edge, "OPTIONS", who=None, headers=asked)
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-headers"] == "authorization, mcp-name"
    for who, status in (("alice", 200), (None, 401)):
        reply = await bench.ask(edge, who=who, headers=[origin])
        assert (reply.status, reply.headers["access-control-allow-origin"]) == (status, "https://app.example")


async def test_no_other_origin_may(bench: Any) -> None:
    edge = bench.edge()
    asked = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")]
    preflight = await bench.ask(edge, "OPTIONS", who=None, headers=asked)
    assert preflight.status == 403
    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in (await bench.ask(edge)).headers


async def test_a_client_that_leaves_while_sending_disturbs_nobody(bench: Any) -> None:
    edge = bench.edge()
    sent: list[Any] = []
    scope = {
        "type": "http", "method": "POST", "path": "/mcp", "client": None,
        "headers": [(b"host", b"yumen.example"), (b"authorization", b"Bearer alice")],
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await edge(scope, receive, send)
    assert bench.seen == sent == []
    assert (await bench.ask(edge)).status == 200


def test_the_sdks_own_check_is_armed_too() -> None:
    security = transport_security(Doors.around("127.0.0.1", 8765))
    assert security.enable_dns_rebinding_protection
    assert "127.0.0.1:8765" in security.allowed_hosts
