"""How much one scan may consume. Whatever lies behind a bound is reported as skipped, never as examined."""

from __future__ import annotations

import mmap
import os
import time
from dataclasses import dataclass, field

from scanners.errors import LimitReached

_PAGE = mmap.PAGESIZE
_MEMORY_EVERY = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one scan; sizes in bytes, times in seconds."""

    entries: int = 100_000
    depth: int = 10
    """Containers inside containers."""
    expanded: int = 8 << 30
    """Bytes that come out of decompressors, all together."""
    expanded_member: int = 2 << 30
    bomb_size: int = 256 << 20
    bomb_ratio: int = 100
    """A stream that grows past `bomb_size` at more than `bomb_ratio` : 1 is called a bomb."""
    opcodes: int = 60_000_000
    document: int = 256 << 20
    """Largest text document (JSON, YAML, XML, template) that is parsed."""
    seconds: float = 900.0
    memory: int = 3 << 30
    """Growth of the process's own memory, file mappings not counted."""


def _own_memory() -> int:
    """Resident bytes that no file backs; 0 where the kernel does not say (then only the opcodes are bounded)."""
    try:
        statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _, resident, shared, *_ = map(int, os.read(statm, 200).split())
        finally:
            os.close(statm)
    except (OSError, ValueError):
        return 0
    return (resident - shared) * _PAGE


@dataclass(slots=True)
class Budget:
    """What is left of the limits while a scan runs."""

    limits: Limits = field(default_factory=Limits)
    entries: int = 0
    expanded: int = 0
    opcodes: int = 0
    checked_at: int = 10_000
    """Memory is looked at when so many opcodes were spent, for the kernel takes its time to tell."""
    memory_before: int = field(default_factory=lambda: _own_memory())
    started: float = field(default_factory=time.monotonic)

    def spend_entry(self) -> None:
        self.entries += 1
        if self.entries > self.limits.entries:
            raise LimitReached(f"more than {self.limits.entries} files and members")
        self.check_time()

    def spend_expanded(self, size: int) -> None:
        self.expanded += size
        if self.expanded > self.limits.expanded:
            raise LimitReached(f"more than {self.limits.expanded} bytes after decompression")
        self.check_time()

    def spend_opcodes(self, count: int) -> None:
        self.opcodes += count
        if self.opcodes > self.limits.opcodes:
            raise LimitReached(f"more than {self.limits.opcodes} pickle opcodes")
        self.check_time()
        if self.opcodes >= self.checked_at:
            self.checked_at = self.opcodes + _MEMORY_EVERY
            self.check_memory()

    def check_memory(self) -> None:
        if _own_memory() - self.memory_before > self.limits.memory:
            raise LimitReached(f"the scan needs more than {self.limits.memory >> 30} GiB of memory")

    def check_time(self) -> None:
        if time.monotonic() - self.started > self.limits.seconds:
            raise LimitReached(f"the scan took more than {self.limits.seconds:.0f} s")
