"""The whole server under faults: killed under load, and out of disk. Nothing that was acknowledged may be missing."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from raw_calls import BODY, HEADERS, PLENTY

REPOSITORY = Path(__file__).parents[2]


def yumen(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "mcp_server.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


async def call(client: httpx.AsyncClient, server) -> httpx.Response:
    headers = HEADERS | server.headers()
    return await client.post(server.url, json=BODY, headers=headers)


@pytest.mark.slow
def test_a_killed_server_has_every_record_that_it_acknowledged(server_factory) -> None:
    server = server_factory(config=PLENTY)
    acknowledged: set[int] = set()

    async def caller(client: httpx.AsyncClient) -> None:
        while True:
            try:
                answer = await call(client, server)
            except httpx.TransportError:
                return
            acknowledged.add(answer.json()["result"]["structuredContent"]["record"]["index"])

    async def load() -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            callers = [asyncio.create_task(caller(client)) for _ in range(8)]
            while len(acknowledged) < 200:
                await asyncio.sleep(0.01)
            server.process.send_signal(signal.SIGKILL)
            await asyncio.gather(*callers)

    asyncio.run(load())
    server.process.wait()
    again = server_factory(data_dir=server.data_dir)
    assert again.stop() == 0
    verified = yumen("audit", "verify", "--data-dir", str(server.data_dir))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    shown = yumen("audit", "show", str(max(acknowledged)), "--data-dir", str(server.data_dir))
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert len(acknowledged) >= 200


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit of util-linux")
def test_a_full_disk_refuses_calls_and_loses_nothing(server_factory) -> None:
    """A limit on the size of any file stands in for the full disk: the same write fails, in the same place."""
    server = server_factory(config=PLENTY, under=("prlimit", "--fsize=2000000"))

    async def until_refused() -> tuple[set[int], str]:
        acknowledged: set[int] = set()
        async with httpx.AsyncClient(timeout=30) as client:
            while True:
                answers = await asyncio.gather(*(call(client, server) for _ in range(16)))
                for answer in answers:
                    result = answer.json().get("result", {})
                    if result.get("structuredContent"):
                        acknowledged.add(result["structuredContent"]["record"]["index"])
                    else:
                        health = await client.get(server.url.removesuffix("/mcp") + "/healthz")
                        assert health.status_code == 503
                        assert health.json()["parts"]["audit"]["state"] == "failed"
                        return acknowledged, json.dumps(answer.json())

    acknowledged, refusal = asyncio.run(until_refused())
    assert "audit_unavailable" in refusal
    assert "Traceback" not in refusal
    server.process.kill()
    server.process.wait()
    again = server_factory(data_dir=server.data_dir)  # with room again
    assert again.stop() == 0
    assert yumen("audit", "verify", "--data-dir", str(server.data_dir)).returncode == 0
    assert yumen("audit", "show", str(max(acknowledged)), "--data-dir", str(server.data_dir)).returncode == 0
