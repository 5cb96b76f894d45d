"""The sigstore bundle (v0.1 to v0.3, JSON) around a DSSE envelope, read strictly and not yet trusted."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scanners.signatures.dsse import Envelope
from scanners.signatures.strict_json import MalformedDocument, parse

MAX_BUNDLE = 64 << 20
"""Bytes of a signature file: about 300,000 parts of a model."""
MAX_SIGNATURES = 8
MAX_CERTIFICATES = 10

_MEDIA_TYPE = re.compile(r"application/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.[123]|\.v0\.[3-9]\d*\+json)")
Material = Literal["key", "chain", "keyless"]


class UnsupportedBundle(ValueError):
    """Well-formed, of a kind that cannot be checked here: neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A parsed bundle."""

    raw: bytes
    envelope: Envelope
    material: Material
    """What the signer offers as proof of who they are."""
    certificates: tuple[bytes, ...] = ()
    """DER, leaf first."""
    key_hint: str = ""
    logged: bool = False
    """It holds entries of a transparency log."""
    timestamps: tuple[bytes, ...] = ()
    """RFC 3161 responses, DER."""


def read_bundle(raw: bytes) -> Bundle:
    """The bundle, or the bare envelope, in `raw`.

    Raises MalformedDocument, or UnsupportedBundle for another version or a signature over something else than DSSE.
    """
    if len(raw) > MAX_BUNDLE:
        raise MalformedDocument(f"it is larger than {MAX_BUNDLE >> 20} MiB")
    document = parse(raw)
    if not isinstance(document, dict):
        raise MalformedDocument("it is not a JSON object")
    if "payloadType" in document:
        # A bare DSSE envelope, as in-toto writes them.
        return Bundle(raw=raw, envelope=_envelope(document), material="key")
    media_type = text(document, "mediaType")
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise UnsupportedBundle(f"the media type {media_type[:100]!r} is not a sigstore bundle of version 0.1 to 0.3")
    if "dsseEnvelope" not in document:
        raise UnsupportedBundle("it signs a digest (messageSignature) and not a statement")
    material = mapping(document, "verificationMaterial")
    kind, certificates, hint = _offered(material)
    return Bundle(
        raw=raw,
        envelope=_envelope(mapping(document, "dsseEnvelope")),
        material=kind,
        certificates=certificates,
        key_hint=hint,
        logged=bool(material.get("tlogEntries")),
        timestamps=_timestamps(material),
    )


def _offered(material: Mapping[str, Any]) -> tuple[Material, tuple[bytes, ...], str]:
    offered = [name for name in ("publicKey", "x509CertificateChain", "certificate") if material.get(name) is not None]
    if len(offered) != 1:
        raise MalformedDocument("it must name exactly one of a public key, a certificate and a chain")
    if offered == ["publicKey"]:
        hint = mapping(material, "publicKey").get("hint")
        return "key", (), hint if isinstance(hint, str) else ""
    if offered == ["certificate"]:
        return "keyless", (base64_field(mapping(material, "certificate"), "rawBytes"),), ""
    chain = mapping(material, "x509CertificateChain").get("certificates")
    if not isinstance(chain, list) or not 0 < len(chain) <= MAX_CERTIFICATES:
        raise MalformedDocument(f"its certificate chain must hold 1 to {MAX_CERTIFICATES} certificates")
    return "chain", tuple(base64_field(link, "rawBytes") for link in chain), ""


def _envelope(envelope: Mapping[str, Any]) -> Envelope:
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or not 0 < len(signatures) <= MAX_SIGNATURES:
        raise MalformedDocument(f"its envelope must hold 1 to {MAX_SIGNATURES} signatures")
    return Envelope(
        payload_type=text(envelope, "payloadType"),
        payload=base64_field(envelope, "payload"),
        signatures=tuple(base64_field(signature, "sig") for signature in signatures),
    )


def _timestamps(material: Mapping[str, Any]) -> tuple[bytes, ...]:
    data = material.get("timestampVerificationData") or {}
    listed = data.get("rfc3161Timestamps") or [] if isinstance(data, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_SIGNATURES:
        raise MalformedDocument("its timestamps are not a short list")
    return tuple(base64_field(timestamp, "signedTimestamp") for timestamp in listed)


def mapping(parent: Any, name: str) -> Mapping[str, Any]:
    """The object called `name` in `parent`. Raises MalformedDocument."""
    found = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(found, dict):
        raise MalformedDocument(f"{name!r} is missing or not an object")
    return found


def text(parent: Any, name: str) -> str:
    """The non-empty string called `name` in `parent`. Raises MalformedDocument."""
    found = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(found, str) or not found:
        raise MalformedDocument(f"{name!r} is missing or not a string")
    return found


def base64_field(parent: Any, name: str) -> bytes:
    """The bytes called `name` in `parent`, in standard base64. Raises MalformedDocument."""
    try:
        return base64.b64decode(text(parent, name), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedDocument(f"{name!r} is not base64") from None
