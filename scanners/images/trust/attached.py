"""Signatures beside an image in an OCI layout: cosign's tags ('sha256-….sig', '.att') and OCI 1.1 referrers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from scanners.errors import LimitReached, TargetMissing, UnreadableInput
from scanners.images.sources.interface import Members
from scanners.images.sources.oci_layout import NAME
from scanners.oci import digests
from scanners.oci.manifests import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    MAXIMUM_MANIFEST,
    Descriptor,
    Index,
    Part,
    parse,
    parse_manifest_or_index,
)
from scanners.signatures.promised import Promised

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle"
ENVELOPE = "application/vnd.dsse.envelope.v1+json"
JWS, COSE = "application/jose+json", "application/cose"
"""The two envelopes of the Notary Project."""
SIGNATURE = "dev.cosignproject.cosign/signature"
MAXIMUM_BLOB = 64 * 2**20
MAXIMUM_ATTACHED = 1000

Form = Literal["simple-signing", "bundle", "envelope", "jws", "cose"]
_FORMS: Mapping[str, Form] = {SIMPLE_SIGNING: "simple-signing", ENVELOPE: "envelope", JWS: "jws", COSE: "cose"}


class _SignatureManifest(Part):
    schemaVersion: int
    layers: list[Descriptor] = Field(default_factory=list, max_length=1000)
    subject: Descriptor | None = None
    artifactType: str | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """One signature or attestation, read and not yet believed."""

    form: Form
    digest: str
    """Of the blob that holds it."""
    content: bytes
    signature: bytes = b""
    """For the simple form: the signature over the content."""
    promised: Promised | None = None
    """It comes with a certificate and a log's promise instead of a key."""


def attached(members: Members, image: frozenset[str]) -> tuple[list[Attached], list[str]]:
    """Everything in a layout that says it is about one of these digests; and what of it could not be read."""
    found: list[Attached] = []
    troubles: list[str] = []
    index = parse_manifest_or_index(members.read("index.json", MAXIMUM_MANIFEST), "", "index.json")
    if not isinstance(index, Index):
        raise UnreadableInput("index.json is not an image index")
    tags = {f"{digest.replace(':', '-')}{suffix}" for digest in image for suffix in (".sig", ".att", "")}
    for descriptor in _listed(members, index, image)[:MAXIMUM_ATTACHED]:
        name = (descriptor.annotations or {}).get(NAME, "").rpartition(":")[2]
        kind = (descriptor.annotations or {}).get("kind", "")
        try:
            manifest = _manifest(members, descriptor)
            about = manifest.subject.digest if manifest.subject else None
            cosign = kind.startswith("dev.cosignproject.cosign/") and kind.endswith(("/sigs", "/atts"))
            if about in image or name in tags or cosign:
                found.extend(_blobs(members, manifest))
        except (UnreadableInput, LimitReached, TargetMissing) as error:
            troubles.append(f"{descriptor.digest}: {error.message}")
    return found, troubles


def _listed(members: Members, index: Index, image: frozenset[str]) -> list[Descriptor]:
    """The manifests of a layout, with those in the lists of referrers that a registry without the referrers API keeps
    under a tag (OCI distribution specification 1.1, 'Referrers Tag Schema')."""
    tags = {digest.replace(":", "-") for digest in image}
    found = [descriptor for descriptor in index.manifests if descriptor.mediaType in MANIFEST_TYPES]
    for descriptor in index.manifests:
        if descriptor.mediaType in INDEX_TYPES and (descriptor.annotations or {}).get(NAME) in tags:
            data = members.read(digests.file_name(descriptor.digest), MAXIMUM_MANIFEST)
            digests.verify(data, descriptor.digest, "a list of referrers")
            referrers = parse(Index, data, "the list of referrers")
            found += [referrer for referrer in referrers.manifests if referrer.mediaType in MANIFEST_TYPES]
    return found


def _manifest(members: Members, descriptor: Descriptor) -> _SignatureManifest:
    data = members.read(digests.file_name(descriptor.digest), MAXIMUM_MANIFEST)
    digests.verify(data, descriptor.digest, "a manifest")
    return parse(_SignatureManifest, data, f"manifest {descriptor.digest}")


def _blobs(members: Members, manifest: _SignatureManifest) -> Iterator[Attached]:
    for layer in manifest.layers:
        form: Form | None = "bundle" if layer.mediaType.startswith(BUNDLE) else _FORMS.get(layer.mediaType)
        if form is None:
            continue
        content = members.read(digests.file_name(layer.digest), MAXIMUM_BLOB)
        digests.verify(content, layer.digest, "a signature")
        notes: Mapping[str, str] = layer.annotations or {}
        try:
            signature = base64.b64decode(notes.get(SIGNATURE, ""), validate=True)
        except binascii.Error:
            raise UnreadableInput(f"the signature of {layer.digest} is not base64") from None
        yield Attached(form, layer.digest, content, signature, _promised(notes))


def _promised(notes: Mapping[str, str]) -> Promised | None:
    certificate, chain, promise = (
        notes.get(f"dev.sigstore.cosign/{name}", "").encode() for name in ("certificate", "chain", "bundle")
    )
    return Promised(certificate, chain, promise) if certificate else None
