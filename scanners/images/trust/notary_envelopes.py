"""The two envelopes of the Notary Project, JWS (RFC 7515) and COSE (RFC 9052), read into one shape and not yet believed.

notaryproject/specifications: signature-envelope-jws.md and signature-envelope-cose.md.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from scanners.signatures import cbor
from scanners.signatures.bundle import UnsupportedBundle
from scanners.signatures.strict_json import MalformedDocument, parse

MAXIMUM_CERTIFICATES = 10
SCHEME = "io.cncf.notary.signingScheme"
EXPIRY = "io.cncf.notary.expiry"
TIMESTAMP = "io.cncf.notary.timestampSignature"
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")
_COSE_ALGORITHMS = {-7: "ES256", -35: "ES384", -36: "ES512", -37: "PS256", -38: "PS384", -39: "PS512"}
_ALGORITHM, _CRITICAL, _CONTENT_TYPE, _CHAIN = 1, 2, 3, 33
"""Labels of COSE headers (RFC 9052 §3.1, RFC 9360 §2)."""
_SIGN1 = 18
"""The tag of a message with one signature."""


@dataclass(frozen=True, slots=True)
class NotaryEnvelope:
    """What a signature of the Notary Project consists of."""

    algorithm: str
    """In JOSE's names."""
    critical: tuple[str, ...]
    """Headers that whoever verifies must understand."""
    scheme: str
    content_type: str
    expires: datetime | None
    message: bytes
    """What was signed."""
    signature: bytes
    payload: bytes
    chain: tuple[bytes, ...]
    """DER, leaf first."""
    timestamp: bytes | None
    """A timestamp token (RFC 3161) over the signature, DER."""


def read_envelope(content: bytes, form: Literal["jws", "cose"]) -> NotaryEnvelope:
    """Raises MalformedDocument, UnsupportedBundle."""
    return _jws(content) if form == "jws" else _cose(content)


def _jws(content: bytes) -> NotaryEnvelope:
    envelope = as_object(parse(content), "the envelope")
    protected_text, payload_text = text_of(envelope, "protected"), text_of(envelope, "payload")
    protected = as_object(parse(_decoded(protected_text)), "the protected header")
    header = as_object(envelope.get("header"), "the header")
    listed = header.get("x5c")
    stamp = header.get(TIMESTAMP)
    expires = None
    if EXPIRY in protected:
        try:
            expires = datetime.fromisoformat(str(protected[EXPIRY]))
        except ValueError:
            raise MalformedDocument("its expiry is no time") from None
    return NotaryEnvelope(
        algorithm=str(protected.get("alg")),
        critical=_names(protected.get("crit")),
        scheme=str(protected.get(SCHEME)),
        content_type=str(protected.get("cty")),
        expires=expires,
        message=f"{protected_text}.{payload_text}".encode(),
        signature=_decoded(text_of(envelope, "signature")),
        payload=_decoded(payload_text),
        chain=_chain(
            [_standard(str(item)) for item in listed[: MAXIMUM_CERTIFICATES + 1]] if isinstance(listed, list) else None
        ),
        timestamp=None if stamp is None else _standard(str(stamp)),
    )


def _cose(content: bytes) -> NotaryEnvelope:
    tagged = cbor.parse(content)
    if not isinstance(tagged, cbor.Tagged) or tagged.tag != _SIGN1:
        raise MalformedDocument("it is not a COSE message with one signature")
    parts = tagged.value
    if not isinstance(parts, list) or len(parts) != 4 or not isinstance(parts[1], dict):
        raise MalformedDocument("it has not the four parts of a COSE message")
    protected_bytes, unprotected, payload, signature = parts
    if not all(isinstance(part, bytes) for part in (protected_bytes, payload, signature)):
        raise MalformedDocument("a part of the COSE message is not bytes")
    protected = as_object(cbor.parse(protected_bytes), "the protected header")
    algorithm = _COSE_ALGORITHMS.get(_integer(protected.get(_ALGORITHM)))
    if algorithm is None:
        raise UnsupportedBundle(f"the algorithm {protected.get(_ALGORITHM)!r:.40} is not one of the Notary Project's")
    certificates = unprotected.get(_CHAIN)
    if isinstance(certificates, bytes):
        certificates = [certificates]  # RFC 9360 §2: one certificate stands alone
    stamp = unprotected.get(TIMESTAMP)
    if stamp is not None and not isinstance(stamp, bytes):
        raise MalformedDocument("its timestamp is not bytes")
    return NotaryEnvelope(
        algorithm=algorithm,
        critical=_names(protected.get(_CRITICAL)),
        scheme=str(protected.get(SCHEME)),
        content_type=str(protected.get(_CONTENT_TYPE)),
        expires=_moment(protected[EXPIRY]) if EXPIRY in protected else None,
        message=_to_be_signed(protected_bytes, payload),
        signature=signature,
        payload=payload,
        chain=_chain(certificates),
        timestamp=stamp,
    )


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure (RFC 9052 §4.4): the context, the protected header, nothing from outside, the payload."""
    context = b"Signature1"
    strings = b"".join(cbor.encode_head(2, len(part)) + part for part in (protected, b"", payload))
    return cbor.encode_head(4, 4) + cbor.encode_head(3, len(context)) + context + strings


def _moment(value: Any) -> datetime:
    seconds = value.value if isinstance(value, cbor.Tagged) and value.tag == 1 else None
    try:
        return datetime.fromtimestamp(_integer(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        raise MalformedDocument("its expiry is no time") from None


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedDocument("a header of the COSE message is not a number")
    return value


def _names(critical: Any) -> tuple[str, ...]:
    if not isinstance(critical, list) or SCHEME not in critical:
        raise MalformedDocument("the signing scheme is not marked as critical")
    return tuple(str(name) for name in critical)


def _chain(certificates: Any) -> tuple[bytes, ...]:
    if not isinstance(certificates, list) or not 0 < len(certificates) <= MAXIMUM_CERTIFICATES:
        raise MalformedDocument(f"its certificate chain must hold 1 to {MAXIMUM_CERTIFICATES} certificates")
    if not all(isinstance(certificate, bytes) for certificate in certificates):
        raise MalformedDocument("a certificate in it is not bytes")
    return tuple(certificates)


def _standard(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedDocument("a certificate or timestamp in it is not base64") from None


def _decoded(text: str) -> bytes:
    if not _BASE64URL.match(text):
        raise MalformedDocument("a part of it is not base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise MalformedDocument("a part of it is not base64url") from None


def as_object(value: object, what: str) -> Mapping[Any, Any]:
    """Raises MalformedDocument for anything but an object."""
    if not isinstance(value, Mapping):
        raise MalformedDocument(f"{what} is not an object")
    return value


def text_of(holder: Mapping[Any, Any], name: str) -> str:
    """The string called `name`. Raises MalformedDocument."""
    value = holder.get(name)
    if not isinstance(value, str):
        raise MalformedDocument(f"{name!r} is missing or not a string")
    return value
