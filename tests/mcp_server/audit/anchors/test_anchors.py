"""A rollback of the whole data directory, to a state that is sound in itself, is noticed from any one anchor."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from mcp_server.audit.anchors.anchoring import COSIGNED
from mcp_server.audit.anchors.settings import AnchorSettings, TimestampSettings, WitnessSettings
from mcp_server.audit.anchors.witness import AnchorUnavailable, CosignerKey
from mcp_server.audit.errors import BadNote, LogDamaged
from mcp_server.audit.keeper import keep
from mcp_server.audit.keys import read_card
from mcp_server.audit.log import AuditLog
from mcp_server.audit.notes import open_checkpoint
from mcp_server.audit.proofs import signed_note
from mcp_server.audit.reading import records
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify


def anchored(directory: Path, settings: AnchorSettings, count: int = 3) -> None:
    """Open a log, write some records, send the checkpoint out, close."""

    async def run() -> None:
        log = await AuditLog.open(directory, AuditSettings(anchors=settings))
        async with keep(log, AuditSettings(anchors=settings)) as keeper:
            for n in range(count):
                await log.append(lifecycle("x", {"n": n}))
        assert keeper.problems == ()
        await log.close()

    asyncio.run(run())


@pytest.fixture(params=["file", "witness", "timestamp"])
def settings(request, tmp_path: Path, directory: Path, write_log) -> AnchorSettings:
    if request.param == "file":
        return AnchorSettings(files=(tmp_path / "other-volume.checkpoint",))
    if request.param == "witness":
        witness = request.getfixturevalue("witness")
        write_log(directory, commits=1)
        card = read_card(directory)
        assert card is not None
        witness.trusted.update(card.by_id)
        return AnchorSettings(witnesses=(WitnessSettings(url=witness.url, key=witness.key.text),))
    url, root = request.getfixturevalue("authority")
    return AnchorSettings(timestamps=TimestampSettings(url=url, roots=root, folder=tmp_path / "tokens"))


def test_a_rollback_to_a_sound_older_state_is_refused_at_start(settings, directory: Path, tmp_path: Path) -> None:
    anchored(directory, settings)
    older = tmp_path / "older"
    shutil.copytree(directory, older)
    anchored(directory, settings)
    anchored(directory, settings)
    shutil.rmtree(directory)
    shutil.copytree(older, directory)
    assert verify(directory).sound
    with pytest.raises(LogDamaged, match="rolled back"):
        anchored(directory, settings)


def test_a_history_written_anew_is_refused_at_start(settings, directory: Path, tmp_path: Path) -> None:
    """With the log's own keys, and longer than the true one."""
    anchored(directory, settings)
    forged = tmp_path / "forged"
    (forged / "keys").mkdir(parents=True)
    for name in ("log.json", "keys/signing.key", "keys/digest.key"):
        shutil.copy2(directory / name, forged / name)
    anchored(forged, AnchorSettings(), count=40)
    with pytest.raises(LogDamaged, match="rewritten"):
        anchored(forged, settings)


def test_a_log_goes_on_after_a_crash_with_its_anchors(settings, directory: Path) -> None:
    for _ in range(3):
        anchored(directory, settings)
    assert verify(directory).sound


def test_a_witness_cosigns_and_the_cosigned_checkpoint_is_kept(witness, directory: Path, write_log) -> None:
    write_log(directory, commits=1)
    card = read_card(directory)
    assert card is not None
    witness.trusted.update(card.by_id)
    anchored(directory, AnchorSettings(witnesses=(WitnessSettings(url=witness.url, key=witness.key.text),)))
    note = (directory / COSIGNED).read_text()
    assert open_checkpoint(note, card.by_id).size == witness.size
    assert CosignerKey.parse(witness.key.text).time_of(note)
    assert CosignerKey("witness.example/w1", bytes(32)).time_of(note) is None
    assert CosignerKey.parse(witness.key.text).time_of(signed_note(directory)) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((500, "oops"), "refused the checkpoint"),
        ((404, ""), "refused the checkpoint"),
        ((200, ""), "without a valid cosignature"),
        ((200, "\u2014 witness.example/w1 AAAAAAAA\n"), "without a valid cosignature"),
        ((200, "x" * 100_000), "too much"),
        ((409, "many\n"), "did not say which size"),
    ],
)
def test_a_witness_that_answers_wrongly_never_stops_the_log(witness, directory: Path, answer, said: str) -> None:
    witness.answer_with = answer
    settings = AnchorSettings(witnesses=(WitnessSettings(url=witness.url, key=witness.key.text),))

    async def run() -> tuple[str, ...]:
        log = await AuditLog.open(directory, AuditSettings(anchors=settings))
        async with keep(log, AuditSettings(anchors=settings)) as keeper:
            await log.append(lifecycle("x"))
        await log.close()
        await (await AuditLog.open(directory, AuditSettings(anchors=settings))).close()
        return keeper.problems

    problems = asyncio.run(run())
    assert len(problems) == 1
    assert said in problems[0] or "valid cosignature" in problems[0]
    assert "anchor.failed" in [record.fields()["event"] for record in records(directory)]


def test_a_witness_that_cannot_be_asked_stops_the_start_only_where_that_is_wanted(
    directory: Path, write_log, witness
) -> None:
    write_log(directory, commits=1)
    witness.answer_with = (503, "")
    settings = AnchorSettings(
        witnesses=(WitnessSettings(url=witness.url, key=witness.key.text),), require_at_start=True
    )
    with pytest.raises(AnchorUnavailable):
        asyncio.run(AuditLog.open(directory, AuditSettings(anchors=settings)))
    write_log(directory, commits=1, anchors=settings.model_copy(update={"require_at_start": False}))


@pytest.mark.parametrize("content", ["", "garbage", "other.example/log\n5\n" + "A" * 43 + "=\n\n\u2014 x AAAAAAAA\n"])
def test_an_anchor_file_that_is_not_this_logs_is_refused(
    directory: Path, tmp_path: Path, write_log, content: str
) -> None:
    write_log(directory, commits=1)
    path = tmp_path / "anchor"
    path.write_text(content)
    with pytest.raises(LogDamaged, match="not a checkpoint signed by this log"):
        asyncio.run(AuditLog.open(directory, AuditSettings(anchors=AnchorSettings(files=(path,)))))


def test_a_changed_token_is_refused(authority, directory: Path, tmp_path: Path) -> None:
    url, root = authority
    settings = AnchorSettings(timestamps=TimestampSettings(url=url, roots=root, folder=tmp_path / "tokens"))
    anchored(directory, settings)
    token = next((tmp_path / "tokens").glob("*.tsr"))
    data = bytearray(token.read_bytes())
    data[-20] ^= 1
    token.write_bytes(bytes(data))
    with pytest.raises(AnchorUnavailable, match="does not verify"):
        anchored(directory, settings)


@pytest.mark.parametrize("text", ["", "a+b", "w+00000000+AAAA", "w w+00000000+AAAA"])
def test_a_malformed_witness_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        CosignerKey.parse(text)
