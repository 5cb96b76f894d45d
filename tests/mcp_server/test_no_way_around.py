"""There is no way to a tool, a resource or a prompt but through the gate."""

from __future__ import annotations

import ast
import asyncio
import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from mcp_server.adapter import build_server
from mcp_server.calls import Call, Outcome, Principal
from scanners.errors import YumenError

HARMLESS = {"ping", "server/discover"}
"""What the SDK answers by itself: nothing about tools, resources or prompts, and only to identified callers (the edge)."""

REPOSITORY = Path(__file__).parents[2]
PRINCIPAL = Principal("alice", "test", "local", "default")


def context() -> Any:
    return SimpleNamespace(
        request=None,
        meta=None,
        protocol_version="2026-07-28",
        request_id=1,
        session=SimpleNamespace(client_params=None),
    )


def parameters(params_type: type[Any]) -> Any:
    samples = {"name": "thing", "uri": "policy://thing", "arguments": {}, "requestId": 1}
    return params_type.model_validate({name: samples[name] for name in ("name", "uri") if _takes(params_type, name)})


def _takes(params_type: type[Any], name: str) -> bool:
    return name in params_type.model_fields


class Witness:
    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def __call__(self, call: Call, on_progress: Any) -> Outcome:
        self.calls.append(call)
        raise YumenError("stop here")


def test_every_handler_that_serves_anything_goes_through_the_gate_once() -> None:
    witness = Witness()
    server = build_server(witness, lambda _: PRINCIPAL, "stdio")
    handlers = {method: entry for method, entry in server._request_handlers.items() if method not in HARMLESS}
    assert {"tools/call", "tools/list", "resources/list", "resources/read", "prompts/list", "prompts/get"} <= set(
        handlers
    )
    for method, entry in handlers.items():
        witness.calls.clear()
        refusal = contextlib.nullcontext() if method == "tools/call" else pytest.raises(MCPError, match="stop here")
        with refusal:
            assert asyncio.run(entry.handler(context(), parameters(entry.params_type)))["isError"] is True
        assert [call.method for call in witness.calls] == [method]
        assert witness.calls[0].principal is PRINCIPAL


def test_no_notification_handler_serves_anything() -> None:
    server = build_server(Witness(), lambda _: PRINCIPAL, "stdio")
    assert server._notification_handlers == {}


def test_without_identity_there_is_no_call() -> None:
    def nobody(ctx: Any) -> Principal:
        raise YumenError("who are you?")

    witness = Witness()
    server = build_server(witness, nobody, "http")
    answer = asyncio.run(
        server._request_handlers["tools/call"].handler(context(), types.CallToolRequestParams(name="model_hash"))
    )
    assert answer["isError"] is True
    assert witness.calls == []


def _calls_in(path: Path) -> set[str]:
    """Names of attributes and functions that a module calls."""
    tree = ast.parse(path.read_text())
    return {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }


@pytest.mark.parametrize(
    ("verb", "home"),
    [
        ("perform", {"mcp_server/gate.py"}),  # Surface.perform: what runs a tool, reads a resource, renders a prompt
        ("understood", {"mcp_server/gate.py", "mcp_server/inspect/duties.py"}),
        ("build_server", {"mcp_server/app.py", "mcp_server/serving.py"}),
    ],
)
def test_what_the_gate_guards_is_called_by_the_gate_alone(verb: str, home: set[str]) -> None:
    callers = {
        str(path.relative_to(REPOSITORY))
        for path in (REPOSITORY / "mcp_server").rglob("*.py")
        if verb in _calls_in(path)
    }
    assert callers == home
