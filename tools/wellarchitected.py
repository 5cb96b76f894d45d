"""The Well-Architected review of a generative-AI workload as a tool: every principle, with evidence and remedy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from scanners.configuration.read import read_document
from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Finding, Location, Skipped, Verdict
from tools import platform
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool
from tools.reviewing import DATE_HELP, LANGUAGE_HELP, Language, day, severity_of, subject_of, worst_first

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

ENTRYPOINT = "data.yumen.checks.wellarchitected.decision"
SCHEMA = Path(__file__).parents[1] / "policies" / "checks" / "wellarchitected" / "workload.schema.json"

METRICS = "data.yumen.checks.health.decision"
METRICS_HELP = (
    "Path of metrics of the workload, {resources: [{id, kind, samples, …}]} as JSON or YAML: idle GPUs, quotas, exhaustion, "
    "mining, checkpoints and failover, which outweigh what the description declares"
)

Status = Literal["error", "fail", "unknown", "not_applicable", "pass"]


class WorkloadArguments(Arguments):
    """Where the description of the workload is, and what shows it from outside."""

    target: str = Field(description="Path of the workload description (workload.yaml, or JSON)")
    manifests: str | None = Field(
        default=None,
        description="Path of Terraform plans, Kubernetes manifests or inventories of the same workload: what they show "
        "outweighs what the description declares",
    )
    metrics: str | None = Field(default=None, description=METRICS_HELP)
    pillar: Literal["security", "reliability", "operations", "cost", "performance"] | None = Field(
        default=None, description="Only this pillar; all five when null"
    )
    language: Language = Field(default="en", description=LANGUAGE_HELP)
    date: str | None = Field(default=None, pattern=r"^20\d\d-\d\d-\d\d$", description=DATE_HELP)


class Claim(BaseModel):
    """One thing looked at for a principle."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Field of the description, attestation, or address of a resource")
    status: Literal["pass", "fail", "missing"] = Field(description="What it shows")
    basis: Literal["declared", "attested", "observed"] = Field(
        description="declared by the description, attested by a person with evidence, observed in a manifest"
    )
    found: JsonValue = Field(default=None, description="What is there")


class Principle(BaseModel):
    """One principle of the guideline, reviewed."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="pillar.area.number")
    title: str = Field(description="Name of the principle")
    severity: str = Field(description="How much a failure weighs")
    status: Status = Field(description="fail, unknown, not_applicable or pass; a pass has evidence")
    evidence: tuple[Claim, ...] = Field(description="What was looked at")
    why_not: str = Field(description="Why it does not apply; empty otherwise")
    question: str | None = Field(description="What only a person can answer; null when answered or none")
    slot: str | None = Field(description="Where the answer with its evidence goes in the description")
    remedy: str = Field(description="What to do about it")


class Score(BaseModel):
    """How far one pillar is met."""

    model_config = ConfigDict(frozen=True)

    score: int | None = Field(
        description="0 to 100, weighted by severity; unknown earns nothing; null if nothing applies"
    )
    passed: int = Field(description="Principles met")
    fail: int = Field(description="Principles not met")
    unknown: int = Field(description="Principles without enough evidence")
    not_applicable: int = Field(description="Principles that do not apply")


class WorkloadAnswer(Answer):
    """The review."""

    scores: dict[str, Score] = Field(default_factory=dict, description="Score by pillar")
    principles: tuple[Principle, ...] = Field(default=(), description="Every principle, those that failed first")
    questions: tuple[str, ...] = Field(default=(), description="Slots of the questions that are open")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A workload, and what the packs say of it."""

    workload: dict[str, Any]
    said: dict[str, Any]
    metrics: dict[str, Any] | None
    """What the rules on metrics say, if there are any."""
    digest_of_metrics: str = ""


async def review(target: str, manifests: str | None, metrics: str | None, date: str, context: ToolContext) -> Reviewed:
    """The description at `target`, under what manifests and metrics show.

    Raises UnreadableInput when the description does not have the published form.
    """
    workload = await context.scan(read_document, context.resolve(target))
    check_form(workload)
    observations: list[dict[str, Any]] = []
    if manifests is not None:
        shown = await platform.examined(await platform.read(manifests, context), context)
        observations = [
            {"principles": finding["principles"], "path": finding["address"], "message": finding["message"]}
            for finding in shown["findings"]
        ]
    measured: dict[str, Any] | None = None
    digest = ""
    if metrics is not None:
        samples = await context.scan(read_document, context.resolve(metrics))
        digest = subject_of(samples, metrics).digest
        measured = await context.evaluate(METRICS, samples)
        observations += [
            {"principles": finding["principles"], "path": finding["address"], "message": finding["message"]}
            for finding in measured["findings"]
        ]
    said = await context.evaluate(ENTRYPOINT, {"workload": workload, "date": date, "observations": observations})
    return Reviewed(workload, said, measured, digest)


