"""One call as it goes over the wire, for tests that send many of them without a client."""

from __future__ import annotations

from typing import Any, Final

HEADERS: Final = {
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "policy_evaluate",
}
BODY: Final[dict[str, Any]] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {
        "name": "policy_evaluate",
        "arguments": {"policy": "residency", "input": {}},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    },
}
PLENTY: Final = (
    "[limits]\nprincipal = {per_second = 100000, burst = 100000}\ntool = {per_second = 100000, burst = 100000}\n"
)
"""Limits that a load test never meets."""
