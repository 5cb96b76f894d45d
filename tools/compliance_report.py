"""Compliance reports as a tool: frameworks against what the reviews found, with evidence, gaps, waivers and trend."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from scanners.compliance.assessment import (
    ORDER,
    Attestation,
    CheckResult,
    ComplianceReport,
    Waiver,
    assess,
    statuses,
)
from scanners.compliance.formats import from_json, to_csv, to_json, to_sarif
from scanners.compliance.frameworks import Framework, read_frameworks
from scanners.compliance.oscal import to_oscal
from scanners.compliance.page import to_html
from scanners.configuration.read import read_document
from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Finding, Location, Skipped, Subject, Verdict
from tools import platform, wellarchitected
from tools.answers import Answer, Arguments
from tools.compliance_results import of_access, of_checks, of_metrics, of_principles, of_transfer
from tools.context import ToolContext
from tools.least_privilege import PACK, LeastPrivilegeArguments, grants_document
from tools.policies import PolicyCatalogue
from tools.registry import Tool
from tools.residency import ENTRYPOINT as RESIDENCY
from tools.reviewing import DATE_HELP, day, subject_of
from tools.wording import many

Format = Literal["json", "html", "oscal", "sarif", "csv"]

_WRITE = {"json": to_json, "html": to_html, "oscal": to_oscal, "sarif": to_sarif, "csv": to_csv}
_MEDIA = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "oscal": "application/json",
    "sarif": "application/sarif+json",
    "csv": "text/csv; charset=utf-8",
}
PREDICATE = "https://yumen.example/compliance-report/v1"
"""What the statement of a signed report says, in its predicate."""


class ToolResult(BaseModel):
    """What another tool said, to count as a check 'tool.<name>'."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str = Field(pattern=r"^[a-z_]+$", description="Name of the tool, e.g. image_scan, model_verify, audit_verify")
    verdict: Verdict = Field(description="Its verdict")
    summary: str = Field(description="Its summary: the evidence")
    digest: str = Field(default="", description="Digest of its subject")
    decision: str = Field(
        default="", max_length=64, description="Id of its call, as its record in the audit log has it"
    )
    record: int | None = Field(default=None, ge=0, description="Index of its record in the audit log")


class ReportArguments(Arguments):
    """What to report on, and what shows it. What is not given is reported as not shown, never as met."""

    frameworks: list[str] = Field(
        default_factory=list,
        description="genai-measures, pipl, mlps, gdpr, hipaa-security, eu-ai-act, nist-ai-rmf, iso-42001, owasp-llm, "
        "owasp-mcp; all when empty",
    )
    workload: str | None = Field(default=None, description="Path of the workload description")
    manifests: str | None = Field(
        default=None, description="Path of Terraform plans, Kubernetes manifests, inventories"
    )
    metrics: str | None = Field(default=None, description=wellarchitected.METRICS_HELP)
    grants: str | None = Field(
        default=None, description="Path of grants and usage, or of what else least_privilege_review reads as its target"
    )
    transfers: list[dict[str, JsonValue]] = Field(
        default_factory=list, description="Cross-border transfers, each as the arguments of residency_check"
    )
    results: list[ToolResult] = Field(default_factory=list, description="What other tools said")
    answers: str | None = Field(
        default=None,
        description="Path of a file with `attestations` ('<framework>/<control>' -> {answer, evidence, by, date}) and "
        "`waivers` [{control, reason, by, until}]",
    )
    previous: str | None = Field(default=None, description="Path of the last report as JSON, for the trend")
    format: Format = Field(
        default="json", description="Form of the document: json, html (for people), oscal, sarif, csv"
    )
    date: str | None = Field(default=None, pattern=r"^20\d\d-\d\d-\d\d$", description=DATE_HELP)


class ReportSigner(Protocol):
    """Signs what this server wrote, with its own key."""

    def attest(self, document: bytes, *, name: str, predicate_type: str, predicate: Mapping[str, Any]) -> str:
        """A DSSE envelope, as JSON, over an in-toto statement on `document`."""
        ...


class FrameworkSummary(BaseModel):
    """How one framework stands."""

    model_config = ConfigDict(frozen=True)

    framework: str = Field(description="Its id")
    title: str = Field(description="Its name")
    controls: int = Field(description="Controls in the report")
    met: int = Field(description="Controls met, with evidence")
    not_met: int = Field(description="Controls not met")
    not_shown: int = Field(description="Controls without enough evidence, or with an open question")
    not_applicable: int = Field(description="Controls that do not apply")
    improved: int = Field(description="Controls that stand better than in the previous report")
    worsened: int = Field(description="Controls that stand worse")


