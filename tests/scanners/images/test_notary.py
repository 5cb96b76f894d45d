"""Signatures of the Notary Project: those of the real signer, and every way in which one may not hold."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from timestamp_authority import TimestampAuthority

from scanners.images.trust.notary import Authorities, require_notary
from scanners.images.trust.verify import verify_image
from scanners.signatures import cbor
from scanners.signatures.bundle import UnsupportedBundle
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument

SIGNED = Path(__file__).parent / "signed"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
SCHEME, STAMP = "io.cncf.notary.signingScheme", "io.cncf.notary.timestampSignature"
PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"


def name(common: str) -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "US"), (NameOID.ORGANIZATION_NAME, "example.org"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def encoded(value: Any) -> bytes:
    """CBOR, of what envelopes hold."""
    if isinstance(value, cbor.Tagged):
        return cbor.encode_head(6, value.tag) + encoded(value.value)
    if isinstance(value, int):
        return cbor.encode_head(0, value) if value >= 0 else cbor.encode_head(1, -1 - value)
    if isinstance(value, bytes):
        return cbor.encode_head(2, len(value)) + value
    if isinstance(value, str):
        return cbor.encode_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return cbor.encode_head(4, len(value)) + b"".join(map(encoded, value))
    pairs = b"".join(encoded(key) + encoded(item) for key, item in value.items())
    return cbor.encode_head(5, len(value)) + pairs


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

    def sign_cose(
        self,
        *,
        header: dict[Any, Any] | None = None,
        outer: dict[Any, Any] | None = None,
        parts: Any = None,
        tag: int = 18,
    ) -> bytes:
        protected: dict[Any, Any] = {
            1: -7, 2: ["io.cncf.notary.signingScheme"], 3: PAYLOAD, "io.cncf.notary.signingScheme": "notary.x509",
            "io.cncf.notary.signingTime": cbor.Tagged(1, 1777593600),
        } | (header or {})  # fmt: skip
        first = encoded({key: value for key, value in protected.items() if value is not None})
        payload = json.dumps({"targetArtifact": {"mediaType": "m", "digest": DIGEST, "size": 1}}).encode()
        chain = [one.public_bytes(serialization.Encoding.DER) for one in (self.leaf, self.root)]
        signature = self._raw(encoded(["Signature1", first, b"", payload]))
        message = [first, {33: chain} | (outer or {}), payload, signature]
        for place, part in (parts or {}).items():
            message[place] = part
        return encoded(cbor.Tagged(tag, message))

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
        (lambda s: s.sign(outer={"protected": "e30"}), MalformedDocument),
        (lambda s: s.sign(outer={"header": {"x5c": ["AAAA"], "io.cncf.notary.timestampSignature": "?"}}), MalformedDocument),
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
    ] * 3
    rules = {finding.rule: finding.evidence for finding in verified.report.findings}
    assert rules == {"image.signature.not_trusted": "bundle"}


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), -37),
        (lambda: rsa.generate_private_key(65537, 3072), -38),
        (lambda: ec.generate_private_key(ec.SECP256R1()), -7),
        (lambda: ec.generate_private_key(ec.SECP384R1()), -35),
        (lambda: ec.generate_private_key(ec.SECP521R1()), -36),
    ],
)
def test_every_algorithm_in_a_cose_envelope(key, algorithm):
    signer = Signer(key())
    signed = require_notary(signer.sign_cose(header={1: algorithm}), signer.trusted(), NOW, form="cose")
    assert signed.digest == DIGEST


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (lambda s: s.sign_cose(header={1: -8}), UnsupportedBundle),
        (lambda s: s.sign_cose(header={1: None}), MalformedDocument),
        (lambda s: s.sign_cose(header={1: -37}), SignatureRejected),
        (lambda s: s.sign_cose(header={2: None}), MalformedDocument),
        (lambda s: s.sign_cose(header={2: [SCHEME, "io.cncf.notary.verificationPlugin"]}), UnsupportedBundle),
        (lambda s: s.sign_cose(header={SCHEME: "notary.x509.signingAuthority"}), UnsupportedBundle),
        (lambda s: s.sign_cose(header={3: "text/plain"}), MalformedDocument),
        (lambda s: s.sign_cose(header={EXPIRY[1]: cbor.Tagged(1, 1777593600)}), SignatureRejected),
        (lambda s: s.sign_cose(header={EXPIRY[1]: "soon"}), MalformedDocument),
        (lambda s: s.sign_cose(header={EXPIRY[1]: cbor.Tagged(1, 2**62)}), MalformedDocument),
        (lambda s: s.sign_cose(parts={2: b"{}"}), SignatureRejected),
        (lambda s: s.sign_cose(parts={3: b""}), SignatureRejected),
        (lambda s: s.sign_cose(parts={2: 7}), MalformedDocument),
        (lambda s: s.sign_cose(parts={1: []}), MalformedDocument),
        (lambda s: s.sign_cose(outer={33: []}), MalformedDocument),
        (lambda s: s.sign_cose(outer={33: [1]}), MalformedDocument),
        (lambda s: s.sign_cose(outer={33: b"no certificate"}), MalformedDocument),
        (lambda s: s.sign_cose(outer={"io.cncf.notary.timestampSignature": 1}), MalformedDocument),
        (lambda s: s.sign_cose(tag=98), MalformedDocument),
        (lambda s: s.sign_cose()[1:], MalformedDocument),
        (lambda s: s.sign_cose() + b"\0", MalformedDocument),
        (lambda s: s.sign_cose()[:-1], MalformedDocument),
        (lambda s: b"", MalformedDocument),
        (lambda s: Signer().sign_cose(), SignatureRejected),
    ],
)  # fmt: skip
def test_a_cose_envelope_that_does_not_hold(signer, made, error):
    with pytest.raises(error):
        require_notary(made(signer), signer.trusted(), NOW, form="cose")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """An authority for timestamps, with its certificate as `root`."""
    folder = tmp_path_factory.mktemp("authority")
    key = ec.generate_private_key(ec.SECP256R1())
    root_key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)

    def issued(subject: str, public: Any, *extensions: tuple[x509.ExtensionType, bool]) -> x509.Certificate:
        made = x509.CertificateBuilder(name("Time root"), name(subject), public, x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=900))
        for extension, critical in extensions:
            made = made.add_extension(extension, critical)
        return made.sign(root_key, hashes.SHA256())

    root = issued("Time root", root_key.public_key(), (x509.BasicConstraints(True, None), True))
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    leaf = issued("Time", key.public_key(), (purposes, True))
    (folder / "tsa.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tsa.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    made = TimestampAuthority(folder)
    made.root = root  # type: ignore[attr-defined]
    return made


LATER = datetime.now(UTC) + timedelta(days=700)
"""When the signer's certificate is over."""


