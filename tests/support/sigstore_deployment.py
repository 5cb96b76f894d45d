"""A deployment of sigstore in miniature: an authority like Fulcio, a log like Rekor, a log of certificates."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
IDENTITY, ISSUER = "https://ci.example.org/build.yaml@refs/heads/main", "https://issuer.example.org"
_STAMPS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_ISSUER_RAW = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Deployment:
    """Signs as cosign does without a key; whatever a test wants to be wrong is an argument."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = (now or datetime.now(UTC)).replace(microsecond=0)
        self.root_key, self.authority_key, self.log_key, self.stamp_key = (
            ec.generate_private_key(ec.SECP256R1()) for _ in range(4)
        )
        self.root = self._authority("root", self.root_key, "root", self.root_key)
        self.authority = self._authority("intermediate", self.authority_key, "root", self.root_key)

    def _authority(self, subject: str, key: Any, issuer: str, issuer_key: Any) -> x509.Certificate:
        made = x509.CertificateBuilder(_name(issuer), _name(subject), key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(self.now - timedelta(days=100)).not_valid_after(self.now + timedelta(days=100))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        made = made.add_extension(_usage(certificates=True), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        purposes = [ExtendedKeyUsageOID.CODE_SIGNING]
        if subject != issuer:
            made = made.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
            made = made.add_extension(authority, critical=False)
        return made.sign(issuer_key, hashes.SHA256())

    def certificate(
        self, key: ec.EllipticCurvePrivateKey, *, name: str = IDENTITY, issuer: str = ISSUER, raw_issuer: bool = False,
        age: timedelta = timedelta(), stamp_key: ec.EllipticCurvePrivateKey | None = None, stamped: bool = True,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING,
    ) -> x509.Certificate:  # fmt: skip
        """What Fulcio gives out: ten minutes, an identity, who vouched for it, and a stamp of the log of certificates."""
        begins = self.now - age - timedelta(minutes=1)
        made = x509.CertificateBuilder(
            _name("intermediate"), x509.Name([]), key.public_key(), x509.random_serial_number()
        )
        made = made.not_valid_before(begins).not_valid_after(begins + timedelta(minutes=10))
        made = made.add_extension(_usage(), critical=True)
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority_key.public_key())
        made = made.add_extension(authority, critical=False)
        made = made.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name)]), critical=True)
        value = issuer.encode()
        made = made.add_extension(x509.UnrecognizedExtension(_ISSUER_RAW, value), critical=False)
        if not raw_issuer:
            encoded = bytes((0x0C, len(value))) + value
            made = made.add_extension(x509.UnrecognizedExtension(_ISSUER, encoded), critical=False)
        if stamped:
            before = made.sign(self.authority_key, hashes.SHA256())
            stamps = self._stamps(before.tbs_certificate_bytes, begins, stamp_key or self.stamp_key)
            made = made.add_extension(x509.UnrecognizedExtension(_STAMPS, stamps), critical=False)
        return made.sign(self.authority_key, hashes.SHA256())

    def _stamps(self, body: bytes, when: datetime, key: ec.EllipticCurvePrivateKey) -> bytes:
        """RFC 6962 §3.2 and §3.3: one stamp, in a list, in an octet string."""
        moment = int(when.timestamp()) * 1000
        issuer = hashlib.sha256(self.authority_key.public_key().public_bytes(DER, SPKI)).digest()
        signed = struct.pack(">BBQH", 0, 0, moment, 1) + issuer + len(body).to_bytes(3) + body + b"\0\0"
        signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
        log = hashlib.sha256(self.stamp_key.public_key().public_bytes(DER, SPKI)).digest()
        stamp = (
            b"\0" + log + struct.pack(">QH", moment, 0) + b"\x04\x03" + struct.pack(">H", len(signature)) + signature
        )
        listed = struct.pack(">HH", len(stamp) + 2, len(stamp)) + stamp
        return (bytes((0x04, len(listed))) if len(listed) < 128 else bytes((0x04, 0x81, len(listed)))) + listed

    def promise(
        self, body: dict[str, Any], *, log_key: ec.EllipticCurvePrivateKey | None = None, at: datetime | None = None
    ) -> bytes:
        """What the log answers: the entry, and its signature over it."""
        log = hashlib.sha256(self.log_key.public_key().public_bytes(DER, SPKI)).hexdigest()
        payload = {
            "body": base64_of(json.dumps(body).encode()), "integratedTime": int((at or self.now).timestamp()),
            "logID": log, "logIndex": 12345,
        }  # fmt: skip
        signed = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
        signature = (log_key or self.log_key).sign(signed, ec.ECDSA(hashes.SHA256()))
        return json.dumps({"SignedEntryTimestamp": base64_of(signature), "Payload": payload}).encode()

    def notes(self, certificate: x509.Certificate, promise: bytes) -> dict[str, str]:
        """The annotations beside a signature."""
        chain = self.authority.public_bytes(PEM) + self.root.public_bytes(PEM)
        return {
            "dev.sigstore.cosign/certificate": certificate.public_bytes(PEM).decode(),
            "dev.sigstore.cosign/chain": chain.decode(),
            "dev.sigstore.cosign/bundle": promise.decode(),
        }

    def trusted_root(self) -> bytes:
        """The trusted root of the deployment, as JSON."""
        start = {"start": (self.now - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            raw = key.public_key().public_bytes(DER, SPKI)
            return {
                "baseUrl": "https://log.example.org", "hashAlgorithm": "SHA2_256",
                "publicKey": {"rawBytes": base64_of(raw), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": start},
                "logId": {"keyId": base64_of(hashlib.sha256(raw).digest())},
            }  # fmt: skip

        chain = [{"rawBytes": base64_of(one.public_bytes(DER))} for one in (self.authority, self.root)]
        document = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log_key)],
            "certificateAuthorities": [{
                "subject": {"organization": "example.org", "commonName": "intermediate"},
                "uri": "https://ca.example.org", "certChain": {"certificates": chain}, "validFor": start,
            }],
            "ctlogs": [log(self.stamp_key)],
            "timestampAuthorities": [],
        }  # fmt: skip
        return json.dumps(document).encode()


def record(payload: bytes, signature: bytes, certificate: x509.Certificate) -> dict[str, Any]:
    """An entry of kind hashedrekord."""
    return {
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}},
            "signature": {
                "content": base64_of(signature),
                "publicKey": {"content": base64_of(certificate.public_bytes(PEM))},
            },
        },
    }


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "example.org"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates, key_cert_sign=certificates, crl_sign=certificates, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
