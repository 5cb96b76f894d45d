"""Appending: order, acknowledgement, group commit, refusal, restart."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.head import HeadFile
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import records
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify
from mcp_server.secrets import KeyUnusable


def events(directory: Path) -> list[str]:
    return [record.fields().get("event", "") for record in records(directory)]


def test_a_buffered_record_is_written_soon_without_anybody_waiting(directory: Path) -> None:
    async def run() -> None:
        log = await AuditLog.open(directory, AuditSettings(buffer_ms=1))
        receipt = await log.append(lifecycle("x"), durable=False)
        assert receipt.checkpoint is None
        while log.committed.checkpoint.size <= receipt.index:
            await asyncio.sleep(0.001)
        await log.close()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_a_durable_record_carries_the_buffered_ones_before_it(directory: Path) -> None:
    async def run() -> None:
        log = await AuditLog.open(directory, AuditSettings(buffer_ms=1000))
        await log.append(lifecycle("a"), durable=False)
        receipt = await log.append(lifecycle("b"))
        assert receipt.checkpoint == log.committed.checkpoint.short
        assert log.committed.checkpoint.size == 3
        await log.close()

    asyncio.run(run())


def test_after_a_failed_sync_everything_is_refused_and_the_loss_is_recorded(directory: Path, break_disk) -> None:
    async def run() -> None:
        log = await AuditLog.open(directory, AuditSettings(retry_seconds=0.05))
        await log.append(lifecycle("kept"))
        break_disk(OSError(errno.EIO, "I/O error"))
        buffered = await log.append(lifecycle("promised from memory"), durable=False)
        with pytest.raises(AuditUnavailable):
            await log.append(lifecycle("refused"))
        for durable in (True, False):
            with pytest.raises(AuditUnavailable):
                await log.append(lifecycle("refused"), durable=durable)
        break_disk(None)
        while log.refusal:
            await asyncio.sleep(0.02)
            with suppress(AuditUnavailable):
                await log.append(lifecycle("after"))
        assert buffered.index == 2
        await log.close()

    asyncio.run(asyncio.wait_for(run(), 30))
    seen = [record.fields() for record in records(directory)]
    names = [fields["event"] for fields in seen]
    assert names[:2] == ["log.started", "kept"]
    assert "refused" not in names
    recovered = next(fields for fields in seen if fields["event"] == "log.recovered")
    assert recovered["details"]["lost_records"] == 1
    assert names[-2:] == ["after", "log.stopped"]
    assert verify(directory).sound


def test_a_failed_sync_of_the_head_refuses_what_follows_and_loses_nothing(directory: Path, monkeypatch) -> None:
    """It runs beside the commits, so it is the next one that says so."""
    monkeypatch.setattr("mcp_server.audit.log._HEAD_SYNC_SECONDS", 0.0)

    def failing(head: HeadFile) -> None:
        raise OSError(errno.EIO, "I/O error")

    async def run() -> None:
        log = await AuditLog.open(directory, AuditSettings(retry_seconds=0.05))
        kept = [await log.append(lifecycle("kept"))]
        monkeypatch.setattr(HeadFile, "sync", failing)
        with pytest.raises(AuditUnavailable, match="cannot be written"):
            for _ in range(1000):
                kept.append(await log.append(lifecycle("kept")))
        assert log.refusal is not None
        monkeypatch.undo()
        await asyncio.sleep(0.1)
        await log.append(lifecycle("again"))
        await log.close()
        assert events(directory).count("kept") >= len(kept)

    asyncio.run(asyncio.wait_for(run(), 60))
    assert verify(directory).sound


def test_a_full_disk_loses_nothing_acknowledged_and_says_so(directory: Path) -> None:
    """A file-size limit stands for the full disk: the write fails half-way with the bytes before it on disk."""
    code = """
import asyncio, pathlib, resource, signal, sys
from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.head import HeadFile
from mcp_server.audit.log import AuditLog
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
async def main():
    log = await AuditLog.open(pathlib.Path(sys.argv[1]), AuditSettings(ballast_bytes=65536, retry_seconds=60))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    count = 0
    try:
        while True:
            receipt = await log.append({**lifecycle("x"), "pad": "y" * 3000})
            print(receipt.index, flush=True)
    except AuditUnavailable as error:
        print("refused:", error, file=sys.stderr)
    try:
        await log.append(lifecycle("x"), durable=False)
    except AuditUnavailable:
        print("still refused", file=sys.stderr)
    await log.close()
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code, str(directory)], capture_output=True, text=True, timeout=60)
    acknowledged = [int(line) for line in done.stdout.split()]
    assert len(acknowledged) > 10
    assert "refused:" in done.stderr
    assert "still refused" in done.stderr
    assert verify(directory).sound
    held = {record.index for record in records(directory)}
    assert held >= set(acknowledged)

    async def reopen() -> None:
        await (await AuditLog.open(directory)).close()

    asyncio.run(reopen())
    assert verify(directory).sound


@pytest.mark.parametrize(
    "tamper",
    [
        lambda path: path.unlink(),
        lambda path: (path.rename(path.with_suffix(".bak")), path.write_bytes(path.with_suffix(".bak").read_bytes())),
        lambda path: os.link(path, path.parent.parent / "second-name"),
        lambda path: path.write_bytes(path.read_bytes() + b"x"),
        lambda path: os.truncate(path, 100),
    ],
    ids=["deleted", "replaced", "hard-linked", "appended to", "truncated"],
)
def test_a_segment_changed_under_the_running_log_stops_it(directory: Path, tamper) -> None:
    async def run() -> None:
        log = await AuditLog.open(directory)
        await log.append(lifecycle("x"))
        tamper(next((directory / "segments").iterdir()))
        with pytest.raises(AuditUnavailable):
            await log.append(lifecycle("y"))
        await log.close()

    asyncio.run(run())


def test_segments_rotate_and_carry_open_intents_over(directory: Path) -> None:
    async def run() -> None:
        log = await AuditLog.open(directory, AuditSettings(segment_bytes=4096))
        intent = {**lifecycle("x"), "kind": "call", "phase": "intent", "tenant": "acme"}
        opened = await log.append(intent)
        for _ in range(50):
            await log.append(lifecycle("x", {"pad": "y" * 500}))
        await log.append({**intent, "phase": "outcome", "parent": opened.index})
        await log.append(intent)
        for _ in range(20):
            await log.append(lifecycle("x", {"pad": "y" * 500}))
        await log.close()
        assert len(list((directory / "segments").iterdir())) > 5
        await (await AuditLog.open(directory)).close()

    asyncio.run(run())
    assert verify(directory).sound
    assert events(directory).count("outcome.unknown") == 1


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"origin": "another.example/log"}, LogDamaged),
        ({"signing_key": "env:YUMEN_TEST_NO_SUCH_VARIABLE"}, KeyUnusable),
        ({"signing_key": "AAAA"}, KeyUnusable),
        ({"digest_key": "file:/nonexistent/key"}, KeyUnusable),
    ],
)
def test_settings_that_do_not_fit_the_log_are_refused(directory: Path, write_log, settings, error) -> None:
    write_log(directory, commits=1)
    with pytest.raises(error):
        asyncio.run(AuditLog.open(directory, AuditSettings(**settings)))


def test_a_key_that_others_can_read_is_refused(directory: Path, write_log) -> None:
    write_log(directory, commits=1)
    (directory / "keys" / "signing.key").chmod(0o644)
    with pytest.raises(KeyUnusable, match="read by others"):
        asyncio.run(AuditLog.open(directory))
