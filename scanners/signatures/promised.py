"""Keyless signatures in cosign's old form: a certificate, and the promise of a log to have taken the signature in.

The promise is the log's signature over the entry and the time of its arrival (Rekor's signed entry timestamp). There is no proof
of inclusion beside it, so that it holds as far as the log keeps its word. Nothing is asked of the network.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.certificate_transparency import LogEntryType, SignedCertificateTimestamp

from scanners.signatures.bundle import UnsupportedBundle, base64_field, mapping, text
from scanners.signatures.chains import require_chain
from scanners.signatures.keyless import Identity
from scanners.signatures.keys import verifies
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument, parse
from scanners.signatures.trusted_root import Log, TrustedRoot

MAXIMUM = 2**20
"""Bytes of a certificate chain, or of what the log says."""
_ISSUER, _ISSUER_RAW = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8"), x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
"""Fulcio, docs/oid-info.md: the OpenID Connect issuer as a DER string, and before 2023 as bare text."""


@dataclass(frozen=True, slots=True)
class Promised:
    """What stands beside a signature, not yet believed."""

    certificate: bytes
    """PEM."""
    chain: bytes
    """PEM; may be empty."""
    promise: bytes
    """JSON: the entry and the log's signature over it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a log, with its signed promise."""

    body: bytes
    log: bytes
    arrived: datetime.datetime
    promised: bytes
    """What the log signed: canonical JSON (RFC 8785)."""
    signature: bytes


def require_promised(
    message: bytes,
    content: bytes,
    signatures: tuple[bytes, ...],
    beside: Promised,
    identity: Identity,
    root: TrustedRoot,
) -> datetime.datetime:
    """When the log took the signature in. `message` is what was signed, `content` the blob that the log's entry is about.

    Raises SignatureRejected, MalformedDocument, UnsupportedBundle.
    """
    leaf = _leaf(beside.certificate)
    entry = _entry(beside.promise)
    log = next((log for log in root.logs if log.identity == entry.log and log.valid.holds(entry.arrived)), None)
    if log is None:
        raise SignatureRejected("untrusted", "it is in a log that the trusted root does not name for that time")
    if not verifies(log.key, entry.signature, entry.promised):
        raise SignatureRejected("invalid", "the log's promise was not made over this entry by that log")
    issuer, key = _vouched(leaf, beside.chain, entry.arrived, root)
    _require_logged_certificate(leaf, issuer, root, entry.arrived)
    _require_identity(leaf, identity)
    signature = next((item for item in signatures if verifies(key, item, message)), None)
    if signature is None:
        raise SignatureRejected("invalid", "it was not made over this payload with the key of its certificate")
    _require_about(entry.body, message, content, signature, leaf)
    return entry.arrived


def _leaf(pem: bytes) -> x509.Certificate:
    if len(pem) > MAXIMUM:
        raise MalformedDocument("its certificate is too large")
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except (ValueError, x509.InvalidVersion):
        raise MalformedDocument("its certificate is not PEM") from None


def _entry(raw: bytes) -> _Entry:
    if len(raw) > MAXIMUM:
        raise MalformedDocument("the log's promise is too large")
    document = parse(raw)
    payload = mapping(document, "Payload")
    numbers = [payload.get(name) for name in ("integratedTime", "logIndex")]
    if not all(isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**53 for number in numbers):
        raise MalformedDocument("the log's promise has no time or index")
    body, log = text(payload, "body"), text(payload, "logID")
    try:
        identity = bytes.fromhex(log)
        arrived = datetime.datetime.fromtimestamp(numbers[0], datetime.UTC)  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError):
        raise MalformedDocument("the log's promise names no log or no time") from None
    # The four values are numbers and plain ASCII: sorted and without blanks this is RFC 8785's form.
    fields = {"body": body, "integratedTime": numbers[0], "logID": log, "logIndex": numbers[1]}
    promised = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return _Entry(
        base64_field(payload, "body"), identity, arrived, promised, base64_field(document, "SignedEntryTimestamp")
    )


def _vouched(
    leaf: x509.Certificate, chain: bytes, at: datetime.datetime, root: TrustedRoot
) -> tuple[x509.Certificate, Any]:
    """The issuer of the certificate, and the certificate's key, once its chain leads to an authority of that time."""
    authorities = [authority for authority in root.authorities if authority.valid.holds(at)]
    try:
        offered = x509.load_pem_x509_certificates(chain) if chain.strip() else []
    except (ValueError, x509.InvalidVersion):
        raise MalformedDocument("its certificate chain is not PEM") from None
    between = [certificate for authority in authorities for certificate in authority.certificates[:-1]] + offered[:8]
    ends = [authority.certificates[-1] for authority in authorities]
    encoded = [certificate.public_bytes(serialization.Encoding.DER) for certificate in (leaf, *between)]
    key = require_chain(encoded, ends, at).key
    for issuer in (*ends, *between):
        try:
            leaf.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
            continue
        return issuer, key
    raise SignatureRejected("untrusted", "the issuer of its certificate is not there")


