"""What the law asks to forget is forgotten, and everything that was proved stays provable."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mcp_server.audit.erasure import erase, erase_in, read_certificate
from mcp_server.audit.errors import BadNote, NoSuchRecord
from mcp_server.audit.keeper import keep
from mcp_server.audit.keys import read_card
from mcp_server.audit.log import AuditLog
from mcp_server.audit.opening import open_subjects, subjects_for_reading
from mcp_server.audit.proofs import prove_record
from mcp_server.audit.reading import record, records
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.audit.verify import verify
from mcp_server.audit.views import content_of
from mcp_server.calls import Decision, Origin, Outcome


@pytest.fixture
def data_dir(store, tmp_path: Path, principal, call) -> Path:
    """Three records of ann, at 1 to 3, and one of ben, at 4."""

    async def fill() -> None:
        log = await store.open(tmp_path / "audit")
        subjects = open_subjects(tmp_path, store.settings(), log.keys)
        recorder = Recorder(log, subjects)
        for subject in ("ann", "ann", "ann", "ben"):
            made = call(principal(subject))
            await recorder.outcome(made, Decision(), Outcome("ok", {}), tool=None, intent=None, durable=True)
        subjects.close()
        await log.close()

    asyncio.run(fill())
    return tmp_path


def readable(store, data_dir: Path) -> list[str | None]:
    """The caller's name in each record, as far as the keys are there."""
    subjects = subjects_for_reading(data_dir, store.settings())
    assert subjects is not None
    found = [
        (content_of(each.fields(), each, subjects) or {}).get("subject")
        for each in records(data_dir / "audit", 1, until=5)
    ]
    subjects.close()
    return found


def test_erasing_makes_a_subject_unreadable_and_leaves_every_proof(store, data_dir: Path) -> None:
    directory = data_dir / "audit"
    before = [prove_record(directory, index)[0] for index in range(5)]
    envelopes = [record(directory, index).envelope for index in range(5)]
    note = asyncio.run(erase_in(data_dir, store.settings(), "acme", "ann", "request 17"))
    assert readable(store, data_dir) == [None, None, None, "ben"]
    assert verify(directory).sound
    card = read_card(directory)
    assert card is not None
    for proof, envelope in zip(before, envelopes, strict=True):
        proof.verify(envelope, card.by_id)
        assert record(directory, proof.index).envelope == envelope
    certificate = read_certificate(note, card.keys)
    assert certificate.records == 3
    assert certificate.pseudonym == record(directory, 1).fields()["actor"]["id"]
    assert "ann" not in note
    tombstone = record(directory, certificate.tombstone).fields()
    assert (tombstone["event"], tombstone["details"]) == ("erasure.begun", {"reason": "request 17"})
    outcome = next(each.fields() for each in records(directory) if each.fields().get("event") == "erasure.done")
    assert outcome["parent"] == certificate.tombstone
    assert [path.read_text() for path in (directory / "certificates").iterdir()] == [note]
    with pytest.raises(BadNote):
        read_certificate(note.replace("records 3", "records 0"), card.keys)


def test_the_key_is_gone_from_the_table_and_its_file(tmp_path: Path, principal, call) -> None:
    async def fill() -> bytes:
        log = await AuditLog.open(tmp_path / "audit")
        subjects = SubjectKeys(tmp_path / TABLE, log.keys.tenant_key)
        made = call(principal("ann"))
        await Recorder(log, subjects).outcome(made, Decision(), Outcome("ok", {}), tool=None, intent=None, durable=True)
        subjects.close()
        await log.close()
        with closing(sqlite3.connect(tmp_path / TABLE)) as database:
            (key,) = database.execute("SELECT key FROM subjects").fetchone()
        return bytes(key)

    key = asyncio.run(fill())
    assert key in (tmp_path / TABLE).read_bytes()
    asyncio.run(erase_in(tmp_path, AuditSettings(), "acme", "ann", ""))
    assert key not in b"".join(path.read_bytes() for path in tmp_path.glob(f"{TABLE}*"))


def test_a_running_server_erases_when_the_command_line_asks(store, data_dir: Path, principal) -> None:
    async def run() -> None:
        settings = store.settings()
        log = await store.open(data_dir / "audit")
        subjects = open_subjects(data_dir, store.settings(), log.keys)
        recorder = Recorder(log, subjects)
        origin, ann = Origin("http"), principal("ann")
        async with keep(log, settings, subjects, recorder=recorder):
            await recorder.refused(origin, status="denied", error_code="x", principal=ann)
            assert "records 4" in await erase_in(data_dir, settings, "acme", "ann", "asked")
            with pytest.raises(NoSuchRecord):
                await erase_in(data_dir, settings, "acme", "ann", "asked twice")
            receipt = await recorder.refused(origin, status="denied", error_code="x", principal=ann)
            await log.flush()
            old, new = record(log.directory, 1), record(log.directory, receipt.index)
            assert old.fields()["actor"]["id"] != new.fields()["actor"]["id"]
            assert (content_of(new.fields(), new, subjects) or {})["subject"] == "ann"
        subjects.close()
        await log.close()

    asyncio.run(run())
    assert not list((data_dir / "audit" / "requests").iterdir())


@pytest.mark.parametrize(("tenant", "subject"), [("acme", "nobody"), ("other", "ann")])
def test_nobody_to_erase_is_an_error_and_leaves_no_tombstone(store, data_dir: Path, tenant: str, subject: str) -> None:
    with pytest.raises(NoSuchRecord):
        asyncio.run(erase_in(data_dir, store.settings(), tenant, subject, ""))
    assert all(each.fields()["kind"] != "erasure" for each in records(data_dir / "audit"))


def test_a_crash_between_tombstone_and_key_is_completed_by_erasing_again(store, data_dir: Path) -> None:
    class Stopped(Exception):
        pass

    async def crash() -> None:
        log = await store.open(data_dir / "audit")
        subjects = open_subjects(data_dir, store.settings(), log.keys)
        subjects.destroy = _stop  # type: ignore[method-assign]
        with pytest.raises(Stopped):
            await erase(log, subjects, "acme", "ann")
        await log.close()

    def _stop(*_: object) -> None:
        raise Stopped

    asyncio.run(crash())
    assert readable(store, data_dir)[0] == "ann"
    asyncio.run(erase_in(data_dir, store.settings(), "acme", "ann", "again"))
    assert readable(store, data_dir)[0] is None
    seen = [each.fields().get("event") for each in records(data_dir / "audit")]
    if store.kind == "files":  # in PostgreSQL, once the replica was silent for long enough
        assert seen.count("outcome.unknown") == 1
    assert seen.count("erasure.done") == 1
