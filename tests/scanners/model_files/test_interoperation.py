"""The model-signing package and we read what the other writes."""

from __future__ import annotations

from pathlib import Path

import model_signing
import pytest

from scanners.model_files.manifest import Serialization
from scanners.model_files.verification import verify_model
from scanners.signatures.signing import PrivateKey

CURVES = ["P-256", "P-384", "P-521"]


def _hashing(**shards: int) -> model_signing.hashing.Config:
    config = model_signing.hashing.Config()
    return config.use_shard_serialization(**shards) if shards else config


def _sign(model: Path, signature: Path, key: Path, hashing: model_signing.hashing.Config) -> None:
    config = model_signing.signing.Config().use_elliptic_key_signer(private_key=key)
    config.set_hashing_config(hashing).sign(model, signature)


@pytest.mark.parametrize("kind", CURVES)
def test_we_verify_what_the_package_signed(
    model: Path, tmp_path: Path, keys: dict[str, PrivateKey], builders, kind: str
) -> None:
    private = builders.write_private_key(tmp_path / "private", keys[kind])
    public = builders.write_public_key(tmp_path / "public", keys[kind])
    for count, hashing in enumerate((_hashing(), _hashing(shard_size=1_000_000))):
        signature = tmp_path / f"{count}.sig"
        _sign(model, signature, private, hashing)
        verified = verify_model(model, signature, public_key=public)
        assert (verified.report.findings, verified.report.coverage.skipped) == ((), ())


def test_we_verify_a_single_file_that_the_package_signed(
    model: Path, tmp_path: Path, key: PrivateKey, public_key: Path, builders
) -> None:
    private = builders.write_private_key(tmp_path / "private", key)
    _sign(model / "weights.bin", tmp_path / "w.sig", private, _hashing())
    assert verify_model(model / "weights.bin", tmp_path / "w.sig", public_key=public_key).report.findings == ()
    assert verify_model(model / "config.json", tmp_path / "w.sig", public_key=public_key).report.findings != ()


@pytest.mark.parametrize("algorithm", ["sha256", "blake3"])
@pytest.mark.parametrize("kind", CURVES)
def test_the_package_verifies_what_we_signed(
    model: Path, tmp_path: Path, keys: dict[str, PrivateKey], builders, kind: str, algorithm: str
) -> None:
    (tmp_path / "model.sig").write_bytes(builders.signed(model, keys[kind], Serialization("files", algorithm)))
    public = builders.write_public_key(tmp_path / "public", keys[kind])
    verifier = model_signing.verifying.Config().use_elliptic_key_verifier(public_key=public)
    verifier.verify(model, tmp_path / "model.sig")
    (model / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="Hash mismatch"):
        verifier.verify(model, tmp_path / "model.sig")


def test_the_package_verifies_our_certificate_signature(model: Path, tmp_path: Path, builders) -> None:
    root = builders.issue("Root", ca=True)
    leaf = builders.issue("Signer", root)
    (tmp_path / "model.sig").write_bytes(builders.signed(model, leaf.key, chain=[leaf.certificate]))
    roots = builders.write_certificates(tmp_path / "roots", root)
    verifier = model_signing.verifying.Config().use_certificate_verifier(certificate_chain=[roots])
    verifier.verify(model, tmp_path / "model.sig")


def test_we_verify_a_certificate_signature_of_the_package(model: Path, tmp_path: Path, builders) -> None:
    root = builders.issue("Root", ca=True)
    leaf = builders.issue("Signer", root)
    config = model_signing.signing.Config().use_certificate_signer(
        private_key=builders.write_private_key(tmp_path / "private", leaf.key),
        signing_certificate=builders.write_certificates(tmp_path / "leaf", leaf),
        certificate_chain=[builders.write_certificates(tmp_path / "roots", root)],
    )
    config.sign(model, tmp_path / "model.sig")
    verified = verify_model(model, tmp_path / "model.sig", certificate_roots=tmp_path / "roots")
    assert verified.report.findings == ()


class TestWhatPassesThereAndNotHere:
    def test_an_empty_folder(self, tmp_path: Path, key: PrivateKey, public_key: Path, builders) -> None:
        (tmp_path / "empty").mkdir()
        private = builders.write_private_key(tmp_path / "private", key)
        _sign(tmp_path / "empty", tmp_path / "model.sig", private, _hashing())
        model_signing.verifying.Config().use_elliptic_key_verifier(public_key=public_key).verify(
            tmp_path / "empty", tmp_path / "model.sig"
        )
        verified = verify_model(tmp_path / "empty", tmp_path / "model.sig", public_key=public_key)
        assert [finding.rule for finding in verified.report.findings] == ["model.signature.empty"]

    def test_a_file_added_below_git(
        self, model: Path, tmp_path: Path, key: PrivateKey, public_key: Path, builders
    ) -> None:
        (tmp_path / "model.sig").write_bytes(builders.signed(model, key))
        (model / ".git").mkdir()
        (model / ".git" / "config").write_text("[core]\nfsmonitor = evil")
        model_signing.verifying.Config().use_elliptic_key_verifier(public_key=public_key).verify(
            model, tmp_path / "model.sig"
        )
        verified = verify_model(model, tmp_path / "model.sig", public_key=public_key)
        assert [skipped.what for skipped in verified.report.coverage.skipped] == [".git/config"]

    def test_a_tls_certificate(self, model: Path, tmp_path: Path, builders) -> None:
        root = builders.issue("Root", ca=True)
        leaf = builders.issue("www.example.com", root, purposes=(builders.SERVER,))
        (tmp_path / "model.sig").write_bytes(builders.signed(model, leaf.key, chain=[leaf.certificate]))
        roots = builders.write_certificates(tmp_path / "roots", root)
        model_signing.verifying.Config().use_certificate_verifier(certificate_chain=[roots]).verify(
            model, tmp_path / "model.sig"
        )
        verified = verify_model(model, tmp_path / "model.sig", certificate_roots=roots)
        assert [finding.rule for finding in verified.report.findings] == ["model.signature.untrusted"]

    def test_an_expired_certificate(self, model: Path, tmp_path: Path, builders) -> None:
        old, older = builders.now - builders.day, builders.now - 3 * builders.day
        root = builders.issue("Root", ca=True, start=older)
        leaf = builders.issue("Signer", root, start=older, end=old)
        (tmp_path / "model.sig").write_bytes(builders.signed(model, leaf.key, chain=[leaf.certificate]))
        roots = builders.write_certificates(tmp_path / "roots", root)
        model_signing.verifying.Config().use_certificate_verifier(certificate_chain=[roots]).verify(
            model, tmp_path / "model.sig"
        )
        verified = verify_model(model, tmp_path / "model.sig", certificate_roots=roots)
        assert [finding.rule for finding in verified.report.findings] == ["model.signature.expired"]