def stamped(signer: Signer, form: str, token: Any) -> bytes:
    """An envelope with a timestamp that `token(signature)` makes."""
    if form == "cose":
        plain = signer.sign_cose()
        signature = cbor.parse(plain).value[3]
        return signer.sign_cose(outer={STAMP: token(signature)}, parts={3: signature})
    document = json.loads(signer.sign())
    signature = base64.urlsafe_b64decode(document["signature"] + "==")
    document["header"][STAMP] = base64.b64encode(token(signature)).decode()
    return json.dumps(document).encode()


@pytest.mark.parametrize("form", ["jws", "cose"])
def test_a_timestamp_lets_a_signature_outlive_its_certificate(signer, authority, form):
    content = stamped(signer, form, lambda signature: authority.stamp(signature, token=True))
    trusted = replace(signer.trusted(), timestampers=(authority.root,))
    assert require_notary(content, trusted, LATER, form=form).digest == DIGEST
    with pytest.raises(SignatureRejected, match="is valid from"):
        require_notary(content, signer.trusted(), LATER, form=form)
    with pytest.raises(SignatureRejected, match="is valid from"):
        require_notary(content, replace(trusted, timestampers=(signer.root,)), LATER, form=form)


@pytest.mark.parametrize("form", ["jws", "cose"])
def test_a_timestamp_over_something_else_proves_nothing(signer, authority, form):
    content = stamped(signer, form, lambda signature: authority.stamp(b"another signature", token=True))
    with pytest.raises(SignatureRejected, match="is valid from"):
        require_notary(content, replace(signer.trusted(), timestampers=(authority.root,)), LATER, form=form)


@pytest.mark.parametrize("token", [b"\x30\x80", b"no token"])
def test_a_timestamp_that_is_none_is_malformed(signer, authority, token):
    content = stamped(signer, "jws", lambda signature: token)
    with pytest.raises(MalformedDocument):
        require_notary(content, replace(signer.trusted(), timestampers=(authority.root,)), LATER)
