"""How long records are kept, what holds them longer, and the pruning of whole segments whose time is over.

A pruned log keeps its tree: the segment after the pruned ones carries the peaks of everything before it, which is all
that proofs of kept records need (RFC 6962 §2.1.1: a sibling to the left of a kept leaf is such a peak or holds kept
leaves itself).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol

import orjson

from mcp_server.audit.base import EVENT, Base
from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.keys import check_store, sync_directory, write_durably
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import acknowledged
from mcp_server.audit.records import lifecycle
from mcp_server.audit.segments import SegmentBytes, StoredRecord, list_segments, records_in
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.sinks.cursor import positions

HOLDS: Final = "holds.json"

DAYS: Final[Mapping[str, int]] = {
    "standard": 180,
    "ai-act": 184,  # Regulation (EU) 2024/1689 Art. 19 and 26(6): at least six months
    "china-network": 184,  # 网络安全法 第二十一条: not less than six months
    "pci": 366,  # PCI DSS 4.0.1 requirement 10.5.1: at least 12 months
    "china-processing": 1096,  # 个人信息保护法 第五十六条: at least three years
    "forever": 1_000_000,
}
"""Days by retention class. A class that is not here is kept forever: nothing is lost to a typing error."""

_DAY_MICROS: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold: nothing recorded in its time may be pruned, whatever its class. Times in Unix seconds."""

    name: str
    since: float = 0
    until: float = 1e12

    def covers(self, first: int, last: int) -> bool:
        """Does it touch records between two times in microseconds?"""
        return first <= self.until * 1_000_000 and last >= self.since * 1_000_000


class Holds(Protocol):
    """Where the legal holds of a log are kept."""

    def holds(self) -> tuple[Hold, ...]: ...
    def hold(self, hold: Hold) -> None:
        """Set a hold, in place of one of that name."""
        ...

    def release(self, name: str) -> None: ...


class OwnHolds:
    """The holds of a log in this machine's files, in a file beside it."""

    def __init__(self, directory: Path) -> None:
        """Raises LogDamaged for a replica's copy, whose holds lie in the database."""
        check_store(directory, mirror=False)
        self._directory = directory

    def holds(self) -> tuple[Hold, ...]:
        return read_holds(self._directory)

    def hold(self, hold: Hold) -> None:
        write_holds(self._directory, [*self._others(hold.name), hold])

    def release(self, name: str) -> None:
        write_holds(self._directory, self._others(name))

    def _others(self, name: str) -> list[Hold]:
        return [hold for hold in self.holds() if hold.name != name]


def read_holds(directory: Path) -> tuple[Hold, ...]:
    """Raises LogDamaged when the file is there and not readable: a hold must not vanish by damage."""
    try:
        raw = orjson.loads((directory / HOLDS).read_bytes())
        return tuple(Hold(str(each["name"]), float(each["since"]), float(each["until"])) for each in raw)
    except FileNotFoundError:
        return ()
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise LogDamaged("the file of legal holds is not readable", remedy="restore holds.json") from error


def write_holds(directory: Path, holds: Sequence[Hold]) -> None:
    raw = [{"name": hold.name, "since": hold.since, "until": hold.until} for hold in holds]
    write_durably(directory / HOLDS, orjson.dumps(raw, option=orjson.OPT_INDENT_2))


@dataclass(frozen=True, slots=True)
class Expired:
    """Segments at the beginning of a log that may go: their paths, and the index of the first record that stays."""

    segments: tuple[Path, ...]
    base: int
    digest: str
    """SHA-256 over the segments' own SHA-256 digests, in order: what exactly was destroyed."""


def is_over(
    records: Iterable[StoredRecord], now: float, holds: Sequence[Hold] = (), days: Mapping[str, int] = DAYS
) -> bool:
    """Is the time of every one of these records over at `now` (Unix seconds), and none of them held?"""
    times: list[int] = []
    for record in records:
        fields = record.fields()
        kept_for = days.get(fields.get("retention", "standard"), DAYS["forever"])
        if fields["time"] + kept_for * _DAY_MICROS > now * 1_000_000:
            return False
        times.append(fields["time"])
    return not times or not any(hold.covers(min(times), max(times)) for hold in holds)


def expired(directory: Path, now: float, holds: Sequence[Hold] = (), days: Mapping[str, int] = DAYS) -> Expired:
    """The longest run of whole segments from the beginning in which every record's time is over. The last one stays."""
    found: list[Path] = []
    digests = sha256()
    segments = list_segments(directory)
    # What a sink has not acknowledged is still its spool.
    promised = min([acknowledged(directory), *positions(directory)])
    base = segments[0][0] if segments else 0
    for (first, path), (following, _) in pairwise(segments):
        if following > promised:
            break
        with SegmentBytes(path) as segment:
            if not is_over(records_in(segment.frames(), first), now, holds, days):
                break
            digests.update(sha256(segment.data).digest())
        found.append(path)
        base = following
    return Expired(tuple(found), base, digests.hexdigest())


def due(directory: Path) -> Expired:
    """What `prune` would destroy now. Raises LogDamaged."""
    return expired(directory, time.time(), read_holds(directory))


async def prune_in(directory: Path, settings: AuditSettings) -> Expired:
    """`prune` of a log that no server is running on. Raises LogBusy, and whatever opening the log raises."""
    log = await AuditLog.open(directory, settings)
    try:
        return await prune(log)
    finally:
        await log.close()


async def prune(log: AuditLog, *, now: float | None = None) -> Expired:
    """Destroy the segments whose time is over; the record of it is durable before the first file goes.

    Raises AuditUnavailable, LogDamaged.
    """
    moment = time.time() if now is None else now
    holds = await asyncio.to_thread(read_holds, log.directory)
    plan = await asyncio.to_thread(expired, log.directory, moment, holds)
    if not plan.segments:
        return plan
    receipt = await log.append(
        lifecycle(EVENT, {"base": plan.base, "segments": len(plan.segments), "digest": plan.digest})
    )
    await asyncio.to_thread(_remove, log.directory, plan, receipt.index)
    return plan


def _remove(directory: Path, plan: Expired, record: int) -> None:
    # The base first: a crash in the middle leaves segments before the base, which opening the log removes.
    Base(plan.base, record).write(directory)
    for path in plan.segments:
        path.unlink()
    sync_directory(plan.segments[0].parent)
