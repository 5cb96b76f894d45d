"""Ways in: HTTP by uvicorn, stdio for a client that starts us, and one local call for scripts.

What takes long to import is imported where `started` has brought it already.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import uvicorn
import uvloop

from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Origin
from mcp_server.collector import collect_seldom
from mcp_server.config import ConfigurationError, ServerSettings, Settings
from mcp_server.identity.api_keys import ApiKeyStore
from mcp_server.identity.authenticator import KEY_FILE, local_principal
from mcp_server.starting import started

if TYPE_CHECKING:
    from mcp_server.app import Parts

FIRST_KEY_ROLE = "operator"
QUIET = 1.0
"""Seconds that belong to the clients which waited for the start: then the rules are compiled."""


def serve_http(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, then drain running calls. Returns the exit code."""
    _log_to_stderr()
    uvloop.run(_serve_http(settings))
    return 0


async def _serve_http(settings: Settings) -> None:
    listener = _listen(settings.server)
    settings = _with_port(settings, listener.getsockname()[1])
    async with started(settings) as parts:
        from mcp_server.app import http_application
        from mcp_server.edge import http_protocol

        application = http_application(parts)
        config = uvicorn.Config(
            application,
            loop="none",
            http=http_protocol(application.malformed),
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=65,
        )
        collect_seldom()
        await _Server(config, parts).serve(sockets=[listener])


def _listen(server: ServerSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        return socket.create_server((server.host, server.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {server.http}: {error.strerror}", remedy="choose another --http HOST:PORT"
        ) from None


def _with_port(settings: Settings, port: int) -> Settings:
    """The settings with the port that the kernel chose, if port 0 asked for any."""
    server = settings.server.model_copy(update={"http": f"{settings.server.http.rpartition(':')[0]}:{port}"})
    return settings.model_copy(update={"server": server})


class _Server(uvicorn.Server):
    """Uvicorn that greets when it is ready and, told to stop, lets the calls inside the gate finish first."""

    def __init__(self, config: uvicorn.Config, parts: Parts) -> None:
        super().__init__(config)
        self._parts = parts
        self._warming: asyncio.Task[None] | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but without raising the signal again at the end: a drained stop is a success."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        try:
            yield
        finally:
            for number in (*signals, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def _reload(self) -> None:
        """SIGHUP: look at the policy now instead of at the next interval; what is broken is not taken, see /healthz."""
        self._reloading = asyncio.ensure_future(self._parts.policy.reload())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _welcome(self._parts)
            self._warming = asyncio.create_task(_warm(self._parts))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._warming is not None:
            self._warming.cancel()
        gate, limit = self._parts.gate, self._parts.settings.server.drain_seconds
        gate.stop()
        ends = time.monotonic() + limit
        while gate.running and time.monotonic() < ends:
            await asyncio.sleep(0.02)
        # What is still open are idle event streams of clients: they reconnect elsewhere.
        self.config.timeout_graceful_shutdown = 1
        await super().shutdown(sockets)


def serve_stdio(settings: Settings) -> int:
    """Serve one client over stdin and stdout until it closes them. Returns the exit code."""
    _log_to_stderr()
    uvloop.run(_serve_stdio(settings))
    return 0


async def _serve_stdio(settings: Settings) -> None:
    principal = local_principal(settings.identity.local)
    async with started(settings) as parts:
        from mcp.server.stdio import stdio_server

        from mcp_server.adapter import build_server

        server = build_server(parts.gate.pass_through, lambda _: principal, "stdio")
        async with stdio_server() as (read, write):
            warming = asyncio.create_task(_warm(parts))
            await server.run(read, write, server.create_initialization_options())
            warming.cancel()


async def call_locally(
    settings: Settings, tool: str, arguments: Mapping[str, Any], purpose: str = ""
) -> dict[str, Any]:
    """One tool call as the local principal, through the same gate; its answer as JSON. Raises YumenError."""
    call = Call(
        id=event_id(),
        method="tools/call",
        name=tool,
        arguments=arguments,
        principal=local_principal(settings.identity.local),
        origin=Origin(transport="local", client_name="yumen call"),
        received=time.time(),
        size=len(orjson.dumps(arguments)),
        purpose=purpose,
    )
    async with started(settings) as parts:
        outcome = await parts.gate.pass_through(call, _print_progress)
    return dict(outcome.result)


async def _warm(parts: Parts) -> None:
    """Have ready what takes long, when the first clients have been served and no call is running."""
    await asyncio.sleep(QUIET)
    while parts.gate.running:
        await asyncio.sleep(QUIET)
    await parts.warm()


def _print_progress(done: float, total: float | None, message: str) -> None:
    if sys.stderr.isatty():
        share = f"{done / total:4.0%}" if total else f"{done:g}"
        print(f"\r{share} {message[:100]:<100}", end="", file=sys.stderr, flush=True)


def _welcome(parts: Parts) -> None:
    """Tell a newcomer how to connect; on the very first start, make and show a key, once."""
    settings = parts.settings
    url = settings.server.resource_url
    lines = [f"Yumen serves MCP at {url}", f"data: {settings.data_dir.resolve()}"]
    roots = ", ".join(str(root) for root in settings.paths.roots)
    lines.append(f"files under these folders can be examined: {roots or 'none (give --root DIR)'}")
    key = _first_key(settings)
    if key:
        lines.append(f"\nYour first API key (role {FIRST_KEY_ROLE}); it is shown only this once:\n\n    {key}\n")
    shown = key or "ymn_…"
    snippet = {"mcpServers": {"yumen": {"type": "http", "url": url, "headers": {"Authorization": f"Bearer {shown}"}}}}
    lines += [
        "Paste this into your MCP client's configuration:\n",
        orjson.dumps(snippet, option=orjson.OPT_INDENT_2).decode(),
        "\nor, for Claude Code:\n",
        f'    claude mcp add --transport http yumen {url} --header "Authorization: Bearer {shown}"\n',
        "More keys: yumen key create. Stop with Ctrl-C.",
    ]
    print("\n".join(lines), flush=True)


def _first_key(settings: Settings) -> str | None:
    if not settings.identity.api_keys.enabled or settings.identity.issuers:
        return None
    store = ApiKeyStore(settings.data_dir / KEY_FILE)
    try:
        if store.all():
            return None
        key, _ = store.create(label="first key", tenant="default", roles=[FIRST_KEY_ROLE])
        return key
    finally:
        store.close()


def _log_to_stderr() -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
