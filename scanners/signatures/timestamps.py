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
    # Imported here: few signatures carry a timestamp.
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    verifiers = [VerifierBuilder().add_root_certificate(root).build() for root in authorities]
    proven = []
    for raw in bundle.timestamps:
        try:
            response = decode_timestamp_response(raw)
        except ValueError:
            raise MalformedDocument("a timestamp in it is broken") from None
        for verifier in verifiers:
            for signature in bundle.envelope.signatures:
                try:
                    verifier.verify_message(response, signature)
                except (VerificationError, ValueError):
                    continue
                proven.append(response.tst_info.gen_time.astimezone(datetime.UTC))
    return proven