class ReportAnswer(Answer):
    """The report."""

    frameworks: tuple[FrameworkSummary, ...] = Field(default=(), description="Each framework in numbers")
    format: Format = Field(default="json", description="Form of the document")
    media_type: str = Field(default="application/json", description="Media type of the document")
    document: str = Field(default="", description="The report itself; write it to a file")
    document_digest: str = Field(default="", description="'sha256:<hex>' of the document; the audit record holds it")
    attestation: str = Field(
        default="",
        description="DSSE envelope over an in-toto statement on the document, signed with the server's key: "
        "`yumen compliance verify` checks it",
    )


@dataclass
class _Gathered:
    """Results by check, and the digests of what was looked at."""

    decision: str
    """Id of this call, which decides whatever was not decided before."""
    results: dict[str, CheckResult] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    def add(self, result: CheckResult) -> None:
        """Keep the worst where a check runs twice, with the evidence of both."""
        if not result.decision and result.record is None:
            result = replace(result, decision=self.decision)
        known = self.results.get(result.check)
        if known is not None:
            worst = min((known, result), key=lambda entry: ORDER.index(entry.status))
            result = replace(worst, evidence=known.evidence + result.evidence, remedy=worst.remedy or known.remedy)
        self.results[result.check] = result


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    attestations: dict[str, Attestation] = Field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()


async def compliance_report(arguments: ReportArguments, context: ToolContext) -> ReportAnswer:
    """Run what can be run on the inputs, and assess each framework."""
    date = day(arguments.date)
    frameworks = _chosen(arguments.frameworks)
    gathered = await _gather(arguments, date, context)
    answers = await _answers(arguments.answers, context)
    previous = await context.scan(read_report, context.resolve(arguments.previous)) if arguments.previous else None
    before = statuses(previous) if previous else {}
    report = ComplianceReport(
        date=date,
        revision=context.service(PolicyCatalogue).revision,  # type: ignore[type-abstract]
        inputs=gathered.inputs,
        assessments=tuple(
            assess(framework, gathered.results, answers.attestations, answers.waivers, date=date, before=before)
            for framework in frameworks
        ),
        previous=previous.date if previous else "",
    )
    answer = _answer(report, arguments.format)
    signer = context.service(ReportSigner)  # type: ignore[type-abstract]
    return answer.model_copy(update={"attestation": _attested(answer, report, signer)})


def read_report(path: Path) -> ComplianceReport:
    """The report in the JSON file `path`."""
    return from_json(orjson.dumps(read_document(path)))


def _chosen(names: list[str]) -> list[Framework]:
    known = read_frameworks()
    if strange := [name for name in names if name not in known]:
        raise UnreadableInput(f"there is no framework {strange[0]!r}", remedy=f"choose from {', '.join(known)}")
    return [known[name] for name in (names or known)]


async def _answers(path: str | None, context: ToolContext) -> _Answers:
    if path is None:
        return _Answers()
    document = await context.scan(read_document, context.resolve(path))
    try:
        return _Answers.model_validate(document)
    except ValidationError as error:
        problem = error.errors()[0]
        at = "/".join(str(part) for part in problem["loc"])
        raise UnreadableInput(f"the answers cannot be read at {at}: {problem['msg']}") from None


async def _gather(arguments: ReportArguments, date: str, context: ToolContext) -> _Gathered:
    gathered = _Gathered(context.call_id)
    if arguments.workload is not None:
        reviewed = await wellarchitected.review(
            arguments.workload, arguments.manifests, arguments.metrics, date, context
        )
        subject = subject_of(reviewed.workload, arguments.workload)
        gathered.inputs[arguments.workload] = subject.digest
        for result in of_principles(reviewed.said, subject.digest):
            gathered.add(result)
        if arguments.metrics is not None and reviewed.metrics is not None:
            gathered.inputs[arguments.metrics] = reviewed.digest_of_metrics
            for result in of_metrics(reviewed.metrics, reviewed.digest_of_metrics):
                gathered.add(result)
    elif arguments.metrics is not None:
        raise UnreadableInput("metrics show how a workload does", remedy="give its description, too, as `workload`")
    if arguments.manifests is not None:
        configuration = await platform.read(arguments.manifests, context)
        gathered.inputs[arguments.manifests] = configuration.digest
        for result in of_checks(await platform.examined(configuration, context), configuration.digest):
            gathered.add(result)
    if arguments.grants is not None:
        document = await grants_document(LeastPrivilegeArguments(target=arguments.grants), context)
        digest = subject_of(document, arguments.grants).digest
        gathered.inputs[arguments.grants] = digest
        for result in of_access(await context.evaluate(f"{PACK}.decision", document), digest):
            gathered.add(result)
    for number, transfer in enumerate(arguments.transfers):
        asked = {"date": date, **transfer}
        digest = subject_of(asked, "transfer").digest
        gathered.inputs[f"transfer {number + 1}"] = digest
        gathered.add(of_transfer(await context.evaluate(RESIDENCY, asked), asked, digest))
    for reported in arguments.results:
        gathered.add(
            CheckResult(
                f"tool.{reported.tool}",
                reported.verdict,
                (reported.summary,),
                digest=reported.digest,
                decision=reported.decision,
                record=reported.record,
            )
        )
    return gathered


