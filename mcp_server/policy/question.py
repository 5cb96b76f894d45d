"""The question of the gate: may this call happen, or which of these things may its caller see?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from mcp_server.calls import Call
from tools.registry import Tool

INPUT_VERSION = 1


class Candidate(Protocol):
    """One entry of a list that the caller may or may not see."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def risk(self) -> str: ...


class Target(Protocol):
    """A path that the call names, resolved; or a place in a store, which prints as its URI."""

    @property
    def argument(self) -> str: ...
    @property
    def path(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that an access decision may be about."""

    call: Call
    tool: Tool | None = None
    targets: tuple[Target, ...] = ()
    arguments: Mapping[str, Any] | None = None
    """None when they did not fit the schema of the tool."""
    candidates: tuple[Candidate, ...] = ()

    def document(self) -> dict[str, Any]:
        """The question as policy reads it; its schema is docs/policy-contract.md.

        What is added here must be added to `memo.SECTIONS`: a decision is remembered by what the policy reads of it.
        """
        call, tool = self.call, self.tool
        principal, origin = call.principal, call.origin
        return {
            "version": INPUT_VERSION,
            "call": {
                "id": call.id,
                "method": call.method,
                "name": call.name,
                "time": datetime.fromtimestamp(call.received, UTC).isoformat(),
                "minute": call.minute,
                "purpose": call.purpose,
                "size": call.size,
            },
            "principal": {
                "subject": principal.subject,
                "issuer": principal.issuer,
                "method": principal.method,
                "tenant": principal.tenant,
                "roles": list(principal.roles),
                "scopes": sorted(principal.scopes),
                "client": principal.client,
                "jurisdiction": principal.jurisdiction,
            },
            "origin": {
                "transport": origin.transport,
                "address": origin.address,
                "protocol_version": origin.protocol_version,
                "client_name": origin.client_name,
            },
            "tool": None
            if tool is None
            else {"name": tool.name, "family": tool.family, "risk": tool.risk, "digest": tool.digest},
            "targets": [{"argument": target.argument, "path": str(target.path)} for target in self.targets],
            "arguments": self.arguments,
            "candidates": [
                {"name": one.name, "kind": one.kind, "family": one.family, "risk": one.risk} for one in self.candidates
            ],
        }
