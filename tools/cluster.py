"""Is the cluster configured safely? The cluster pack over manifests, Helm output and Compose files as a tool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from pydantic import Field

from scanners.configuration.cluster import Cluster, read_cluster
from scanners.configuration.resources import Resource
from scanners.errors import LimitReached
from scanners.findings import Coverage, Finding, Location, Report, Skipped, Subject, Verdict
from tools.context import ToolContext
from tools.registry import Tool
from tools.reporting import ReportAnswer, ReportArguments, written
from tools.reviewing import (
    LANGUAGE_HELP,
    CheckSummary,
    Language,
    joined,
    missing_inputs,
    policy_finding,
    summary_of,
    worst_first,
)

ENTRYPOINT = "data.yumen.checks.cluster.decision"

_PART = 50
"""Resources in one evaluation."""
_MAX_BESIDE = 2_000
_MAX_TOGETHER = 200
_BESIDE = frozenset(
    {
        "NetworkPolicy",
        "GlobalNetworkPolicy",
        "CiliumNetworkPolicy",
        "CiliumClusterwideNetworkPolicy",
        "RuntimeClass",
        "LimitRange",
    }
)
"""What others are judged by: every part is told of it."""


class ClusterArguments(ReportArguments):
    """Where the configuration is."""

    target: str = Field(
        max_length=4096,
        description="Path of Kubernetes manifests, the output of 'helm template', a Docker Compose file, or a folder of them",
    )
    language: Language = Field(default="en", description=LANGUAGE_HELP)
    list_limit: int = Field(
        default=200, ge=0, le=10_000, description="How many findings to list, worst first; all are counted in any case"
    )


class ClusterAnswer(ReportAnswer):
    """What the cluster checks found."""

    checks: dict[str, CheckSummary] = Field(default_factory=dict, description="Each check with its status")
    finding_count: int = Field(default=0, description="How many findings there are, listed or not")


async def cluster_review(arguments: ClusterArguments, context: ToolContext) -> ClusterAnswer:
    """Read the configuration, ask the pack, and give each finding its line."""
    cluster = await context.scan(read_cluster, context.resolve(arguments.target))
    resources = cluster.configuration.resources
    ours = [entry for entry in resources if entry.source in ("kubernetes", "compose")]
    said = joined([await context.evaluate(ENTRYPOINT, part) for part in _parts(ours, cluster)])
    foreign = (
        Skipped(f"{entry.path}: {entry.address}", "neither Kubernetes nor Compose: ask platform_review")
        for entry in resources
        if entry.source not in ("kubernetes", "compose")
    )
    skipped = (*cluster.skipped, *missing_inputs(said["missing"]), *foreign)
    verdict: Verdict = said["verdict"] if said["verdict"] == "fail" or not skipped else "unknown"
    findings = worst_first(_located([*said["findings"], *said["advice"]], ours, arguments.language))
    summary = summary_of(verdict, said, len(ours))
    examined = {"files": cluster.configuration.files, "resources": len(ours)}
    report = Report(
        Subject("configuration", cluster.configuration.digest, arguments.target), findings, Coverage(examined, skipped)
    )
    return ClusterAnswer(
        **written(report, verdict, summary, arguments.format),
        verdict=verdict,
        summary=summary,
        findings=findings[: arguments.list_limit],
        finding_count=len(findings),
        coverage=report.coverage,
        subject=report.subject,
        checks={name: CheckSummary(**entry) for name, entry in said["checks"].items()},
    )


def _parts(resources: list[Resource], cluster: Cluster) -> Iterator[dict[str, Any]]:
    """The questions, each small enough for the time of an evaluation; what is beside is in all of them."""
    beside = [entry.facts() for entry in resources if entry.type in _BESIDE]
    if len(beside) > _MAX_BESIDE:
        raise LimitReached(f"more than {_MAX_BESIDE} policies and classes", remedy="review a namespace at a time")
    # Pods that name a claim of devices answer for each other: who shares one is seen only side by side.
    together = [entry for entry in resources if _names_a_claim(entry.values)]
    if len(together) > _MAX_TOGETHER:
        raise LimitReached(f"more than {_MAX_TOGETHER} users of claims", remedy="review a namespace at a time")
    alone = [entry for entry in resources if not _names_a_claim(entry.values)]
    parts = [together] if together else []
    parts += [alone[start : start + _PART] for start in range(0, len(alone), _PART)]
    for part in parts or [[]]:
        places = {(entry.path, entry.address) for entry in part}
        yield {
            "resources": [entry.facts() for entry in part],
            "beside": beside,
            "credentials": [asdict(one) for one in cluster.credentials if (one.path, one.address) in places],
            "embedded": [asdict(one) for one in cluster.embedded if (one.path, one.address) in places],
        }


def _names_a_claim(value: object) -> bool:
    """Whether a pod in `value` uses a claim that has a name of its own."""
    if isinstance(value, Mapping):
        return "resourceClaimName" in value or any(_names_a_claim(item) for item in value.values())
    return isinstance(value, list) and any(_names_a_claim(item) for item in value)


def _located(entries: Iterable[Mapping[str, Any]], resources: list[Resource], language: Language) -> Iterator[Finding]:
    """The findings, each with the file, the line and, for Helm, the template that it comes from."""
    known = {(resource.path, resource.address): resource for resource in resources}
    for entry in entries:
        resource = known[(entry["path"], entry["address"])]
        finding = policy_finding({**entry, "principles": entry["references"]}, language)
        yield replace(
            finding,
            location=Location(path=resource.path, line=resource.line(entry["at"])),
            evidence=f"template {resource.template}" if resource.template else "",
        )


TOOLS = (
    Tool(
        name="cluster_review",
        title="Review cluster configuration",
        description=(
            "Check Kubernetes manifests, Helm output and Docker Compose files, with file and line: Pod Security, sharing and"
            " isolation of GPUs, sandboxed runtimes, network policies, secrets in clear, images pinned by digest and"
            " resource limits, with CIS benchmark ids. What a template leaves open is unknown, not a pass."
        ),
        family="compliance",
        risk="read",
        arguments=ClusterArguments,
        answer=ClusterAnswer,
        run=cluster_review,
        targets=("target",),
    ),
)
