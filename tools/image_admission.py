"""Who vouches for an image, and whether it may run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Finding, Verdict
from scanners.images.observing import ImageIdentity
from scanners.images.scan import ImageScan
from scanners.images.trust.verify import ImageVerification, Vouched, verify_image
from scanners.signatures.keyring import SigningKeys, TrustedSigner, TrustedSigners
from scanners.signatures.signing import sign, write_bundle
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.image_places import TARGET
from tools.image_scanning import scanned
from tools.model_signatures import signing_folder, trust_folder
from tools.registry import Tool

Decision = Literal["allow", "deny", "indeterminate"]
_VERDICTS: Mapping[Decision, Verdict] = {"allow": "pass", "deny": "fail", "indeterminate": "unknown"}
POLICY = "data.yumen.checks.image.decision"
SUMMARY_PREDICATE = "https://slsa.dev/verification_summary/v1"
LISTED = 200


class ImageVerifyArguments(Arguments):
    target: str = Field(max_length=4096, description=TARGET)
    public_key: str | None = Field(
        default=None, description="Path of the signer's public key (PEM), got from the signer and not with the image"
    )
    identity: str | None = Field(
        default=None,
        description="Who must have signed. With issuer: the sigstore identity (e-mail address or workflow URI); with"
        " certificate_roots: a name in the certificate, its 'sha256:…' fingerprint, or 'x509.subject: C=US, O=example.org'",
    )
    issuer: str | None = Field(
        default=None, description="URL of the OpenID Connect issuer that vouched for the sigstore identity"
    )
    certificate_roots: str | None = Field(
        default=None,
        description="Path of a PEM file with root certificates that the signer's must lead to (Notary Project signatures)",
    )
    timestamp_roots: str | None = Field(
        default=None,
        description="Path of a PEM file with roots of timestamp authorities: a signature that one of them has seen outlives"
        " its certificate, for certificate_roots",
    )
    trusted: str | None = Field(
        default=None, description="Name of a signer whom the operator trusts, instead of a key or an identity"
    )
    bundle: str | None = Field(
        default=None, description="Path of a sigstore bundle over the image; null: only those that lie beside it"
    )
    platform: str | None = Field(
        default=None, max_length=200, description="Which platform of a multi-platform image, e.g. 'linux/arm64'"
    )
    reference: str | None = Field(
        default=None, max_length=500, description="Which image, by name, tag or digest, where there are several"
    )


class ImageVerifyAnswer(Answer):
    """Whether an image is the one that a trusted signer vouched for."""

    image: ImageIdentity | None = Field(default=None, description="The image by its digests, all of them verified")
    signatures: tuple[Vouched, ...] = Field(
        default=(), description="Signatures and attestations that hold, with who made them"
    )


class ImageAdmitArguments(Arguments):
    target: str = Field(max_length=4096, description=TARGET)
    trusted: tuple[str, ...] = Field(
        default=(), max_length=20, description="Names of signers whom the operator trusts; the image needs one of them"
    )
    platform: str | None = Field(
        default=None, max_length=200, description="Which platform of a multi-platform image, e.g. 'linux/arm64'"
    )
    reference: str | None = Field(
        default=None, max_length=500, description="Which image, by name, tag or digest, where there are several"
    )
    signing_key: str | None = Field(
        default=None, description="Name of an operator's key: the verification summary is signed with it"
    )


class Reason(BaseModel):
    """One reason of a decision."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable code, e.g. 'vulnerable'")
    message: str = Field(description="The reason in words")
    about: str = Field(default="", description="What it is about: an advisory, a rule, a part of the image")


class ImageAdmitAnswer(Answer):
    """Whether an image may run, and on what that rests."""

    decision: Decision = Field(default="indeterminate", description="allow, deny or indeterminate; only allow may run")
    reasons: tuple[Reason, ...] = Field(default=(), description="Why, as the policy says")
    valid_until: str | None = Field(default=None, description="RFC 3339: after it the decision must be asked for again")
    image: ImageIdentity | None = Field(default=None, description="The image by its digests, all of them verified")
    signatures: tuple[Vouched, ...] = Field(default=(), description="Signatures and attestations that hold")
    database: str | None = Field(default=None, description="Digest of the vulnerability database")
    suppressed: int = Field(default=0, description="Vulnerabilities settled by the operator's VEX documents or waivers")
    summary_statement: Mapping[str, Any] = Field(
        default_factory=dict, description="SLSA verification summary (in-toto statement) of this decision"
    )
    summary_bundle: str | None = Field(
        default=None, description="The same, signed: a sigstore bundle; null without a key"
    )