def check_form(workload: Mapping[str, Any]) -> None:
    """Refuse what the schema does not know, so that a misspelt field is an error and not a silent gap.

    Raises UnreadableInput.
    """
    problem = next(iter(sorted(_validator().iter_errors(workload), key=lambda error: list(map(str, error.path)))), None)
    if problem is not None:
        at = "/".join(str(part) for part in problem.absolute_path) or "the top"
        raise UnreadableInput(
            f"the workload description is not of the published form at {at}: {problem.message[:200]}",
            remedy="see workload.schema.json, policy://checks/wellarchitected/workload.schema.json",
        )


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator  # with its optional formats installed it costs seconds

    return Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


async def wellarchitected_review(arguments: WorkloadArguments, context: ToolContext) -> WorkloadAnswer:
    """Review a workload against every principle."""
    date = day(arguments.date)
    reviewed = await review(arguments.target, arguments.manifests, arguments.metrics, date, context)
    workload, said = reviewed.workload, reviewed.said
    unseen = tuple(reviewed.metrics["missing"]) if reviewed.metrics else ()
    entries = [entry for entry in said["principles"] if arguments.pillar in (None, entry["pillar"])]
    principles = tuple(sorted((_principle(entry, arguments.language) for entry in entries), key=_order))
    verdict = _verdict(principles, unseen)
    return WorkloadAnswer(
        verdict=verdict,
        summary=_summary(verdict, principles, unseen, str(workload.get("name", arguments.target))),
        findings=worst_first(_finding(principle) for principle in principles if principle.status == "fail"),
        coverage=Coverage(
            examined={"principles": len(principles), "claims": sum(len(entry.evidence) for entry in principles)},
            skipped=(
                *(Skipped(entry.id, _gap(entry)) for entry in principles if entry.status == "unknown"),
                *(Skipped(f"metrics: {path}", "missing or malformed") for path in unseen),
            ),
            data={"day of the review": date},
        ),
        subject=subject_of(workload, str(workload.get("name", arguments.target))),
        scores={name: _score(entry) for name, entry in said["scores"].items() if arguments.pillar in (None, name)},
        principles=principles,
        questions=tuple(sorted(entry.slot for entry in principles if entry.slot is not None)),
    )


def _score(entry: Mapping[str, Any]) -> Score:
    return Score(passed=entry["pass"], **{name: value for name, value in entry.items() if name != "pass"})


def _principle(entry: dict[str, Any], language: Language) -> Principle:
    question = entry["question"]
    return Principle(
        id=entry["id"],
        title=entry["title"][language],
        severity=entry["severity"],
        status=entry["status"],
        evidence=tuple(Claim(**claim) for claim in entry["evidence"]),
        why_not=entry["not_applicable"],
        question=question[language] if question else None,
        slot=question["slot"] if question else None,
        remedy=entry["remedy"][language],
    )


def _order(principle: Principle) -> tuple[int, str]:
    return ("error", "fail", "unknown", "not_applicable", "pass").index(principle.status), principle.id


def _verdict(principles: tuple[Principle, ...], unseen: tuple[str, ...]) -> Verdict:
    statuses = {principle.status for principle in principles}
    if statuses & {"fail", "error"}:
        return "fail"
    return "pass" if "pass" in statuses and "unknown" not in statuses and not unseen else "unknown"


def _finding(principle: Principle) -> Finding:
    shown = [claim for claim in principle.evidence if claim.status == "fail"]
    return Finding(
        rule=f"wellarchitected.{principle.id}",
        severity=severity_of(principle.severity),
        title=f"{principle.title}: {', '.join(claim.path for claim in shown)}",
        location=Location(path=shown[0].path if shown else None),
        evidence="; ".join(f"{claim.path} = {json.dumps(claim.found, ensure_ascii=False)[:120]}" for claim in shown),
        remediation=principle.remedy,
    )


def _gap(principle: Principle) -> str:
    gaps = [claim.path for claim in principle.evidence if claim.status == "missing"]
    return f"no usable evidence at {', '.join(gaps)}" if gaps else "nothing was examined"


def _summary(verdict: Verdict, principles: tuple[Principle, ...], unseen: tuple[str, ...], name: str) -> str:
    counts = {
        status: sum(1 for entry in principles if entry.status == status) for status in ("pass", "fail", "unknown")
    }
    if verdict == "pass":
        return f"{name} meets all {counts['pass']} principles that apply."
    metrics = f" Of the metrics {unseen[0]} cannot be read." if unseen else ""
    return (
        f"{name}: {counts['pass']} principles met, {counts['fail']} failed, {counts['unknown']} without enough evidence."
        f"{metrics}"
    )


TOOLS = (
    Tool(
        name="wellarchitected_review",
        title="Well-Architected review",
        description=(
            "Review a generative-AI workload, described in workload.yaml, against the 102 design principles of five pillars: "
            "security, reliability, operational efficiency, cost, performance. Each principle with status, evidence and remedy; "
            "a score by pillar; what only a person can answer comes as a question with a slot for its evidence."
        ),
        family="compliance",
        risk="read",
        arguments=WorkloadArguments,
        answer=WorkloadAnswer,
        run=wellarchitected_review,
        targets=("target", "manifests", "metrics"),
    ),
)