def _answer(report: ComplianceReport, form: Format) -> ReportAnswer:
    document = _WRITE[form](report)
    digest = "sha256:" + hashlib.sha256(document.encode()).hexdigest()
    controls = [(entry.framework, control) for entry in report.assessments for control in entry.controls]
    counts = {status: sum(1 for _, control in controls if control.status == status) for status in ORDER}
    failed = counts["fail"] + counts["error"]
    verdict: Verdict = "fail" if failed else "unknown" if counts["unknown"] or not counts["pass"] else "pass"
    return ReportAnswer(
        verdict=verdict,
        summary=(
            f"{many(len(report.assessments), 'framework')}, {many(len(controls), 'control')}: {counts['pass']} met, "
            f"{failed} not met, {counts['unknown']} not shown, {counts['not_applicable']} not applicable."
        ),
        findings=tuple(
            Finding(
                rule=f"{framework}/{control.control}",
                severity="info" if control.waiver else "high",
                title=control.title.en,
                location=Location(),
                evidence="; ".join(
                    text for result in control.checks if result.status == control.status for text in result.evidence[:3]
                )[:2000],
                remediation="; ".join(
                    sorted({result.remedy.en for result in control.checks if result.remedy and result.status == "fail"})
                ),
            )
            for framework, control in controls
            if control.status in ("fail", "error")
        ),
        coverage=Coverage(
            examined={"controls": len(controls), "inputs": len(report.inputs)},
            skipped=tuple(
                Skipped(f"{framework}/{control.control}", "no evidence, or an open question")
                for framework, control in controls
                if control.status == "unknown"
            ),
            data={"day of the report": report.date},
        ),
        subject=Subject("compliance-report", digest, ", ".join(entry.framework for entry in report.assessments)),
        frameworks=tuple(_framework_summary(report, number) for number in range(len(report.assessments))),
        format=form,
        media_type=_MEDIA[form],
        document=document,
        document_digest=digest,
    )


def _attested(answer: ReportAnswer, report: ComplianceReport, signer: ReportSigner) -> str:
    """What the server puts its name to: these bytes, made of these inputs under this policy, with these counts."""
    return signer.attest(
        answer.document.encode(),
        name=f"compliance-report.{answer.format}",
        predicate_type=PREDICATE,
        predicate={
            "date": report.date,
            "policyRevision": report.revision,
            "mediaType": answer.media_type,
            "verdict": answer.verdict,
            "inputs": dict(report.inputs),
            "frameworks": {
                entry.framework: entry.model_dump(include={"controls", "met", "not_met", "not_shown", "not_applicable"})
                for entry in answer.frameworks
            },
        },
    )


def _framework_summary(report: ComplianceReport, number: int) -> FrameworkSummary:
    entry = report.assessments[number]
    moves = [
        ORDER.index(control.status) - ORDER.index(control.before)
        for control in entry.controls
        if control.before is not None
    ]
    return FrameworkSummary(
        framework=entry.framework,
        title=entry.title.en,
        controls=len(entry.controls),
        met=entry.count("pass"),
        not_met=entry.count("fail") + entry.count("error"),
        not_shown=entry.count("unknown"),
        not_applicable=entry.count("not_applicable"),
        improved=sum(1 for move in moves if move > 0),
        worsened=sum(1 for move in moves if move < 0),
    )


TOOLS = (
    Tool(
        name="compliance_report",
        title="Write a compliance report",
        description=(
            "Assess workload, platform, metrics, access grants and transfers against frameworks (China's generative-AI measures, "
            "PIPL, MLPS 2.0, GDPR, HIPAA, EU AI Act, NIST AI RMF, ISO/IEC 42001, OWASP LLM and MCP Top 10). Status per control "
            "with evidence, open questions, waivers and trend, as JSON, bilingual HTML, OSCAL, SARIF or CSV."
        ),
        family="compliance",
        risk="read",
        arguments=ReportArguments,
        answer=ReportAnswer,
        run=compliance_report,
        targets=("workload", "manifests", "metrics", "grants", "answers", "previous"),
    ),
)
