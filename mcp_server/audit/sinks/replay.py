"""What to send again after a lost connection to a receiver that may lose what it has taken."""

from __future__ import annotations

import time

from mcp_server.audit.sinks.settings import ReplayingSinkSettings


class ReplayWindow:
    """The cursor stays `replay` events behind what was sent until the connection has stayed up for `settle_seconds`
    after the last one; after a lost connection everything behind the cursor is sent again."""

    def __init__(self, settings: ReplayingSinkSettings) -> None:
        self._settings = settings
        self._first = 0
        self._opened = 0.0
        self._sent = 0
        self._since = 0.0

    def opened(self, first: int) -> None:
        """A connection stands; the event at `first` is the next to be sent."""
        self._first = first
        self._opened = time.monotonic()
        self._sent = 0

    def sent(self, size: int) -> int:
        """Everything before `size` was sent; the size up to which that counts as delivered."""
        self._sent = size
        self._since = time.monotonic()
        delivered = max(0, size - self._settings.replay)
        if self._since - self._opened < self._settings.settle_seconds:
            # In TLS 1.3 a receiver may still refuse our certificate after it took the first bytes (RFC 8446 §4.4.2.4).
            delivered = min(delivered, self._first)
        return delivered

    def settled(self) -> int | None:
        """The size up to which everything is delivered, once the connection has stayed up for long enough."""
        quiet = time.monotonic() - self._since >= self._settings.settle_seconds
        return self._sent if self._sent and quiet else None
