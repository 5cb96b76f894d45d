"""Servers for the tests: the real command in a process of its own, on loopback, with a data directory that is thrown away."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, settings
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

pytest_plugins = ["postgresql"]  # tests/support

REPOSITORY = Path(__file__).parents[1]
EXAMPLES = REPOSITORY / "examples"
START_SECONDS = 60

# The machines that tests run on are shared: a slow draw says nothing, and a run must say the same twice.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("shared")


@dataclass
class ServedYumen:
    """A running `yumen serve`."""

    url: str
    key: str
    data_dir: Path
    root: Path
    process: subprocess.Popen[str]
    printed: str = field(repr=False)

    def headers(self, key: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {key or self.key}"}

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def yumen(*arguments: str) -> list[str]:
    """The command line of the `yumen` under test."""
    return [sys.executable, "-m", "mcp_server.cli", *arguments]


class ServerFactory:
    """Starts servers and ends them all."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._started: list[ServedYumen] = []

    def __call__(
        self,
        *extra: str,
        config: str = "",
        data_dir: Path | None = None,
        root: Path | None = None,
        under: tuple[str, ...] = (),
    ) -> ServedYumen:
        """Start one and wait until it is ready. `under` is a command that runs the server, such as prlimit."""
        place = Path(tempfile.mkdtemp(dir=self._base))
        data_dir = data_dir or place / "data"
        root = root or place / "root"
        root.mkdir(exist_ok=True)
        command = yumen("serve", "--http", "127.0.0.1:0", "--data-dir", str(data_dir), "--root", str(root), *extra)
        if config:
            (place / "yumen.toml").write_text(config)
            command += ["--config", str(place / "yumen.toml")]
        process = subprocess.Popen(
            [*under, *command],
            stdout=subprocess.PIPE,
            stderr=(place / "stderr").open("w"),
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"},
        )
        printed = _read_until_ready(process, place / "stderr")
        served = ServedYumen(
            url=re.search(r"serves MCP at (\S+)", printed)[1],  # type: ignore[index]
            key=found[0] if (found := re.findall(r"\bymn_[a-z2-7]+_[a-z2-7]+\b", printed)) else "",
            data_dir=data_dir,
            root=root,
            process=process,
            printed=printed,
        )
        self._started.append(served)
        return served

    def close(self) -> None:
        for served in self._started:
            if served.process.poll() is None:
                served.process.kill()
            served.process.wait()
            if served.process.stdout:
                served.process.stdout.close()


def _read_until_ready(process: subprocess.Popen[str], stderr: Path) -> str:
    assert process.stdout is not None
    printed, ends = "", time.monotonic() + START_SECONDS
    while "Stop with Ctrl-C" not in printed:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, ends - time.monotonic()))
        chunk = os.read(process.stdout.fileno(), 65536).decode() if ready else ""
        if not chunk:
            process.kill()
            raise AssertionError(f"the server did not start:\n{printed}\n{stderr.read_text()}")
        printed += chunk
    return printed


@pytest.fixture(scope="session")
def server_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerFactory]:
    factory = ServerFactory(tmp_path_factory.mktemp("servers"))
    yield factory
    factory.close()


@pytest.fixture(scope="session")
def server(server_factory: ServerFactory) -> ServedYumen:
    """One server that many tests share; its root holds the shipped examples."""
    return server_factory("--root", str(EXAMPLES))


ERAS = ("legacy", "auto")
"""How the SDK's client is told to speak: the handshake of 2025-11-25, or the stateless revision of 2026-07-28."""


@asynccontextmanager
async def http_client(server: ServedYumen, era: str, key: str | None = None) -> AsyncIterator[Client]:
    """The SDK's client, connected over Streamable HTTP."""
    async with (
        httpx2.AsyncClient(headers=server.headers(key), timeout=60) as http,
        Client(streamable_http_client(server.url, http_client=http), mode=era) as client,
    ):
        yield client


@asynccontextmanager
async def stdio_client_of(data_dir: Path, root: Path, era: str, *extra: str) -> AsyncIterator[Client]:
    """The SDK's client, with a server of its own over stdio."""
    command, *arguments = yumen("serve", "--stdio", "--data-dir", str(data_dir), "--root", str(root), *extra)
    parameters = StdioServerParameters(command=command, args=arguments, env={"PYTHONPATH": str(REPOSITORY)})
    async with Client(parameters, mode=era) as client:
        yield client


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=("http", "stdio"))
def connect(
    request: pytest.FixtureRequest, tmp_path: Path, era: str
) -> Callable[[], AbstractAsyncContextManager[Client]]:
    """Connects the SDK's client to a server with the examples as its root: both transports, both eras."""
    if request.param == "http":
        server: ServedYumen = request.getfixturevalue("server")
        return lambda: http_client(server, era)
    return lambda: stdio_client_of(tmp_path / "data", EXAMPLES, era)


@pytest.fixture(scope="session")
def over_http() -> Callable[..., AbstractAsyncContextManager[Client]]:
    return http_client


@pytest.fixture(scope="session")
def over_stdio() -> Callable[..., AbstractAsyncContextManager[Client]]:
    return stdio_client_of
