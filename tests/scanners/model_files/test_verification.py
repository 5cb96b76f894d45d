"""A signature vouches for exactly the files that were signed, and only by whom the caller trusts."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import ClassVar

import pytest

from scanners.errors import TargetMissing, TargetRefused, UnreadableInput
from scanners.model_files.manifest import Serialization
from scanners.model_files.verification import VerifiedModel, verify_model
from scanners.signatures.signing import PrivateKey


def rules(verified: VerifiedModel) -> list[str]:
    return [finding.rule for finding in verified.report.findings]


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "Ed25519", "RSA"])
@pytest.mark.parametrize(
    "serialization",
    [Serialization(), Serialization("shards", "sha256", 1_000_000), Serialization("files", "blake3")],
    ids=["files", "shards", "blake3"],
)
def test_what_a_key_signed_verifies_with_it(
    model: Path, tmp_path: Path, keys: dict[str, PrivateKey], builders, kind: str, serialization: Serialization
) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, keys[kind], serialization))
    verified = verify_model(
        model, model / "model.sig", public_key=builders.write_public_key(tmp_path / "k", keys[kind])
    )
    assert rules(verified) == []
    assert verified.report.coverage.skipped == ()
    assert verified.signer is not None
    assert verified.signer.method == "key"
    assert verified.serialization == serialization


def test_another_key_proves_nothing(model: Path, tmp_path: Path, keys: dict[str, PrivateKey], builders) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, keys["P-256"]))
    for other in ("P-384", "Ed25519", "RSA"):
        path = builders.write_public_key(tmp_path / other, keys[other])
        verified = verify_model(model, model / "model.sig", public_key=path)
        assert rules(verified) == ["model.signature.invalid"]
        assert verified.signer is None
        assert verified.report.subject.kind == "model-signature"


TAMPERED = {
    "changed": (lambda m: (m / "config.json").write_text("{}"), ["model.digest.changed"]),
    "missing": (lambda m: (m / "onnx/model.onnx").unlink(), ["model.digest.missing"]),
    "extra": (lambda m: (m / "onnx/evil.py").write_text("x"), ["model.digest.extra"]),
    "all": (
        lambda m: ((m / "config.json").write_text("{}"), (m / "weights.bin").rename(m / "w2.bin")),
        ["model.digest.changed", "model.digest.missing", "model.digest.extra"],
    ),
}


@pytest.mark.parametrize("tampering", TAMPERED)
def test_tampering_is_named(model: Path, public_key: Path, key: PrivateKey, builders, tampering: str) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, key))
    tamper, expected = TAMPERED[tampering]
    tamper(model)
    verified = verify_model(model, model / "model.sig", public_key=public_key)
    assert rules(verified) == expected
    assert verified.signer is not None, "the signature itself holds"


def test_what_the_signer_left_out_is_not_called_verified(
    model: Path, public_key: Path, key: PrivateKey, builders
) -> None:
    (model / "notes").mkdir()
    (model / "notes" / "a.txt").write_text("a")
    (model / "model.sig").write_bytes(builders.signed(model, key, ignored=("notes/a.txt", "notes")))
    (model / "notes" / "b.py").write_text("b")
    (model / ".git").mkdir()
    (model / ".git" / "hook").write_text("c")
    (model / "sub").mkdir()
    (model / "sub" / ".git").write_text("d")
    verified = verify_model(model, model / "model.sig", public_key=public_key)
    assert [skipped.what for skipped in verified.report.coverage.skipped] == [".git/hook", "notes/a.txt", "notes/b.py"]
    assert rules(verified) == ["model.digest.extra"], "only the top-level .git is left out"


def test_empty_files_are_not_protected_by_shards(model: Path, public_key: Path, key: PrivateKey, builders) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, key, Serialization("shards", "sha256", 1 << 20)))
    (model / "__init__.py").touch()
    verified = verify_model(model, model / "model.sig", public_key=public_key)
    assert rules(verified) == []
    assert [skipped.what for skipped in verified.report.coverage.skipped] == ["__init__.py"]


def test_a_link_is_not_examined_and_not_missing(
    model: Path, tmp_path: Path, public_key: Path, key: PrivateKey, builders
) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, key))
    (model / "config.json").rename(tmp_path / "config.json")
    (model / "config.json").symlink_to(tmp_path / "config.json")
    verified = verify_model(model, model / "model.sig", public_key=public_key)
    assert rules(verified) == []
    assert [skipped.what for skipped in verified.report.coverage.skipped] == ["config.json"]


def test_a_single_file_is_a_model(model: Path, tmp_path: Path, public_key: Path, key: PrivateKey, builders) -> None:
    (tmp_path / "w.sig").write_bytes(builders.signed(model / "weights.bin", key))
    assert rules(verify_model(model / "weights.bin", tmp_path / "w.sig", public_key=public_key)) == []
    (model / "weights.bin").write_bytes(b"other")
    verified = verify_model(model / "weights.bin", tmp_path / "w.sig", public_key=public_key)
    assert rules(verified) == ["model.digest.changed"]


def test_trust_found_inside_the_model_is_refused(model: Path, key: PrivateKey, builders) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, key))
    inside = builders.write_public_key(model / "key.pub", key)
    with pytest.raises(TargetRefused, match="inside the model"):
        verify_model(model, model / "model.sig", public_key=inside)


@pytest.mark.parametrize(
    "trust",
    [{}, {"identity": "a@b.c"}, {"issuer": "https://i"}, {"public_key": Path("x"), "certificate_roots": Path("y")}],
)
def test_trust_must_be_said_in_one_way(model: Path, key: PrivateKey, builders, trust) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, key))
    with pytest.raises(UnreadableInput, match="exactly one way"):
        verify_model(model, model / "model.sig", **trust)


def test_a_missing_signature_is_an_error(model: Path, public_key: Path) -> None:
    with pytest.raises(TargetMissing):
        verify_model(model, model / "model.sig", public_key=public_key)


BROKEN_KEYS = {
    "empty": b"",
    "not PEM": b"hello",
    "a certificate": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
}


@pytest.mark.parametrize("content", BROKEN_KEYS.values(), ids=BROKEN_KEYS)
def test_a_broken_key_is_an_error(model: Path, tmp_path: Path, key: PrivateKey, builders, content: bytes) -> None:
    (model / "model.sig").write_bytes(builders.signed(model, key))
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(UnreadableInput):
        verify_model(model, model / "model.sig", public_key=tmp_path / "k")


class TestCertificates:
    def test_a_code_signing_chain_to_a_given_root_verifies(self, model: Path, tmp_path: Path, builders) -> None:
        root = builders.issue("Root", ca=True)
        middle = builders.issue("Middle", root, ca=True)
        leaf = builders.issue("Signer", middle)
        chain = [leaf.certificate, middle.certificate]
        (model / "model.sig").write_bytes(builders.signed(model, leaf.key, chain=chain))
        verified = verify_model(
            model,
            model / "model.sig",
            certificate_roots=builders.write_certificates(tmp_path / "roots", root),
            identity="CN=Signer",
        )
        assert rules(verified) == []
        assert verified.signer is not None
        assert (verified.signer.name, verified.signer.authority) == ("CN=Signer", "CN=Root")

    def test_a_signature_by_another_key_than_the_leafs_is_invalid(
        self, model: Path, tmp_path: Path, keys: dict[str, PrivateKey], builders
    ) -> None:
        root = builders.issue("Root", ca=True)
        leaf = builders.issue("Signer", root)
        bundle = json.loads(builders.signed(model, leaf.key, chain=[leaf.certificate]))
        forged = json.loads(builders.signed(model, keys["P-256"]))
        bundle["dsseEnvelope"] = forged["dsseEnvelope"]
        (model / "model.sig").write_text(json.dumps(bundle))
        roots = builders.write_certificates(tmp_path / "roots", root)
        verified = verify_model(model, model / "model.sig", certificate_roots=roots)
        assert rules(verified) == ["model.signature.invalid"]

    def test_an_expired_chain_is_said_to_be_expired(self, model: Path, tmp_path: Path, builders) -> None:
        root = builders.issue("Root", ca=True)
        leaf = builders.issue("Signer", root)
        (model / "model.sig").write_bytes(builders.signed(model, leaf.key, chain=[leaf.certificate]))
        roots = builders.write_certificates(tmp_path / "roots", root)
        late = builders.now + 2 * builders.day
        verified = verify_model(model, model / "model.sig", certificate_roots=roots, at=late)
        assert rules(verified) == ["model.signature.expired"]

    def test_a_bare_key_has_no_chain(self, model: Path, tmp_path: Path, key: PrivateKey, builders) -> None:
        (model / "model.sig").write_bytes(builders.signed(model, key))
        roots = builders.write_certificates(tmp_path / "roots", builders.issue("Root", ca=True))
        verified = verify_model(model, model / "model.sig", certificate_roots=roots)
        assert rules(verified) == ["model.signature.untrusted"]


class TestPublished:
    """Models signed by others, with another program."""

    WHO: ClassVar = {"identity": "stefanb@us.ibm.com", "issuer": "https://sigstore.verify.ibm.com/oauth2"}

    def test_a_public_sigstore_signature_verifies_offline(self, builders) -> None:
        folder = builders.published / "sigstore"
        verified = verify_model(folder, folder / "model.sig", **self.WHO)
        assert rules(verified) == []
        assert verified.signer is not None
        assert verified.signer.authority == self.WHO["issuer"]
        assert [skipped.what for skipped in verified.report.coverage.skipped] == ["ignore-me"]

    @pytest.mark.parametrize("wrong", [{"identity": "mallory@us.ibm.com"}, {"issuer": "https://accounts.google.com"}])
    def test_another_identity_or_issuer_is_not_trusted(self, builders, wrong) -> None:
        folder = builders.published / "sigstore"
        verified = verify_model(folder, folder / "model.sig", **(self.WHO | wrong))
        assert rules(verified) == ["model.signature.untrusted"]

    def test_an_altered_statement_is_not_trusted(self, builders, tmp_path: Path) -> None:
        folder = builders.published / "sigstore"
        bundle = json.loads((folder / "model.sig").read_bytes())
        payload = base64.b64decode(bundle["dsseEnvelope"]["payload"]).replace(b"signme-1", b"signme-9")
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
        (tmp_path / "model.sig").write_text(json.dumps(bundle))
        assert rules(verify_model(folder, tmp_path / "model.sig", **self.WHO)) == ["model.signature.untrusted"]

    def test_a_trusted_root_that_is_none_is_an_error(self, builders, tmp_path: Path) -> None:
        folder = builders.published / "sigstore"
        (tmp_path / "root.json").write_text("{}")
        with pytest.raises(UnreadableInput):
            verify_model(folder, folder / "model.sig", **self.WHO, trusted_root=tmp_path / "root.json")

    def test_a_published_certificate_signature_verifies(self, builders) -> None:
        folder = builders.published / "certificate"
        root = builders.published / "certificate-root.pem"
        verified = verify_model(folder, folder / "model.sig", certificate_roots=root)
        assert rules(verified) == []
        assert verified.signer is not None
        assert verified.signer.authority == "CN=root-ca"
