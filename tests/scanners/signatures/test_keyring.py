"""Keys and trusted signers are kept as files that only their owner can read, and are never overwritten."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from scanners.errors import UnreadableInput
from scanners.signatures.keyring import NameTaken, SigningKeys, TrustedSigner, TrustedSigners, UnknownName
from scanners.signatures.keys import require_signature
from scanners.signatures.signing import sign


@pytest.mark.parametrize("kind", ["p256", "p384", "ed25519", "rsa3072"])
def test_a_created_key_signs(tmp_path: Path, kind: str) -> None:
    keys = SigningKeys(tmp_path / "keys")
    created = keys.create("release", kind)
    loaded = keys.load("release")
    require_signature(sign(b"{}", loaded.key), created.key.public_key())
    assert keys.names() == ["release"]
    assert stat.S_IMODE((tmp_path / "keys" / "release.pem").stat().st_mode) == 0o600


def test_a_name_can_be_taken_once(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path)
    keys.create("release")
    with pytest.raises(NameTaken):
        keys.create("release")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "UPPER", ".hidden", "a" * 65, "x\0", "nobody"])
def test_a_name_that_is_not_kept_is_unknown(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownName):
        SigningKeys(tmp_path).load(name)
    with pytest.raises(UnknownName):
        TrustedSigners(tmp_path).load(name)


def test_certificates_go_with_a_key(tmp_path: Path, issue: Any, root: Any) -> None:
    leaf = issue("Signer", root)
    keys = SigningKeys(tmp_path)
    (tmp_path / "release.pem").write_bytes(
        leaf.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (tmp_path / "release.chain.pem").write_bytes(leaf.certificate.public_bytes(serialization.Encoding.PEM))
    assert keys.load("release").chain == (leaf.certificate,)
    assert keys.names() == ["release"]


def test_a_trusted_signer_is_kept_with_copies_of_its_files(tmp_path: Path, issue: Any) -> None:
    pem = tmp_path / "key.pub"
    public = issue("x").key.public_key()
    pem.write_bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    signers = TrustedSigners(tmp_path / "trusted")
    signers.add("acme", TrustedSigner(public_key=pem))
    signers.add("ci", TrustedSigner(identity="https://ci.example/x", issuer="https://issuer.example"))
    pem.unlink()
    kept = signers.load("acme").public_key
    assert kept is not None
    assert kept.is_relative_to(tmp_path / "trusted")
    assert signers.load("ci").issuer == "https://issuer.example"
    assert signers.names() == ["acme", "ci"]
    with pytest.raises(NameTaken):
        signers.add("ci", TrustedSigner())
    signers.remove("acme")
    with pytest.raises(UnknownName):
        signers.load("acme")


def test_a_broken_file_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("hello")
    signers = TrustedSigners(tmp_path / "trusted")
    with pytest.raises(UnreadableInput):
        signers.add("acme", TrustedSigner(public_key=tmp_path / "key.pub"))
    assert signers.names() == []
