"""The whole server behind a real socket, asked by the real MCP client: identity in both protocol eras."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.auth.utils import (
    build_protected_resource_metadata_discovery_urls,
    extract_resource_metadata_from_www_auth,
)
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import ProtectedResourceMetadata
from mcp.shared.exceptions import MCPError

from mcp_server import config
from mcp_server.app import http_application, open_parts
from mcp_server.edge import http_protocol
from mcp_server.identity.authenticator import open_key_store

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]
ERAS = ("auto", "legacy")


class Running:
    """A server, its address and its keys."""

    def __init__(self, url: str, data_dir: Path, application: Any) -> None:
        self.url = url
        self.data_dir = data_dir
        self.application = application

    def key(self, **changes: Any) -> str:
        told: dict[str, Any] = {"label": "", "tenant": "acme", "roles": ("analyst",)}
        return open_key_store(self.data_dir).create(**(told | changes))[0]

    def revoke(self, key: str) -> None:
        """From another process, as an operator would."""
        script = (
            "import sys; from pathlib import Path; from mcp_server.identity.authenticator import open_key_store\n"
            "open_key_store(Path(sys.argv[1])).revoke(sys.argv[2])"
        )
        told = [sys.executable, "-c", script, self.data_dir, key.split("_")[1]]
        subprocess.run(told, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})

    @asynccontextmanager
    async def client(self, credential: str, era: str) -> AsyncIterator[Client]:
        headers = {"authorization": f"Bearer {credential}"}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=era) as client,
        ):
            yield client

    async def post(self, body: Any, **headers: str) -> httpx.Response:
        told = {"accept": "application/json, text/event-stream"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        async with httpx.AsyncClient(trust_env=False) as http:
            return await http.post(self.url, json=body, headers=told)


@pytest.fixture(scope="module")
def provider(realms: Any, rsa_key: Any) -> Any:
    return realms.add(rsa_key)


@pytest.fixture(scope="module")
def fallen(realms: Any, rsa_key: Any) -> Any:
    """An issuer that has been down since before the server started."""
    provider = realms.add(rsa_key)
    provider.status = 500
    return provider


@pytest.fixture(scope="module")
async def running(
    provider: Any, fallen: Any, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Running]:
    async with serve(tmp_path_factory.mktemp("served"), (provider, fallen)) as running:
        yield running


@pytest.fixture(scope="module")
async def stepping_up(
    provider: Any, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Running]:
    """A server whose policy lets tokens of narrow scope see what a wider one could use."""
    folder = tmp_path_factory.mktemp("stepping-up")
    own = folder / "policies" / "config" / "authz"
    own.mkdir(parents=True)
    (own / "data.json").write_text(json.dumps({"scopes": {"step_up": True}}))
    policy = {"packs": [str(folder / "policies")]}
    async with serve(folder, (provider,), scopes=["tools:audit_verify"], policy=policy) as running:
        yield running


@asynccontextmanager
async def serve(
    folder: Path, issuers: Iterable[Any], scopes: Iterable[str] = ("tools:read",), **more: Any
) -> AsyncIterator[Running]:
    data_dir = folder / "data"
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    told = {
        "data_dir": str(data_dir),
        "server": {"http": address},
        "identity": {
            "issuers": [
                {"issuer": each.issuer, "audiences": [each.audience, f"http://{address}/mcp"]} for each in issuers
            ],
            "scopes": list(scopes),
        },
    } | more
    async with open_parts(config.load(None, told)) as parts:
        application = http_application(parts)
        protocol = http_protocol(application.malformed)
        server = uvicorn.Server(
            uvicorn.Config(application, loop="none", http=protocol, lifespan="on", log_level="critical")
        )
        serving = asyncio.ensure_future(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield Running(f"http://{address}/mcp", data_dir, application)
        finally:
            server.should_exit = True
            server.force_exit = True
            await serving


@pytest.mark.parametrize("era", ERAS)
async def test_a_key_and_a_token_both_reach_the_tools(running: Running, provider: Any, era: str) -> None:
    for credential in (running.key(), provider.token()):
        async with running.client(credential, era) as client:
            assert "model_verify" in {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("era", ERAS)
async def test_a_revoked_key_stops_working_at_once(running: Running, era: str) -> None:
    key = running.key()
    async with running.client(key, era) as client:
        await client.list_tools()
        running.revoke(key)
        with pytest.raises(MCPError):
            await client.list_tools()
    assert running.application.counts()["unauthenticated.revoked"] >= 1


LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


def naming(tool: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool, "arguments": {}}}


async def test_a_token_of_too_narrow_scope_is_told_what_to_ask_for(stepping_up: Running, provider: Any) -> None:
    narrow = {"authorization": f"Bearer {provider.token(scope='tools:policy_list')}"}
    opened = await stepping_up.post(INITIALIZE, **narrow)
    session = {"mcp_protocol_version": "2025-11-25", "mcp_session_id": opened.headers["mcp-session-id"]}
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    modern = naming("model_hash")
    modern["params"]["_meta"] = meta
    routing = {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/call", "mcp_name": "model_hash"}
    for body, told in ((naming("model_hash"), session), (modern, routing)):
        reply = await stepping_up.post(body, **narrow, **told)
        assert reply.status_code == 403
        assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
        assert 'scope="tools:read"' in reply.headers["www-authenticate"]
        assert reply.json()["error"] == "insufficient_scope"


class Memory:
    """Where the client keeps its token."""

    def __init__(self) -> None:
        self.tokens: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return None

    async def set_client_info(self, client_info: Any) -> None:
        raise AssertionError("this client is registered already")


@pytest.mark.parametrize("era", ERAS)
async def test_the_real_client_signs_in_and_steps_up_by_itself(stepping_up: Running, provider: Any, era: str) -> None:
    provider.asked.clear()
    signing_in = ClientCredentialsOAuthProvider(stepping_up.url, Memory(), "service", "secret", issuer=provider.issuer)
    async with (
        httpx2.AsyncClient(auth=signing_in, trust_env=False) as http,
        Client(streamable_http_client(stepping_up.url, http_client=http), mode=era) as client,
    ):
        assert {asked["scope"] for asked in provider.asked} == {"tools:audit_verify"}
        assert {asked["resource"] for asked in provider.asked} == {stepping_up.url}
        assert "policy_list" in {tool.name for tool in (await client.list_tools()).tools}
        answer = await client.call_tool("policy_list", {})
    assert not answer.is_error
    assert provider.asked[-1]["scope"] == "tools:audit_verify tools:read"


async def test_a_key_of_too_narrow_scope_learns_nothing(stepping_up: Running) -> None:
    narrow = stepping_up.key(scopes=("tools:policy_list",))
    async with stepping_up.client(narrow, "auto") as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["policy_list"]
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool("model_hash", {})


async def test_another_principals_session_does_not_exist(running: Running, provider: Any) -> None:
    alice, bob = running.key(), running.key()
    opened = await running.post(INITIALIZE, authorization=f"Bearer {alice}")
    session = opened.headers["mcp-session-id"]
    version = {"mcp_protocol_version": "2025-11-25", "mcp_session_id": session}
    assert (await running.post(LIST, authorization=f"Bearer {alice}", **version)).status_code == 200
    stolen = await running.post(LIST, authorization=f"Bearer {bob}", **version)
    unknown = await running.post(LIST, authorization=f"Bearer {bob}", **(version | {"mcp_session_id": "0" * 32}))
    assert stolen.status_code == unknown.status_code == 404
    assert stolen.content == unknown.content
    assert (await running.post(LIST, authorization=f"Bearer {provider.token()}", **version)).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_700_000_000},
        {"nbf": 4_000_000_000},
        {"aud": "https://other.example/mcp"},
        {"iss": "https://evil.example"},
        {"tenant": None},
        {"kind": "JWT"},
    ],
)
async def test_a_token_that_does_not_hold_is_answered_401_in_both_eras(
    running: Running, provider: Any, changes: dict[str, Any]
) -> None:
    token = provider.token(**changes)
    for version in ("2025-11-25", "2026-07-28"):
        reply = await running.post(LIST, authorization=f"Bearer {token}", mcp_protocol_version=version)
        assert reply.status_code == 401
        assert 'error="invalid_token"' in reply.headers["www-authenticate"]
        assert set(reply.json()) == {"error", "error_description"}


async def test_the_clients_own_discovery_finds_the_issuer(running: Running, provider: Any) -> None:
    reply = await running.post(LIST)
    assert (reply.status_code, 'scope="tools:read"' in reply.headers["www-authenticate"]) == (401, True)
    told = extract_resource_metadata_from_www_auth(httpx2.Response(401, headers=dict(reply.headers)))
    urls = build_protected_resource_metadata_discovery_urls(told, running.url)
    assert len(urls) == 3
    async with httpx.AsyncClient(trust_env=False) as http:
        for url in urls:
            document = ProtectedResourceMetadata.model_validate_json((await http.get(url)).content)
            assert str(document.resource) == running.url
            assert str(document.authorization_servers[0]) == provider.issuer
            assert document.scopes_supported == ["tools:read"]


async def test_an_issuer_that_is_down_refuses_for_now_and_not_for_good(running: Running, fallen: Any) -> None:
    reply = await running.post(LIST, authorization=f"Bearer {fallen.token()}")
    assert (reply.status_code, "retry-after" in reply.headers) == (503, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"content_type": "text/plain"}, 400),
        ({"accept": "text/html"}, 406),
    ],
)
async def test_a_request_that_the_protocol_refuses_is_counted(
    running: Running, headers: dict[str, str], status: int
) -> None:
    before = Counter(running.application.counts())
    reply = await running.post(LIST, authorization=f"Bearer {running.key()}", **headers)
    assert reply.status_code == status
    (code,) = Counter(running.application.counts()) - before
    assert code in ("host", "origin", f"protocol.{status}")
