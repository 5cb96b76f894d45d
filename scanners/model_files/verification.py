"""Is this model the one that was signed, by somebody who is trusted? The statement is believed only after its signature."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cryptography.x509 import Certificate
from pydantic import Field

from scanners.errors import TargetMissing, TargetRefused, UnreadableInput
from scanners.files import RegularFile
from scanners.findings import Coverage, Finding, Location, Report, Severity, Skipped, Subject
from scanners.model_files.digests import Progress
from scanners.model_files.inventory import Inventory, take_inventory
from scanners.model_files.manifest import Serialization, build_manifest, differences
from scanners.model_files.reading import SteadyFile
from scanners.model_files.statement import ITSELF, SignedManifest, read_statement
from scanners.signatures.bundle import MAX_BUNDLE, Bundle, UnsupportedBundle, read_bundle
from scanners.signatures.chains import load_certificates, load_revocation_lists, require_chain
from scanners.signatures.keyless import Identity, require_identity
from scanners.signatures.keys import fingerprint, load_public_key, require_signature
from scanners.signatures.outcomes import Reason, SignatureRejected
from scanners.signatures.strict_json import MalformedDocument

_MAX_TRUST_FILE = 4 << 20
SPECIFICATION = "https://github.com/ossf/model-signing-spec/blob/main/spec/v1.0.md"

_SEVERITY: dict[Reason, Severity] = {
    "malformed": "critical",
    "invalid": "critical",
    "untrusted": "critical",
    "revoked": "critical",
    "empty": "critical",
    "expired": "high",
}


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
class VerifiedModel:
    """The report, and who signed what."""

    report: Report
    signer: Signer | None
    """None: no signature held."""
    serialization: Serialization | None


def verify_model(
    target: Path,
    signature: Path,
    public_key: Path | None = None,
    certificate_roots: Path | None = None,
    revocation_lists: Path | None = None,
    identity: str | None = None,
    issuer: str | None = None,
    trusted_root: Path | None = None,
    at: datetime.datetime | None = None,
    progress: Progress | None = None,
) -> VerifiedModel:
    """Verify the model at `target` against the model-signing bundle at `signature`, offline.

    Exactly one way to trust the signer is needed: `public_key` (PEM), `certificate_roots` (PEM, with `identity` and
    `revocation_lists` as wanted), or `identity` with `issuer` (sigstore, with `trusted_root` for a private one).
    `at` is the time certificates must be valid at; None is now.

    Raises UnreadableInput (no such trust, an empty model, a file that changes meanwhile), TargetRefused (also when the
    trust was found inside the model), TargetMissing, LimitReached.
    """
    model = target.resolve()
    for trust in (public_key, certificate_roots, trusted_root):
        _require_outside(model, trust)
    raw = _content(signature, MAX_BUNDLE)
    trusted = _Trust(public_key, certificate_roots, revocation_lists, identity, issuer, trusted_root)
    now = at or datetime.datetime.now(datetime.UTC)
    try:
        bundle = read_bundle(raw)
        signer, unproven = trusted.require(bundle, now)
        signed = read_statement(bundle.envelope.payload_type, bundle.envelope.payload)
    except SignatureRejected as rejected:
        return _rejected(signature, raw, rejected)
    except MalformedDocument as malformed:
        return _rejected(
            signature, raw, SignatureRejected("malformed", f"the signature file is malformed: {malformed}")
        )
    except UnsupportedBundle as unsupported:
        return _without_comparison(signature, raw, (), (Skipped(signature.name, str(unsupported)),))
    report = _compared(take_inventory(model, follow_links=signed.follows_links), signed, signature, progress)
    skipped = tuple(
        Skipped(f"revocation of the certificate of {name!r}", "no current revocation list was given")
        for name in unproven
    )
    report = replace(report, coverage=replace(report.coverage, skipped=(*skipped, *report.coverage.skipped)))
    return VerifiedModel(report, signer, signed.manifest.serialization)


@dataclass(frozen=True, slots=True)
class _Trust:
    """How the signer is to be trusted: one of three ways."""

    public_key: Path | None
    certificate_roots: Path | None
    revocation_lists: Path | None
    identity: str | None
    issuer: str | None
    trusted_root: Path | None

    def __post_init__(self) -> None:
        ways = [self.public_key is not None, self.certificate_roots is not None, self.issuer is not None]
        if sum(ways) != 1 or (self.issuer is not None and self.identity is None):
            raise UnreadableInput(
                "say in exactly one way whom to trust",
                remedy="give public_key, or certificate_roots, or identity together with issuer",
            )

    def require(self, bundle: Bundle, at: datetime.datetime) -> tuple[Signer, tuple[str, ...]]:
        """Who signed the bundle, and whose revocation was not checked. Raises SignatureRejected, MalformedDocument."""
        if self.public_key is not None:
            key = load_public_key(_content(self.public_key, _MAX_TRUST_FILE))
            require_signature(bundle.envelope, key)
            return Signer("key", fingerprint(key)), ()
        if self.certificate_roots is not None:
            return self._require_chain(bundle, at, load_certificates(_content(self.certificate_roots, _MAX_TRUST_FILE)))
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
            else load_revocation_lists(_content(self.revocation_lists, _MAX_TRUST_FILE))
        )
        leaf = require_chain(bundle.certificates, roots, at, identity=self.identity, revoked=lists)
        require_signature(bundle.envelope, leaf.key)
        return Signer("certificate", ", ".join(leaf.names), leaf.root), leaf.unchecked_revocation


def _compared(inventory: Inventory, signed: SignedManifest, signature: Path, progress: Progress | None) -> Report:
    if inventory.single and signed.manifest.files == {ITSELF}:
        signed = replace(signed, manifest=signed.manifest.renamed(inventory.files[0].name))
    own = signature.resolve()
    present = [file for file in inventory.files if inventory.single or file.path != own]
    listed = signed.manifest.files
    protected = [file for file in present if file.name in listed or inventory.single or not signed.ignores(file.name)]
    actual = build_manifest(protected, signed.manifest.serialization, progress)
    return Report(
        subject=Subject(kind="model", digest=actual.digest(single=inventory.single), name=inventory.root.name),
        findings=differences(signed.manifest, actual, unexamined=[other.what for other in inventory.others]),
        coverage=Coverage(
            examined={"files": len(protected), "bytes": sum(file.size for file in protected), "signatures": 1},
            skipped=(*inventory.others, *_unprotected(present, protected, signed)),
        ),
    )


def _unprotected(present: list[RegularFile], protected: list[RegularFile], signed: SignedManifest) -> Iterator[Skipped]:
    """Files that anybody could have changed or added without breaking the signature."""
    names = {file.name for file in protected}
    for file in present:
        if file.name not in names:
            yield Skipped(file.name, "the signer left this path out: the signature does not protect it")
        elif not file.size and signed.manifest.serialization.method == "shards":
            yield Skipped(file.name, "empty files have no shard: the signature does not protect it")


def _rejected(signature: Path, raw: bytes, rejected: SignatureRejected) -> VerifiedModel:
    finding = Finding(
        rule=f"model.signature.{rejected.reason}",
        severity=_SEVERITY[rejected.reason],
        title=rejected.message,
        location=Location(path=signature.name),
        remediation=rejected.remedy
        or "Obtain the signature again from the signer; do not load the model until it holds.",
        references=(SPECIFICATION,),
    )
    return _without_comparison(signature, raw, (finding,), ())


def _without_comparison(
    signature: Path, raw: bytes, findings: tuple[Finding, ...], skipped: tuple[Skipped, ...]
) -> VerifiedModel:
    """Nothing was proven, so there is nothing to compare the model with: what was looked at is the signature."""
    why = "no signature holds that they could be compared with"
    report = Report(
        subject=Subject("model-signature", f"sha256:{hashlib.sha256(raw).hexdigest()}", signature.name),
        findings=findings,
        coverage=Coverage(examined={"signatures": 1}, skipped=(*skipped, Skipped("the model's files", why))),
    )
    return VerifiedModel(report, None, None)


def _require_outside(model: Path, trust: Path | None) -> None:
    if trust is not None and trust.resolve().is_relative_to(model):
        raise TargetRefused(
            f"{trust.name!r} lies inside the model that it is to vouch for",
            remedy="whoever changed the model could have changed it too: use a copy from the signer, kept elsewhere",
        )


def _content(path: Path, limit: int) -> bytes:
    """The whole of a small file. Raises UnreadableInput if it is larger than `limit` bytes."""
    resolved = path.resolve()
    if not resolved.exists():
        raise TargetMissing(f"there is no file {path.name!r}", remedy="check the spelling")
    with SteadyFile.opened(resolved, path.name) as file:
        if file.size > limit:
            raise UnreadableInput(f"{path.name!r} is larger than {limit >> 20} MiB")
        return b"".join(bytes(window) for window in file.windows(0, file.size))
