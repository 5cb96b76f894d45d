"""Make signatures: an envelope around a statement, and a sigstore bundle (v0.3) around that."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from scanners.errors import UnreadableInput
from scanners.signatures.dsse import IN_TOTO, Envelope
from scanners.signatures.keys import CURVE_DIGESTS, pem_hint, weakness

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def load_private_key(pem: bytes, password: bytes | None = None) -> PrivateKey:
    """The private key in `pem`. Raises UnreadableInput, without a word of what was in it."""
    try:
        key = serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnreadableInput(
            "the private key cannot be read",
            remedy="give a PEM file (PKCS #8), with its password if it is encrypted",
        ) from None
    if (problem := weakness(key.public_key())) is not None:
        raise UnreadableInput(f"the private key cannot be used: {problem}")
    return key  # type: ignore[return-value]


def sign(statement: bytes, key: PrivateKey) -> Envelope:
    """`statement` (in-toto JSON) in an envelope signed with `key`: EC over the curve's digest, RSA with PKCS #1 v1.5."""
    unsigned = Envelope(IN_TOTO, statement, ())
    message = unsigned.signed_bytes
    if isinstance(key, ed25519.Ed25519PrivateKey):
        signature = key.sign(message)
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = key.sign(message, ec.ECDSA(CURVE_DIGESTS[key.curve.name]))
    return Envelope(IN_TOTO, statement, (signature,))


def write_bundle(envelope: Envelope, key: PrivateKey, chain: Sequence[x509.Certificate] = ()) -> bytes:
    """The bundle for `envelope`; `chain`, leaf first, makes it one by certificate.

    Raises UnreadableInput if the leaf is of another key.
    """
    material: dict[str, Any] = {"publicKey": {"hint": pem_hint(key.public_key())}}
    if chain:
        if chain[0].public_key() != key.public_key():
            raise UnreadableInput(
                "the first certificate is not that of the private key", remedy="give the leaf certificate first"
            )
        links = [_base64(link.public_bytes(serialization.Encoding.DER)) for link in chain]
        material = {"x509CertificateChain": {"certificates": [{"rawBytes": link} for link in links]}}
    document = {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": material | {"tlogEntries": []},
        "dsseEnvelope": {
            "payload": _base64(envelope.payload),
            "payloadType": envelope.payload_type,
            "signatures": [{"sig": _base64(signature), "keyid": ""} for signature in envelope.signatures],
        },
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
