"""The redaction manifest: a signed statement of what was taken out where, without what it was."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Annotated

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

from scanners.personal_data.entities import Entity
from scanners.personal_data.redact import keyed_digest


class RedactedEntity(BaseModel):
    """One thing that was taken out."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="Entity type")
    rule: str = Field(description="The rule that found it")
    path: str | None = Field(default=None, description="JSON pointer, for values")
    start: int = Field(description="First code point in the original")
    end: int = Field(description="One past the last")
    digest: str = Field(description="HMAC-SHA256 of the value under the tenant's key")
    method: str = Field(description="What was done with it")


class Manifest(BaseModel):
    """What was taken out of one input. `signature` is Ed25519 over the canonical JSON of everything else."""

    model_config = ConfigDict(frozen=True)

    format: Annotated[str, Field(description="Name and version of this format")] = "yumen-redaction/1"
    subject: str = Field(description="Digest of the original, as in the answer")
    result: str = Field(description="HMAC-SHA256 of the redacted text or canonical JSON under the tenant's key")
    entities: tuple[RedactedEntity, ...]
    complete: bool = Field(description="False: part of the input was not examined and withheld")
    public_key: str = Field(description="Ed25519 public key, hex")
    signature: str = Field(default="", description="Ed25519 signature, hex")

    def signed(self, key: Ed25519PrivateKey) -> Manifest:
        return self.model_copy(update={"signature": key.sign(_canonical(self)).hex()})

    def verified(self, public_key: Ed25519PublicKey) -> bool:
        """Whether the signature is by `public_key` (given by the verifier, not taken from the manifest)."""
        try:
            public_key.verify(bytes.fromhex(self.signature), _canonical(self))
        except (InvalidSignature, ValueError):
            return False
        return True


def manifest(
    subject: str,
    redacted: bytes,
    originals: Iterable[tuple[Entity, str, str]],
    *,
    complete: bool,
    key: bytes,
    signing: Ed25519PrivateKey,
) -> Manifest:
    """The signed manifest of one redaction. `originals` are (entity, its text, method); only digests of the text go in."""
    entries = tuple(
        RedactedEntity(
            type=entity.type,
            rule=entity.rule,
            path=entity.path,
            start=entity.start,
            end=entity.end,
            digest=keyed_digest(entity.type, original, key),
            method=method,
        )
        for entity, original, method in originals
    )
    unsigned = Manifest(
        subject=subject,
        result=hmac.new(key, redacted, "sha256").hexdigest(),
        entities=entries,
        complete=complete,
        public_key=signing.public_key().public_bytes_raw().hex(),
    )
    return unsigned.signed(signing)


def _canonical(unsigned: Manifest) -> bytes:
    return orjson.dumps(unsigned.model_dump(exclude={"signature"}), option=orjson.OPT_SORT_KEYS)