async def image_verify(arguments: ImageVerifyArguments, context: ToolContext) -> ImageVerifyAnswer:
    signer = TrustedSigner(
        public_key=_optional(arguments.public_key, context),
        certificate_roots=_optional(arguments.certificate_roots, context),
        timestamp_roots=_optional(arguments.timestamp_roots, context),
        identity=arguments.identity,
        issuer=arguments.issuer,
    )
    if arguments.trusted is not None:
        if signer != TrustedSigner():
            raise UnreadableInput("say in exactly one way whom to trust", remedy="with 'trusted', give no other trust")
        signer = TrustedSigners(trust_folder(context.data_dir)).load(arguments.trusted)
    verified = await _verified(
        context.resolve(arguments.target), signer, context, _optional(arguments.bundle, context),
        arguments.platform, arguments.reference,
    )  # fmt: skip
    report = verified.report
    names = ", ".join(sorted({item.signer for item in verified.signatures}))
    found = f"is vouched for by {names}" if names else "is vouched for by nobody who is trusted"
    return ImageVerifyAnswer(
        verdict=await context.verdict(report),
        summary=f"{report.subject.name} {found}.",
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
        image=verified.image,
        signatures=verified.signatures,
    )


async def image_admit(arguments: ImageAdmitArguments, context: ToolContext) -> ImageAdmitAnswer:
    target = context.resolve(arguments.target)
    key = SigningKeys(signing_folder(context.data_dir)).load(arguments.signing_key) if arguments.signing_key else None
    scan = await scanned(target, context, platform=arguments.platform, reference=arguments.reference)
    signatures: list[Vouched] = []
    findings: list[Finding] = list(scan.report.findings)
    skipped = list(scan.report.coverage.skipped)
    for name in arguments.trusted:
        signer = TrustedSigners(trust_folder(context.data_dir)).load(name)
        verified = await _verified(target, signer, context, None, arguments.platform, arguments.reference)
        signatures += verified.signatures
        skipped += verified.report.coverage.skipped
        # One trusted signer is enough: that another did not sign is no finding.
        findings += [item for item in verified.report.findings if item.rule != "image.signature.missing"]
    said = await context.evaluate(POLICY, _document(scan, findings, skipped, signatures))
    decision, reasons, hours = _said(said)
    now = datetime.now(UTC).replace(microsecond=0)
    statement = _summary_statement(scan, decision, now)
    signed = None
    if key is not None:
        signed = write_bundle(sign(orjson.dumps(statement), key.key), key.key, key.chain).decode()
    return ImageAdmitAnswer(
        verdict=_VERDICTS[decision],
        summary=_sentence(scan, decision, reasons),
        findings=tuple(findings[:LISTED]),
        coverage=Coverage(scan.report.coverage.examined, tuple(skipped), scan.report.coverage.data),
        subject=scan.report.subject,
        decision=decision,
        reasons=reasons[:LISTED],
        valid_until=_rfc3339(now + timedelta(hours=hours)) if decision == "allow" else None,
        image=scan.image,
        signatures=tuple(signatures),
        database=scan.database,
        suppressed=len(scan.suppressed),
        summary_statement=statement,
        summary_bundle=signed,
    )


async def _verified(
    target: Path,
    signer: TrustedSigner,
    context: ToolContext,
    bundle: Path | None,
    platform: str | None,
    reference: str | None,
) -> ImageVerification:
    return await context.scan(
        verify_image,
        target,
        public_key=signer.public_key,
        identity=signer.identity,
        issuer=signer.issuer,
        trusted_root=signer.trusted_root,
        certificate_roots=signer.certificate_roots,
        revocation_lists=signer.revocation_lists,
        timestamp_roots=signer.timestamp_roots,
        bundle=bundle,
        platform=platform,
        reference=reference,
    )


