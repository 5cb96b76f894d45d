# ruff: noqa: E501 - a table reads best one row a line
"""Signatures of images: cosign's own form, bundles and attestations, by key."""

from __future__ import annotations

import base64
import hashlib
import json
import os

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from scanners.errors import UnreadableInput
from scanners.images.trust.verify import verify_image
from scanners.oci.digests import DigestMismatch
from scanners.signatures.signing import sign, write_bundle

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NAME = "org.opencontainers.image.ref.name"


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def trusted(tmp_path):
    def write(key):
        path = tmp_path / f"key-{id(key)}.pub"
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        path.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
        return {"public_key": path}

    return write


def raw_signature(key, payload: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(payload)
    return key.sign(payload, ec.ECDSA(hashes.SHA256()))


def simple(key, digest: str, *, kind: str = "cosign container image signature"):
    payload = json.dumps(
        {
            "critical": {
                "identity": {"docker-reference": "x"},
                "image": {"docker-manifest-digest": digest},
                "type": kind,
            },
            "optional": None,
        }
    ).encode()
    note = {"dev.cosignproject.cosign/signature": base64.b64encode(raw_signature(key, payload)).decode()}
    return payload, SIMPLE, note


def statement(digest: str, predicate: str, content: object) -> bytes:
    subject = [{"name": "x", "digest": {"sha256": digest[7:]}}]
    said = {"predicateType": predicate, "predicate": content}
    return json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": subject, **said}).encode()


def bundle(key, digest: str, predicate: str = "https://sigstore.dev/cosign/sign/v1", content: object = None):
    return write_bundle(sign(statement(digest, predicate, content or {}), key), key), BUNDLE, {}


@pytest.fixture
def signed(layout, layer):
    """An image with attachments, each (content, media type, annotations) made of its digest."""

    def write(*makers, how: str = "tag"):
        builder = layout()
        image = builder.manifest([layer().file("a", os.urandom(2000)).bytes()])
        entries = [image]
        for make in makers:
            content, kind, notes = make(image["digest"])
            empty = builder.descriptor(b"{}", "application/vnd.oci.empty.v1+json")
            manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": empty,
                        "layers": [{**builder.descriptor(content, kind), "annotations": notes}]}  # fmt: skip
            more = {}
            if how == "tag":
                more = {"annotations": {NAME: f"{image['digest'].replace(':', '-')}.sig"}}
            elif how == "save":
                more = {"annotations": {"kind": "dev.cosignproject.cosign/sigs"}}
            else:
                manifest |= {
                    "subject": {key: image[key] for key in ("mediaType", "digest", "size")},
                    "artifactType": BUNDLE,
                }
                more = {"artifactType": BUNDLE}
            entries.append(builder.json(manifest, MANIFEST, **more))
        return builder.index(*entries), image["digest"]

    return write


@pytest.mark.parametrize("how", ["tag", "save", "referrer"])
@pytest.mark.parametrize("make", [simple, bundle])
@pytest.mark.parametrize("kind", ["ec", "ed25519"])
def test_a_signature_by_a_trusted_key_holds(signed, trusted, how, make, kind):
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else ed25519.Ed25519PrivateKey.generate()
    root, digest = signed(lambda image: make(key, image), how=how)
    result = verify_image(root, **trusted(key))
    assert result.report.findings == ()
    assert result.report.coverage.skipped == ()
    assert [(item.about, item.predicate) for item in result.signatures] == [(digest, "")]


def test_an_attestation_is_named_by_its_predicate(signed, trusted, key):
    root, _ = signed(lambda image: bundle(key, image, "https://example.invalid/review/v1"), how="referrer")
    assert verify_image(root, **trusted(key)).signatures[0].predicate == "https://example.invalid/review/v1"


def test_an_attestation_that_has_not_its_type_s_shape_counts_as_none(signed, trusted, key):
    root, _ = signed(lambda image: bundle(key, image, "https://slsa.dev/provenance/v1"), how="referrer")
    result = verify_image(root, **trusted(key))
    assert result.signatures == ()
    assert {finding.rule for finding in result.report.findings} == {
        "image.signature.missing",
        "image.signature.unreadable",
    }


