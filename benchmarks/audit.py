"""The audit log against its limit and its peers, in one run on one disk.

    python benchmarks/audit.py [--directory DIR] [--seconds 2] [--large 1000000]

Durable acknowledged records a second, at 1, 32 and 256 callers:
  yumen       the log as it is: Merkle tree, signed checkpoint, one write and one fdatasync for each group commit
  raw         the limit: the same bytes, the same group commit, nothing else
  hash chain  the same group commit with SHA-256(previous, record) for each record: no proofs, no signature
  sqlite      WAL, synchronous=FULL, a transaction for each record
Then, on a large log written in bulk: verification, inclusion proofs, memory.

Where the disk syncs in well under a millisecond, the ratio measures Python more than the log's use of the disk;
`--sync-ms 5` shows it for a disk with the usual 5 ms. Disks are noisy, so the four take turns, and the ratio is the
median over rounds of yumen / raw in the same round.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from mcp_server.audit.frames import encode_record
from mcp_server.audit.hashes import NAME as HASHES
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.keys import open_keys
from mcp_server.audit.log import AuditLog
from mcp_server.audit.merkle import included, inclusion_proof
from mcp_server.audit.records import canonical, lifecycle
from mcp_server.audit.recovery import recover
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify
from mcp_server.audit.writer import Entry, Writer

EVENT = {**lifecycle("bench"), "pad": "x" * 500}
SEALED = os.urandom(400)
FRAME = encode_record(
    canonical({**EVENT, "v": 1, "log": "yumen.local/0123456789ab", "seq": 1, "content": "0" * 64}), SEALED
)

Append = Callable[[], Awaitable[None]]


class GroupCommit:
    """The limit: frames collected while a write runs, then one write and one fdatasync. Same lingering as the log."""

    def __init__(self, path: Path, *, chain: bool) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.get_running_loop()
        self._frames: list[bytes] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._busy = False
        self._expected = 0
        self._timer: asyncio.Handle | None = None
        self._head = bytes(32) if chain else None

    async def append(self) -> None:
        frame = FRAME
        if self._head is not None:
            self._head = sha256(self._head + frame).digest()
            frame = self._head + frame
        self._frames.append(frame)
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        self._kick()
        await waiter

    def _kick(self) -> None:
        if self._busy:
            return
        if self._timer is not None:
            self._timer.cancel()
        full = len(self._waiters) >= self._expected
        self._timer = self._loop.call_soon(self._commit) if full else self._loop.call_later(0.0007, self._commit)

    def _commit(self) -> None:
        self._busy = True
        data, waiters = b"".join(self._frames), self._waiters
        self._frames, self._waiters = [], []

        def write() -> None:
            os.write(self._fd, data)
            os.fdatasync(self._fd)

        def done(_: object) -> None:
            self._busy = False
            for waiter in waiters:
                waiter.set_result(None)
            self._expected = len(waiters) + len(self._waiters)
            if self._waiters:
                self._kick()

        self._loop.run_in_executor(self._thread, write).add_done_callback(done)

    def close(self) -> None:
        self._thread.shutdown()
        os.close(self._fd)


class Sqlite:
    """One transaction a record, as a log on SQLite does that acknowledges each record durably."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.get_running_loop()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, record BLOB)")

    async def append(self) -> None:
        await self._loop.run_in_executor(
            self._thread, self._db.execute, "INSERT INTO log (record) VALUES (?)", (FRAME,)
        )

    def close(self) -> None:
        self._thread.shutdown()
        self._db.close()


async def rate(append: Append, callers: int, seconds: float) -> float:
    """Acknowledged records a second."""
    count = 0
    ends = time.perf_counter() + seconds

    async def caller() -> None:
        nonlocal count
        while time.perf_counter() < ends:
            await append()
            count += 1

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return count / (time.perf_counter() - began)


