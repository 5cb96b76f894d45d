"""The log as everything beside it needs it: the embedded one and the one in PostgreSQL are both one of these."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.keys import Card, LogKeys
from mcp_server.audit.log import Committed, Receipt
from mcp_server.audit.records import JSON


class Log(Protocol):
    """An open log."""

    directory: Path
    """Its segments, or the mirror of them."""

    @property
    def origin(self) -> str: ...
    @property
    def card(self) -> Card: ...
    @property
    def keys(self) -> LogKeys: ...
    @property
    def committed(self) -> Committed: ...
    @property
    def refusal(self) -> AuditUnavailable | None: ...

    async def append(
        self, event: Mapping[str, JSON], *, durable: bool = True, content: bytes | None = None
    ) -> Receipt: ...
    async def flush(self) -> Committed: ...
    async def settle(self) -> Committed: ...
    def hold(self, sink: str, held: bool) -> None: ...
    async def close(self) -> None: ...
