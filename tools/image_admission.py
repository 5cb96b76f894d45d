"""Whether an image may run: what was found in it, and who vouches for it, put before policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Finding, Report, Skipped, Verdict
from scanners.images.attestations import verification_summary, vulnerability_scan
from scanners.images.distribution import Distribution
from scanners.images.exceptions import Suppressed
from scanners.images.observing import ImageIdentity
from scanners.images.platforms import ALL
from scanners.images.scan import ImageScan, PlatformScan
from scanners.images.trust.verify import Vouched
from scanners.images.vulnerable import Vulnerable
from scanners.signatures.keyring import SigningKey, SigningKeys, TrustedSigner, TrustedSigners
from scanners.signatures.signing import sign, write_bundle
from tools.context import ToolContext
from tools.image_places import TARGET
from tools.image_scanning import scanned
from tools.image_signatures import verified
from tools.model_signatures import signing_folder, trust_folder
from tools.policies import PolicyCatalogue
from tools.registry import Tool
from tools.reporting import ReportAnswer, ReportArguments, written

Decision = Literal["allow", "deny", "indeterminate"]
_VERDICTS: Mapping[Decision, Verdict] = {"allow": "pass", "deny": "fail", "indeterminate": "unknown"}
POLICY = "data.yumen.checks.image.decision"
LISTED = 200


class ImageAdmitArguments(ReportArguments):
    target: str = Field(max_length=4096, description=TARGET)
    trusted: tuple[str, ...] = Field(
        default=(), max_length=20, description="Names of signers whom the operator trusts; the image needs one of them"
    )
    platform: str | None = Field(
        default=None,
        max_length=200,
        description="Which platform of a multi-platform image, e.g. 'linux/arm64', or 'all': all of them must be fit to run",
    )
    reference: str | None = Field(
        default=None, max_length=500, description="Which image, by name, tag or digest, where there are several"
    )
    signing_key: str | None = Field(
        default=None, description="Name of an operator's key: the verification summary and the scan are signed with it"
    )


class Reason(BaseModel):
    """One reason of a decision."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable code, e.g. 'vulnerable'")
    message: str = Field(description="The reason in words")
    about: str = Field(default="", description="What it is about: an advisory, a rule, a part of the image")


class ImageAdmitAnswer(ReportAnswer):
    """Whether an image may run, and on what that rests."""

    decision: Decision = Field(default="indeterminate", description="allow, deny or indeterminate; only allow may run")
    reasons: tuple[Reason, ...] = Field(default=(), description="Why, as the policy says")
    valid_until: str | None = Field(default=None, description="RFC 3339: after it the decision must be asked for again")
    policy: str = Field(default="", description="Digest of the policy pack that decided")
    image: ImageIdentity | None = Field(
        default=None,
        description="The image by its digests, all of them verified; null when all platforms were examined",
    )
    platforms: tuple[PlatformScan, ...] = Field(default=(), description="With the platform 'all', each of them")
    os: Distribution | None = Field(
        default=None, description="The distribution, and when its support ends; null if the image does not say"
    )
    signatures: tuple[Vouched, ...] = Field(default=(), description="Signatures and attestations that hold")
    database: str | None = Field(
        default=None, description="Digest of the vulnerability database; coverage.data has the date of each source"
    )
    vulnerabilities: tuple[Vulnerable, ...] = Field(
        default=(), description="Vulnerable packages: fix, layer, how they matched, the advisory's digest; worst first"
    )
    vulnerability_count: int = Field(default=0, description="How many there are, listed or not")
    suppressed: tuple[Suppressed, ...] = Field(
        default=(),
        description="Vulnerabilities settled by the operator's VEX documents, or by waivers until they expire",
    )
    summary_statement: Mapping[str, Any] = Field(
        default_factory=dict, description="SLSA verification summary (in-toto statement) of this decision"
    )
    summary_bundle: str | None = Field(
        default=None, description="The same, signed: a sigstore bundle; null without a key"
    )
    scan_bundle: str | None = Field(
        default=None,
        description="Every vulnerability that was found, as an in-toto statement (vulns v0.2), signed; null without a key",
    )


