"""Encrypted models: what they hold is what counts, and nothing that was altered, cut or locked passes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from scanners.errors import UnreadableInput
from scanners.model_files.encryption import Identity
from scanners.model_files.hashing import hash_model
from scanners.model_files.verification import verify_model

pyrage = pytest.importorskip("pyrage")

WEIGHTS = bytes(range(256)) * 1200  # several chunks of 64 KiB
ALICE, MALLORY = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
KEY = Identity(str(ALICE))


def lock(path: Path, content: bytes = WEIGHTS, owner: object = ALICE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pyrage.encrypt(content, [owner.to_public()]))  # type: ignore[attr-defined]
    return path


@pytest.fixture
def clear(tmp_path: Path) -> Path:
    folder = tmp_path / "clear" / "chat"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    folder = tmp_path / "locked" / "chat"
    lock(folder / "model.safetensors.age")
    (folder / "config.json").write_text("{}")
    return folder


def test_an_encrypted_model_is_the_model_in_clear(clear: Path, locked: Path) -> None:
    wanted = hash_model(clear)
    found = hash_model(locked, identity=KEY)
    assert found.manifest == wanted.manifest
    assert found.report.subject.digest == wanted.report.subject.digest
    assert hash_model(locked).report.subject.digest != wanted.report.subject.digest
    compared = hash_model(locked, expected=wanted.report.subject.digest, identity=KEY)
    assert compared.report.findings == ()


def test_another_content_is_named_by_its_name_in_clear(clear: Path, locked: Path) -> None:
    expected = {entry.name: entry.digest for entry in hash_model(clear).manifest}
    lock(locked / "model.safetensors.age", WEIGHTS[:-1] + b"!")
    (finding,) = hash_model(locked, expected=expected, identity=KEY).report.findings
    assert (finding.rule, finding.location.path) == ("model.digest.changed", "model.safetensors")  # type: ignore[union-attr]


def test_one_file_alone(tmp_path: Path) -> None:
    found = hash_model(lock(tmp_path / "weights.bin.age"), identity=KEY)
    assert found.report.subject.digest == f"sha256:{hashlib.sha256(WEIGHTS).hexdigest()}"
    assert [entry.name for entry in found.manifest] == ["weights.bin"]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: flipped(data, len(data) - 100), "altered or cut off"),
        (lambda data: data[:-1], "altered or cut off"),
        (lambda data: data[: len(data) - len(data) % (65536 + 16)], "altered or cut off"),
        (lambda data: b"", "cannot be opened"),
        (lambda data: b"plain text", "cannot be opened"),
        (lambda data: b"age-encryption.org/v1\n-> X25519 " + b"A" * 100_000, "cannot be opened"),
        (lambda data: pyrage.encrypt(WEIGHTS, [MALLORY.to_public()]), "cannot be opened"),
        (lambda data: pyrage.passphrase.encrypt(WEIGHTS, "x"), "cannot be opened"),
    ],
)
def test_what_cannot_be_opened_whole_is_refused(locked: Path, spoil, words: str) -> None:
    path = locked / "model.safetensors.age"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(UnreadableInput, match=words):
        hash_model(locked, identity=KEY)


def test_clear_and_encrypted_side_by_side_are_refused(locked: Path) -> None:
    (locked / "model.safetensors").write_bytes(WEIGHTS)
    with pytest.raises(UnreadableInput, match="in clear and encrypted"):
        hash_model(locked, identity=KEY)


def test_shards_of_an_encrypted_file_are_refused(locked: Path) -> None:
    with pytest.raises(UnreadableInput, match="in shards"):
        hash_model(locked, method="shards", shard_size=1 << 20, identity=KEY)


def test_a_key_that_is_none_is_refused_and_never_shown(locked: Path) -> None:
    with pytest.raises(UnreadableInput) as caught:
        hash_model(locked, identity=Identity("AGE-SECRET-KEY-1NOPE"))
    assert "NOPE" not in str(caught.value) + repr(Identity("NOPE"))


def test_a_signature_from_before_the_encryption_holds(
    clear: Path, locked: Path, builders, key, public_key, tmp_path
) -> None:
    signature = tmp_path / "model.sig"
    signature.write_bytes(builders.signed(clear, key))

    def verdict(identity: Identity | None) -> list[str]:
        verified = verify_model(locked, signature, public_key=public_key, decryption_key=identity)
        return sorted(finding.rule for finding in verified.report.findings)

    assert verdict(KEY) == []
    assert verdict(None) == ["model.digest.extra", "model.digest.missing"]
    lock(locked / "model.safetensors.age", b"other weights")
    assert verdict(KEY) == ["model.digest.changed"]
