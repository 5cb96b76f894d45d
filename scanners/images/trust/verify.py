"""Verifying an image: its bytes by their digests, and its signatures by the keys and identities that are trusted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Finding, Location, Report, Severity, Skipped, Subject
from scanners.images.observing import ImageIdentity, identity_of
from scanners.images.reading import verify_layers
from scanners.images.sources import open_source
from scanners.images.sources.interface import Image
from scanners.images.trust import statements
from scanners.images.trust.attached import Attached, attached
from scanners.images.trust.notary import Authorities, require_notary
from scanners.images.trust.predicates import Kind, understood
from scanners.signatures.bundle import Bundle, UnsupportedBundle, read_bundle
from scanners.signatures.chains import load_certificates, load_revocation_lists
from scanners.signatures.keyless import Identity, require_identity
from scanners.signatures.keys import PublicKey, fingerprint, load_public_key, require_signature, verifies
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.promised import Promised, require_promised
from scanners.signatures.strict_json import MalformedDocument
from scanners.signatures.timestamps import proven_times
from scanners.signatures.trusted_root import read_trusted_root

MAXIMUM_KEY = 64 * 2**10
MAXIMUM_LISTS = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Vouched:
    """One signature that holds."""

    digest: Annotated[str, Field(description="Digest of the blob that holds the signature")]
    about: Annotated[str, Field(description="Digest of the image or index that it is about")]
    signer: Annotated[str, Field(description="Fingerprint of the key, or the identity and its issuer")]
    predicate: Annotated[str, Field(description="Type of the attestation; empty for a signature")]
    kind: Annotated[Kind, Field(description="What it is, whatever version of its type")] = "signature"
    facts: Annotated[Mapping[str, str], Field(description="What it says: builder, format, scanner, result, …")] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class ImageVerification:
    """What is proven of an image."""

    report: Report
    image: ImageIdentity
    signatures: tuple[Vouched, ...]


def verify_image(
    target: Path,
    *,
    public_key: Path | None = None,
    identity: str | None = None,
    issuer: str | None = None,
    trusted_root: Path | None = None,
    certificate_roots: Path | None = None,
    revocation_lists: Path | None = None,
    timestamp_roots: Path | None = None,
    bundle: Path | None = None,
    platform: str | None = None,
    reference: str | None = None,
) -> ImageVerification:
    """Verify every blob of the image, and find a signature that a trusted key or identity made over it.

    A signature may lie beside the image (cosign's tags, OCI referrers, `cosign save`), or in `bundle`, a sigstore
    bundle of its own. It counts if the holder of `public_key` made it; or who signed keylessly as `identity` (e-mail
    address or workflow URI) vouched for by `issuer` (URL); or who has a certificate that leads to `certificate_roots`,
    of the `identity` if one is given (Notary Project signatures, and bundles with a chain). With `timestamp_roots`
    (PEM), a timestamp of an authority below them says when that certificate must have been valid. It may be about the
    image's manifest or the index that names it. Nothing is asked of the network.
    Raises TargetMissing, UnreadableInput (DigestMismatch, NoSuchImage), LimitReached.
    """
    key = load_public_key(_small(public_key)) if public_key else None
    signer = Identity(identity, issuer) if identity and issuer else None
    if signer and trusted_root:
        read_trusted_root(trusted_root)  # a broken one is the operator's mistake, not a signature's
    authorities = (
        _authorities(certificate_roots, identity, revocation_lists, timestamp_roots) if certificate_roots else None
    )
    if key is None and signer is None and authorities is None:
        raise UnreadableInput(
            "nobody is trusted, so nothing can be verified",
            remedy="give a public key, an identity with its issuer, or root certificates",
        )
    with open_source(target, platform=platform, reference=reference) as (image, members):
        skipped = verify_layers(image)
        about = frozenset(filter(None, (image.manifest_digest, image.index_digest)))
        offered, troubles = attached(members, about) if members.has("index.json") else ([], [])
    if bundle is not None:
        content = _small(bundle, 64 * 2**20)
        offered.append(Attached("bundle", f"sha256:{hashlib.sha256(content).hexdigest()}", content))
    judge = _Judge(about or frozenset((image.config_digest,)), key, signer, trusted_root, authorities)
    findings = tuple(judge.findings(offered))
    skipped += [Skipped("a signature beside the image", trouble) for trouble in troubles] + judge.skipped
    if not judge.vouched:
        findings += (_missing(image, len(offered)),)
    report = Report(
        Subject("image", image.digest, image.name or target.name),
        findings,
        Coverage({"layers": len(image.layers), "signatures": len(offered)}, tuple(skipped)),
    )
    return ImageVerification(report, identity_of(image), tuple(judge.vouched))


class _Judge:
    """Decides about each signature in turn; keeps those that hold."""

    def __init__(
        self,
        about: frozenset[str],
        key: PublicKey | None,
        identity: Identity | None,
        trusted_root: Path | None,
        authorities: Authorities | None,
    ) -> None:
        self._about, self._key, self._identity, self._root = about, key, identity, trusted_root
        self._authorities = authorities
        self.vouched: list[Vouched] = []
        self.skipped: list[Skipped] = []

    def findings(self, offered: list[Attached]) -> Iterator[Finding]:
        for item in offered:
            try:
                signer, claim = self._checked(item)
                said = understood(claim.predicate, claim.content)
            except SignatureRejected as error:
                # Anybody may add a signature of their own: it harms nothing while a trusted one holds.
                yield _finding(
                    "image.signature.not_trusted", "info", f"A signature was not accepted: {error.message}", item
                )
                continue
            except (MalformedDocument, UnsupportedBundle, UnreadableInput) as error:
                yield _finding("image.signature.unreadable", "low", f"A signature cannot be read: {error}", item)
                continue
            over = claim.digests & self._about
            if not over:
                yield _finding(
                    "image.signature.other_image",
                    "high",
                    "A trusted signature beside the image is about another image",
                    item,
                )
                continue
            self.vouched.append(Vouched(item.digest, min(over), signer, claim.predicate, said.kind, said.facts))
            if said.facts.get("result") == "FAILED":
                yield _finding(
                    "image.attestation.failed",
                    "high",
                    f"{said.facts['verifier']} verified this image, and it did not pass",
                    item,
                )

    def _checked(self, item: Attached) -> tuple[str, statements.Claim]:
        if item.form == "jws" or item.form == "cose":
            return self._notary(item, item.form)
        if item.form == "simple-signing":
            if item.promised is not None:
                return self._logged(item, item.promised, item.content, (item.signature,)), statements.simple_signing(
                    item.content
                )
            if self._key is None:
                raise SignatureRejected("untrusted", "it needs a public key, and none is trusted")
            if not verifies(self._key, item.signature, item.content):
                raise SignatureRejected("invalid", f"it was not made with the key {fingerprint(self._key)}")
            return fingerprint(self._key), statements.simple_signing(item.content)
        bundle = read_bundle(item.content)
        if item.promised is not None:
            envelope = bundle.envelope
            signer = self._logged(item, item.promised, envelope.signed_bytes, envelope.signatures)
            return signer, statements.statement(envelope)
        return self._signer(bundle), statements.statement(bundle.envelope)

    def _logged(self, item: Attached, beside: Promised, message: bytes, signatures: tuple[bytes, ...]) -> str:
        if self._identity is None:
            raise SignatureRejected("untrusted", "it is keyless, and no identity is trusted")
        if not beside.promise:
            raise SignatureRejected("untrusted", "it is keyless and nothing shows that it was logged")
        require_promised(message, item.content, signatures, beside, self._identity, read_trusted_root(self._root))
        return f"{self._identity.name} ({self._identity.issuer})"

    def _notary(self, item: Attached, form: Literal["jws", "cose"]) -> tuple[str, statements.Claim]:
        if self._authorities is None:
            raise SignatureRejected("untrusted", "it needs root certificates, and none are trusted")
        signed = require_notary(item.content, self._authorities, form=form)
        return signed.signer, statements.Claim(frozenset((signed.digest,)), "", {})

    def _signer(self, bundle: Bundle) -> str:
        if bundle.material == "key":
            if self._key is None:
                raise SignatureRejected("untrusted", "it needs a public key, and none is trusted")
            require_signature(bundle.envelope, self._key)
            return fingerprint(self._key)
        if self._authorities is not None and bundle.material == "chain":
            times = proven_times(bundle, self._authorities.timestampers)
            leaf = self._authorities.require(bundle.certificates, datetime.now(UTC), min(times, default=None))
            require_signature(bundle.envelope, leaf.key)
            return f"{leaf.names[0]} ({leaf.root})"
        if self._identity is None:
            raise SignatureRejected("untrusted", "it is keyless, and no identity is trusted")
        require_identity(bundle, self._identity, self._root)
        return f"{self._identity.name} ({self._identity.issuer})"


def _missing(image: Image, offered: int) -> Finding:
    seen = f"{offered} signatures are there, none of them counts" if offered else "there is no signature"
    return Finding(
        rule="image.signature.missing",
        severity="critical",
        title="Nobody who is trusted vouches for this image",
        location=Location(path=image.digest),
        evidence=seen,
        remediation="Sign the image (cosign sign --key), and bring the signature with it (cosign save, skopeo copy --all)",
    )


def _finding(rule: str, severity: Severity, title: str, item: Attached) -> Finding:
    return Finding(
        rule=rule, severity=severity, title=title[:300], location=Location(path=item.digest), evidence=item.form
    )


def _authorities(roots: Path, identity: str | None, revoked: Path | None, timestampers: Path | None) -> Authorities:
    lists = load_revocation_lists(_small(revoked, MAXIMUM_LISTS)) if revoked else []
    times = load_certificates(_small(timestampers)) if timestampers else []
    return Authorities(tuple(load_certificates(_small(roots))), identity, tuple(lists), tuple(times))


def _small(path: Path, limit: int = MAXIMUM_KEY) -> bytes:
    if not path.is_file() or path.stat().st_size > limit:
        raise UnreadableInput(f"{path.name} is not a file of at most {limit} bytes")
    return path.read_bytes()
