"""Public keys, and signatures made with their private halves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from scanners.errors import UnreadableInput
from scanners.signatures.dsse import Envelope
from scanners.signatures.outcomes import SignatureRejected

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

MIN_RSA_BITS = 2048
CURVE_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


def load_public_key(pem: bytes) -> PublicKey:
    """The public key in `pem`. Raises UnreadableInput for anything but EC P-256/384/521, Ed25519, RSA of 2048 bits up."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnreadableInput(
            "the public key is not a PEM-encoded public key",
            remedy="give a file that begins with '-----BEGIN PUBLIC KEY-----'; a private key is never needed here",
            detail=str(error),
        ) from None
    if (problem := weakness(key)) is not None:
        raise UnreadableInput(
            f"the public key cannot be used: {problem}",
            remedy="use EC P-256, P-384 or P-521, Ed25519, or RSA with at least 2048 bits",
        )
    return key  # type: ignore[return-value]


def weakness(key: object) -> str | None:
    """Why `key` may not vouch for anything, in words; None if it may."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return None
    if isinstance(key, ec.EllipticCurvePublicKey):
        return None if key.curve.name in CURVE_DIGESTS else f"the curve {key.curve.name} is not supported"
    if isinstance(key, rsa.RSAPublicKey):
        return None if key.key_size >= MIN_RSA_BITS else f"an RSA key of {key.key_size} bits is too short"
    return f"keys of the kind {type(key).__name__} are not supported"


def fingerprint(key: PublicKey) -> str:
    """SHA-256 over the key's DER (SubjectPublicKeyInfo), as 'sha256:<hex>'."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def pem_hint(key: PublicKey) -> str:
    """What the model-signing package writes as the key's hint: SHA-256 over its PEM, in hex."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def require_signature(envelope: Envelope, key: PublicKey) -> None:
    """Raises SignatureRejected unless one of the envelope's signatures was made with the private half of `key`."""
    message = envelope.signed_bytes
    if not any(verifies(key, signature, message) for signature in envelope.signatures):
        raise SignatureRejected(
            "invalid",
            f"the signature was not made over this statement with the key {fingerprint(key)}",
            "The statement was altered, or another key signed it: ask the signer which key is theirs.",
        )


def verifies(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the signature over the message was made with the private half of the key."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _accepted(lambda: key.verify(signature, message))
    if isinstance(key, rsa.RSAPublicKey):
        # DSSE names no scheme: both that sigstore's algorithm registry lists for RSA keys are sound over SHA-256.
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        paddings: Sequence[padding.AsymmetricPadding] = (padding.PKCS1v15(), pss)
        return any(_accepted(lambda p=p: key.verify(signature, message, p, hashes.SHA256())) for p in paddings)
    # The larger curves go with the larger hashes; signers before model-signing 1.0 used SHA-256 with each.
    digests = {digest.name: digest for digest in (CURVE_DIGESTS[key.curve.name], hashes.SHA256())}
    return any(_accepted(lambda d=d: key.verify(signature, message, ec.ECDSA(d))) for d in digests.values())


def _accepted(check: object) -> bool:
    try:
        check()  # type: ignore[operator]
    except InvalidSignature:
        return False
    return True
