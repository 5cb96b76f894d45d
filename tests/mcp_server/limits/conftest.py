from __future__ import annotations

import pytest

from mcp_server.calls import Principal


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def alice() -> Principal:
    return Principal(subject="alice", issuer="https://issuer.example", method="oidc", tenant="acme")
