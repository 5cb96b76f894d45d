"""Proofs, exports and key rotation, each checked a second time by the stand-alone verifier in its own process."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_server.audit.errors import BadNote, NoSuchRecord
from mcp_server.audit.keys import Card, read_card
from mcp_server.audit.log import AuditLog
from mcp_server.audit.notes import Signer, VerifierKey, open_checkpoint
from mcp_server.audit.proofs import ConsistencyProof, RecordProof, prove_consistency, prove_record, signed_note
from mcp_server.audit.reading import records
from mcp_server.audit.rotation import rotate
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.tiles import export, tile_path, tiles_of
from mcp_server.audit.verify import verify
from mcp_server.secrets import KeyUnusable

VERIFIER = Path(__file__).parents[3] / "examples" / "verify_audit.py"


def stand_alone(*words: object) -> tuple[int, str]:
    """Run the auditor's script the way an auditor would: without Yumen on the path."""
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *map(str, words)], capture_output=True, text=True, cwd="/", timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def first_key(directory: Path) -> str:
    card = read_card(directory)
    assert card is not None
    return card.keys[0].text


@pytest.fixture
def filled(directory: Path, write_log) -> Path:
    write_log(directory, commits=30, each=2, segment_bytes=4096)
    return directory


def test_every_record_is_proved_and_the_auditor_agrees(filled: Path, tmp_path: Path) -> None:
    card = read_card(filled)
    assert card is not None
    for found in records(filled):
        proof, envelope = prove_record(filled, found.index)
        assert RecordProof.parse(proof.text).verify(envelope, card.by_id).size == 62
    (tmp_path / "p").write_text(proof.text)
    (tmp_path / "r").write_bytes(envelope)
    assert stand_alone("record", tmp_path / "p", tmp_path / "r", "--key", first_key(filled)) == (
        0,
        f"VERIFIED: record 61 is in the log {card.origin} of 62 records\n",
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda proof, envelope: (proof.replace("index 5", "index 6"), envelope), "does not lead"),
        (lambda proof, envelope: (proof, envelope.replace(b"test.event", b"tset.event")), "does not lead"),
        (lambda proof, envelope: (proof.replace("\n62\n", "\n63\n"), envelope), "signature|forged"),
        (
            lambda proof, envelope: (proof.replace("index 5\n", "index 5\n" + "A" * 43 + "=\n"), envelope),
            "does not lead|too long",
        ),
        (lambda proof, envelope: (proof.replace("c2sp.org", "c3sp.org"), envelope), "not a tlog-proof"),
        (lambda proof, envelope: (proof[:100], envelope), "not a tlog-proof"),
        (lambda proof, envelope: (proof.replace("index 5", "index 05"), envelope), "number|does not lead"),
        (lambda proof, envelope: ("", envelope), "not a tlog-proof"),
    ],
)
def test_a_spoilt_proof_is_refused_by_both(filled: Path, tmp_path: Path, spoil, why: str) -> None:
    card = read_card(filled)
    assert card is not None
    proof, envelope = prove_record(filled, 5)
    text, spoilt = spoil(proof.text, envelope)
    with pytest.raises(BadNote, match=why):
        RecordProof.parse(text).verify(spoilt, card.by_id)
    if "05" not in text:
        (tmp_path / "p").write_text(text)
        (tmp_path / "r").write_bytes(spoilt)
        code, said = stand_alone("record", tmp_path / "p", tmp_path / "r", "--key", first_key(filled))
        assert (code, said.startswith("NOT VERIFIED")) == (1, True)


def test_growth_between_any_two_checkpoints_is_proved(filled: Path, tmp_path: Path) -> None:
    card = read_card(filled)
    assert card is not None
    sizes = [1, 3, 33, 61, 62]
    for old in sizes:
        before = open_checkpoint(signed_note(filled, old), card.by_id)
        for new in (size for size in sizes if size >= old):
            proof = ConsistencyProof.parse(prove_consistency(filled, old, new).text)
            assert proof.verify(before, card.by_id).size == new
    (tmp_path / "old").write_text(signed_note(filled, 33))
    (tmp_path / "new").write_text(prove_consistency(filled, 33).text)
    code, said = stand_alone("grown", tmp_path / "old", tmp_path / "new", "--key", first_key(filled))
    assert (code, "grew from 33 to 62" in said) == (0, True)


def test_a_rewritten_log_is_not_consistent_with_a_kept_checkpoint(filled: Path, tmp_path: Path, write_log) -> None:
    """The whole history made anew with the log's own key, longer than before: only the kept checkpoint shows it."""
    card = read_card(filled)
    assert card is not None
    kept = signed_note(filled, 33)
    forged = tmp_path / "forged"
    forged.mkdir()
    (forged / "keys").mkdir()
    for name in ("log.json", "keys/signing.key", "keys/digest.key"):
        (forged / name).write_bytes((filled / name).read_bytes())
        (forged / name).chmod(0o600)
    write_log(forged, commits=40, each=2)
    assert verify(forged).sound
    proof = prove_consistency(forged, 33)
    with pytest.raises(BadNote, match="rewritten"):
        proof.verify(open_checkpoint(kept, card.by_id), card.by_id)
    (tmp_path / "old").write_text(kept)
    (tmp_path / "new").write_text(proof.text)
    assert stand_alone("grown", tmp_path / "old", tmp_path / "new", "--key", first_key(filled))[0] == 1
    assert not verify(forged, known=[open_checkpoint(kept, card.by_id)]).sound