def _require_logged_certificate(
    leaf: x509.Certificate, issuer: x509.Certificate, root: TrustedRoot, at: datetime.datetime
) -> None:
    """One of the logs of certificates must have signed that it took this one in (RFC 6962 §3.2)."""
    try:
        stamps = leaf.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    except (x509.ExtensionNotFound, ValueError):
        stamps = ()  # type: ignore[assignment]
    for stamp in stamps:
        when = stamp.timestamp.replace(tzinfo=datetime.UTC)
        for log in root.certificate_logs:
            if log.identity == stamp.log_id and log.valid.holds(when) and _stamped(stamp, leaf, issuer, log):
                return
    raise SignatureRejected("untrusted", "no log of certificates that is trusted has signed its certificate")


def _stamped(stamp: SignedCertificateTimestamp, leaf: x509.Certificate, issuer: x509.Certificate, log: Log) -> bool:
    if stamp.entry_type != LogEntryType.PRE_CERTIFICATE or not isinstance(
        stamp.signature_hash_algorithm, hashes.SHA256
    ):
        return False
    spki = issuer.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = leaf.tbs_precertificate_bytes
    since = stamp.timestamp.replace(tzinfo=datetime.UTC) - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    signed = (
        struct.pack(">BBQH", 0, 0, since // datetime.timedelta(milliseconds=1), 1)
        + hashlib.sha256(spki).digest()
        + len(body).to_bytes(3)
        + body
        + struct.pack(">H", len(stamp.extension_bytes))
        + stamp.extension_bytes
    )
    return verifies(log.key, stamp.signature, signed)


def _require_identity(leaf: x509.Certificate, identity: Identity) -> None:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value if _named(leaf) else ()
    known = [name.value for name in names if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier)]
    issuers = list(_issuers(leaf))
    if identity.name not in known or identity.issuer not in issuers:
        by = f"{', '.join(known)[:200] or 'nobody'} by {', '.join(issuers)[:200] or 'nobody'}"
        raise SignatureRejected("untrusted", f"the certificate is of {by}, not of {identity.name} by {identity.issuer}")


def _named(leaf: x509.Certificate) -> bool:
    return any(extension.oid == x509.SubjectAlternativeName.oid for extension in leaf.extensions)


def _issuers(leaf: x509.Certificate) -> Iterator[str]:
    for extension in leaf.extensions:
        value = extension.value
        if isinstance(value, x509.UnrecognizedExtension):
            raw = value.value
            if extension.oid == _ISSUER and raw[:1] == b"\x0c" and len(raw) == 2 + raw[1] < 130:
                yield raw[2:].decode("utf-8", "replace")
            elif extension.oid == _ISSUER_RAW:
                yield raw.decode("utf-8", "replace")


def _require_about(body: bytes, message: bytes, content: bytes, signature: bytes, leaf: x509.Certificate) -> None:
    """The entry must be about this payload, this signature and this certificate (CVE-2022-36056)."""
    document = parse(body)
    kind = (text(document, "kind"), text(document, "apiVersion"))
    spec = mapping(document, "spec")
    if kind == ("hashedrekord", "0.0.1"):
        key = mapping(mapping(spec, "signature"), "publicKey")
        same = (
            _is_hash(mapping(mapping(spec, "data"), "hash"), message)
            and base64_field(mapping(spec, "signature"), "content") == signature
            and _leaf(base64_field(key, "content")) == leaf
        )
    elif kind == ("intoto", "0.0.1"):
        same = (
            _is_hash(mapping(mapping(spec, "content"), "hash"), content)
            and _leaf(base64_field(spec, "publicKey")) == leaf
        )
    elif kind == ("dsse", "0.0.1"):
        listed = spec.get("signatures")
        same = _is_hash(mapping(spec, "envelopeHash"), content) and any(
            base64_field(item, "signature") == signature and _leaf(base64_field(item, "verifier")) == leaf
            for item in (listed if isinstance(listed, list) else [])
        )
    else:
        raise UnsupportedBundle(f"the log's entry is a {' '.join(kind)[:60]!r}, which is not read")
    if not same:
        raise SignatureRejected("invalid", "the log's entry is about another payload, signature or certificate")


def _is_hash(stated: Mapping[str, Any], content: bytes) -> bool:
    return stated.get("algorithm") == "sha256" and stated.get("value") == hashlib.sha256(content).hexdigest()
