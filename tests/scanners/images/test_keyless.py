"""Cosign's keyless signatures in their old form, against a whole deployment of sigstore made here."""

from __future__ import annotations

import base64
import contextlib
import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from sigstore_deployment import IDENTITY, ISSUER, Deployment, base64_of, record

from scanners.errors import UnreadableInput
from scanners.images.trust.verify import verify_image
from scanners.signatures.bundle import UnsupportedBundle
from scanners.signatures.dsse import IN_TOTO, pre_authentication_encoding
from scanners.signatures.keyless import Identity
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.promised import Promised, require_promised
from scanners.signatures.strict_json import MalformedDocument
from scanners.signatures.trusted_root import read_trusted_root
from tests.scanners.images.conftest import sha256
from tests.scanners.images.test_trust import NAME, SIMPLE, statement

ENVELOPE = "application/vnd.dsse.envelope.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OTHER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def deployment() -> Deployment:
    return Deployment()


@pytest.fixture
def verified(layout, layer, deployment, tmp_path):
    """`verified(maker)` puts what maker(digest) gives, (content, media type, annotations), beside an image and verifies it."""

    def look(make, *, identity: str = IDENTITY, issuer: str = ISSUER, root: bytes | None = None):
        builder = layout()
        image = builder.manifest([layer().file("a", "x").bytes()])
        content, kind, notes = make(image["digest"])
        empty = builder.descriptor(b"{}", "application/vnd.oci.image.config.v1+json")
        layers = [{**builder.descriptor(content, kind), "annotations": notes}]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": layers}
        name = {NAME: f"{image['digest'].replace(':', '-')}.{'att' if kind == ENVELOPE else 'sig'}"}
        folder = builder.index(image, builder.json(manifest, MANIFEST, annotations=name))
        trusted = tmp_path / "trusted_root.json"
        trusted.write_bytes(root or deployment.trusted_root())
        return verify_image(folder, identity=identity, issuer=issuer, trusted_root=trusted)

    return look


def signature(deployment: Deployment, digest: str, *, change: Any = None, log: Any = None, **certificate: Any):
    """What 'cosign sign' without a key left beside an image until version 2."""
    key = ec.generate_private_key(ec.SECP256R1())
    payload = json.dumps({"critical": {"identity": {"docker-reference": "x"}, "image": {"docker-manifest-digest": digest},
                                       "type": "cosign container image signature"}, "optional": None}).encode()  # fmt: skip
    signed = key.sign(payload, ec.ECDSA(hashes.SHA256()))
    given = deployment.certificate(key, **certificate)
    body = record(payload, signed, given)
    if change:
        change(body)
    notes = deployment.notes(given, deployment.promise(body, **(log or {})))
    return payload, SIMPLE, {SIGNATURE: base64_of(signed), **notes}


def attestation(deployment: Deployment, digest: str, kind: str):
    """What 'cosign attest' without a key left."""
    key = ec.generate_private_key(ec.SECP256R1())
    payload = statement(digest, "https://example.org/review/v1", {"by": "kim"})
    signed = key.sign(pre_authentication_encoding(IN_TOTO, payload), ec.ECDSA(hashes.SHA256()))
    content = json.dumps(
        {"payloadType": IN_TOTO, "payload": base64_of(payload), "signatures": [{"keyid": "", "sig": base64_of(signed)}]}
    ).encode()
    given = deployment.certificate(key)
    pem = deployment.notes(given, b"")["dev.sigstore.cosign/certificate"].encode()
    digest_of = {"algorithm": "sha256", "value": sha256(content)[7:]}
    spec = {"content": {"hash": digest_of}, "publicKey": base64_of(pem)} if kind == "intoto" else {
        "envelopeHash": digest_of, "signatures": [{"signature": base64_of(signed), "verifier": base64_of(pem)}]}  # fmt: skip
    return (
        content,
        ENVELOPE,
        deployment.notes(given, deployment.promise({"apiVersion": "0.0.1", "kind": kind, "spec": spec})),
    )


@pytest.mark.parametrize("raw_issuer", [False, True])
def test_a_signature_that_was_logged_holds_long_after_its_certificate(verified, deployment, raw_issuer):
    old = timedelta(days=30)
    log = {"at": deployment.now - old}
    result = verified(lambda digest: signature(deployment, digest, age=old, raw_issuer=raw_issuer, log=log))
    assert result.report.findings == ()
    assert [(item.signer, item.about, item.predicate) for item in result.signatures] == [
        (f"{IDENTITY} ({ISSUER})", result.image.manifest, "")
    ]


@pytest.mark.parametrize("kind", ["intoto", "dsse"])
def test_an_attestation_that_was_logged_holds(verified, deployment, kind):
    result = verified(lambda digest: attestation(deployment, digest, kind))
    assert result.report.findings == ()
    assert [item.predicate for item in result.signatures] == ["https://example.org/review/v1"]


