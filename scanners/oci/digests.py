"""Content digests as the OCI image specification writes them (descriptor.md, 'Digests')."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from scanners.errors import UnreadableInput

_FORMS = {"sha256": re.compile(r"[a-f0-9]{64}\Z"), "sha512": re.compile(r"[a-f0-9]{128}\Z")}


class DigestMismatch(UnreadableInput):
    """The bytes are not those that the digest names: truncated, or exchanged."""

    code = "digest_mismatch"


def hasher(digest: str) -> Any:
    """A new hash object of the digest's algorithm. Raises UnreadableInput for one that is not registered."""
    algorithm, _, value = digest.partition(":")
    form = _FORMS.get(algorithm)
    if form is None or not form.match(value):
        raise UnreadableInput(f"{digest[:80]!r} is not a sha256 or sha512 digest")
    return hashlib.new(algorithm)


def file_name(digest: str) -> str:
    """Where an OCI layout keeps the blob. Raises UnreadableInput (and so never leaves the layout)."""
    hasher(digest)
    return "blobs/" + digest.replace(":", "/")


def sha256(data: bytes) -> str:
    """'sha256:…' of some bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def verify(data: bytes, digest: str, what: str) -> None:
    """Raises DigestMismatch unless the bytes are those that the digest names."""
    seen = hasher(digest)
    seen.update(data)
    check(seen, digest, what)


def check(seen: Any, digest: str, what: str) -> None:
    """Raises DigestMismatch unless a finished hash object agrees with the digest."""
    if seen.hexdigest() != digest.partition(":")[2]:
        raise DigestMismatch(
            f"{what} is not the content that {digest} names: it was cut off or exchanged",
            remedy="fetch the image again from a source that you trust",
            detail=f"computed {seen.name}:{seen.hexdigest()}",
        )
