"""A bundle is read strictly before anything in it is believed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from scanners.errors import UnreadableInput
from scanners.signatures import bundle as module
from scanners.signatures.bundle import UnsupportedBundle, read_bundle
from scanners.signatures.dsse import IN_TOTO, pre_authentication_encoding
from scanners.signatures.keys import require_signature
from scanners.signatures.signing import load_private_key, sign, write_bundle
from scanners.signatures.strict_json import MalformedDocument

KEY = ec.generate_private_key(ec.SECP256R1())
BUNDLE = write_bundle(sign(b'{"a": 1}', KEY), KEY)


def test_the_encoding_that_is_signed_is_that_of_the_specification() -> None:
    # The example of the DSSE protocol document.
    assert (
        pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_what_is_written_is_read() -> None:
    bundle = read_bundle(BUNDLE)
    assert (bundle.material, bundle.envelope.payload_type, bundle.envelope.payload) == ("key", IN_TOTO, b'{"a": 1}')
    require_signature(bundle.envelope, KEY.public_key())


Change = Callable[[dict[str, Any]], object]

MALFORMED: dict[str, Change] = {
    "no media type": lambda d: d.pop("mediaType"),
    "no material": lambda d: d.pop("verificationMaterial"),
    "material is a list": lambda d: d.update(verificationMaterial=[]),
    "nothing offered": lambda d: d["verificationMaterial"].pop("publicKey"),
    "two things offered": lambda d: d["verificationMaterial"].update(certificate={"rawBytes": "AA=="}),
    "empty chain": lambda d: d.update(verificationMaterial={"x509CertificateChain": {"certificates": []}}),
    "long chain": lambda d: d.update(
        verificationMaterial={"x509CertificateChain": {"certificates": [{"rawBytes": "AA=="}] * 11}}
    ),
    "chain of text": lambda d: d.update(verificationMaterial={"x509CertificateChain": {"certificates": ["AA=="]}}),
    "envelope is text": lambda d: d.update(dsseEnvelope="AA=="),
    "no payload": lambda d: d["dsseEnvelope"].pop("payload"),
    "payload is not base64": lambda d: d["dsseEnvelope"].update(payload="!!!!"),
    "payload with blanks": lambda d: d["dsseEnvelope"].update(payload="AA ==\n"),
    "no payload type": lambda d: d["dsseEnvelope"].pop("payloadType"),
    "no signature": lambda d: d["dsseEnvelope"].update(signatures=[]),
    "a thousand signatures": lambda d: d["dsseEnvelope"].update(signatures=[{"sig": "AA=="}] * 1000),
    "signature is null": lambda d: d["dsseEnvelope"].update(signatures=[{"sig": None}]),
    "timestamps are text": lambda d: d["verificationMaterial"].update(timestampVerificationData="x"),
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_malformed_bundles_are_refused(change: Change) -> None:
    document = json.loads(BUNDLE)
    change(document)
    with pytest.raises(MalformedDocument):
        read_bundle(json.dumps(document).encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b'"x"', b"\0\1\2", BUNDLE[:-10], BUNDLE + b"{}"])
def test_what_is_not_one_object_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedDocument):
        read_bundle(raw)


def test_a_huge_file_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BUNDLE", 100)
    with pytest.raises(MalformedDocument, match="larger"):
        read_bundle(BUNDLE)


UNSUPPORTED: dict[str, Change] = {
    "a later version": lambda d: d.update(mediaType="application/vnd.dev.sigstore.bundle.v1.0+json"),
    "another kind of file": lambda d: d.update(mediaType="application/json"),
    "a signature over a digest": lambda d: d.pop("dsseEnvelope"),
}


@pytest.mark.parametrize("change", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_is_of_another_kind_is_unsupported_and_not_bad(change: Change) -> None:
    document = json.loads(BUNDLE)
    change(document)
    with pytest.raises(UnsupportedBundle):
        read_bundle(json.dumps(document).encode())


@pytest.mark.parametrize("keyid", ["", None, "anything"])
def test_the_key_id_means_nothing(keyid: str | None) -> None:
    document = json.loads(BUNDLE)
    document["dsseEnvelope"]["signatures"][0]["keyid"] = keyid
    require_signature(read_bundle(json.dumps(document).encode()).envelope, KEY.public_key())


def test_raw_bytes_of_old_bundles_are_not_taken_for_a_key() -> None:
    document = json.loads(BUNDLE)
    document["verificationMaterial"]["publicKey"] = {"rawBytes": base64.b64encode(b"mine").decode()}
    assert read_bundle(json.dumps(document).encode()).key_hint == ""


@pytest.mark.parametrize("pem", [b"", b"secret", b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"])
def test_a_private_key_that_cannot_be_read_is_not_repeated(pem: bytes) -> None:
    with pytest.raises(UnreadableInput) as error:
        load_private_key(pem)
    assert "secret" not in error.value.diagnostics()