async def side_by_side(directory: Path, seconds: float, rounds: int) -> None:
    print(
        f"{'callers':>7}  {'yumen':>8}  {'raw':>8}  {'chain':>8}  {'sqlite':>8}   yumen / raw (median of {rounds} rounds)"
    )
    for callers in (1, 32, 256):
        rates: dict[str, list[float]] = {"yumen": [], "raw": [], "chain": [], "sqlite": []}
        for turn in range(rounds):
            here = directory / f"{callers}-{turn}"
            here.mkdir()
            log = await AuditLog.open(here / "audit")

            async def append(log: AuditLog = log) -> None:
                await log.append(EVENT, rest=lambda: ({}, SEALED))

            raw, chain = GroupCommit(here / "raw", chain=False), GroupCommit(here / "chain", chain=True)
            lite = Sqlite(here / "log.db")
            peers: list[tuple[str, Append]] = [
                ("yumen", append),
                ("raw", raw.append),
                ("chain", chain.append),
                ("sqlite", lite.append),
            ]
            for name, function in peers if turn % 2 else reversed(peers):
                rates[name].append(await rate(function, callers, seconds))
            await log.close()
            for peer in (raw, chain, lite):
                peer.close()
            shutil.rmtree(here)
        ratio = statistics.median(one / other for one, other in zip(rates["yumen"], rates["raw"], strict=True))
        middle = {name: statistics.median(values) for name, values in rates.items()}
        print(f"{callers:>7}  " + "  ".join(f"{middle[name]:>8.0f}" for name in rates) + f"   {ratio:.0%}")


def fill(directory: Path, count: int) -> None:
    """A log of `count` records, written in commits of 2,000."""
    settings = AuditSettings()
    directory.mkdir()
    keys, card = open_keys(directory, settings)
    hashes = StoredHashes(directory / HASHES, writable=True)
    position, head, _ = recover(directory, card, hashes)
    writer = Writer(
        directory,
        keys,
        position,
        hashes,
        head,
        segment_bytes=settings.segment_bytes,
        record_bytes=settings.max_record_bytes,
    )
    small = {**lifecycle("bench"), "v": 1, "log": card.origin}
    for start in range(0, count, 2000):
        batch = []
        for index in range(start, min(start + 2000, count)):
            batch.append(Entry(index, {**small, "seq": index}))
        writer.commit(batch)
    writer.sync()
    writer.close()


def resident() -> float:
    """MiB this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def large(directory: Path, count: int) -> None:
    before = resident()
    began = time.perf_counter()
    fill(directory, count)
    speed = count / (time.perf_counter() - began)
    print(f"\n{count:,} records written in bulk: {speed:,.0f}/s, memory {before:.0f} -> {resident():.0f} MiB")

    began = time.process_time()
    result = verify(directory)
    took = time.process_time() - began
    assert result.sound, result.problems
    print(f"verification: {count / took:,.0f} records/s of CPU, memory {resident():.0f} MiB")

    hashes = StoredHashes(directory / HASHES)
    root = hashes.root(count)
    chosen = [(number * 7919) % count for number in range(2000)]
    began = time.process_time()
    proofs = [inclusion_proof(index, count, hashes.node) for index in chosen]
    each = (time.process_time() - began) / len(chosen)
    leaves = [hashes.node(0, index) for index in chosen]
    assert all(
        included(leaf, index, count, proof, root) for leaf, index, proof in zip(leaves, chosen, proofs, strict=True)
    )
    print(f"inclusion proof: {each * 1000:.3f} ms of CPU")

    async def open_again() -> float:
        began = time.perf_counter()
        log = await AuditLog.open(directory)
        took = time.perf_counter() - began
        await log.close()
        return took

    print(f"opening the log again: {asyncio.run(open_again()):.2f} s, memory {resident():.0f} MiB")


def slow_disk(seconds: float) -> None:
    """Add to every fdatasync of this process (not SQLite's, which is not Python's): a slower disk, for the ratio."""
    real = os.fdatasync

    def slower(fd: int) -> None:
        real(fd)
        time.sleep(seconds)

    os.fdatasync = slower


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", type=Path, help="where to write (default: a temporary folder)")
    parser.add_argument("--seconds", type=float, default=1.0, help="seconds for each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement")
    parser.add_argument("--large", type=int, default=1_000_000, help="records of the large log; 0 to leave it out")
    parser.add_argument("--sync-ms", type=float, default=0, help="pretend that the disk takes so much longer to sync")
    arguments = parser.parse_args()
    if arguments.sync_ms:
        slow_disk(arguments.sync_ms / 1000)
    with tempfile.TemporaryDirectory(dir=arguments.directory) as folder:
        print(f"records of {len(FRAME)} bytes, on {folder}")
        if arguments.seconds:
            asyncio.run(side_by_side(Path(folder), arguments.seconds, arguments.rounds))
        if arguments.large:
            large(Path(folder) / "large", arguments.large)


if __name__ == "__main__":
    main()
