"""Signed timestamps (RFC 3161): proof of when a signature was there, so that it outlives its certificate."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from cryptography import x509

from scanners.signatures.bundle import Bundle
from scanners.signatures.strict_json import MalformedDocument


def proven_times(bundle: Bundle, authorities: Sequence[x509.Certificate]) -> list[datetime.datetime]:
    """When the bundle's signatures were certainly there, by timestamps of authorities below the given roots.

    A timestamp of another authority, or over something else, proves nothing and is left out. Raises MalformedDocument
    for one that is no timestamp at all.
    """
    return [time for raw in bundle.timestamps for time in _times(raw, bundle.envelope.signatures, authorities)]


def token_times(token: bytes, signature: bytes, authorities: Sequence[x509.Certificate]) -> list[datetime.datetime]:
    """The same of a bare token, without the answer that an authority sends around it."""
    # RFC 3161 §2.4.2: TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken }; a status of 0 is 'granted'.
    body = b"\x30\x03\x02\x01\x00" + token
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    head = bytes((0x30, len(body))) if len(body) < 128 else bytes((0x30, 0x80 | len(size))) + size
    return _times(head + body, (signature,), authorities)


def _times(raw: bytes, signatures: Sequence[bytes], authorities: Sequence[x509.Certificate]) -> list[datetime.datetime]:
    # Imported here: few signatures carry a timestamp.
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        response = decode_timestamp_response(raw)
    except ValueError:
        raise MalformedDocument("a timestamp in it is broken") from None
    proven = []
    for root in authorities:
        verifier = VerifierBuilder().add_root_certificate(root).build()
        for signature in signatures:
            try:
                verifier.verify_message(response, signature)
            except (VerificationError, ValueError):
                continue
            proven.append(response.tst_info.gen_time.astimezone(datetime.UTC))
    return proven