def test_a_verification_that_the_image_did_not_pass_is_a_finding(signed, trusted, key):
    content = {"verifier": {"id": "https://gate.example"}, "verificationResult": "FAILED"}
    kind = "https://slsa.dev/verification_summary/v1"
    root, _ = signed(lambda image: simple(key, image), lambda image: bundle(key, image, kind, content))
    (finding,) = verify_image(root, **trusted(key)).report.findings
    assert (finding.rule, finding.severity) == ("image.attestation.failed", "high")


def test_a_list_of_referrers_under_a_tag(layout, layer, trusted, key):
    """As a registry without the referrers API keeps it, copied into a layout whole."""
    builder = layout()
    image = builder.manifest([layer().file("a", "x").bytes()])
    content, kind, notes = bundle(key, image["digest"])
    empty = builder.descriptor(b"{}", "application/vnd.oci.empty.v1+json")
    subject = {name: image[name] for name in ("mediaType", "digest", "size")}
    layers = [{**builder.descriptor(content, kind), "annotations": notes}]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": layers, "subject": subject}
    index = "application/vnd.oci.image.index.v1+json"
    listed = {
        "schemaVersion": 2,
        "mediaType": index,
        "manifests": [builder.json(manifest, MANIFEST, artifactType=BUNDLE)],
    }
    entry = builder.descriptor(json.dumps(listed).encode(), index)
    root = builder.index(image, {**entry, "annotations": {NAME: image["digest"].replace(":", "-")}})
    result = verify_image(root, **trusted(key))
    assert [item.about for item in result.signatures] == [image["digest"]]


def test_a_bundle_of_its_own(signed, trusted, key, tmp_path):
    root, digest = signed()
    (tmp_path / "image.sigstore.json").write_bytes(bundle(key, digest)[0])
    assert verify_image(root, **trusted(key), bundle=tmp_path / "image.sigstore.json").report.findings == ()


OTHER = "sha256:" + hashlib.sha256(b"other").hexdigest()


@pytest.mark.parametrize(
    ("make", "rules"),
    [
        (None, {"image.signature.missing"}),
        (lambda key, image: simple(ec.generate_private_key(ec.SECP256R1()), image), {"image.signature.missing", "image.signature.not_trusted"}),
        (lambda key, image: bundle(ec.generate_private_key(ec.SECP256R1()), image), {"image.signature.missing", "image.signature.not_trusted"}),
        (lambda key, image: simple(key, OTHER), {"image.signature.missing", "image.signature.other_image"}),
        (lambda key, image: bundle(key, OTHER), {"image.signature.missing", "image.signature.other_image"}),
        (lambda key, image: simple(key, image, kind="atomic"), {"image.signature.missing", "image.signature.unreadable"}),
        (lambda key, image: (b"{", SIMPLE, simple(key, image)[2]), {"image.signature.missing", "image.signature.not_trusted"}),
        (lambda key, image: (b"[]", BUNDLE, {}), {"image.signature.missing", "image.signature.unreadable"}),
        (lambda key, image: (simple(key, image)[0], SIMPLE, {}), {"image.signature.missing", "image.signature.not_trusted"}),
    ],
    ids=["none", "other key", "other key, bundle", "other image", "other image, bundle", "other kind", "cut", "no bundle", "unsigned"],
)  # fmt: skip
def test_what_does_not_hold(signed, trusted, key, make, rules):
    root, _ = signed(*([lambda image: make(key, image)] if make else []))
    result = verify_image(root, **trusted(key))
    assert {finding.rule for finding in result.report.findings} == rules
    assert result.signatures == ()


def test_a_stranger_s_signature_beside_a_trusted_one_does_no_harm(signed, trusted, key):
    root, _ = signed(
        lambda image: simple(ec.generate_private_key(ec.SECP256R1()), image), lambda image: simple(key, image)
    )
    severities = {finding.severity for finding in verify_image(root, **trusted(key)).report.findings}
    assert severities == {"info"}


def test_a_signature_says_nothing_for_an_exchanged_layer(signed, trusted, key):
    root, _ = signed(lambda image: simple(key, image))
    blob = max((root / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    with pytest.raises((DigestMismatch, UnreadableInput)):
        verify_image(root, **trusted(key))


def test_without_anybody_to_trust_nothing_is_verified(signed, tmp_path):
    root, _ = signed()
    with pytest.raises(UnreadableInput, match="nobody is trusted"):
        verify_image(root)
    (tmp_path / "bad.pub").write_text("not a key")
    with pytest.raises(UnreadableInput):
        verify_image(root, public_key=tmp_path / "bad.pub")
