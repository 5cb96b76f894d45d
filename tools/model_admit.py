"""Admission of a model as a tool: gather what policy asks for, let policy decide, and sign a summary of it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from scanners.bom.completeness import completeness
from scanners.bom.describing import describe
from scanners.bom.facts import ModelFacts
from scanners.errors import TargetMissing, UnreadableInput
from scanners.findings import Coverage, Report, Skipped, Verdict
from scanners.model_files.hashing import hash_model
from scanners.model_files.summary import write_summary
from scanners.model_files.verification import verify_model
from scanners.signatures.keyring import SigningKeys
from scanners.signatures.signing import sign, write_bundle
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.model_signatures import ModelVerifyArguments, signature_file, signing_folder, trust_of
from tools.model_words import TARGET
from tools.registry import Tool
from tools.vulnerability_data import vulnerability_data

Decision = Literal["allow", "deny", "indeterminate"]
_VERDICTS: Mapping[Decision, Verdict] = {"allow": "pass", "deny": "fail", "indeterminate": "unknown"}
POLICY = "data.yumen.checks.model"


class ModelAdmitArguments(Arguments):
    target: str = Field(description=TARGET)
    signature: str | None = Field(default=None, description="Path of the signature; null for the usual place")
    trusted: str | None = Field(default=None, description="Name of a signer that the operator trusts")
    public_key: str | None = Field(default=None, description="Path of the signer's public key, instead of trusted")
    key: str | None = Field(
        default=None,
        description="Name of a signing key of the server: an admitted model then gets a signed verification summary "
        "that model_verify accepts later",
    )


class Evidence(Answer):
    """What one check came to."""

    name: str = Field(description="scan, signature, bom or dependencies")


class Reason(Arguments):
    """Why policy did not allow it."""

    rule: str = Field(description="Stable id of the rule")
    message: str = Field(description="The reason in words")


class ModelAdmitAnswer(Answer):
    """The decision, what it rests on, and the summary for later."""

    decision: Decision = Field(
        default="indeterminate", description="allow, deny, or indeterminate, which is no permission"
    )
    reasons: tuple[Reason, ...] = Field(default=(), description="Why it was not allowed")
    evidence: tuple[Evidence, ...] = Field(default=(), description="Every check with its verdict and what it covered")
    attestation: str | None = Field(
        default=None,
        description="Signed verification summary (in-toto, SLSA VSA); null unless allowed and a key was named",
    )


@dataclass(frozen=True)
class _Gathered:
    """One check's report, and what of it policy sees besides the verdict."""

    report: Report
    summary: str
    more: Mapping[str, Any]


async def model_admit(arguments: ModelAdmitArguments, context: ToolContext) -> ModelAdmitAnswer:
    target = context.resolve(arguments.target)
    asked = await context.evaluate(f"{POLICY}.gather", {})
    before = await context.scan(hash_model, target)
    gathered: dict[str, tuple[_Gathered, Verdict]] = {}
    for name in dict.fromkeys([*asked["required"], *asked["also"]]):
        found = await _gather(name, target, arguments, context)
        if found is not None:
            gathered[name] = found, await context.verdict(found.report)
    after = await context.scan(hash_model, target)
    if before.report.subject != after.report.subject:
        raise UnreadableInput(
            "the model was changed while it was examined", remedy="let the writer finish, then ask again"
        )
    subject = after.report.subject
    document = {
        name: {"verdict": verdict, "summary": found.summary, **found.more}
        for name, (found, verdict) in gathered.items()
    }
    decided = await context.evaluate(
        f"{POLICY}.decision", {"model": {"name": subject.name, "digest": subject.digest}, "evidence": document}
    )
    decision: Decision = decided["decision"] if decided["decision"] in _VERDICTS else "indeterminate"
    reasons = tuple(Reason(**reason) for reason in decided["reasons"])
    attestation = None
    if decision == "allow" and arguments.key is not None:
        key = SigningKeys(signing_folder(context.data_dir)).load(arguments.key)
        statement = write_summary(
            after,
            verifier=f"urn:yumen:{arguments.key}",
            policy=f"urn:yumen:policy:{POLICY}",
            verified=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            levels=[f"YUMEN_{name.upper()}" for name in gathered],
            resource=f"urn:yumen:model:{subject.digest}",
        )
        attestation = write_bundle(sign(statement, key.key), key.key, key.chain).decode()
    evidence = tuple(_shown(name, found, verdict) for name, (found, verdict) in gathered.items())
    return ModelAdmitAnswer(
        verdict=_VERDICTS[decision],
        summary=_summary(subject.name, decision, reasons),
        findings=tuple(finding for found, _ in gathered.values() for finding in found.report.findings),
        coverage=Coverage(
            examined=after.report.coverage.examined,
            skipped=tuple(
                Skipped(f"{name}: {skipped.what}", skipped.why)
                for name, (found, _) in gathered.items()
                for skipped in found.report.coverage.skipped
            ),
            data={
                source: date for found, _ in gathered.values() for source, date in found.report.coverage.data.items()
            },
        ),
        subject=subject,
        decision=decision,
        reasons=reasons,
        evidence=evidence,
        attestation=attestation,
    )


