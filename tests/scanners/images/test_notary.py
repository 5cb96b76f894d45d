"""Signatures of the Notary Project: those of the real signer, and every way in which one may not hold."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from scanners.images.trust.notary import Authorities, require_notary
from scanners.images.trust.verify import verify_image
from scanners.signatures.bundle import UnsupportedBundle
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument

SIGNED = Path(__file__).parent / "signed"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"


def name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "US"), (NameOID.ORGANIZATION_NAME, "example.org"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


class Signer:
    """A root, and a certificate below it; signs as notation does."""

    def __init__(self, key: Any = None, *, days: int = 365, purpose: x509.ObjectIdentifier | None = None) -> None:
        root_key = ec.generate_private_key(ec.SECP256R1())
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.root = self._certificate("Root", root_key, "Root", root_key, authority=True)
        purposes = x509.ExtendedKeyUsage([purpose or ExtendedKeyUsageOID.CODE_SIGNING])
        self.leaf = self._certificate("release", self.key, "Root", root_key, days=days, purposes=purposes)

    @staticmethod
    def _certificate(
        subject: str, key: Any, issuer: str, issuer_key: Any, *, authority: bool = False, days: int = 365,
        purposes: x509.ExtendedKeyUsage | None = None,
    ) -> x509.Certificate:  # fmt: skip
        made = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(NOW - timedelta(days=400)).not_valid_after(NOW + timedelta(days=days))
        made = made.add_extension(x509.BasicConstraints(authority, None), critical=True)
        if purposes:
            made = made.add_extension(purposes, critical=False)
        return made.sign(issuer_key, hashes.SHA256())

    def trusted(self, identity: str | None = None) -> Authorities:
        return Authorities((self.root,), identity)

    def sign(
        self, *, header: dict[str, Any] | None = None, payload: Any = None, outer: dict[str, Any] | None = None
    ) -> bytes:
        protected = {
            "alg": "ES256",
            "cty": PAYLOAD,
            "crit": ["io.cncf.notary.signingScheme"],
            "io.cncf.notary.signingScheme": "notary.x509",
            "io.cncf.notary.signingTime": "2026-05-01T00:00:00Z",
        } | (header or {})
        protected = {key: value for key, value in protected.items() if value is not None}
        payload = {"targetArtifact": {"mediaType": "m", "digest": DIGEST, "size": 1}} if payload is None else payload
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (protected, payload)]
        return json.dumps(
            {
                "protected": parts[0].decode(),
                "payload": parts[1].decode(),
                "signature": base64.urlsafe_b64encode(self._raw(b".".join(parts))).rstrip(b"=").decode(),
                "header": {"x5c": [base64.b64encode(c.public_bytes(serialization.Encoding.DER)).decode()
                                   for c in (self.leaf, self.root)]},
            } | (outer or {})
        ).encode()  # fmt: skip

    def _raw(self, message: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            digest = {2048: hashes.SHA256(), 3072: hashes.SHA384(), 4096: hashes.SHA512()}[self.key.key_size]
            return self.key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        digest = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[self.key.curve.key_size]
        half = (self.key.curve.key_size + 7) // 8
        return b"".join(part.to_bytes(half) for part in decode_dss_signature(self.key.sign(message, ec.ECDSA(digest))))


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), "PS256"),
        (lambda: rsa.generate_private_key(65537, 3072), "PS384"),
        (lambda: ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "ES512"),
    ],
)
def test_every_algorithm_of_the_specification(key, algorithm):
    signer = Signer(key())
    signed = require_notary(signer.sign(header={"alg": algorithm}), signer.trusted(), NOW)
    assert signed.digest == DIGEST
    assert signed.signer == "CN=release,O=example.org,C=US (CN=Root,O=example.org,C=US)"


@pytest.mark.parametrize(
    ("identity", "holds"),
    [
        ("x509.subject: C=US, O=example.org", True),
        ("x509.subject: CN=release,O=example.org,C=US", True),
        ("CN=release,O=example.org,C=US", True),
        ("x509.subject: C=US, O=example.com", False),
        ("x509.subject: C=US, O=example.org, ST=WA", False),
        ("x509.subject:", False),
        ("x509.subject: nonsense", False),
        ("CN=release", False),
    ],
)
def test_who_the_signer_must_be(signer, identity, holds):
    if holds:
        require_notary(signer.sign(), signer.trusted(identity), NOW)
    else:
        with pytest.raises(SignatureRejected):
            require_notary(signer.sign(), signer.trusted(identity), NOW)


def test_an_expiry_in_the_future(signer):
    header = {"io.cncf.notary.expiry": "2026-07-01T00:00:00Z",
              "crit": ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"]}  # fmt: skip
    assert require_notary(signer.sign(header=header), signer.trusted(), NOW).digest == DIGEST


EXPIRY = ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"]


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (lambda s: s.sign(header={"alg": "none"}), UnsupportedBundle),
        (lambda s: s.sign(header={"alg": "HS256"}), UnsupportedBundle),
        (lambda s: s.sign(header={"alg": "ES384"}), SignatureRejected),
        (lambda s: s.sign(header={"alg": "PS256"}), SignatureRejected),
        (lambda s: s.sign(header={"crit": None}), MalformedDocument),
        (lambda s: s.sign(header={"crit": ["b64"]}), MalformedDocument),
        (lambda s: s.sign(header={"crit": ["io.cncf.notary.signingScheme", "io.cncf.notary.verificationPlugin"]}),
         UnsupportedBundle),
        (lambda s: s.sign(header={"io.cncf.notary.signingScheme": "notary.x509.signingAuthority"}), UnsupportedBundle),
        (lambda s: s.sign(header={"cty": "text/plain"}), MalformedDocument),
        (lambda s: s.sign(header={"crit": EXPIRY, "io.cncf.notary.expiry": "2026-05-31T00:00:00Z"}), SignatureRejected),
        (lambda s: s.sign(header={"crit": EXPIRY, "io.cncf.notary.expiry": "2026-07-01T00:00:00"}), SignatureRejected),
        (lambda s: s.sign(header={"crit": EXPIRY, "io.cncf.notary.expiry": "soon"}), MalformedDocument),
        (lambda s: s.sign(payload={}), MalformedDocument),
        (lambda s: s.sign(payload=[]), MalformedDocument),
        (lambda s: s.sign(payload={"targetArtifact": {"digest": 7}}), MalformedDocument),
        (lambda s: s.sign(outer={"payload": "eyJ9"}), SignatureRejected),
        (lambda s: s.sign(outer={"signature": ""}), SignatureRejected),
        (lambda s: s.sign(outer={"signature": "a+b/"}), MalformedDocument),
        (lambda s: s.sign(outer={"protected": "e30"}), UnsupportedBundle),
        (lambda s: s.sign(outer={"header": {}}), MalformedDocument),
        (lambda s: s.sign(outer={"header": {"x5c": []}}), MalformedDocument),
        (lambda s: s.sign(outer={"header": {"x5c": ["AAAA"] * 11}}), MalformedDocument),
        (lambda s: s.sign(outer={"header": {"x5c": ["AAAA"]}}), MalformedDocument),
        (lambda s: s.sign(outer={"header": {"x5c": ["?"]}}), MalformedDocument),
        (lambda s: b"[]", MalformedDocument),
        (lambda s: b"{", MalformedDocument),
        (lambda s: b"", MalformedDocument),
        (lambda s: Signer().sign(), SignatureRejected),
    ],
)  # fmt: skip
def test_what_does_not_hold(signer, made, error):
    with pytest.raises(error):
        require_notary(made(signer), signer.trusted(), NOW)


@pytest.mark.parametrize(
    "signer", [Signer(days=-1), Signer(purpose=ExtendedKeyUsageOID.SERVER_AUTH)], ids=["expired", "of a server"]
)
def test_a_certificate_that_may_not_sign(signer):
    with pytest.raises(SignatureRejected):
        require_notary(signer.sign(), signer.trusted(), NOW)


def test_what_the_real_signer_made():
    verified = verify_image(
        SIGNED / "shop.tar", certificate_roots=SIGNED / "notary-root.pem", identity="x509.subject: O=example.org"
    )
    assert [item.signer for item in verified.signatures] == [
        "CN=release,O=example.org,ST=WA,C=US (CN=Example Root,O=example.org,ST=WA,C=US)"
    ] * 2
    rules = {finding.rule: finding.evidence for finding in verified.report.findings}
    assert rules == {"image.signature.not_trusted": "bundle", "image.signature.unreadable": "cose"}
