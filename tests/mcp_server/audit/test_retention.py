"""Whole segments go when their time is over; nothing held, young, unsent or of an unknown class ever does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.index import Filters, Index
from mcp_server.audit.keys import read_card
from mcp_server.audit.log import AuditLog
from mcp_server.audit.proofs import prove_consistency, prove_record, signed_note
from mcp_server.audit.reading import acknowledged, records
from mcp_server.audit.records import lifecycle
from mcp_server.audit.retention import DAYS, Hold, expired, prune, read_holds, write_holds
from mcp_server.audit.rotation import rotate
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.tiles import export
from mcp_server.audit.verify import verify

DAY = 86_400
VERIFIER = Path(__file__).parents[3] / "examples" / "verify_audit.py"


def write(directory: Path, count: int, *, age_days: float, retention: str = "standard") -> None:
    async def run() -> None:
        log = await AuditLog.open(directory, AuditSettings(segment_bytes=4096))
        for number in range(count):
            event = lifecycle("x", {"n": number, "pad": "y" * 300})
            event |= {"time": int((time.time() - age_days * DAY) * 1_000_000), "retention": retention}
            await log.append(event)
        await log.close()

    asyncio.run(run())


def pruned(directory: Path, **later: float) -> int:
    async def run() -> int:
        log = await AuditLog.open(directory, AuditSettings(segment_bytes=4096))
        plan = await prune(log, now=time.time() + later.get("days", 0) * DAY)
        await log.close()
        return plan.base

    return asyncio.run(run())


def test_expired_segments_go_and_everything_kept_stays_provable(directory: Path, tmp_path: Path) -> None:
    write(directory, 60, age_days=0)
    kept_note = signed_note(directory)
    card = read_card(directory)
    assert card is not None
    base = pruned(directory, days=181)
    assert base > 40
    assert verify(directory).sound
    assert next(each.index for each in records(directory)) == base
    for index in (base, base + 1, acknowledged(directory) - 1):
        proof, envelope = prove_record(directory, index)
        proof.verify(envelope, card.by_id)
    old = int(kept_note.split("\n")[1])
    assert prove_consistency(directory, old).old == old
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, "segments", directory, "--key", card.keys[0].text],
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("VERIFIED"), done.stdout
    write(directory, 30, age_days=0)
    assert verify(directory).sound
    export(directory, tmp_path / "tiles")


def test_a_lost_hash_file_of_a_pruned_log_is_rebuilt_from_the_peaks(directory: Path) -> None:
    write(directory, 60, age_days=0)
    base = pruned(directory, days=181)
    write(directory, 5, age_days=0)
    (directory / "hashes").unlink()
    write(directory, 5, age_days=0)
    card = read_card(directory)
    assert card is not None
    for index in range(base, acknowledged(directory)):
        proof, envelope = prove_record(directory, index)
        proof.verify(envelope, card.by_id)


def test_a_key_whose_introduction_was_pruned_is_still_trusted(directory: Path) -> None:
    write(directory, 5, age_days=0)
    card = read_card(directory)
    assert card is not None
    asyncio.run(rotate(directory.parent, AuditSettings(segment_bytes=4096)))
    write(directory, 60, age_days=0)
    assert pruned(directory, days=181) > 40
    assert verify(directory).sound
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, "segments", directory, "--key", card.keys[0].text],
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("VERIFIED"), done.stdout


@pytest.mark.parametrize(
    ("retention", "days", "goes"),
    [("standard", 179, False), ("standard", 181, True), ("pci", 181, False), ("pci", 367, True),
     ("china-processing", 1000, False), ("china-processing", 1097, True), ("a typing error", 10_000, False)],
)  # fmt: skip
def test_each_class_is_kept_for_its_time(directory: Path, retention: str, days: int, goes: bool) -> None:
    write(directory, 40, age_days=0, retention=retention)
    segments = expired(directory, time.time() + days * DAY).segments
    assert bool(segments) == goes
    assert DAYS["standard"] == 180


def test_a_legal_hold_keeps_what_it_covers(directory: Path) -> None:
    write(directory, 60, age_days=0)
    later = time.time() + 181 * DAY
    assert expired(directory, later).segments
    write_holds(directory, [Hold("case 7", time.time() - DAY, time.time() + DAY)])
    assert not expired(directory, later, read_holds(directory)).segments
    write_holds(directory, [Hold("case 7", time.time() + DAY, time.time() + 2 * DAY)])
    assert expired(directory, later, read_holds(directory)).segments
    (directory / "holds.json").write_text("[{]")
    with pytest.raises(LogDamaged):
        read_holds(directory)


def test_what_a_sink_has_not_acknowledged_is_not_pruned(directory: Path) -> None:
    write(directory, 60, age_days=0)
    (directory / "cursors").mkdir()
    (directory / "cursors" / "s.json").write_text('{"log":"x","next":20}')
    assert 0 < expired(directory, time.time() + 181 * DAY).base <= 20


def test_an_index_forgets_what_was_pruned(directory: Path) -> None:
    write(directory, 60, age_days=0)
    index = Index(directory)
    index.catch_up(acknowledged(directory))
    base = pruned(directory, days=181)
    index.catch_up(acknowledged(directory))
    assert min(place.seq for place in index.find(Filters(tenant=""), 1000)) == base
    index.close()


def test_a_crash_in_the_middle_of_pruning_is_ended_at_the_next_start(directory: Path, tmp_path: Path) -> None:
    write(directory, 60, age_days=0)
    first, second = sorted((directory / "segments").iterdir())[:2]
    copies = {path: path.read_bytes() for path in (first, second)}
    base = pruned(directory, days=181)
    second.write_bytes(copies[second])
    write(directory, 1, age_days=0)
    assert not second.exists()
    assert next(each.index for each in records(directory)) == base


@pytest.mark.parametrize("tamper", ["segments deleted", "base invented", "base moved", "base garbled"])
def test_segments_cannot_be_made_to_vanish_by_calling_them_pruned(directory: Path, tamper: str) -> None:
    write(directory, 60, age_days=0)
    base = pruned(directory, days=181)
    write(directory, 60, age_days=0)
    segments = sorted((directory / "segments").iterdir())
    if tamper == "segments deleted":
        segments[0].unlink()
    elif tamper == "base garbled":
        (directory / "base.json").write_text("{")
    else:
        target = int(segments[1].stem)
        record = json.loads((directory / "base.json").read_text())["record"] if tamper == "base moved" else target + 1
        segments[0].unlink()
        (directory / "base.json").write_text(json.dumps({"base": target, "record": record}))
        assert target > base
    with pytest.raises(LogDamaged):
        write(directory, 1, age_days=0)
    try:
        assert not verify(directory).sound
    except LogDamaged:
        assert tamper == "base garbled"