async def image_admit(arguments: ImageAdmitArguments, context: ToolContext) -> ImageAdmitAnswer:
    target = context.resolve(arguments.target)
    key = SigningKeys(signing_folder(context.data_dir)).load(arguments.signing_key) if arguments.signing_key else None
    began = _now()
    scan = await scanned(target, context, platform=arguments.platform, reference=arguments.reference)
    signatures: list[Vouched] = []
    findings: list[Finding] = list(scan.report.findings)
    skipped = list(scan.report.coverage.skipped)
    for name in arguments.trusted:
        signer = TrustedSigners(trust_folder(context.data_dir)).load(name)
        proven = await _vouched(target, signer, context, scan, arguments)
        signatures += proven.signatures
        skipped += proven.skipped
        findings += proven.findings
    revision = context.service(PolicyCatalogue).revision  # type: ignore[type-abstract]
    said = await context.evaluate(POLICY, _document(scan, findings, skipped, signatures))
    decision, reasons, hours = _said(said)
    now = _now()
    subject, data = scan.report.subject, scan.report.coverage.data
    inputs = [(f"urn:yumen:attestation:{item.kind}", item.digest) for item in signatures]
    inputs += [("urn:yumen:vulnerabilities", scan.database)] if scan.database else []
    statement = verification_summary(
        subject,
        passed=decision == "allow",
        levels=["YUMEN_SCAN", *(["YUMEN_SIGNATURE"] if signatures else [])],
        verifier=f"urn:yumen:{arguments.signing_key or 'image_admit'}",
        verified=_rfc3339(now),
        policy=f"urn:yumen:policy:{POLICY}",
        policy_digest=revision,
        inputs=dict.fromkeys(inputs),
    )
    matched = vulnerability_scan(
        subject,
        scan.vulnerabilities,
        database=scan.database,
        sources=data,
        began=_rfc3339(began),
        finished=_rfc3339(now),
    )
    report = Report(subject, tuple(findings), Coverage(scan.report.coverage.examined, tuple(skipped), data))
    verdict, summary = _VERDICTS[decision], _sentence(scan, decision, reasons)
    return ImageAdmitAnswer(
        **written(report, verdict, summary, arguments.format),
        verdict=verdict,
        summary=summary,
        findings=report.findings[:LISTED],
        coverage=report.coverage,
        subject=subject,
        decision=decision,
        reasons=reasons[:LISTED],
        valid_until=_rfc3339(now + timedelta(hours=hours)) if decision == "allow" else None,
        policy=revision,
        image=scan.image,
        platforms=scan.platforms,
        os=scan.distribution,
        signatures=tuple(signatures),
        database=scan.database,
        vulnerabilities=scan.vulnerabilities[:LISTED],
        vulnerability_count=len(scan.vulnerabilities),
        suppressed=scan.suppressed[:LISTED],
        summary_statement=statement,
        summary_bundle=_signed(statement, key),
        scan_bundle=_signed(matched, key),
    )


@dataclass(frozen=True)
class _Proven:
    """What one signer says of the image that was scanned."""

    signatures: list[Vouched]
    findings: list[Finding]
    skipped: list[Skipped]


async def _vouched(
    target: Path, signer: TrustedSigner, context: ToolContext, scan: ImageScan, arguments: ImageAdmitArguments
) -> _Proven:
    """Of several platforms, a signer vouches for all or for none. Raises UnreadableInput where another image lies there now."""
    references = [one.image.manifest for one in scan.platforms if one.image] or [arguments.reference]
    images = [one.image for one in scan.platforms] or [scan.image]
    platform = None if scan.platforms or arguments.platform == ALL else arguments.platform
    proven = _Proven([], [], [])
    vouches = True
    for reference, image in zip(references, images, strict=True):
        found = await verified(target, signer, context, None, platform, reference)
        if found.image != image:
            raise UnreadableInput(
                "the image was changed while it was examined", remedy="let the writer finish, then ask again"
            )
        vouches = vouches and bool(found.signatures)
        proven.signatures.extend(item for item in found.signatures if item not in proven.signatures)
        proven.skipped.extend(found.report.coverage.skipped)
        # One trusted signer is enough: that another did not sign is no finding.
        proven.findings.extend(item for item in found.report.findings if item.rule != "image.signature.missing")
    return proven if vouches else replace(proven, signatures=[])


def _signed(statement: Mapping[str, Any], key: SigningKey | None) -> str | None:
    return write_bundle(sign(orjson.dumps(statement), key.key), key.key, key.chain).decode() if key else None


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


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
                "os_owned": found.os_owned,
                "in_base": found.in_base,
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


def _sentence(scan: ImageScan, decision: Decision, reasons: tuple[Reason, ...]) -> str:
    verb = {"allow": "may run", "deny": "may not run", "indeterminate": "may not run until more is known"}[decision]
    first = "; ".join(reason.message for reason in reasons[:3])
    more = f" and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
    return f"{scan.report.subject.name} {verb}" + (f": {first}{more}." if reasons else ".")


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="image_admit",
        title="Decide whether an image may run",
        description=(
            "The whole gate for one container image: scan it, verify its signatures by signers whom the operator trusts,"
            " and ask the admission policy. Answers allow, deny or indeterminate with every reason, how long it holds, and"
            " a SLSA verification summary. Only 'allow' may run. What Kubernetes names by the digest of an index runs on any"
            " platform: ask for 'all'."
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
