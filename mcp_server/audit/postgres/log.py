"""The log of several replicas, seen from one of them: `append` as in the embedded log, durable before it returns."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from mcp_server.audit.clock import ClockWatch
from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.interface import Committed, Receipt
from mcp_server.audit.keys import Card, LogKeys, check_store
from mcp_server.audit.lock import DirectoryLock
from mcp_server.audit.postgres.inbox import place
from mcp_server.audit.postgres.mirror import Mirror
from mcp_server.audit.postgres.rotations import open_shared_keys
from mcp_server.audit.postgres.schema import (
    COMMIT_CHANNEL,
    Connection,
    check_durable,
    connect,
    create_tables,
    require_shared_keys,
)
from mcp_server.audit.postgres.sequencer import Sequencer, release
from mcp_server.audit.records import JSON, MakeRest, Prepared, clock_jumped, lifecycle, prepared
from mcp_server.audit.settings import AuditSettings
from mcp_server.secrets import text_secret

_ENVELOPE_ADDS: Final = 300
"""Bytes that the sequencer adds to an event: log, sequence and version."""
_TICK_SECONDS: Final = 1.0
"""An idle replica looks this often what the others wrote, and says that it is there."""


@dataclass(slots=True)
class _Waiting:
    event_id: str
    record: Prepared
    placed: asyncio.Future[Receipt]


class PostgresLog:
    """Open with `open`. Every record is durable and ordered before `append` returns: `durable=False` waits, too.

    Whichever replica holds the lock is the sequencer; when it dies, the next one goes on from the last commit. Each
    replica keeps a verified mirror of the log in `directory`, one process a directory, which everything that reads a log
    reads.
    """

    def __init__(self, directory: Path, settings: AuditSettings) -> None:
        """Use `open`."""
        self.directory = directory
        self._settings = settings
        self._dsn = text_secret(settings.postgres, "the PostgreSQL connection")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit-postgres")
        self._loop = asyncio.get_running_loop()
        self._lock = DirectoryLock(directory)
        self._replica = secrets.token_hex(12)
        self._clock = ClockWatch()
        self._pending: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._connection: Connection | None = None
        self._mirror: Mirror | None = None
        self._keys: LogKeys
        self._card: Card
        self._sequencer: Sequencer | None = None
        self._runner: asyncio.Task[None] | None = None
        self._seen = float("-inf")
        self._refusal: AuditUnavailable | None = None
        self._closing = False
        self._holders: frozenset[str] = frozenset()

    @classmethod
    async def open(cls, directory: Path, settings: AuditSettings) -> PostgresLog:
        """Raises AuditUnavailable (no database, or one that does not sync), LogBusy (another process has the directory),
        KeyUnusable, LogDamaged (rolled back, rewritten, mirror not sound)."""
        require_shared_keys(settings)
        log = cls(directory, settings)
        try:
            await log._in_thread(log._open)
            log._sequencer = Sequencer(log._dsn, log._keys, settings.postgres_timeout)
            log._sequencer.start()
            log._runner = asyncio.create_task(log._run())
            await log.append(lifecycle("log.started"))
        except BaseException as error:
            await log._end()
            if isinstance(error, psycopg.Error):
                raise AuditUnavailable("the database of the audit log cannot be reached", detail=str(error)) from error
            raise
        return log

    def _open(self) -> None:
        self._lock.take()
        check_store(self.directory, mirror=True)
        with contextlib.closing(connect(self._dsn, self._settings.postgres_timeout, "audit inbox")) as connection:
            check_durable(connection)
            create_tables(connection)
            self._keys, self._card = open_shared_keys(connection, self.directory, self._settings)
            self._mirror = Mirror(self.directory, self._card, self._settings.segment_bytes)
            self._mirror.follow(connection)

    async def append(self, event: Mapping[str, JSON], *, durable: bool = True, rest: MakeRest | None = None) -> Receipt:
        """As `AuditLog.append`. Raises AuditUnavailable."""
        if self._closing:
            raise AuditUnavailable("the audit log is closed")
        if self._holders and event.get("kind") == "call" and "parent" not in event:
            raise AuditUnavailable(
                "calls are denied while a required audit sink is behind",
                remedy="bring the receiver back",
                detail=", ".join(sorted(self._holders)),
            )
        jump = self._clock.jump(event)
        if jump:
            self._accept(clock_jumped(event, jump), None)
        waiting = self._accept(event, rest)
        self._wake.set()
        receipt = await waiting.placed
        if waiting.record.problem is not None:
            raise waiting.record.problem
        return receipt

    def _accept(self, event: Mapping[str, JSON], rest: MakeRest | None) -> _Waiting:
        record = prepared(event, rest, limit=self._settings.max_record_bytes, adds=_ENVELOPE_ADDS)
        waiting = _Waiting(str(event["id"]), record, self._loop.create_future())
        self._pending.append(waiting)
        return waiting

    async def flush(self) -> Committed:
        """The mirror holds everything that any replica had committed when this was called. Raises AuditUnavailable."""
        try:
            await self._in_thread(self._follow)
        except (psycopg.Error, OSError) as error:
            raise AuditUnavailable("the database of the audit log cannot be reached", detail=str(error)) from error
        return self.committed

    async def settle(self) -> Committed:
        """As `flush`: a mirror's hash file is never behind."""
        return await self.flush()

    def hold(self, sink: str, held: bool) -> None:
        """Deny records of new calls on this replica while a sink that must keep up is behind."""
        self._holders = self._holders | {sink} if held else self._holders - {sink}

    async def close(self) -> None:
        """Record the stop as far as the database allows, and let go of everything."""
        if self._closing:
            return
        with contextlib.suppress(AuditUnavailable):
            await self.append(lifecycle("log.stopped"))
        await self._end()

    async def _end(self) -> None:
        """Let go of whatever is held by now."""
        self._closing = True
        self._wake.set()
        if self._runner is not None:
            await self._runner
        if self._sequencer is not None:
            await self._in_thread(self._sequencer.stop)
        await self._in_thread(self._release)
        self._thread.shutdown()

    @property
    def origin(self) -> str:
        return self._card.origin

    @property
    def card(self) -> Card:
        return self._card if self._mirror is None else self._mirror.card

    @property
    def keys(self) -> LogKeys:
        return self._keys

    @property
    def committed(self) -> Committed:
        """The newest commit that the mirror holds."""
        mirror = self._copy
        return Committed(mirror.checkpoint, mirror.note)

    @property
    def refusal(self) -> AuditUnavailable | None:
        return self._refusal

    @property
    def leading(self) -> bool:
        """Is this replica the sequencer now?"""
        return self._sequencer is not None and self._sequencer.leading.is_set()

    @property
    def erasures(self) -> int:
        return self._copy.erasures

    @property
    def _copy(self) -> Mirror:
        if self._mirror is None:
            raise AuditUnavailable("the audit log is not open")
        return self._mirror

    async def _in_thread(self, function: Callable[[], None]) -> None:
        await self._loop.run_in_executor(self._thread, function)

    async def _run(self) -> None:
        """One batch after the other: all that wait are written together."""
        while not self._closing or self._pending:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _TICK_SECONDS)
            await asyncio.sleep(0)
            self._wake.clear()
            batch, self._pending = self._pending, []
            try:
                receipts = await self._loop.run_in_executor(self._thread, self._write, batch)
            except (psycopg.Error, OSError, LogDamaged) as error:
                self._refusal = AuditUnavailable(
                    "the audit log cannot be written", remedy="see /healthz", detail=f"{type(error).__name__}: {error}"
                )
                for waiting in batch:
                    if not waiting.placed.done():
                        waiting.placed.set_exception(self._refusal)
                continue
            self._refusal = None
            for waiting, receipt in zip(batch, receipts, strict=True):
                if not waiting.placed.done():
                    waiting.placed.set_result(receipt)

    def _write(self, batch: list[_Waiting]) -> list[Receipt]:
        """In the thread: into the inbox, durably, then wait for the sequencer; with nothing to write, just keep up."""
        try:
            receipts = self._place(batch) if batch else []
            self._copy.follow(self._connected())
            self._beat()
            short = self._copy.checkpoint.short
            for receipt in receipts:
                receipt.checkpoint = short
            return receipts
        except (psycopg.Error, OSError):
            if self._connection is not None:
                release(self._connection)
                self._connection = None
            raise

    def _place(self, batch: list[_Waiting]) -> list[Receipt]:
        events = [(each.record.envelope, each.record.content) for each in batch]
        timeout = self._settings.postgres_timeout
        indices = place(self._connected(), self.origin, self._replica, events, timeout)
        return [Receipt(index, waiting.event_id) for index, waiting in zip(indices, batch, strict=True)]

    def _beat(self) -> None:
        """Say that this replica lives: what it has begun and not ended is still under way."""
        now = time.monotonic()
        if now - self._seen < _TICK_SECONDS / 2:
            return
        self._connected().execute(
            "INSERT INTO yumen_audit_replicas VALUES (%s, %s, now()) "
            "ON CONFLICT (log, replica) DO UPDATE SET seen = excluded.seen",
            (self.origin, self._replica),
        )
        self._seen = now

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, self._settings.postgres_timeout, "audit inbox")
            self._connection.execute(f"LISTEN {COMMIT_CHANNEL}")
        return self._connection

    def _follow(self) -> None:
        self._copy.follow(self._connected())

    def _release(self) -> None:
        if self._connection is not None:
            release(self._connection)
        if self._mirror is not None:
            self._mirror.close()
        self._lock.release()
