from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcp_server.calls import Principal


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def alice() -> Principal:
    return Principal(subject="alice", issuer="https://issuer.example", method="oidc", tenant="acme")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of this test run's own, on a socket in its own folder."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed")
    folder: Path = tmp_path_factory.mktemp("redis")
    address = folder / "socket"
    told = ["--port", "0", "--unixsocket", str(address), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen([binary, *told], stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            if address.exists():
                break
            time.sleep(0.02)
        yield f"unix://{address}"
    finally:
        server.terminate()
        server.wait(10)