def test_a_size_that_was_never_signed_has_no_checkpoint(filled: Path) -> None:
    with pytest.raises(NoSuchRecord, match="exactly 32 records"):
        signed_note(filled, 32)
    with pytest.raises(NoSuchRecord):
        prove_consistency(filled, 63)
    with pytest.raises(NoSuchRecord):
        prove_record(filled, 40, size=33)


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        (0, []),
        (1, [(0, 0, 1)]),
        (256, [(0, 0, 256), (1, 0, 1)]),
        (300, [(0, 0, 256), (0, 1, 44), (1, 0, 1)]),
    ],
)
def test_the_tiles_of_a_tree(size: int, tiles) -> None:
    assert list(tiles_of(size)) == tiles


def test_the_example_of_the_tiles_specification() -> None:
    tiles = list(tiles_of(70_000))
    assert [sum(1 for level, _, width in tiles if level == at and width == 256) for at in (0, 1, 2)] == [273, 1, 0]
    assert [tile for tile in tiles if tile[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert tile_path("0", 1234067) == "tile/0/x001/x234/067"
    assert tile_path("1", 1, 17) == "tile/1/001.p/17"


def test_an_export_is_verified_by_the_auditor_and_continued_later(directory: Path, tmp_path: Path, write_log) -> None:
    target = tmp_path / "export"
    total = 0
    for commits in (3, 400, 200):
        write_log(directory, commits=commits, each=1)
        total += commits + 2
        assert export(directory, target) == total
        assert stand_alone("tiles", target, "--key", first_key(directory))[0] == 0
    entries = target / tile_path("entries", 0)
    data = bytearray(entries.read_bytes())
    data[500] ^= 1
    entries.write_bytes(bytes(data))
    assert stand_alone("tiles", target, "--key", first_key(directory))[0] == 1


def test_the_auditor_reads_segments_too_and_finds_every_change(filled: Path) -> None:
    key = first_key(filled)
    assert stand_alone("segments", filled, "--key", key)[0] == 0
    other = Signer("log.example/other", bytes(32)).verifier.text
    assert stand_alone("segments", filled, "--key", other)[0] == 1
    segment = sorted((filled / "segments").iterdir())[2]
    data = segment.read_bytes()
    for changed in (data[:-1], data[:200] + b"\x00" + data[201:]):
        segment.write_bytes(changed)
        assert stand_alone("segments", filled, "--key", key)[0] == 1
    segment.unlink()
    assert stand_alone("segments", filled, "--key", key)[0] == 1


def test_a_rotated_key_signs_from_then_on_and_the_first_key_is_enough_to_trust_it(filled: Path, write_log) -> None:
    first = first_key(filled)
    for _ in range(2):
        new = asyncio.run(rotate(filled.parent, AuditSettings()))
        write_log(filled)
        assert signed_note(filled).count(base64.b64encode(new.id).decode()[:5]) == 1
    assert verify(filled).sound
    assert stand_alone("segments", filled, "--key", first)[0] == 0
    last = read_card(filled)
    assert last is not None
    assert len(last.keys) == 3


def test_a_key_slipped_into_the_card_is_found(filled: Path) -> None:
    card = read_card(filled)
    assert card is not None
    Card(card.origin, (*card.keys, Signer(card.origin, bytes(32)).verifier)).write(filled)
    result = verify(filled)
    assert "which no rotation record introduces" in str(result.problems[0])


def test_a_key_that_is_not_the_logs_does_not_open_it(filled: Path) -> None:
    (filled / "keys" / "signing.key").write_text(base64.b64encode(bytes(32)).decode())
    with pytest.raises(KeyUnusable, match="not one of this log's keys"):
        asyncio.run(AuditLog.open(filled))


def test_rotation_to_a_key_that_lies_elsewhere(filled: Path, tmp_path: Path, write_log) -> None:
    seed = tmp_path / "new.key"
    seed.write_text(base64.b64encode(bytes(range(32))).decode())
    seed.chmod(0o600)
    new = asyncio.run(rotate(filled.parent, AuditSettings(), bytes(range(32))))
    write_log(filled, signing_key=f"file:{seed}")
    card = read_card(filled)
    assert card is not None
    assert card.keys[-1] == new == VerifierKey.parse(new.text)
    open_checkpoint(signed_note(filled), {new.id: new})
    assert json.loads((filled / "log.json").read_text())["format"] == 1
