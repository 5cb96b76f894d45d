"""Several replicas, one log: ordered once, no fork, nothing acknowledged lost, whoever is killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from mcp_server.audit.erasure import erase
from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.opening import open_subjects
from mcp_server.audit.postgres.log import PostgresLog
from mcp_server.audit.reading import records
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify
from mcp_server.calls import Decision, Outcome
from mcp_server.secrets import KeyUnusable

pytestmark = pytest.mark.service


def held(directory: Path) -> dict[int, str]:
    assert verify(directory).sound
    return {record.index: record.fields()["id"] for record in records(directory)}


def test_replicas_write_one_log_without_gap_or_fork(settings, tmp_path: Path) -> None:
    async def run() -> dict[int, str]:
        replicas = [await PostgresLog.open(tmp_path / name, settings(segment_bytes=20_000)) for name in ("a", "b", "c")]
        receipts = {}

        async def caller(log: PostgresLog) -> None:
            for _ in range(20):
                receipt = await log.append(lifecycle("x", {"pad": "y" * 100}), rest=lambda: ({}, b"sealed"))
                assert receipt.checkpoint
                assert receipts.setdefault(receipt.index, receipt.event_id) == receipt.event_id

        await asyncio.gather(*(caller(log) for log in replicas for _ in range(8)))
        assert sum(log.leading for log in replicas) == 1
        for log in replicas:
            await log.close()
        return receipts

    receipts = asyncio.run(run())
    assert len(receipts) == 480
    copies = [held(tmp_path / name) for name in ("a", "b", "c")]
    longest = max(copies, key=len)
    assert all(copy.items() <= longest.items() for copy in copies)
    assert receipts.items() <= longest.items()
    assert list(longest) == list(range(len(longest)))


REPLICA = """
import asyncio, pathlib, sys
from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.postgres.log import PostgresLog
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
async def main():
    log = await PostgresLog.open(pathlib.Path(sys.argv[1]), AuditSettings.model_validate_json(sys.argv[2]))
    async def caller():
        while True:
            try:
                receipt = await log.append(lifecycle("x"))
            except AuditUnavailable:
                await asyncio.sleep(0.05)
                continue
            print(receipt.index, receipt.event_id, int(log.leading), flush=True)
    await asyncio.gather(*(caller() for _ in range(8)))
