"""What governance costs: CPU a call, of the governed server against a bare one with the same tool.

Both are ASGI applications of the same SDK, called in this process with the same bytes (protocol 2026-07-28, one POST a
call, JSON answer), in turn, batch by batch. The governed one does everything: key check (cached), edge, limits, schema,
Rego decision in its worker process, record. CPU is this process's own plus the policy worker's, from the kernel's
nanosecond accounting; wall time is not used, so a noisy machine matters little.

    python benchmarks/gate.py [--calls 400] [--rounds 30]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson
import uvloop
from mcp.server.lowlevel import Server
from pydantic import Field
from starlette.types import ASGIApp

from mcp_server import app as assembly
from mcp_server.collector import collect_seldom
from mcp_server.config import load
from mcp_server.identity.api_keys import ApiKeyStore
from mcp_server.identity.authenticator import KEY_FILE
from scanners.findings import Coverage, Subject
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool, ToolRegistry

BAR_MS, AIM_MS = 0.25, 0.15
DURABLE_BAR = 1000
HOST = b"127.0.0.1:8765"


class NothingArguments(Arguments):
    text: str = Field(default="", description="Anything")


class NothingAnswer(Answer):
    pass


ANSWER = NothingAnswer(
    verdict="pass",
    summary="Nothing was looked at, and nothing was found.",
    coverage=Coverage(examined={"calls": 1}),
    subject=Subject(kind="text", digest="sha256:" + "0" * 64),
)


async def nothing(arguments: NothingArguments, context: ToolContext) -> NothingAnswer:
    return ANSWER


def tool(name: str, risk: Any) -> Tool:
    return Tool(
        name=name,
        title="Nothing",
        description="Does nothing",
        family="benchmark",
        risk=risk,
        arguments=NothingArguments,
        answer=NothingAnswer,
        run=nothing,
    )


def bare_server() -> ASGIApp:
    """The same tool on the SDK's low-level server, with nothing in between."""

    async def call(ctx: Any, params: Any) -> Any:
        answer = await nothing(NothingArguments.model_validate(params.arguments or {}), ctx)
        result = answer.model_dump(mode="json")
        text = {"type": "text", "text": orjson.dumps(result).decode()}
        return {"resultType": "complete", "content": [text], "structuredContent": result}

    async def list_tools(ctx: Any, params: Any) -> Any:
        shown = tool("nothing", "read")
        return {"tools": [{"name": shown.name, "inputSchema": shown.input_schema, "outputSchema": shown.output_schema}]}

    server: Server[Any] = Server(
        "bare", on_call_tool=call, on_list_tools=list_tools, get_tool_input_schema=lambda _: None
    )
    server.middleware.clear()
    return server.streamable_http_app(host="127.0.0.1")


async def post(app: ASGIApp, name: str, key: str) -> None:
    """One tools/call through an ASGI application."""
    body = orjson.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": name,
                "arguments": {"text": "hello"},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        }
    )
    headers = [
        (b"host", HOST),
        (b"authorization", b"Bearer " + key.encode()),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"accept", b"application/json, text/event-stream"),
        (b"mcp-protocol-version", b"2026-07-28"),
        (b"mcp-method", b"tools/call"),
        (b"mcp-name", name.encode()),
    ]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/mcp", "raw_path": b"/mcp", "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8765), "state": {},
    }  # fmt: skip
    sent: list[Any] = []
    given = False

    async def receive() -> Any:
        nonlocal given
        if given:
            await asyncio.Event().wait()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    status = sent[0]["status"]
    if status != 200 or b'"structuredContent"' not in sent[1]["body"]:
        raise SystemExit(f"the call failed with {status}: {sent[-1]['body']!r}")


class Cpu:
    """CPU seconds of this process and of those it started, as far as they still run."""

    def __init__(self) -> None:
        self._children = [
            int(pid) for pid in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        ]

    def __call__(self) -> float:
        children = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in self._children)
        return time.process_time() + children / 1e9


async def lifespan(app: ASGIApp) -> Any:
    """Run an application's lifespan in the background; the returned function ends it."""
    started, stop = asyncio.Event(), asyncio.Event()
    first = True

    async def receive() -> Any:
        nonlocal first
        if first:
            first = False
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Any) -> None:
        started.set()

    task = asyncio.ensure_future(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send))
    await started.wait()

    async def end() -> None:
        stop.set()
        await task

    return end


async def measure(calls: int, rounds: int, data_dir: Path) -> None:
    registry = ToolRegistry()
    registry.add(tool("nothing", "read"), tool("change_nothing", "change"))
    assembly.own_tools = lambda: registry
    key, _ = ApiKeyStore(data_dir / KEY_FILE).create(label="benchmark", tenant="default", roles=["admin"])
    fast = {"per_second": 1e6, "burst": 1_000_000}
    settings = load(
        None,
        {
            "data_dir": str(data_dir),
            "audit": {"acknowledge": "buffered"},
            "limits": {"principal": fast, "tool": fast, "concurrency_principal": 1000},
            "policy": {"watch_interval": 0},
        },
    )
    bare = bare_server()
    async with assembly.open_parts(settings) as parts:
        governed = assembly.http_application(parts)
        ends = [await lifespan(bare), await lifespan(governed)]
        collect_seldom()  # as the server does; here for both
        for _ in range(300):
            await post(bare, "nothing", key)
            await post(governed, "nothing", key)
        cpu = Cpu()
        costs: dict[str, list[float]] = {"bare": [], "governed": []}
        for _ in range(rounds):
            for name, target in (("bare", bare), ("governed", governed)):
                gc.collect()
                before = cpu()
                for _ in range(calls):
                    await post(target, "nothing", key)
                gc.collect()  # each pays for its own garbage, whenever the collector would have come
                costs[name].append((cpu() - before) / calls * 1000)
        added = [b - a for a, b in zip(costs["bare"], costs["governed"], strict=True)]
        a, b, c = (statistics.median(values) for values in (costs["bare"], costs["governed"], added))
        low, high = min(costs["bare"]), min(costs["governed"])
        print(f"{'':18}{'median':>10} {'least':>10}   ms CPU a call; least: the round that others disturbed least")
        print(f"{'bare server':18}{a:10.3f} {low:10.3f}")
        print(f"{'governed server':18}{b:10.3f} {high:10.3f}   (x{b / a:.2f}, x{high / low:.2f})")
        print(f"{'added':18}{c:10.3f} {high - low:10.3f}   (bar {BAR_MS}, aim {AIM_MS})")

        sync = fdatasync_ms(data_dir)
        ends_at, done = time.monotonic() + 5.0, 0

        async def caller() -> None:
            nonlocal done
            while time.monotonic() < ends_at:
                await post(governed, "change_nothing", key)
                done += 1

        began = time.monotonic()
        await asyncio.gather(*(caller() for _ in range(32)))
        rate = done / (time.monotonic() - began)
        print(
            f"two-phase durable {rate:.0f} calls/s at 32 callers (bar {DURABLE_BAR} where a sync takes 5 ms; here {sync:.1f} ms)"
        )
        for end in ends:
            await end()


def fdatasync_ms(directory: Path) -> float:
    """Median time of an append and fdatasync of 4 KiB, milliseconds."""
    path = directory / "probe"
    with path.open("wb", buffering=0) as file:
        times = []
        for _ in range(50):
            began = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(times) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--directory", type=Path, help="where the data directory is made (a real disk, not tmpfs)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.directory) as directory:
        uvloop.run(measure(arguments.calls, arguments.rounds, Path(directory)))


if __name__ == "__main__":
    sys.exit(main())