def _document(
    scan: ImageScan, findings: list[Finding], skipped: list[Any], signatures: list[Vouched]
) -> dict[str, Any]:
    """What the policy is asked about."""
    return {
        "image": {"digest": scan.report.subject.digest, "name": scan.report.subject.name},
        "distribution": scan.distribution.id if scan.distribution else "",
        "vulnerabilities": [
            {
                "package": found.package,
                "version": found.version,
                "advisory": found.advisory,
                "severity": found.severity,
                "fixed": found.fixed,
                "exploited": found.exploited,
                "probability": found.probability,
            }
            for found in scan.vulnerabilities
        ],
        "findings": [
            {"rule": finding.rule, "severity": finding.severity, "title": finding.title}
            for finding in findings
            if finding.rule != "image.package.vulnerable"
        ],
        "skipped": [{"what": item.what, "why": item.why} for item in skipped],
        "signatures": [
            {"signer": item.signer, "predicate": item.predicate, "kind": item.kind, "facts": dict(item.facts)}
            for item in signatures
        ],
        "sources": dict(scan.report.coverage.data),
        "packages": dict(scan.packages),
    }


def _said(said: Any) -> tuple[Decision, tuple[Reason, ...], float]:
    """The policy's answer; whatever it is not clearly, is indeterminate."""
    if not isinstance(said, Mapping) or said.get("decision") not in _VERDICTS:
        return "indeterminate", (Reason(code="no_decision", message="The policy gave no decision"),), 0.0
    reasons = tuple(Reason.model_validate(item) for item in said.get("reasons") or ())
    hours = said.get("valid_hours")
    return said["decision"], reasons, float(hours) if isinstance(hours, int | float) else 0.0


def _summary_statement(scan: ImageScan, decision: Decision, now: datetime) -> dict[str, Any]:
    """SLSA v1.1, 'Verification Summary Attestation'."""
    algorithm, _, value = scan.report.subject.digest.partition(":")
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": scan.report.subject.name, "digest": {algorithm: value}}],
        "predicateType": SUMMARY_PREDICATE,
        "predicate": {
            "verifier": {"id": "https://yumen.invalid/image_admit"},
            "timeVerified": _rfc3339(now),
            "resourceUri": scan.report.subject.name,
            "policy": {"uri": "policy://checks/image/image.rego"},
            "inputAttestations": [
                {"uri": "vulnerabilities", "digest": {"sha256": (scan.database or ":").partition(":")[2]}}
            ],
            "verificationResult": "PASSED" if decision == "allow" else "FAILED",
            "verifiedLevels": [],
        },
    }


def _sentence(scan: ImageScan, decision: Decision, reasons: tuple[Reason, ...]) -> str:
    verb = {"allow": "may run", "deny": "may not run", "indeterminate": "may not run until more is known"}[decision]
    first = "; ".join(reason.message for reason in reasons[:3])
    more = f" and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
    return f"{scan.report.subject.name} {verb}" + (f": {first}{more}." if reasons else ".")


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _optional(path: str | None, context: ToolContext) -> Path | None:
    return None if path is None else context.resolve(path)


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="image_verify",
        title="Verify the signatures of an image",
        description=(
            "Prove that a container image is the one that a trusted signer vouched for: every blob by its digest, and"
            " cosign signatures and attestations that lie beside it (tags, OCI referrers, 'cosign save') or in a bundle, by"
            " public key or sigstore identity, and Notary Project signatures by certificate roots; offline. Attestations are"
            " told with what they say (provenance, bill of materials, scan, verification summary). A stranger's signature"
            " never counts."
        ),
        family="images",
        risk="read",
        arguments=ImageVerifyArguments,
        answer=ImageVerifyAnswer,
        run=image_verify,
        deadline=300.0,
        targets=("target", "public_key", "certificate_roots", "timestamp_roots", "bundle"),
        remote=("target",),
        images=True,
    ),
    Tool(
        name="image_admit",
        title="Decide whether an image may run",
        description=(
            "The whole gate for one container image: scan it, verify its signatures by signers whom the operator trusts,"
            " and ask the admission policy. Answers allow, deny or indeterminate with every reason, how long it holds, and"
            " a SLSA verification summary. Only 'allow' may run."
        ),
        family="images",
        risk="read",
        arguments=ImageAdmitArguments,
        answer=ImageAdmitAnswer,
        run=image_admit,
        idempotent=False,
        deadline=600.0,
        targets=("target",),
        remote=("target",),
        images=True,
    ),
)
