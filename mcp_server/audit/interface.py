"""The log as everything beside it needs it: the embedded one and the one in PostgreSQL are both one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.keys import Card, LogKeys
from mcp_server.audit.notes import Checkpoint
from mcp_server.audit.records import JSON, MakeRest


@dataclass(slots=True)
class Receipt:
    """Where a record lies. `checkpoint` is 'origin size base64root' once the record is durable, None while buffered."""

    index: int
    event_id: str
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """The newest durable state: its checkpoint and the signed note of it."""

    checkpoint: Checkpoint
    note: str | None


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
    @property
    def erasures(self) -> int:
        """How many erasures of subjects by other processes this one has learnt of: each makes cached keys stale."""
        ...

    async def append(
        self, event: Mapping[str, JSON], *, durable: bool = True, rest: MakeRest | None = None
    ) -> Receipt: ...
    async def flush(self) -> Committed: ...
    async def settle(self) -> Committed: ...
    def hold(self, sink: str, held: bool) -> None: ...
    async def close(self) -> None: ...
