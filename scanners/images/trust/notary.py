"""Notary Project signatures (Notary v2, `notation`): a JWS over the image's descriptor, by a certificate chain.

notaryproject/specifications: signature-specification.md and signature-envelope-jws.md; trust-store-trust-policy.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from scanners.signatures.bundle import UnsupportedBundle
from scanners.signatures.chains import Leaf, require_chain
from scanners.signatures.keys import PublicKey
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument, parse

PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"
SUBJECT = "x509.subject:"
"""Before an identity: attributes that the certificate's subject must have ('x509.subject: C=US, O=example.org')."""
MAXIMUM_CERTIFICATES = 10
_SCHEME = "io.cncf.notary.signingScheme"
_EXPIRY = "io.cncf.notary.expiry"
_UNDERSTOOD = frozenset((_SCHEME, "io.cncf.notary.signingTime", _EXPIRY))
"""What a signer may mark as critical; whatever else is critical refuses the signature (RFC 7515 §4.1.11)."""
_ALGORITHMS: Mapping[str, tuple[str, int, hashes.HashAlgorithm]] = {
    "PS256": ("rsa", 2048, hashes.SHA256()),
    "PS384": ("rsa", 3072, hashes.SHA384()),
    "PS512": ("rsa", 4096, hashes.SHA512()),
    "ES256": ("ec", 256, hashes.SHA256()),
    "ES384": ("ec", 384, hashes.SHA384()),
    "ES512": ("ec", 521, hashes.SHA512()),
}
"""Each goes with keys of one kind and size (signature-specification.md, 'Signature Algorithm Requirements')."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class Authorities:
    """A trust store: the roots that may vouch for a signer, and who the signer must be."""

    roots: tuple[x509.Certificate, ...]
    identity: str | None = None
    """A name of the certificate, its fingerprint, or 'x509.subject: …'; None: anybody whom the roots vouch for."""
    revoked: tuple[x509.CertificateRevocationList, ...] = ()

    def require(self, chain: Sequence[bytes], at: datetime) -> Leaf:
        """The signer, proven. Raises SignatureRejected, MalformedDocument."""
        by_subject = self.identity is not None and self.identity.startswith(SUBJECT)
        leaf = require_chain(
            chain, self.roots, at, identity=None if by_subject else self.identity, revoked=self.revoked
        )
        if by_subject and not _has_subject(x509.load_der_x509_certificate(chain[0]), str(self.identity)):
            raise SignatureRejected("untrusted", f"the certificate is of {leaf.names[-1]!r}, not of {self.identity!r}")
        return leaf


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature of the Notary Project says, once it holds."""

    digest: str
    signer: str


def require_notary(content: bytes, authorities: Authorities, now: datetime | None = None) -> Signed:
    """The image that a JWS envelope is about, and who signed it. Nothing is asked of the network.

    The certificates must hold now: no timestamp of an authority is read. Raises SignatureRejected, MalformedDocument,
    UnsupportedBundle.
    """
    now = now or datetime.now(UTC)
    envelope = _object(parse(content), "the envelope")
    protected_text, payload_text = _text(envelope, "protected"), _text(envelope, "payload")
    protected = _object(parse(_decoded(protected_text)), "the protected header")
    chain = _chain(envelope)
    leaf = authorities.require(chain, now)
    _require_signature(
        leaf.key, protected, f"{protected_text}.{payload_text}".encode(), _decoded(_text(envelope, "signature"))
    )
    _require_header(protected, now)
    artifact = _object(
        _object(parse(_decoded(payload_text)), "the payload").get("targetArtifact"), "the target artifact"
    )
    return Signed(_text(artifact, "digest"), f"{leaf.names[-1]} ({leaf.root})")


def _chain(envelope: Mapping[str, Any]) -> list[bytes]:
    listed = _object(envelope.get("header"), "the header").get("x5c")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAXIMUM_CERTIFICATES:
        raise MalformedDocument(f"its certificate chain must hold 1 to {MAXIMUM_CERTIFICATES} certificates")
    try:
        return [base64.b64decode(str(item), validate=True) for item in listed]
    except (binascii.Error, ValueError):
        raise MalformedDocument("a certificate in it is not base64") from None


def _require_signature(key: PublicKey, protected: Mapping[str, Any], message: bytes, signature: bytes) -> None:
    algorithm = _ALGORITHMS.get(str(protected.get("alg")))
    if algorithm is None:
        raise UnsupportedBundle(f"the algorithm {str(protected.get('alg'))[:20]!r} is not one of the Notary Project's")
    kind, size, digest = algorithm
    try:
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey) and key.key_size == size:
            pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
            key.verify(signature, message, pss, digest)
            return
        if kind == "ec" and isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size == size:
            half = (size + 7) // 8
            if len(signature) == 2 * half:  # RFC 7518 §3.4: R and S, each of the curve's length
                r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
                key.verify(encode_dss_signature(r, s), message, ec.ECDSA(digest))
                return
    except InvalidSignature:
        pass
    raise SignatureRejected("invalid", "it was not made over this payload with the key of its certificate")


def _require_header(protected: Mapping[str, Any], now: datetime) -> None:
    critical = protected.get("crit")
    if not isinstance(critical, list) or _SCHEME not in critical:
        raise MalformedDocument("the signing scheme is not marked as critical")
    if strange := [str(name)[:60] for name in critical if name not in _UNDERSTOOD]:
        raise UnsupportedBundle(f"it binds what is not understood here: {', '.join(strange)}")
    if protected.get(_SCHEME) != "notary.x509":
        raise UnsupportedBundle(f"the signing scheme {str(protected.get(_SCHEME))[:60]!r} is not read")
    if protected.get("cty") != PAYLOAD:
        raise MalformedDocument(f"it signs {str(protected.get('cty'))[:80]!r} and no image")
    if _EXPIRY in protected:
        try:
            expires = datetime.fromisoformat(str(protected[_EXPIRY]))
        except ValueError:
            raise MalformedDocument("its expiry is no time") from None
        if expires.tzinfo is None or expires <= now:
            raise SignatureRejected("expired", f"its signer let it expire at {protected[_EXPIRY]}")


def _has_subject(certificate: x509.Certificate, identity: str) -> bool:
    """Whether the subject has every attribute that the identity names (trust policy, 'Trusted Identities Constraints')."""
    try:
        wanted = x509.Name.from_rfc4514_string(re.sub(r",\s+", ",", identity.removeprefix(SUBJECT).strip()))
    except ValueError:
        raise SignatureRejected(
            "untrusted", f"{identity!r} is not a list of attributes such as 'C=US, O=example.org'"
        ) from None
    have = {(attribute.oid, attribute.value) for attribute in certificate.subject}
    return bool(len(wanted.rdns)) and all((attribute.oid, attribute.value) in have for attribute in wanted)


def _decoded(text: str) -> bytes:
    if not _BASE64URL.match(text):
        raise MalformedDocument("a part of it is not base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise MalformedDocument("a part of it is not base64url") from None


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedDocument(f"{what} is not an object")
    return value


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str):
        raise MalformedDocument(f"{name!r} is missing or not a string")
    return value
