"""The one root of every error that Yumen raises on purpose.

A class carries a stable `code` (what a program matches on), the sentence that a caller may read, and what to do
next. Details meant only for the operator go into `detail` and come out of `diagnostics()`, never to a client.
"""

from __future__ import annotations

from typing import ClassVar


class YumenError(Exception):
    """An expected failure. `str(error)` is safe to show to the caller; `detail` is not."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, remedy: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.detail = detail

    def diagnostics(self) -> str:
        """What the operator should read: the message, the hidden detail and the remedy, a line each."""
        lines = [f"{self.code}: {self.message}"]
        if self.detail:
            lines.append(f"detail: {self.detail}")
        if self.remedy:
            lines.append(f"remedy: {self.remedy}")
        return "\n".join(lines)


class TargetRefused(YumenError):
    """A path that may not be examined: outside the roots, a device, a FIFO, a hard link out of the roots."""

    code = "target_refused"


class TargetMissing(YumenError):
    """A path inside the roots with nothing there."""

    code = "target_missing"


class UnreadableInput(YumenError):
    """The bytes are not what the scanner reads: truncated, corrupt, of another kind."""

    code = "unreadable_input"


class LimitReached(YumenError):
    """A bound on bytes, entries, depth, ratio, memory or time was hit. What lies behind it was not examined."""

    code = "limit_reached"