asyncio.run(main())
"""


def start(directory: Path, settings: AuditSettings) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", REPLICA, str(directory), settings.model_dump_json()]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def take(process: subprocess.Popen[str], lines: list[str], count: int) -> None:
    assert process.stdout is not None
    lines += [process.stdout.readline() for _ in range(count)]


def acknowledged(lines: list[str]) -> dict[int, str]:
    found = {}
    for line in lines:
        parts = line.split()
        if len(parts) == 3 and len(parts[1]) == 36:
            assert found.setdefault(int(parts[0]), parts[1]) == parts[1]
    return found


def test_a_killed_sequencer_is_replaced_and_nothing_acknowledged_is_lost(settings, tmp_path: Path) -> None:
    lines: list[str] = []
    processes = {name: start(tmp_path / name, settings()) for name in ("a", "b")}
    for round_ in range(3):
        for process in processes.values():
            take(process, lines, 60)
        leader = next(name for name, process in processes.items() if _leads(process, lines))
        processes[leader].send_signal(signal.SIGKILL)
        lines += processes[leader].communicate()[0].splitlines()
        other = next(name for name in processes if name != leader)
        take(processes[other], lines, 60)
        processes[leader] = start(tmp_path / f"again-{round_}", settings())
    for process in processes.values():
        process.kill()
        lines += process.communicate()[0].splitlines()

    async def last() -> None:
        await (await PostgresLog.open(tmp_path / "last", settings())).close()

    asyncio.run(last())
    found = acknowledged(lines)
    assert len(found) > 300
    assert found.items() <= held(tmp_path / "last").items()


def _leads(process: subprocess.Popen[str], lines: list[str]) -> bool:
    assert process.stdout is not None
    line = process.stdout.readline()
    lines.append(line)
    return line.strip().endswith(" 1")


def test_a_killed_database_loses_nothing_acknowledged(settings, postgres, tmp_path: Path) -> None:
    async def run() -> dict[int, str]:
        log = await PostgresLog.open(tmp_path / "a", settings(postgres_timeout=2))
        receipts: dict[int, str] = {}
        stop = False

        async def caller() -> None:
            while not stop:
                with suppress(AuditUnavailable):
                    receipt = await log.append(lifecycle("x"))
                    receipts[receipt.index] = receipt.event_id
                await asyncio.sleep(0)

        callers = [asyncio.create_task(caller()) for _ in range(8)]
        for _ in range(3):
            before = len(receipts)
            while len(receipts) < before + 100:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(postgres.kill)
            with pytest.raises(AuditUnavailable):
                await log.append(lifecycle("x"))
            assert log.refusal is not None
            await asyncio.to_thread(postgres.start)
        stop = True
        await asyncio.gather(*callers)
        with suppress(AuditUnavailable):
            while True:
                await log.append(lifecycle("x"))
                break
        await log.close()
        return receipts

    receipts = asyncio.run(asyncio.wait_for(run(), 90))
    assert receipts.items() <= held(tmp_path / "a").items()


def test_a_database_rolled_back_or_rewritten_is_refused(settings, postgres, tmp_path: Path) -> None:
    async def write(name: str) -> None:
        log = await PostgresLog.open(tmp_path / name, settings())
        for _ in range(5):
            await log.append(lifecycle("x"))
        await log.close()

    asyncio.run(write("a"))
    with psycopg.connect(postgres.dsn, autocommit=True) as database:
        database.execute("CREATE TABLE kept AS SELECT * FROM yumen_audit_commits")
        database.execute("DELETE FROM yumen_audit_commits WHERE size > 3")
    with pytest.raises(LogDamaged, match="rolled back"):
        asyncio.run(write("a"))
    with psycopg.connect(postgres.dsn, autocommit=True) as database:
        database.execute("DELETE FROM yumen_audit_commits")
        database.execute("INSERT INTO yumen_audit_commits SELECT * FROM kept")
        database.execute(
            "UPDATE yumen_audit_commits SET frames = overlay(frames PLACING 'Z'::bytea FROM 60) WHERE first = 3"
        )
    with pytest.raises((LogDamaged, ValueError)):
        asyncio.run(write("new"))


def test_the_recorder_writes_to_it_as_to_files(settings, tmp_path: Path, principal, call) -> None:
    async def run() -> None:
        log = await PostgresLog.open(tmp_path / "a", settings())
        subjects = open_subjects(tmp_path, settings(), log.keys)
        other = open_subjects(tmp_path / "other-replica", settings(), log.keys)
        recorder = Recorder(log, subjects)
        made = call(principal())
        intent = await recorder.intent(made, Decision(allow=True), tool=None)
        await recorder.outcome(made, Decision(allow=True), Outcome("ok", {}), tool=None, intent=intent, durable=False)
        first = other.find("acme", "ann")
        assert first is not None
        assert other.behind(first.pseudonym) is not None
        assert subjects.destroy("acme", "ann") is not None
        assert other.find("acme", "ann") is None
        other.close()
        subjects.close()
        await log.close()

    asyncio.run(run())
    fields = [record.fields() for record in records(tmp_path / "a")]
    assert [each["phase"] for each in fields] == ["event", "intent", "outcome", "event"]
    assert fields[2]["parent"] == 1


def test_without_a_database_or_shared_keys_it_does_not_open(settings, postgres, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="the same for all"):
        asyncio.run(PostgresLog.open(tmp_path / "a", settings().model_copy(update={"origin": ""})))
    postgres.kill()
    with pytest.raises(AuditUnavailable, match="cannot be reached"):
        asyncio.run(PostgresLog.open(tmp_path / "a", settings(postgres_timeout=1)))


def test_what_one_replica_erases_the_others_forget(settings, tmp_path: Path, principal, call) -> None:
    async def run() -> tuple[str, str]:
        logs = [await PostgresLog.open(tmp_path / name / "audit", settings()) for name in ("a", "b")]
        tables = [open_subjects(tmp_path, settings(), log.keys) for log in logs]
        recorders = [Recorder(log, table) for log, table in zip(logs, tables, strict=True)]
        ann = principal("ann")

        async def record(recorder: Recorder) -> None:
            await recorder.outcome(call(ann), Decision(), Outcome("ok", {}), tool=None, intent=None, durable=True)

        await record(recorders[1])
        certificate, _ = await erase(logs[0], tables[0], "acme", "ann", recorder=recorders[0])
        while not logs[1].erasures:  # an idle replica learns of it by itself
            await asyncio.sleep(0.02)
        await record(recorders[1])
        after = tables[0].find("acme", "ann")
        for table in tables:
            table.close()
        for log in logs:
            await log.close()
        assert after is not None
        return certificate.pseudonym, after.pseudonym

    before, after = asyncio.run(asyncio.wait_for(run(), 60))
    actors = [record.fields().get("actor", {}).get("id") for record in records(tmp_path / "b" / "audit")]
    assert before != after
    assert actors.index(after) > max(index for index, actor in enumerate(actors) if actor == before)


@pytest.mark.parametrize("option", ["fsync", "full_page_writes"])
def test_a_database_that_can_lose_what_it_acknowledged_is_refused(settings, postgres, tmp_path: Path, option) -> None:
    postgres.kill()
    postgres.start("-c", f"{option}=off")
    with pytest.raises(AuditUnavailable, match=f"{option} off"):
        asyncio.run(PostgresLog.open(tmp_path / "a", settings()))


def test_a_row_that_no_replica_wrote_stops_the_order_until_it_is_gone(settings, postgres, tmp_path: Path) -> None:
    async def run() -> None:
        log = await PostgresLog.open(tmp_path / "a", settings(postgres_timeout=1))
        with psycopg.connect(postgres.dsn, autocommit=True) as database:
            database.execute(
                "INSERT INTO yumen_audit_inbox (log, replica, event) VALUES ('log.example/shared', 'x', '{')"
            )
            with pytest.raises(AuditUnavailable):
                await log.append(lifecycle("x"))
            database.execute("DELETE FROM yumen_audit_inbox WHERE event = '{'")
        while log.refusal is not None:
            await asyncio.sleep(0.05)
        assert (await log.append(lifecycle("y"))).checkpoint
        await log.close()

    asyncio.run(asyncio.wait_for(run(), 60))
    assert verify(tmp_path / "a").sound
