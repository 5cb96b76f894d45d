"""Time as a record states it: wall clock, monotonic clock, which boot, and whether the kernel calls its clock synchronised."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_JUMP_MICROS: Final = 2_000_000
_TIME_ERROR: Final = 5  # adjtimex(2): the clock is not synchronised
_SYNC_CHECK_SECONDS: Final = 30.0
_VARIANT: Final = {f"{digit:x}": f"{digit & 0x3 | 0x8:x}" for digit in range(16)}


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"


class _Clock:
    """Answers with the kernel's view of its clock, asked at most every half minute."""

    def __init__(self) -> None:
        self.boot = _boot_id()
        self._checked = float("-inf")
        self._state = "unknown"
        self._libc = ctypes.CDLL(None, use_errno=True)

    def state(self) -> str:
        now = time.monotonic()
        if now - self._checked >= _SYNC_CHECK_SECONDS:
            self._checked = now
            try:
                # A zeroed struct timex with modes = 0 only reads; 512 bytes are more than any ABI's struct.
                answer = self._libc.adjtimex(ctypes.create_string_buffer(512))
            except AttributeError:
                answer = -1
            self._state = "unknown" if answer < 0 else "unsynchronised" if answer == _TIME_ERROR else "synchronised"
        return self._state


_clock = _Clock()


def stamp() -> dict[str, int | str]:
    """`time` and `mono` in whole microseconds (records hold no floats), `boot` id and `clock` state."""
    return {
        "time": time.time_ns() // 1000,
        "mono": time.monotonic_ns() // 1000,
        "boot": _clock.boot,
        "clock": _clock.state(),
    }


def event_id() -> str:
    """A UUIDv7 (RFC 9562 §5.7): millisecond time first, so that ids sort by time."""
    moment, chance = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10).hex()
    # The version 7 in place of one digit; the variant 0b10 in the upper bits of another.
    variant = _VARIANT[chance[3]]
    return f"{moment[:8]}-{moment[8:]}-7{chance[:3]}-{variant}{chance[4:7]}-{chance[7:19]}"


class ClockWatch:
    """Wall clock and monotonic clock move together; where they stop doing so, somebody set the clock."""

    def __init__(self) -> None:
        self._offset: int | None = None

    def jump(self, event: Mapping[str, object]) -> int:
        """By how many microseconds the wall clock was set since the event before this one; 0 when it was not."""
        wall, steady = event.get("time"), event.get("mono")
        if not isinstance(wall, int) or not isinstance(steady, int):
            return 0
        offset, before = wall - steady, self._offset
        self._offset = offset
        return offset - before if before is not None and abs(offset - before) > _JUMP_MICROS else 0
