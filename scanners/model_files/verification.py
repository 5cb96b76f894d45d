"""Is this model the one that was signed, by somebody who is trusted? The statement is believed only after its signature."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from scanners.files import RegularFile
from scanners.findings import Coverage, Finding, Location, Report, Severity, Skipped, Subject
from scanners.model_files.attestation import (
    Attestation,
    Attested,
    disagreements,
    is_attestation,
    predicate_type_of,
    read_attestation,
    unattested,
)
from scanners.model_files.digests import Progress
from scanners.model_files.encryption import Identity, plain_name
from scanners.model_files.inventory import Inventory, take_inventory
from scanners.model_files.manifest import HashedFiles, KnownDigest, Serialization, differences, hash_files
from scanners.model_files.statement import ITSELF, SignedManifest, read_statement
from scanners.model_files.trust import Signer, Trust, read_small
from scanners.signatures.bundle import MAX_BUNDLE, UnsupportedBundle, read_bundle
from scanners.signatures.dsse import Envelope
from scanners.signatures.outcomes import Reason, SignatureRejected
from scanners.signatures.strict_json import MalformedDocument

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
class VerifiedModel:
    """The report, and who signed what."""

    report: Report
    signer: Signer | None
    """None: no signature held."""
    serialization: Serialization | None
    attestation: Attestation | None = None
    """What was signed is not the model's manifest but a statement about it."""
    fresh: tuple[KnownDigest, ...] = ()
    """Digests to remember for next time."""


def verify_model(
    target: Path,
    signature: Path,
    public_key: Path | None = None,
    certificate_roots: Path | None = None,
    revocation_lists: Path | None = None,
    identity: str | None = None,
    issuer: str | None = None,
    trusted_root: Path | None = None,
    timestamp_roots: Path | None = None,
    attested_by: str | None = None,
    at: datetime.datetime | None = None,
    known: tuple[KnownDigest, ...] = (),
    decryption_key: Identity | None = None,
    progress: Progress | None = None,
) -> VerifiedModel:
    """Verify the model at `target` against the signed statement at `signature`, offline.

    The statement is a model-signing manifest, SLSA provenance or a verification summary, in a sigstore bundle or a bare
    DSSE envelope. Exactly one way to trust the signer is needed: `public_key` (PEM), `certificate_roots` (PEM, with
    `identity` and `revocation_lists` as wanted), or `identity` with `issuer` (sigstore, with `trusted_root` for a
    private one). With `timestamp_roots` (PEM), a timestamp of an authority below them says when a certificate must have
    been valid. `attested_by` is the builder or verifier that an attestation must be by. `at` is the time certificates
    must be valid at; None is now. Files that look exactly as in `known` are not read again; how many is counted as
    'digests_reused'. Files encrypted to `decryption_key` are verified by what they hold and their name in clear.

    Raises UnreadableInput (no such trust, an empty model, a file that changes meanwhile), TargetRefused (also when the
    trust was found inside the model), TargetMissing, LimitReached.
    """
    model = target.resolve()
    trust = Trust(public_key, certificate_roots, revocation_lists, identity, issuer, trusted_root, timestamp_roots)
    trust.require_outside(model)
    raw = read_small(signature, MAX_BUNDLE)
    try:
        bundle = read_bundle(raw)
        signer, unproven = trust.require(bundle, at or datetime.datetime.now(datetime.UTC))
        signed = _read(bundle.envelope)
    except SignatureRejected as rejected:
        return _rejected(signature, raw, rejected)
    except MalformedDocument as malformed:
        message = f"the signature file is malformed: {malformed}"
        return _rejected(signature, raw, SignatureRejected("malformed", message))
    except UnsupportedBundle as unsupported:
        return _without_comparison(signature, raw, (), (Skipped(signature.name, str(unsupported)),))
    if isinstance(signed, SignedManifest):
        inventory = take_inventory(model, follow_links=signed.follows_links)
        report, fresh = _compared(inventory, signed, signature, known, decryption_key, progress)
        serialization, attestation = signed.manifest.serialization, None
    else:
        report, fresh = _attested(
            take_inventory(model), signed, signature, attested_by, known, decryption_key, progress
        )
        serialization, attestation = Serialization(), signed.attestation
    skipped = tuple(
        Skipped(f"revocation of the certificate of {name!r}", "no current revocation list was given")
        for name in unproven
    )
    report = replace(report, coverage=replace(report.coverage, skipped=(*skipped, *report.coverage.skipped)))
    return VerifiedModel(report, signer, serialization, attestation, fresh)


def _read(envelope: Envelope) -> SignedManifest | Attested:
    """The statement, once its signature holds."""
    if is_attestation(predicate_type_of(envelope.payload)):
        return read_attestation(envelope.payload)
    return read_statement(envelope.payload_type, envelope.payload)


def _compared(
    inventory: Inventory,
    signed: SignedManifest,
    signature: Path,
    known: tuple[KnownDigest, ...],
    key: Identity | None,
    progress: Progress | None,
) -> tuple[Report, tuple[KnownDigest, ...]]:

    def name_of(file: RegularFile) -> str:
        return plain_name(file.name) if key is not None else file.name

    if inventory.single and signed.manifest.files == {ITSELF}:
        signed = replace(signed, manifest=signed.manifest.renamed(name_of(inventory.files[0])))
    present = _without_signature(inventory, signature)
    listed = signed.manifest.files
    protected = [
        file for file in present if name_of(file) in listed or inventory.single or not signed.ignores(file.name)
    ]
    hashed = hash_files(protected, signed.manifest.serialization, progress, known, key)
    findings = differences(signed.manifest, hashed.manifest, unexamined=[other.what for other in inventory.others])
    skipped = (*inventory.others, *_unprotected(present, protected, signed))
    return _report(inventory, protected, hashed, findings, skipped), hashed.fresh


def _attested(
    inventory: Inventory,
    attested: Attested,
    signature: Path,
    by: str | None,
    known: tuple[KnownDigest, ...],
    key: Identity | None,
    progress: Progress | None,
) -> tuple[Report, tuple[KnownDigest, ...]]:
    files = _without_signature(inventory, signature)
    hashed = hash_files(files, Serialization(), progress, known, key)
    findings = tuple(disagreements(attested, hashed.manifest, by))
    skipped = (*inventory.others, *unattested(attested, hashed.manifest))
    return _report(inventory, files, hashed, findings, skipped), hashed.fresh


def _without_signature(inventory: Inventory, signature: Path) -> list[RegularFile]:
    own = signature.resolve()
    return [file for file in inventory.files if inventory.single or file.path != own]


def _report(
    inventory: Inventory,
    files: list[RegularFile],
    hashed: HashedFiles,
    findings: tuple[Finding, ...],
    skipped: tuple[Skipped, ...],
) -> Report:
    examined = {"files": len(files), "bytes": sum(file.size for file in files), "signatures": 1}
    if hashed.reused:
        examined["digests_reused"] = hashed.reused
    digest = hashed.manifest.digest(single=inventory.single)
    return Report(Subject("model", digest, inventory.root.name), findings, Coverage(examined, skipped))


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
