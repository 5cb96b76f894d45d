"""Signed notes and checkpoints, with the example of c2sp.org/signed-note's Go implementation as the vector."""

from __future__ import annotations

import pytest

from mcp_server.audit.errors import BadNote
from mcp_server.audit.notes import Checkpoint, Signer, VerifierKey, open_checkpoint, parse_checkpoint, parse_note

SEED = bytes(range(32))
ORIGIN = "logs.example.org/yumen"


@pytest.fixture
def signer() -> Signer:
    return Signer(ORIGIN, SEED)


def test_the_public_example_of_signed_note_verifies() -> None:
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    parsed = parse_note(note)
    (name, key_id, signature) = parsed.signatures[0]
    assert (name, key_id) == (key.name, key.id)
    assert key.verify(parsed.text.encode(), signature)
    assert key.text == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_signed_checkpoint_opens(signer: Signer) -> None:
    checkpoint = Checkpoint(ORIGIN, 7, bytes(32))
    note = signer.sign(checkpoint.body)
    assert open_checkpoint(note, {signer.verifier.id: signer.verifier}) == checkpoint
    assert note.startswith(f"{ORIGIN}\n7\nAAAA")


def test_signatures_by_unknown_keys_are_passed_over(signer: Signer) -> None:
    checkpoint = Checkpoint(ORIGIN, 7, bytes(32))
    witness = Signer("witness.example", bytes(32))
    note = signer.sign(checkpoint.body) + witness.line(checkpoint.body)
    assert open_checkpoint(note, {signer.verifier.id: signer.verifier}) == checkpoint
    with pytest.raises(BadNote, match="not signed"):
        open_checkpoint(note, {})


def changed(old: str, new: str):
    return lambda note: note.replace(old, new)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (changed("\n7\n", "\n8\n"), "forged"),
        (changed("AAAA", "AAAB"), "forged"),
        (changed(f"{ORIGIN}\n", "other.example/log\n"), "forged"),
        (changed("\u2014 ", "- "), "malformed"),
        (lambda note: note[:-1], "cut off"),
        (lambda note: note.partition("\n\n")[0], "cut off"),
        (lambda note: note[:-6] + "????\n", "base64"),
        (lambda note: "", "cut off"),
        (lambda note: b"\xff" + note.encode(), "UTF-8"),
        (lambda note: note + "\n" * 70_000, "cut off"),
    ],
)
def test_a_spoilt_note_is_refused(signer: Signer, spoil, why: str) -> None:
    note = signer.sign(Checkpoint(ORIGIN, 7, bytes(32)).body)
    with pytest.raises(BadNote, match=why):
        open_checkpoint(spoil(note), {signer.verifier.id: signer.verifier})


@pytest.mark.parametrize(
    "text",
    ["", "origin\n", "origin\n1\n", "origin\n01\n" + "A" * 43 + "=\n", "origin\n-1\n" + "A" * 43 + "=\n",
     "origin\n1\nAAAA\n", "\n1\n" + "A" * 43 + "=\n", "origin\n²\n" + "A" * 43 + "=\n"],
)  # fmt: skip
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+00000000+AAAA", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
     "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "name+c74f20a3+?"],
)  # fmt: skip
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        VerifierKey.parse(text)
