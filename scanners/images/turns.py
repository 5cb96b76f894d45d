"""How much the layers that are read at once may hold.

The lowest layer that is not yet laid on the others may hold what the limits leave; those above it share a little, and
wait for their turn when it is used up. So memory is bounded, and the answer the same as if they were read one by one.
"""

from __future__ import annotations

import threading
from typing import BinaryIO, cast

from scanners.errors import LimitReached
from scanners.images.limits import Limits

_ENTRIES = 4096
"""Entries that a layer ahead of its turn takes from what is shared, at a time."""


class ReadAgain(Exception):
    """What a layer holds is more than the layers below it left: it is read again, in its turn."""


class Abandoned(Exception):
    """The image is not read on."""


class Turns:
    """Whose turn it is, and what is left."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._turn = 0
        self._entries = self._bytes = 0
        self._ahead_entries, self._ahead_bytes = limits.ahead_entries, limits.ahead_bytes
        self.ended = False

    def next(self, share: Share) -> None:
        """The turn's layer is done. Raises ReadAgain, and keeps the turn, where it holds too much."""
        with self._changed:
            self._give_back(share)
            if not self._fits(share):
                raise ReadAgain
            self._entries += share.entries
            self._bytes += share.bytes
            self._turn += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing is read on, and nobody waits any longer."""
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def grant(self, share: Share, entries: int, size: int) -> None:
        """Let a layer hold more, in its turn whatever is left. Waits. Raises ReadAgain, Abandoned."""
        with self._changed:
            ahead = share.layer != self._turn
            if ahead and entries <= self._ahead_entries and size <= self._ahead_bytes:
                self._ahead_entries -= entries
                self._ahead_bytes -= size
                share.granted(entries, size)
                return
            while share.layer != self._turn and not self.ended:
                self._changed.wait()
            if self.ended:
                raise Abandoned
            self._give_back(share)
            if not self._fits(share):
                raise ReadAgain
            share.granted(self._limits.entries - self._entries, self._limits.kept_total - self._bytes)
            share.in_turn = True

    def _fits(self, share: Share) -> bool:
        """Whether reading in turn would have let it hold all that it holds."""
        if share.in_turn or not share.entries:
            return True
        return (
            self._entries + share.entries <= self._limits.entries
            and self._bytes + share.bytes <= self._limits.kept_total
        )

    def _give_back(self, share: Share) -> None:
        if not share.in_turn:
            self._ahead_entries += share.most_entries
            self._ahead_bytes += share.most_bytes
            share.most_entries = share.most_bytes = 0


class Share:
    """What one layer holds, and how much it may."""

    def __init__(self, turns: Turns, layer: int) -> None:
        self._turns = turns
        self.layer = layer
        self.entries = self.bytes = 0
        self.most_entries = self.most_bytes = 0
        self.in_turn = False

    def entry(self, limits: Limits) -> None:
        """Count one more entry. Raises LimitReached; ReadAgain and Abandoned as `Turns.grant`."""
        if self.entries >= self.most_entries and not self.in_turn:
            self._turns.grant(self, _ENTRIES, 0)
        self.entries += 1
        if self.entries > self.most_entries:
            raise LimitReached(f"the image has more than {limits.entries} entries")

    def hold(self, size: int) -> bool:
        """Whether a file of so many bytes may be kept; if so, it is counted. Raises ReadAgain and Abandoned."""
        if self.bytes + size > self.most_bytes and not self.in_turn:
            self._turns.grant(self, 0, size)
        if self.bytes + size > self.most_bytes:
            return False
        self.bytes += size
        return True

    def watched(self, raw: BinaryIO) -> BinaryIO:
        """A layer's bytes, as long as the image is read on. Its `read` raises Abandoned."""
        return cast(BinaryIO, _Watched(raw, self._turns))

    def granted(self, entries: int, size: int) -> None:
        """Called by `Turns`."""
        self.most_entries += entries
        self.most_bytes += size


class _Watched:
    """A file that is no longer read once the others gave up."""

    def __init__(self, raw: BinaryIO, turns: Turns) -> None:
        self._raw, self._turns = raw, turns

    def read(self, size: int) -> bytes:
        if self._turns.ended:
            raise Abandoned
        return self._raw.read(size)
