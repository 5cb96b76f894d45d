"""Whom to trust for a model's signature: one key, certificates below given roots, or an identity."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cryptography.x509 import Certificate
from pydantic import Field

from scanners.errors import TargetMissing, TargetRefused, UnreadableInput
from scanners.model_files.reading import SteadyFile
from scanners.signatures.bundle import Bundle
from scanners.signatures.chains import load_certificates, load_revocation_lists, require_chain
from scanners.signatures.keyless import Identity, require_identity
from scanners.signatures.keys import fingerprint, load_public_key, require_signature
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.timestamps import proven_times

_MAX_TRUST_FILE = 4 << 20


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as far as it was proven."""

    method: Annotated[Literal["key", "certificate", "sigstore"], Field(description="How the signer is trusted")]
    name: Annotated[str, Field(description="Names in the certificate, the identity, or the key's fingerprint")]
    authority: Annotated[
        str, Field(description="The root or issuer that vouches for the name; empty for a bare key")
    ] = ""
    signed: Annotated[str, Field(description="When it was signed, RFC 3339, if that was proven; else empty")] = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """How the signer is to be trusted: one of three ways."""

    public_key: Path | None
    certificate_roots: Path | None
    revocation_lists: Path | None
    identity: str | None
    issuer: str | None
    trusted_root: Path | None
    timestamp_roots: Path | None = None

    def __post_init__(self) -> None:
        ways = [self.public_key is not None, self.certificate_roots is not None, self.issuer is not None]
        if sum(ways) != 1 or (self.issuer is not None and self.identity is None):
            raise UnreadableInput(
                "say in exactly one way whom to trust",
                remedy="give public_key, or certificate_roots, or identity together with issuer",
            )

    def require_outside(self, model: Path) -> None:
        """Raises TargetRefused if what vouches for `model` was found inside it."""
        for trust in (self.public_key, self.certificate_roots, self.trusted_root, self.timestamp_roots):
            _require_outside(model, trust)

    def require(self, bundle: Bundle, at: datetime.datetime) -> tuple[Signer, tuple[str, ...]]:
        """Who signed the bundle, and whose revocation was not checked. Raises SignatureRejected, MalformedDocument."""
        if self.public_key is not None:
            key = load_public_key(read_small(self.public_key, _MAX_TRUST_FILE))
            require_signature(bundle.envelope, key)
            return Signer("key", fingerprint(key)), ()
        if self.certificate_roots is not None:
            return self._require_chain(
                bundle, at, load_certificates(read_small(self.certificate_roots, _MAX_TRUST_FILE))
            )
        wanted = Identity(self.identity or "", self.issuer or "")
        if not bundle.certificates:
            raise SignatureRejected("untrusted", "the bundle is signed with a bare key and names no identity")
        when = require_identity(bundle, wanted, self.trusted_root)
        return Signer("sigstore", wanted.name, wanted.issuer, when.isoformat()), ()

    def _require_chain(
        self, bundle: Bundle, at: datetime.datetime, roots: list[Certificate]
    ) -> tuple[Signer, tuple[str, ...]]:
        if not bundle.certificates:
            raise SignatureRejected("untrusted", "the bundle is signed with a bare key and holds no certificate")
        lists = (
            []
            if self.revocation_lists is None
            else load_revocation_lists(read_small(self.revocation_lists, _MAX_TRUST_FILE))
        )
        authorities = b"" if self.timestamp_roots is None else read_small(self.timestamp_roots, _MAX_TRUST_FILE)
        times = proven_times(bundle, load_certificates(authorities)) if authorities else []
        signed = min(times, default=None)
        leaf = require_chain(
            bundle.certificates, roots, signed or at, identity=self.identity, revoked=lists, revoked_at=at
        )
        require_signature(bundle.envelope, leaf.key)
        when = signed.isoformat() if signed else ""
        return Signer("certificate", ", ".join(leaf.names), leaf.root, when), leaf.unchecked_revocation


def _require_outside(model: Path, trust: Path | None) -> None:
    if trust is not None and trust.resolve().is_relative_to(model):
        raise TargetRefused(
            f"{trust.name!r} lies inside the model that it is to vouch for",
            remedy="whoever changed the model could have changed it too: use a copy from the signer, kept elsewhere",
        )


def read_small(path: Path, limit: int) -> bytes:
    """The whole of a small file. Raises UnreadableInput if it is larger than `limit` bytes."""
    resolved = path.resolve()
    if not resolved.exists():
        raise TargetMissing(f"there is no file {path.name!r}", remedy="check the spelling")
    with SteadyFile.opened(resolved, path.name) as file:
        if file.size > limit:
            raise UnreadableInput(f"{path.name!r} is larger than {limit >> 20} MiB")
        return b"".join(bytes(window) for window in file.windows(0, file.size))
