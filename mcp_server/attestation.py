"""What this server says of a document of its own: an in-toto statement in a DSSE envelope, under the key of its log.

The same Ed25519 key signs the log's checkpoints. The two cannot be taken for each other: what is signed here begins with
'DSSEv1', a checkpoint with the name of the log (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from mcp_server.audit.notes import Signer, VerifierKey
from scanners.errors import YumenError
from scanners.signatures.bundle import read_bundle
from scanners.signatures.dsse import IN_TOTO, pre_authentication_encoding
from scanners.signatures.strict_json import MalformedDocument, parse

STATEMENT = "https://in-toto.io/Statement/v1"


class AttestationRejected(YumenError):
    """The attestation is not one of these keys over this document."""

    code: ClassVar[str] = "attestation_rejected"


@dataclass(frozen=True, slots=True)
class Attested:
    """What was proven: whose key signed, and what they say of the document."""

    key: VerifierKey
    name: str
    predicate_type: str
    predicate: Mapping[str, Any]


class Attester:
    """Implements `tools.compliance_report.ReportSigner`."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def attest(self, document: bytes, *, name: str, predicate_type: str, predicate: Mapping[str, Any]) -> str:
        """The envelope as JSON: this document, by its digest, and what is said of it."""
        subject = {"name": name, "digest": {"sha256": hashlib.sha256(document).hexdigest()}}
        statement = {
            "_type": STATEMENT, "subject": [subject], "predicateType": predicate_type, "predicate": dict(predicate),
        }  # fmt: skip
        payload = json.dumps(statement, sort_keys=True, ensure_ascii=False).encode()
        signature = self._signer.raw(pre_authentication_encoding(IN_TOTO, payload))
        envelope = {
            "payloadType": IN_TOTO,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": self._signer.verifier.text, "sig": base64.b64encode(signature).decode()}],
        }
        return json.dumps(envelope)


def verify(document: bytes, envelope: bytes, keys: Iterable[VerifierKey]) -> Attested:
    """What the envelope says of `document`, proven by one of `keys`; the id of a key in the envelope counts for nothing.

    Raises AttestationRejected.
    """
    try:
        read = read_bundle(envelope).envelope
        key = next(
            (key for key in keys for signature in read.signatures if key.verify(read.signed_bytes, signature)), None
        )
        if key is None:
            raise AttestationRejected(
                "no key that is trusted here signed this", remedy="ask the server's operator for its key"
            )
        if read.payload_type != IN_TOTO:
            raise AttestationRejected(f"what is signed is {read.payload_type!r:.60}, not a statement")
        statement = parse(read.payload)
    except MalformedDocument as error:
        raise AttestationRejected(f"the attestation cannot be read: {error}") from None
    digest = hashlib.sha256(document).hexdigest()
    match statement:
        case {
            "_type": kind,
            "subject": [{"name": str(name), "digest": {"sha256": str(signed)}}],
            "predicateType": str(predicate_type),
            "predicate": dict(predicate),
        } if kind == STATEMENT:
            if signed != digest:
                raise AttestationRejected(
                    "the document is not the one that was signed", remedy="compare it with the original", detail=digest
                )
            return Attested(key, name, predicate_type, predicate)
    raise AttestationRejected("what is signed is not a statement on one document")
