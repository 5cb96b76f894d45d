"""The second signature of a checkpoint: there when configured, demanded by whoever holds its key, never enough alone."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_server.audit.errors import BadNote, LogDamaged
from mcp_server.audit.keys import Card, read_card
from mcp_server.audit.log import AuditLog
from mcp_server.audit.mldsa import SecondKey, SecondSigner
from mcp_server.audit.notes import Checkpoint, Signer, open_checkpoint, parse_note
from mcp_server.audit.proofs import prove_consistency, prove_record, signed_note
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify
from mcp_server.secrets import KeyUnusable

VERIFIER = Path(__file__).parents[3] / "examples" / "verify_audit.py"
SEED = bytes(range(32))
CHECKPOINT = Checkpoint("log.example/x", 7, bytes(range(32)))


def seed_file(folder: Path, data: bytes = SEED) -> str:
    path = folder / "mldsa"
    path.touch(mode=0o600)
    path.write_text(base64.b64encode(data).decode())
    return f"file:{path}"


def card_of(directory: Path) -> Card:
    card = read_card(directory)
    assert card is not None
    return card


def stand_alone(*words: object, before: str = "pass") -> tuple[int, str]:
    """Run the auditor's script, `before` which a line of Python may spoil the machine it runs on."""
    run = f"import runpy, sys; {before}; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    done = subprocess.run([sys.executable, "-I", "-c", run, VERIFIER, *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def filled(store, directory: Path, tmp_path: Path) -> Path:
    async def fill() -> None:
        log = await store.open(directory, mldsa_key=seed_file(tmp_path), segment_bytes=8192)
        for number in range(6):
            await log.append(lifecycle("x", {"n": number}))
        await log.close()

    asyncio.run(fill())
    return directory


def test_every_checkpoint_carries_both_and_everything_goes_on(store, filled: Path, tmp_path: Path) -> None:
    card = card_of(filled)
    (second,) = card.second
    assert SecondKey.parse(second.text) == second
    assert [key_id for _, key_id, _ in parse_note(signed_note(filled)).signatures] == [card.keys[0].id, second.id]
    assert verify(filled).sound

    async def goes_on() -> None:
        await (await store.open(filled, mldsa_key=seed_file(tmp_path))).close()
        await (await store.open(filled)).close()  # and without it, too

    asyncio.run(goes_on())
    assert verify(filled).sound
    assert card_of(filled) == card
    assert len(parse_note(signed_note(filled)).signatures) == 1


def test_the_auditor_demands_it_where_its_key_is_known(filled: Path, tmp_path: Path) -> None:
    card = card_of(filled)
    proof, envelope = prove_record(filled, 3)
    (tmp_path / "p").write_text(proof.text)
    (tmp_path / "r").write_bytes(envelope)
    (tmp_path / "old").write_text(signed_note(filled))
    (tmp_path / "new").write_text(prove_consistency(filled, int(signed_note(filled).split("\n")[1])).text)
    keys = ("--key", card.keys[0].text, "--second-key", card.second[0].text)
    for words in (("record", tmp_path / "p", tmp_path / "r"), ("grown", tmp_path / "old", tmp_path / "new")):
        assert stand_alone(*words, *keys)[1].startswith("VERIFIED")
        assert stand_alone(*words, *keys[:2])[1].startswith("VERIFIED")
    assert stand_alone("segments", filled, *keys)[1].startswith("VERIFIED")
    other = SecondSigner(card.origin, bytes(32)).verifier.text
    assert "does not carry" in stand_alone("segments", filled, *keys[:3], other)[1]
    assert "not an ML-DSA-44" in stand_alone("segments", filled, *keys[:3], card.keys[0].text)[1]
    old = "sys.modules['cryptography.hazmat.primitives.asymmetric.mldsa'] = None"
    code, said = stand_alone("segments", filled, *keys, before=old)
    assert (code, "cannot be checked" in said) == (1, True)
    head, _, note = (tmp_path / "p").read_text().partition("\n\n")
    text, first, second, _ = note.rsplit("\n", 3)
    forged = bytearray(base64.b64decode(second.split(" ")[2]))
    for at in (5, 40):  # the time, and the signature
        forged[at] ^= 1
        line = f"{second.rsplit(' ', 1)[0]} {base64.b64encode(forged).decode()}"
        (tmp_path / "p").write_text(f"{head}\n\n{text}\n{first}\n{line}\n")
        assert "second signature does not verify" in stand_alone("record", tmp_path / "p", tmp_path / "r", *keys)[1]
        with pytest.raises(BadNote, match="forged"):
            open_checkpoint(f"{text}\n{first}\n{line}\n", card.by_id)
        forged[at] ^= 1


def test_it_alone_opens_nothing() -> None:
    ed, second = Signer("log.example/x", bytes(32)), SecondSigner("log.example/x", SEED)
    keys = {ed.verifier.id: ed.verifier, second.verifier.id: second.verifier}
    both = ed.sign(CHECKPOINT.body) + second.line(CHECKPOINT)
    assert open_checkpoint(both, keys) == CHECKPOINT
    assert open_checkpoint(both, {ed.verifier.id: ed.verifier}) == CHECKPOINT
    with pytest.raises(BadNote, match="not signed by a key of this log"):
        open_checkpoint(f"{CHECKPOINT.body}\n{second.line(CHECKPOINT)}", keys)


def test_the_signed_message_is_that_of_the_specification() -> None:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

    second = SecondSigner("cosigner.example", SEED)
    _, key_id, signature = parse_note(f"{CHECKPOINT.body}\n{second.line(CHECKPOINT)}").signatures[0]
    message = (
        b"subtree/v1\n\0" + b"\x10cosigner.example" + signature[:8] + b"\x0dlog.example/x" + bytes(8)
        + (7).to_bytes(8, "big") + bytes(range(32))
    )  # fmt: skip
    MLDSA44PrivateKey.from_seed_bytes(SEED).public_key().verify(signature[8:], message)
    assert key_id == second.verifier.id
    assert len(signature) == 8 + 2420


@pytest.mark.parametrize("cut", [0, 7, 8, 100])
def test_a_signature_that_is_cut_off_is_false(cut: int) -> None:
    second = SecondSigner("log.example/x", SEED)
    signature = parse_note(f"{CHECKPOINT.body}\n{second.line(CHECKPOINT)}").signatures[0][2]
    assert second.verifier.verify(CHECKPOINT.body.encode(), signature)
    assert not second.verifier.verify(CHECKPOINT.body.encode(), signature[:cut])


@pytest.mark.parametrize("text", ["", "a+b", "log+00000000+AAAA", "log+zz+!!", Signer("log", SEED).verifier.text])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        SecondKey.parse(text)


def test_keys_that_cannot_be_used_are_said_before_anything_is_written(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable):
        asyncio.run(AuditLog.open(directory, AuditSettings(mldsa_key=seed_file(tmp_path, b"short"))))
    with pytest.raises(KeyUnusable, match="255 bytes"):
        SecondSigner("ж" * 130, SEED)
    asyncio.run(_opened_and_closed(directory))
    card = json.loads((directory / "log.json").read_text())
    (directory / "log.json").write_text(json.dumps(card | {"second": ["not a key"]}))
    with pytest.raises(LogDamaged, match=r"log.json"):
        asyncio.run(_opened_and_closed(directory))


async def _opened_and_closed(directory: Path) -> None:
    await (await AuditLog.open(directory)).close()


def test_two_logs_never_make_the_same_key() -> None:
    assert SecondSigner("a", os.urandom(32)).verifier != SecondSigner("a", os.urandom(32)).verifier
