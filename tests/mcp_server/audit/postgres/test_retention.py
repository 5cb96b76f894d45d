"""Pruning where replicas share the log: the database forgets, every copy follows, and a new replica starts at the base."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.keys import read_card
from mcp_server.audit.postgres.log import PostgresLog
from mcp_server.audit.postgres.mirror import Mirror
from mcp_server.audit.postgres.retention import SharedRetention
from mcp_server.audit.proofs import prove_record
from mcp_server.audit.reading import acknowledged, records
from mcp_server.audit.records import lifecycle
from mcp_server.audit.retention import Hold
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify

pytestmark = pytest.mark.service

DAY = 86_400
LATER = 181 * DAY
VERIFIER = Path(__file__).parents[4] / "examples" / "verify_audit.py"


@pytest.fixture
def audit(settings) -> AuditSettings:
    made: AuditSettings = settings(segment_bytes=4096)
    return made


def write(audit: AuditSettings, *directories: Path, count: int = 30) -> None:
    """Append `count` records, one commit each, while replicas run in all the directories."""

    async def run() -> None:
        logs = [await PostgresLog.open(directory, audit) for directory in directories]
        for number in range(count):
            await logs[number % len(logs)].append(lifecycle("x", {"n": number, "pad": "y" * 300}))
        for log in logs:
            await log.flush()
        for log in logs:
            await log.close()

    asyncio.run(run())


def first_of(directory: Path) -> int:
    return next(each.index for each in records(directory))


def test_every_copy_follows_and_everything_kept_stays_provable(audit, tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    write(audit, a, b, count=60)
    plan = SharedRetention(a, audit).prune(time.time() + LATER)
    assert plan.base > 40
    write(audit, a, b, c, count=6)
    assert first_of(c) == plan.base
    for directory in (a, b, c):
        assert verify(directory).sound, verify(directory).problems
        # Copies go by whole segments: at most one straddles the base.
        assert plan.base - 20 < first_of(directory) <= plan.base
        card = read_card(directory)
        assert card is not None
        for index in range(plan.base, acknowledged(directory)):
            proof, envelope = prove_record(directory, index)
            proof.verify(envelope, card.by_id)
        done = subprocess.run(
            [sys.executable, "-I", VERIFIER, "segments", directory, "--key", card.keys[0].text],
            capture_output=True,
            text=True,
        )
        assert done.stdout.startswith("VERIFIED"), done.stdout
    write(audit, a, c, count=4)
    assert verify(c).sound
    assert SharedRetention(c, audit).prune(time.time() + LATER).base > plan.base


def test_what_was_pruned_is_gone_from_the_database(audit, postgres, tmp_path: Path) -> None:
    write(audit, tmp_path / "a", count=20)
    retention = SharedRetention(tmp_path / "a", audit)
    assert retention.expired(time.time() + LATER).base > 10
    assert not retention.expired().commits
    plan = retention.prune(time.time() + LATER)
    with psycopg.connect(postgres.dsn) as connection:
        row = connection.execute(
            "SELECT min(first) FROM yumen_audit_commits WHERE log = %s", (audit.origin,)
        ).fetchone()
    assert row == (plan.base,)
    assert not retention.prune(time.time() + DAY).commits


def test_a_hold_set_on_one_replica_binds_all(audit, tmp_path: Path) -> None:
    write(audit, tmp_path / "a", tmp_path / "b")
    here, there = SharedRetention(tmp_path / "a", audit), SharedRetention(tmp_path / "b", audit)
    here.hold(Hold("case 7", time.time() - DAY, time.time() + DAY))
    assert not there.prune(time.time() + LATER).commits
    there.hold(Hold("case 7", time.time() + DAY, time.time() + 2 * DAY))
    assert here.holds() == there.holds()
    assert here.expired(time.time() + LATER).commits
    there.release("case 7")
    assert here.holds() == ()


def test_what_a_sink_has_not_acknowledged_is_not_pruned(audit, tmp_path: Path) -> None:
    write(audit, tmp_path / "a")
    (tmp_path / "a" / "cursors").mkdir(exist_ok=True)
    (tmp_path / "a" / "cursors" / "s.json").write_text('{"log":"x","next":12}')
    assert 0 < SharedRetention(tmp_path / "a", audit).expired(time.time() + LATER).base <= 12


def test_a_replica_that_was_away_too_long_is_told_to_begin_anew(audit, tmp_path: Path) -> None:
    write(audit, tmp_path / "a", tmp_path / "b", count=10)
    write(audit, tmp_path / "a", count=30)
    assert SharedRetention(tmp_path / "a", audit).prune(time.time() + LATER).base > acknowledged(tmp_path / "b")
    with pytest.raises(LogDamaged, match="pruned up to record") as error:
        write(audit, tmp_path / "b", count=1)
    assert "empty data directory" in error.value.remedy


def test_a_new_replica_that_dies_at_the_base_begins_again(audit, tmp_path: Path, monkeypatch) -> None:
    write(audit, tmp_path / "a", count=30)
    plan = SharedRetention(tmp_path / "a", audit).prune(time.time() + LATER)

    def died(*_: object) -> None:
        raise OSError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(Mirror, "_take", died)
        with pytest.raises((OSError, AuditUnavailable)):
            write(audit, tmp_path / "c", count=1)
    assert (tmp_path / "c" / "base.json").exists()
    write(audit, tmp_path / "c", count=2)
    assert verify(tmp_path / "c").sound
    assert first_of(tmp_path / "c") == plan.base


def test_a_pruned_copy_without_its_high_water_mark_is_damaged_and_not_begun_again(audit, tmp_path: Path) -> None:
    write(audit, tmp_path / "a", count=30)
    SharedRetention(tmp_path / "a", audit).prune(time.time() + LATER)
    write(audit, tmp_path / "a", count=2)
    (tmp_path / "a" / "head").unlink()
    with pytest.raises(LogDamaged, match="high-water mark"):
        write(audit, tmp_path / "a", count=1)


def test_a_base_that_no_key_of_the_log_signed_is_refused(audit, postgres, tmp_path: Path) -> None:
    write(audit, tmp_path / "a", count=30)
    SharedRetention(tmp_path / "a", audit).prune(time.time() + LATER)
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute(
            "UPDATE yumen_audit_base SET peaks = set_byte(peaks, 3, get_byte(peaks, 3) # 1) WHERE log = %s",
            (audit.origin,),
        )
    with pytest.raises(LogDamaged, match="not what its checkpoint signs"):
        write(audit, tmp_path / "c", count=1)


def test_a_log_of_its_own_is_not_pruned_as_if_it_were_shared(audit, tmp_path: Path) -> None:
    from mcp_server.audit.log import AuditLog

    async def run() -> None:
        await (await AuditLog.open(tmp_path / "own")).close()

    asyncio.run(run())
    with pytest.raises(LogDamaged, match="a log of its own"):
        SharedRetention(tmp_path / "own", audit)