async def _gather(name: str, target: Path, arguments: ModelAdmitArguments, context: ToolContext) -> _Gathered | None:
    """One kind of evidence; None if there is nothing to examine, which policy may find too little."""
    if name == "scan":
        from scanners.model_scan import scan_model

        report = await context.scan(scan_model, target)
        return _Gathered(report, _first_words(report), {})
    if name == "signature":
        return await _signature(target, arguments, context)
    if name == "bom":
        described = (found := await context.scan(describe, target, ModelFacts())).described
        facts = {"licence": described.facts.licence, "completeness": completeness(described).score}
        return _Gathered(found.report, _first_words(found.report), facts)
    if name == "dependencies":
        from scanners.bom.dependencies import NoDependencies, check_dependencies

        data = vulnerability_data(context)
        try:
            checked = await context.scan(check_dependencies, target, data.path, seal=data.seal)
        except NoDependencies:
            return None
        return _Gathered(checked.report, _first_words(checked.report), {})
    return None


async def _signature(target: Path, arguments: ModelAdmitArguments, context: ToolContext) -> _Gathered | None:
    if arguments.trusted is None and arguments.public_key is None:
        return None
    asked = ModelVerifyArguments(target=arguments.target, trusted=arguments.trusted, public_key=arguments.public_key)
    trust = trust_of(asked, context)
    try:
        signature = signature_file(arguments.signature, target, context)
    except TargetMissing:
        return None
    verified = await context.scan(
        verify_model,
        target,
        signature,
        public_key=trust.public_key,
        certificate_roots=trust.certificate_roots,
        revocation_lists=trust.revocation_lists,
        identity=trust.identity,
        issuer=trust.issuer,
        trusted_root=trust.trusted_root,
        timestamp_roots=trust.timestamp_roots,
    )
    signer = verified.signer
    more = (
        {}
        if signer is None
        else {"signer": {"method": signer.method, "name": signer.name, "authority": signer.authority}}
    )
    return _Gathered(verified.report, _first_words(verified.report), more)


def _first_words(report: Report) -> str:
    if report.findings:
        more = len(report.findings) - 1
        return report.findings[0].title + (f", and {more} more findings" if more else "")
    if report.coverage.skipped:
        first = report.coverage.skipped[0]
        return f"{first.what}: {first.why}"
    return "nothing was found, and everything was examined"


def _shown(name: str, found: _Gathered, verdict: Verdict) -> Evidence:
    return Evidence(
        name=name,
        verdict=verdict,
        summary=found.summary,
        coverage=Coverage(found.report.coverage.examined, (), found.report.coverage.data),
        subject=found.report.subject,
    )


def _summary(name: str, decision: Decision, reasons: tuple[Reason, ...]) -> str:
    if decision == "allow":
        return f"{name} may be used: everything that policy asks for was examined and passed."
    why = "; ".join(reason.message for reason in reasons[:3]) or "policy gave no permission"
    verb = "must not be used" if decision == "deny" else "is not admitted, as it is not certain that it may be used"
    return f"{name} {verb}: {why}."


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="model_admit",
        title="Decide whether a model may be used",
        description="Run every check that policy asks for (malicious content, signature, bill of materials, dependencies) "
        "on a model and answer allow, deny or indeterminate with the evidence. Indeterminate is no permission. An admitted "
        "model can get a signed verification summary.",
        family="models",
        risk="change",
        arguments=ModelAdmitArguments,
        answer=ModelAdmitAnswer,
        run=model_admit,
        deadline=3600.0,
        targets=("target", "signature", "public_key"),
        remote=("target", "signature"),
    ),
)
