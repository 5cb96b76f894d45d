"""Provenance and verification summaries speak of a model by its files' digests or by that of the whole folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanners.model_files.hashing import hash_model
from scanners.model_files.verification import VerifiedModel, verify_model
from scanners.signatures.signing import PrivateKey, sign, write_bundle

V1 = "https://slsa.dev/provenance/v1"
V02 = "https://slsa.dev/provenance/v0.2"
VSA = "https://slsa.dev/verification_summary/v1"
PREDICATES: dict[str, Any] = {
    V1: {"runDetails": {"builder": {"id": "https://ci.example/builder"}}},
    V02: {"builder": {"id": "https://ci.example/builder"}},
    VSA: {"verifier": {"id": "https://ci.example/builder"}, "verificationResult": "PASSED"},
}


def _subjects(model: Path) -> list[dict[str, Any]]:
    return [{"name": part.name, "digest": {"sha256": part.digest}} for part in hash_model(model).manifest]


def _whole(model: Path) -> list[dict[str, Any]]:
    digest = hash_model(model).report.subject.digest.removeprefix("sha256:")
    return [{"name": "model", "digest": {"dirHash1": digest}}]


def verify(
    model: Path, key: PrivateKey, public_key: Path, subjects: Any, kind: str = V1, predicate: Any = None, **more: Any
) -> VerifiedModel:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": kind,
        "predicate": PREDICATES.get(kind) if predicate is None else predicate,
    }
    signature = model.parent / "attestation.json"
    signature.write_bytes(write_bundle(sign(json.dumps(statement).encode(), key), key))
    return verify_model(model, signature, public_key=public_key, **more)


def rules(verified: VerifiedModel) -> list[str]:
    return [finding.rule for finding in verified.report.findings]


@pytest.mark.parametrize("kind", [V1, V02, VSA])
@pytest.mark.parametrize("subjects", [_subjects, _whole])
def test_an_attested_model_verifies(model: Path, key: PrivateKey, public_key: Path, kind: str, subjects: Any) -> None:
    verified = verify(model, key, public_key, subjects(model), kind, attested_by="https://ci.example/builder")
    assert (rules(verified), verified.report.coverage.skipped) == ([], ())
    assert verified.attestation is not None
    assert verified.attestation.by == "https://ci.example/builder"


def test_a_changed_file_is_named(model: Path, key: PrivateKey, public_key: Path) -> None:
    subjects = _subjects(model)
    (model / "config.json").write_text("{}")
    verified = verify(model, key, public_key, subjects)
    assert [(f.rule, f.location.path) for f in verified.report.findings] == [("model.digest.changed", "config.json")]


@pytest.mark.parametrize("subjects", [_subjects, _whole])
def test_an_added_file_is_not_covered(model: Path, key: PrivateKey, public_key: Path, subjects: Any) -> None:
    listed = subjects(model)
    (model / "evil.py").write_text("x")
    verified = verify(model, key, public_key, listed)
    assert "evil.py" in [skipped.what for skipped in verified.report.coverage.skipped]


def test_another_builder_is_a_finding(model: Path, key: PrivateKey, public_key: Path) -> None:
    verified = verify(model, key, public_key, _subjects(model), attested_by="https://ci.example/other")
    assert rules(verified) == ["model.attestation.origin"]


def test_a_summary_that_failed_is_a_finding(model: Path, key: PrivateKey, public_key: Path) -> None:
    failed = {"verifier": {"id": "x"}, "verificationResult": "FAILED"}
    assert rules(verify(model, key, public_key, _subjects(model), VSA, failed)) == ["model.attestation.failed"]


@pytest.mark.parametrize(
    ("subjects", "kind", "predicate"),
    [
        ([], V1, None),
        ("x", V1, None),
        ([{"name": "a"}], V1, None),
        ([{"name": "a", "digest": {"sha256": "abc"}}], V1, None),
        ([{"name": "a", "digest": {"sha256": 1}}], V1, None),
        (None, V1, {}),
        (None, V1, {"runDetails": []}),
        (None, V02, {"builder": {"id": ""}}),
        (None, VSA, {"verifier": {"id": "x"}}),
    ],
)
def test_malformed_attestations_are_refused(
    model: Path, key: PrivateKey, public_key: Path, subjects: Any, kind: str, predicate: Any
) -> None:
    listed = _subjects(model) if subjects is None else subjects
    assert rules(verify(model, key, public_key, listed, kind, predicate)) == ["model.signature.malformed"]


def test_other_predicates_are_unknown_and_not_bad(model: Path, key: PrivateKey, public_key: Path) -> None:
    verified = verify(model, key, public_key, _subjects(model), "https://spdx.dev/Document", {})
    assert rules(verified) == []
    assert len(verified.report.coverage.skipped) == 2


def test_a_bare_envelope_is_read(model: Path, tmp_path: Path, key: PrivateKey, public_key: Path, builders) -> None:
    bundle = json.loads(builders.signed(model, key))
    (tmp_path / "model.intoto.json").write_text(json.dumps(bundle["dsseEnvelope"]))
    assert rules(verify_model(model, tmp_path / "model.intoto.json", public_key=public_key)) == []
