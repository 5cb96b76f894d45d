"""The signed statement about a redacted data set: which file became which, and the digest of the list of changes.

It is the last line of the manifest; the lines before it are the changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scanners.errors import UnreadableInput

MAX_STATEMENT = 1 << 20


class Statement(BaseModel):
    """`signature` is Ed25519 over the canonical JSON of everything else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str = Field(default="yumen-dataset-redaction/1", description="Name and version of this format")
    subject: str = Field(description="SHA-256 of the original file")
    result: str = Field(description="SHA-256 of the redacted file")
    changes: str = Field(description="SHA-256 of the lines of the manifest before this one")
    counts: Mapping[str, int] = Field(description="Changes by entity type")
    profile: str = Field(description="Profile and its version; empty: none")
    complete: bool = Field(description="False: part of the original was not read; it is withheld or left out")
    public_key: str = Field(description="Ed25519 public key, hex")
    signature: str = Field(default="", description="Ed25519 signature, hex")

    def signed(self, key: Ed25519PrivateKey) -> Statement:
        return self.model_copy(update={"signature": key.sign(self._canonical()).hex()})

    def verified(self, public_key: Ed25519PublicKey) -> bool:
        """Whether the signature is by `public_key`, which the verifier has from elsewhere."""
        try:
            public_key.verify(bytes.fromhex(self.signature), self._canonical())
        except (InvalidSignature, ValueError):
            return False
        return True

    def _canonical(self) -> bytes:
        return orjson.dumps(self.model_dump(exclude={"signature"}), option=orjson.OPT_SORT_KEYS)


def public_key_of(key: Ed25519PrivateKey) -> str:
    """As a statement holds it."""
    return key.public_key().public_bytes_raw().hex()


def checked(manifest: Path, result: Path, public_key: Ed25519PublicKey) -> Statement:
    """The statement of a manifest, if it is signed by `public_key` and true of both files.

    Raises UnreadableInput, saying what is not as it was signed.
    """
    changes = hashlib.sha256()
    last = b""
    with manifest.open("rb") as file:
        while line := file.readline(MAX_STATEMENT):
            changes.update(last)
            last = line
    try:
        statement = Statement.model_validate_json(last)
    except ValidationError as error:
        raise UnreadableInput(f"{manifest.name} does not end in a statement", detail=str(error)) from None
    with result.open("rb") as file:
        digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if not statement.verified(public_key):
        raise UnreadableInput(f"the signature of {manifest.name} does not hold under the key given")
    if statement.changes != f"sha256:{changes.hexdigest()}":
        raise UnreadableInput(f"the changes listed in {manifest.name} are not those that were signed")
    if statement.result != digest:
        raise UnreadableInput(f"{result.name} is not the file that {manifest.name} speaks of")
    return statement
