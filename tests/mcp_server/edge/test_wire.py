"""A real socket: what is no HTTP request, or never becomes one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from mcp_server.edge import http_protocol

pytestmark = pytest.mark.anyio


class Served:
    """The bench's edge behind uvicorn."""

    def __init__(self, bench: Any, **limits: Any) -> None:
        self.edge = bench.edge()
        protocol = http_protocol(self.edge.malformed, **limits)
        self.server = uvicorn.Server(
            uvicorn.Config(self.edge, http=protocol, loop="none", lifespan="off", log_level="critical", port=0)
        )

    async def __aenter__(self) -> Served:
        self.running = asyncio.ensure_future(self.server.serve())
        while not self.server.started:
            await asyncio.sleep(0.005)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.should_exit = True
        await self.running

    async def exchange(self, *pieces: bytes, wait: bool = True) -> bytes:
        """Send pieces; everything that comes back until the server closes (or, without wait, what is there)."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await asyncio.wait_for(reader.read() if wait else reader.read(65536), 10)
        except ConnectionResetError:
            return b"reset"
        finally:
            writer.close()


@pytest.fixture
async def served(bench: Any) -> AsyncIterator[Served]:
    async with Served(bench, head_bytes=40_000) as served:
        yield served


HEAD = b"POST /mcp HTTP/1.1\r\nHost: yumen.example\r\nAuthorization: Bearer alice\r\n"


async def test_an_honest_request_is_served(served: Served) -> None:
    reply = await served.exchange(HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    assert reply.startswith(b"HTTP/1.1 200 OK")
    assert b"alice" in reply


async def test_trailing_white_space_in_a_value_is_not_part_of_it(served: Served) -> None:
    head = b"POST /mcp HTTP/1.1\r\nHost: yumen.example \t\r\nAuthorization: Bearer alice  \r\n"
    reply = await served.exchange(head + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    assert reply.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("pieces", "status", "code"),
    [
        ([b"\x16\x03\x01 is TLS\r\n\r\n"], b"400", "http_malformed"),
        ([b"GET / HTTP/9.9\r\n\r\n"], b"400", "http_malformed"),
        (
            [b"POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
            b"400",
            "http_malformed",
        ),
        (
            [b"POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
            b"400",
            "http_malformed",
        ),
        ([b"GET /mcp HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n"], b"400", "http_malformed"),
        ([HEAD + b"X: " + b"x" * 50_000], b"431", "head_too_large"),
        ([b"GET /" + b"x" * 50_000], b"431", "head_too_large"),
        ([HEAD + b"X: y\r\n" * 10_000], b"431", "head_too_large"),
        ([HEAD + b"X: " + b"x" * 35_000 + b"\r\n\r\n"], b"431", "headers_too_large"),
        ([HEAD + b"Content-Length: 99999999\r\n\r\n"], b"413", "body_too_large"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 50_000], None, "head_too_large"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 60_000], None, "head_too_large"),
    ],
)
async def test_what_is_no_request_is_answered_and_recorded(
    served: Served, bench: Any, pieces: list[bytes], status: bytes | None, code: str
) -> None:
    reply = await served.exchange(*pieces)
    if status is not None and reply != b"reset":
        assert reply.startswith(b"HTTP/1.1 " + status)
    assert [refusal.code for refusal in bench.refusals] == [code]
    assert bench.refusals[0].origin.address == "127.0.0.1"
    assert bench.seen == []


async def test_a_chunked_body_is_bounded_too(served: Served, bench: Any) -> None:
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    reply = await served.exchange(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 17)
    assert reply == b"reset" or reply.startswith(b"HTTP/1.1 413")
    assert bench.refusals[0].code == "body_too_large"


async def test_many_small_chunks_are_an_honest_body(served: Served, bench: Any) -> None:
    chunks = b"400\r\n" + b"x" * 0x400 + b"\r\n"
    head = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply = await served.exchange(head, chunks * 2000, b"0\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200")
    assert len(bench.bodies[0]) == 2_048_000


async def test_a_head_that_dribbles_in_is_given_up(bench: Any) -> None:
    async with Served(bench, head_seconds=0.05) as served:
        assert (await served.exchange(b"POST /mcp HT")).startswith(b"HTTP/1.1 408")
        assert bench.refusals[0].code == "head_too_slow"


async def test_a_silent_connection_is_closed_without_a_record(bench: Any) -> None:
    async with Served(bench, head_seconds=0.05) as served:
        await served.exchange(b"")
        assert bench.refusals == []


async def test_a_second_request_on_the_connection_is_bounded_like_the_first(served: Served, bench: Any) -> None:
    good = HEAD + b"Content-Length: 2\r\n\r\n{}"
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for _ in range(3):
        writer.write(good)
        assert b"alice" in await asyncio.wait_for(reader.readuntil(b"alice"), 5)
        await reader.readuntil(b"0\r\n\r\n")
    writer.write(HEAD + b"X: " + b"x" * 50_000)
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 431")
    writer.close()
