"""Notary Project signatures (Notary v2, `notation`): over the image's descriptor, by a certificate chain.

notaryproject/specifications: signature-specification.md; trust-store-trust-policy.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from scanners.images.trust.notary_envelopes import EXPIRY, SCHEME, NotaryEnvelope, as_object, read_envelope, text_of
from scanners.signatures.bundle import UnsupportedBundle
from scanners.signatures.chains import Leaf, require_chain
from scanners.signatures.keys import PublicKey
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument, parse
from scanners.signatures.timestamps import token_times

PAYLOAD = "application/vnd.cncf.notary.payload.v1+json"
SUBJECT = "x509.subject:"
"""Before an identity: attributes that the certificate's subject must have ('x509.subject: C=US, O=example.org')."""
_UNDERSTOOD = frozenset((SCHEME, "io.cncf.notary.signingTime", EXPIRY))
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


@dataclass(frozen=True, slots=True)
class Authorities:
    """A trust store: the roots that may vouch for a signer, and who the signer must be."""

    roots: tuple[x509.Certificate, ...]
    identity: str | None = None
    """A name of the certificate, its fingerprint, or 'x509.subject: …'; None: anybody whom the roots vouch for."""
    revoked: tuple[x509.CertificateRevocationList, ...] = ()
    timestampers: tuple[x509.Certificate, ...] = ()
    """Roots of those who may say when a signature was there."""

    def require(self, chain: Sequence[bytes], now: datetime, signed: datetime | None = None) -> Leaf:
        """The signer, proven; `signed` is when the signature was certainly there, in whose stead it is now.

        Raises SignatureRejected, MalformedDocument.
        """
        by_subject = self.identity is not None and self.identity.startswith(SUBJECT)
        leaf = require_chain(
            chain,
            self.roots,
            signed or now,
            identity=None if by_subject else self.identity,
            revoked=self.revoked,
            revoked_at=now,
        )
        if by_subject and not _has_subject(x509.load_der_x509_certificate(chain[0]), str(self.identity)):
            raise SignatureRejected("untrusted", f"the certificate is of {leaf.names[-1]!r}, not of {self.identity!r}")
        return leaf


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature of the Notary Project says, once it holds."""

    digest: str
    signer: str


def require_notary(
    content: bytes, authorities: Authorities, now: datetime | None = None, *, form: Literal["jws", "cose"] = "jws"
) -> Signed:
    """The image that an envelope is about, and who signed it. Nothing is asked of the network.

    The certificates must have been valid when a trusted timestamp says that the signature was there; without one, now.
    Raises SignatureRejected, MalformedDocument, UnsupportedBundle.
    """
    now = now or datetime.now(UTC)
    envelope = read_envelope(content, form)
    times = (
        token_times(envelope.timestamp, envelope.signature, authorities.timestampers)
        if envelope.timestamp is not None and authorities.timestampers
        else []
    )
    leaf = authorities.require(envelope.chain, now, min(times, default=None))
    _require_signature(leaf.key, envelope)
    _require_header(envelope, now)
    artifact = as_object(as_object(parse(envelope.payload), "the payload").get("targetArtifact"), "the target artifact")
    return Signed(text_of(artifact, "digest"), f"{leaf.names[-1]} ({leaf.root})")


def _require_signature(key: PublicKey, envelope: NotaryEnvelope) -> None:
    algorithm = _ALGORITHMS.get(envelope.algorithm)
    if algorithm is None:
        raise UnsupportedBundle(f"the algorithm {envelope.algorithm[:20]!r} is not one of the Notary Project's")
    kind, size, digest = algorithm
    message, signature = envelope.message, envelope.signature
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


def _require_header(envelope: NotaryEnvelope, now: datetime) -> None:
    if strange := [name[:60] for name in envelope.critical if name not in _UNDERSTOOD]:
        raise UnsupportedBundle(f"it binds what is not understood here: {', '.join(strange)}")
    if envelope.scheme != "notary.x509":
        raise UnsupportedBundle(f"the signing scheme {envelope.scheme[:60]!r} is not read")
    if envelope.content_type != PAYLOAD:
        raise MalformedDocument(f"it signs {envelope.content_type[:80]!r} and no image")
    if envelope.expires is not None and (envelope.expires.tzinfo is None or envelope.expires <= now):
        raise SignatureRejected("expired", f"its signer let it expire at {envelope.expires.isoformat()}")


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
