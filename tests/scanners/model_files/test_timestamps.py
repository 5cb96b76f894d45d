"""A timestamp of a trusted authority lets a signature outlive its certificate; any other does not."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from timestamp_authority import TimestampAuthority

from scanners.model_files.verification import VerifiedModel, verify_model


class Authority(TimestampAuthority):
    """A timestamp authority, and the root that it has to itself."""

    def __init__(self, folder: Path, builders: Any) -> None:
        folder.mkdir()
        root = builders.issue("Time root", ca=True)
        tsa = builders.issue("Time", root, purposes=None, extensions=[
            (builders.purposes(ExtendedKeyUsageOID.TIME_STAMPING), True)])  # fmt: skip
        builders.write_certificates(folder / "tsa.pem", tsa)
        builders.write_private_key(folder / "tsa.key", tsa.key)
        self.roots = builders.write_certificates(folder / "root.pem", root)
        super().__init__(folder)


@pytest.fixture
def authority(tmp_path: Path, builders: Any) -> Authority:
    return Authority(tmp_path / "authority", builders)


def verify(
    model: Path,
    tmp_path: Path,
    builders: Any,
    authority: Authority,
    *,
    over: bytes | None = None,
    days: int = 2,
    **more: Any,
) -> VerifiedModel:
    """A model signed with a certificate of one day and timestamped now, verified some days later."""
    root = builders.issue("Root", ca=True, end=builders.now + 30 * builders.day)
    leaf = builders.issue("Signer", root)
    bundle = json.loads(builders.signed(model, leaf.key, chain=[leaf.certificate]))
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    stamp = authority.stamp(signature if over is None else over)
    bundle["verificationMaterial"]["timestampVerificationData"] = {
        "rfc3161Timestamps": [{"signedTimestamp": base64.b64encode(stamp).decode()}]
    }
    (tmp_path / "model.sig").write_text(json.dumps(bundle))
    roots = builders.write_certificates(tmp_path / "roots", root)
    later = builders.now + days * builders.day
    return verify_model(model, tmp_path / "model.sig", certificate_roots=roots, at=later, **more)


def rules(verified: VerifiedModel) -> list[str]:
    return [finding.rule for finding in verified.report.findings]


def test_a_timestamp_keeps_a_signature_alive(model: Path, tmp_path: Path, builders: Any, authority: Authority) -> None:
    verified = verify(model, tmp_path, builders, authority, timestamp_roots=authority.roots)
    assert rules(verified) == []
    assert verified.signer is not None
    assert verified.signer.signed.startswith(f"{builders.now:%Y-%m-%d}")


def test_a_timestamp_nobody_asked_for_changes_nothing(
    model: Path, tmp_path: Path, builders: Any, authority: Authority
) -> None:
    assert rules(verify(model, tmp_path, builders, authority)) == ["model.signature.expired"]


def test_a_timestamp_of_another_authority_or_over_something_else_proves_nothing(
    model: Path, tmp_path: Path, builders: Any, authority: Authority
) -> None:
    other = Authority(tmp_path / "other", builders)
    assert rules(verify(model, tmp_path, builders, authority, timestamp_roots=other.roots)) == [
        "model.signature.expired"
    ]
    forged = verify(model, tmp_path, builders, authority, over=b"x", timestamp_roots=authority.roots)
    assert rules(forged) == ["model.signature.expired"]


def test_a_broken_timestamp_is_malformed(
    model: Path, tmp_path: Path, builders: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority, "stamp", lambda message: b"\x30\x03\x02\x01\x00")
    assert rules(verify(model, tmp_path, builders, authority, timestamp_roots=authority.roots)) == [
        "model.signature.malformed"
    ]