def _set(*path: str, to: Any) -> Any:
    def change(body: dict[str, Any]) -> None:
        for name in path[:-1]:
            body = body[name]
        body[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"name": "https://ci.example.org/other.yaml"}, "not of"),
        ({"issuer": "https://evil.example.org"}, "not of"),
        ({"stamped": False}, "no log of certificates"),
        ({"stamp_key": OTHER}, "no log of certificates"),
        ({"purpose": ExtendedKeyUsageOID.SERVER_AUTH}, "not for code signing"),
        ({"age": timedelta(days=1)}, "is valid from"),
        ({"log": {"log_key": OTHER}}, "promise was not made"),
        ({"log": {"at": None}, "age": timedelta(days=-1)}, "is valid from"),
        ({"change": _set("spec", "data", "hash", "value", to="0" * 64)}, "another payload"),
        ({"change": _set("spec", "signature", "content", to="AAAA")}, "another payload"),
        ({"change": _set("kind", to="rpm")}, "not read"),
        ({"change": _set("spec", to=[])}, "missing or not an object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_does_not_hold(verified, deployment, broken, words):
    result = verified(lambda digest: signature(deployment, digest, **broken))
    assert result.signatures == ()
    (missing, other) = sorted(result.report.findings, key=lambda finding: finding.rule)
    assert missing.rule == "image.signature.missing"
    assert words in other.title


@pytest.mark.parametrize(
    ("note", "value", "words"),
    [
        ("bundle", "", "nothing shows that it was logged"),
        ("bundle", "{", "not JSON"),
        ("bundle", '{"Payload": {"body": "e30=", "integratedTime": true, "logID": "00", "logIndex": 1}}', "no time or index"),
        ("bundle", '{"Payload": {"body": "e30=", "integratedTime": 1e3, "logID": "00", "logIndex": 1}}', "no time or index"),
        ("bundle", '{"Payload": {"body": "e30=", "integratedTime": 1, "logID": "zz", "logIndex": 1}}', "no log"),
        ("certificate", "none", "not PEM"),
        ("chain", "none", "chain is not PEM"),
    ],
)  # fmt: skip
def test_notes_that_cannot_be_read(verified, deployment, note, value, words):
    def make(digest):
        content, kind, notes = signature(deployment, digest)
        return content, kind, {**notes, f"dev.sigstore.cosign/{note}": value}

    result = verified(make)
    assert result.signatures == ()
    assert any(words in finding.title for finding in result.report.findings), result.report.findings


def test_what_another_deployment_logged_says_nothing(verified, deployment):
    stranger = Deployment()
    result = verified(lambda digest: signature(stranger, digest))
    assert result.signatures == ()


def test_a_promise_does_not_serve_for_another_signature_of_the_same_certificate(verified, deployment):
    """A key that leaked after its ten minutes must not sign with the promise of an older signature."""

    def make(digest):
        old = signature(deployment, "sha256:" + "0" * 64)
        new = signature(deployment, digest)
        return new[0], new[1], {**old[2], SIGNATURE: new[2][SIGNATURE]}

    assert verified(make).signatures == ()


@pytest.mark.parametrize("seed", range(8))
def test_damaged_notes_are_refused_in_words(deployment, tmp_path, seed):
    chance = random.Random(seed)
    (tmp_path / "root.json").write_bytes(deployment.trusted_root())
    root = read_trusted_root(tmp_path / "root.json")
    content, _, notes = signature(deployment, "sha256:" + "0" * 64)
    parts = [notes[f"dev.sigstore.cosign/{name}"] for name in ("certificate", "chain", "bundle")]
    for _ in range(40):
        which, damaged = chance.randrange(3), list(parts)
        text = damaged[which]
        at = chance.randrange(len(text))
        damaged[which] = text[:at] + chance.choice("A\0\u0100=}") + text[at + chance.randrange(3) :]
        with contextlib.suppress(SignatureRejected, MalformedDocument, UnsupportedBundle):
            beside = Promised(*(part.encode() for part in damaged))
            require_promised(
                content, content, (base64.b64decode(notes[SIGNATURE]),), beside, Identity(IDENTITY, ISSUER), root
            )


@pytest.mark.parametrize("root", [b"{", b'{"tlogs": 1}', b'{"certificateAuthorities": [{"certChain": {}}]}', b"[]"])
def test_a_trusted_root_that_is_none_is_an_error(verified, deployment, root):
    with pytest.raises(UnreadableInput, match="not a sigstore trusted root"):
        verified(lambda digest: signature(deployment, digest), root=root)


def test_the_public_good_root_is_read():
    root = read_trusted_root(None)
    assert (len(root.authorities) >= 2, len(root.logs) >= 1, len(root.certificate_logs) >= 2) == (True, True, True)


def test_the_trusted_root_made_here_is_one_for_sigstore_s_own_reader(deployment, tmp_path: Path):
    from sigstore.models import TrustedRoot

    (tmp_path / "root.json").write_bytes(deployment.trusted_root())
    assert TrustedRoot.from_file(str(tmp_path / "root.json")).get_fulcio_certs()
