"""What a sink is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from mcp_server.audit.events import Event
from scanners.errors import YumenError


class SinkUnavailable(YumenError):
    """The receiver cannot be reached, or did not acknowledge. What was sent is sent again later."""

    code: ClassVar[str] = "audit_sink_unavailable"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a batch."""

    acknowledged: int
    """Index up to which (exclusive) the receiver has promised to keep every event: the cursor moves here."""
    resume: int | None = None
    """Where to go on when not all of the batch was taken; None to go on behind it."""
    rejected: tuple[tuple[int, str], ...] = ()
    """(index, reason) of events that the receiver will never take as they are; they are passed over and reported."""


class Sink(Protocol):
    """A receiver. Used by one task; never called concurrently."""

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        """Send the events, in order, all newer than the cursor. Raises SinkUnavailable; then all are sent again."""
        ...

    async def settle(self) -> int | None:
        """Nothing is left to send: the index up to which everything sent is safe by now, or None if nothing changed."""
        ...

    async def close(self) -> None:
        """Let go of connections; what is not acknowledged stays before the cursor."""
        ...
