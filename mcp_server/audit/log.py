"""The append-only log: group commit, acknowledgement only after the disk has it, refusal when it cannot be written."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from mcp_server.audit.anchors.settings import AnchorSettings
from mcp_server.audit.ballast import Ballast
from mcp_server.audit.clock import ClockWatch
from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.hashes import NAME as HASHES
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.interface import Committed, Receipt
from mcp_server.audit.keys import Card, LogKeys, check_store, introduce_second, open_keys
from mcp_server.audit.lock import DirectoryLock
from mcp_server.audit.notes import Checkpoint
from mcp_server.audit.records import JSON, SCHEMA, MakeRest, clock_jumped, lifecycle, unknown_outcome
from mcp_server.audit.recovery import recover
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.writer import Entry, Writer

_HEAD_SYNC_SECONDS: Final = 1.0


class AuditLog:
    """One log in one directory, written by one process and used from one event loop.

    Open it with `await AuditLog.open(directory, settings)`. `append` raises AuditUnavailable whenever the record cannot
    be promised; the call that it belongs to must then be refused.
    """

    def __init__(self, directory: Path, settings: AuditSettings) -> None:
        """Use `open`."""
        self.directory = directory
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit-log")
        self._loop = asyncio.get_running_loop()
        self._lock = DirectoryLock(directory)
        self._ballast = Ballast(directory, self._settings.ballast_bytes)
        self._writer: Writer | None = None
        self._keys: LogKeys
        self._card: Card
        self._committed: Committed
        self._next = 0
        self._pending: list[Entry] = []
        self._waiters: list[asyncio.Future[str]] = []
        self._in_flight: tuple[list[Entry], list[asyncio.Future[str]]] | None = None
        self._timer: asyncio.Handle | None = None
        self._due = 0.0
        self._expected = 0
        self._head_synced = 0.0
        self._refusal: AuditUnavailable | None = None
        self._retry_at = 0.0
        self._reopening: asyncio.Task[None] | None = None
        self._lost = 0
        self._closed = False
        self._holders: set[str] = set()
        self._clock = ClockWatch()

    @classmethod
    async def open(cls, directory: Path, settings: AuditSettings | None = None) -> AuditLog:
        """Open or create the log in `directory` and record that it started.

        Raises LogBusy (another process holds it), LogDamaged (something acknowledged is missing or altered),
        KeyUnusable, AuditUnavailable (the first records could not be written).
        """
        log = cls(directory, settings or AuditSettings())
        try:
            await log._in_thread(log._lock.take)
            await log._begin("log.started")
        except BaseException:
            await log._release()
            raise
        return log

    async def append(self, event: Mapping[str, JSON], *, durable: bool = True, rest: MakeRest | None = None) -> Receipt:
        """Add a record; the log itself adds `v`, `log`, `seq`, what `rest` makes, and the digest of its content.

        durable: return only when the record and a signed checkpoint over it are on the disk. Otherwise the record is
        accepted in order and written within `buffer_ms`; should that write fail, every later append is refused.

        An event that no envelope may hold, or that is too large, leaves a record in part (`reduced`), and raises if
        durable. Raises AuditUnavailable.
        """
        if self._refusal is not None or self._closed:
            await self._reopen()
        if self._holders and event.get("kind") == "call" and "parent" not in event:
            raise AuditUnavailable(
                "calls are denied while a required audit sink is behind",
                remedy="bring the receiver back",
                detail=", ".join(sorted(self._holders)),
            )
        entry = self._accept(event, rest)
        if not durable and len(self._pending) < self._settings.max_pending:
            self._schedule(self._settings.buffer_ms / 1000)
            return Receipt(entry.index, str(event["id"]))
        waiter: asyncio.Future[str] = self._loop.create_future()
        self._waiters.append(waiter)
        self._kick()
        checkpoint = await waiter
        if entry.problem is not None:
            raise entry.problem
        return Receipt(entry.index, str(event["id"]), checkpoint)

    async def flush(self) -> Committed:
        """Wait until everything accepted so far is durable. Raises AuditUnavailable."""
        while self._pending or self._in_flight:
            waiter: asyncio.Future[str] = self._loop.create_future()
            if self._pending:
                self._waiters.append(waiter)
                self._commit()
            elif self._in_flight:
                self._in_flight[1].append(waiter)
            await waiter
        if self._refusal is not None:
            raise self._refusal
        return self._committed

    async def settle(self) -> Committed:
        """As `flush`, and the hash file covers everything, too: what proofs are read from. Raises AuditUnavailable."""
        committed = await self.flush()
        if self._writer is not None:
            try:
                await self._in_thread(self._writer.store_hashes)
            except OSError as error:
                raise AuditUnavailable("the tree hashes cannot be written", detail=str(error)) from error
        return committed

    async def close(self) -> None:
        """Record that the log stopped, make everything durable, and let go of the directory. Never raises for a full disk."""
        if self._closed:
            return
        if self._reopening is not None:
            with contextlib.suppress(AuditUnavailable):
                await self._reopening
        if self._refusal is None:
            with contextlib.suppress(AuditUnavailable):
                await self.append(lifecycle("log.stopped"))
                await self.flush()
        self._closed = True
        await self._release()

    def hold(self, sink: str, held: bool) -> None:
        """Deny records of new calls while a sink that must keep up is behind; outcomes of begun calls go on."""
        if held:
            self._holders.add(sink)
        else:
            self._holders.discard(sink)

    @property
    def origin(self) -> str:
        return self._card.origin

    @property
    def card(self) -> Card:
        """The log's origin and public keys."""
        return self._card

    @property
    def keys(self) -> LogKeys:
        return self._keys

    @property
    def committed(self) -> Committed:
        """The newest durable checkpoint."""
        return self._committed

    @property
    def refusal(self) -> AuditUnavailable | None:
        """Why records are refused now; None while the log is well."""
        return self._refusal

    @property
    def erasures(self) -> int:
        """None: no other process writes this log."""
        return 0

    # -- accepting -----------------------------------------------------------------------------------------------

    def _accept(self, event: Mapping[str, JSON], rest: MakeRest | None) -> Entry:
        jump = self._clock.jump(event)
        if jump:
            self._accept(clock_jumped(event, jump), None)
        index = self._next
        entry = Entry(index, {**event, "v": SCHEMA, "log": self._card.origin, "seq": index}, rest)
        self._pending.append(entry)
        self._next = index + 1
        return entry

    # -- committing: one batch at a time, in the log's own thread --------------------------------------------------

    def _kick(self) -> None:
        """A caller waits: commit as soon as all who are expected to join have joined, or the linger is over."""
        if self._in_flight is not None:
            return
        if len(self._waiters) >= self._expected:
            self._schedule(0)
        else:
            self._schedule(self._settings.linger_ms / 1000)

    def _schedule(self, delay: float) -> None:
        if self._in_flight is not None:
            return
        due = self._loop.time() + delay
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        # call_soon lets every task that is ready in this turn of the loop append before the commit begins.
        self._timer = self._loop.call_later(delay, self._commit) if delay else self._loop.call_soon(self._commit)

    def _commit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._in_flight is not None or not self._pending or self._writer is None:
            return
        self._in_flight = (self._pending, self._waiters)
        self._pending, self._waiters = [], []
        done = self._loop.run_in_executor(self._thread, self._write, self._writer, self._in_flight[0])
        done.add_done_callback(self._finish)

    def _write(self, writer: Writer, entries: list[Entry]) -> tuple[Committed, bool]:
        """In the thread. The second value says that only the ballast made room for this commit."""
        full = False
        try:
            checkpoint, note = writer.commit(entries)
        except OSError as error:
            self._ballast.drop_for(error)
            checkpoint, note = writer.commit(entries)
            full = True
        now = time.monotonic()
        if full:
            writer.sync()
        elif now - self._head_synced >= _HEAD_SYNC_SECONDS:
            self._head_synced = now
            writer.sync_beside()
        return Committed(checkpoint, note), full

    def _finish(self, done: asyncio.Future[tuple[Committed, bool]]) -> None:
        """In the loop, once a commit."""
        if self._in_flight is None:
            return
        entries, waiters = self._in_flight
        self._in_flight = None
        error = done.exception()
        if error is not None:
            self._fail(error, entries, waiters)
            return
        self._committed, full = done.result()
        short = self._committed.checkpoint.short
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(short)
        self._expected = len(waiters) + len(self._waiters)
        if full and self._refusal is None:
            # The ballast also carries what was accepted meanwhile, and the reason why nothing follows.
            with contextlib.suppress(AuditUnavailable):
                self._accept(lifecycle("log.full"), None)
            self._refuse(
                AuditUnavailable(
                    "the disk of the audit log is full",
                    remedy="make room; the log opens again by itself a few seconds later",
                )
            )
            self._commit()
        elif self._refusal is not None and not self._pending:
            self._drop_writer()
        elif self._waiters:
            self._kick()
        elif self._pending:
            self._schedule(self._settings.buffer_ms / 1000)

    def _fail(self, error: BaseException, entries: list[Entry], waiters: list[asyncio.Future[str]]) -> None:
        refusal = self._refusal or AuditUnavailable(
            "the audit log cannot be written",
            remedy="see the server's log and /healthz",
            detail=f"{type(error).__name__}: {error}",
        )
        self._refuse(refusal)
        waiting = waiters + self._waiters
        self._lost += len(entries) + len(self._pending) - len(waiting)
        self._pending, self._waiters = [], []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_exception(refusal)
        self._drop_writer()

    def _refuse(self, refusal: AuditUnavailable) -> None:
        self._refusal = refusal
        self._retry_at = self._loop.time() + self._settings.retry_seconds

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
            self._writer = None

    # -- opening, reopening, letting go ----------------------------------------------------------------------------

    async def _in_thread(self, function: Callable[[], None]) -> None:
        await self._loop.run_in_executor(self._thread, function)

    async def _reopen(self) -> None:
        """After a failure: try again once the pause is over. Raises AuditUnavailable."""
        refusal = self._refusal or AuditUnavailable("the audit log is closed")
        if self._closed:
            raise refusal
        if self._reopening is None:
            if self._loop.time() < self._retry_at or self._in_flight is not None:
                raise refusal
            self._reopening = self._loop.create_task(self._begin("log.reopened"))
        task = self._reopening
        try:
            await asyncio.shield(task)
        except (OSError, AuditUnavailable) as error:
            self._refuse(refusal)
            raise refusal from error
        finally:
            if task.done():
                self._reopening = None

    async def _begin(self, event: str) -> None:
        """Recover, then record the start, what was cut or lost, and every intent that has no outcome."""
        opened: list[int] = []
        self._drop_writer()
        await self._in_thread(lambda: opened.append(self._open_writer()))
        if self._writer is None:
            raise AuditUnavailable("the audit log could not be opened")
        self._refusal = None
        position = self._writer.position
        self._next = position.frontier.size
        checkpoint = Checkpoint(self._card.origin, position.frontier.size, position.frontier.root())
        self._committed = Committed(checkpoint, position.note)
        events = [lifecycle(event)]
        if opened[0] or self._lost:
            events.append(lifecycle("log.recovered", {"cut_bytes": opened[0], "lost_records": self._lost}))
            self._lost = 0
        events += [unknown_outcome(index, intent) for index, intent in sorted(position.open.items())]
        for record in events:
            self._accept(record, None)
        waiter: asyncio.Future[str] = self._loop.create_future()
        self._waiters.append(waiter)
        self._commit()
        await waiter

    def _open_writer(self) -> int:
        """In the thread: keys, recovery, ballast. Returns the bytes that recovery cut."""
        check_store(self.directory, mirror=False)
        self._keys, card = open_keys(self.directory, self._settings)
        self._card = introduce_second(self.directory, self._keys, card)
        self._ballast.reserve()
        with contextlib.ExitStack() as undo:
            hashes = StoredHashes(self.directory / HASHES, writable=True)
            undo.callback(hashes.close)
            position, head, cut = recover(self.directory, self._card, hashes)
            undo.callback(head.close)
            if self._settings.anchors != AnchorSettings():
                # Imported here: anchors bring an HTTP client, which a log without them does not need.
                from mcp_server.audit.anchors.anchoring import Anchors

                Anchors(self._settings.anchors).check(self._card, hashes, position.frontier.size, position.note)
            settings = self._settings
            self._writer = Writer(
                self.directory,
                self._keys,
                position,
                hashes,
                head,
                segment_bytes=settings.segment_bytes,
                record_bytes=settings.max_record_bytes,
            )
            undo.pop_all()
        return cut

    async def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(OSError):
                await self._in_thread(writer.sync)
            writer.close()
        self._thread.shutdown(wait=True)
        self._lock.release()
