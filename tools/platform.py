"""Is the platform configured safely? The platform packs over plans, manifests and inventories as a tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from scanners.configuration.read import read_configuration
from scanners.configuration.resources import Configuration, Resource
from scanners.findings import Coverage, Skipped, Subject, Verdict
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool
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

ENTRYPOINT = "data.yumen.checks.platform.decision"

_PART = 100
"""Resources in one evaluation, where they do not belong together."""


class PlatformArguments(Arguments):
    """Where the configuration is."""

    target: str = Field(
        description="Path of a Terraform plan (terraform show -json), Kubernetes manifests, a cloud inventory (AWS Config, "
        "Alibaba Cloud Config), or a folder with any of them"
    )
    language: Language = Field(default="en", description=LANGUAGE_HELP)


class PlatformAnswer(Answer):
    """What the platform checks found."""

    checks: dict[str, CheckSummary] = Field(default_factory=dict, description="Each check with its status")


async def read(target: str, context: ToolContext) -> Configuration:
    """The configuration at `target`."""
    return await context.scan(read_configuration, context.resolve(target))


async def examined(configuration: Configuration, context: ToolContext) -> dict[str, Any]:
    """What the platform packs say of it, asked in parts so that each stays within the time of an evaluation."""
    guarded = sorted({_namespace(entry) for entry in configuration.resources if entry.type == "NetworkPolicy"})
    said = [
        await context.evaluate(ENTRYPOINT, {"resources": [entry.facts() for entry in part], "guarded": guarded})
        for part in _parts(configuration.resources)
    ]
    return joined(said)


def _parts(resources: Sequence[Resource]) -> list[list[Resource]]:
    """The resources in parts of at most `_PART`; a Terraform document stays whole, for its resources answer for each other."""
    plans: dict[str, list[Resource]] = {}
    for resource in resources:
        if resource.source == "terraform":
            plans.setdefault(resource.path, []).append(resource)
    others = [resource for resource in resources if resource.source != "terraform"]
    parts = [*plans.values(), *(others[start : start + _PART] for start in range(0, len(others), _PART))]
    return parts or [[]]


def _namespace(resource: Resource) -> str:
    """The namespace of a Kubernetes object, as the packs see it."""
    metadata = resource.values.get("metadata")
    return str(metadata.get("namespace", "default")) if isinstance(metadata, dict) else "default"


async def platform_review(arguments: PlatformArguments, context: ToolContext) -> PlatformAnswer:
    """Read configuration and ask the platform packs."""
    configuration = await read(arguments.target, context)
    said = await examined(configuration, context)
    unread = tuple(Skipped(kind, _unread(kind)) for kind in sorted(set(said["unread"])))
    skipped = configuration.skipped + missing_inputs(said["missing"]) + unread
    verdict: Verdict = said["verdict"] if said["verdict"] == "fail" or not skipped else "unknown"
    findings = worst_first(policy_finding(entry, arguments.language) for entry in [*said["findings"], *said["advice"]])
    return PlatformAnswer(
        verdict=verdict,
        summary=summary_of(verdict, said, len(configuration.resources)),
        findings=findings,
        coverage=Coverage(
            examined={
                "files": configuration.files,
                "resources": len(configuration.resources),
                "read": said["examined"],
            },
            skipped=skipped,
        ),
        subject=Subject("configuration", configuration.digest, arguments.target),
        checks={name: CheckSummary(**entry) for name, entry in said["checks"].items()},
    )


def _unread(kind: str) -> str:
    access = re.search(r"_iam_|_ram_|::IAM::|::RAM::", kind)
    return "no check reads this type of resource" + ("; access is for least_privilege_review" if access else "")


TOOLS = (
    Tool(
        name="platform_review",
        title="Review platform configuration",
        description=(
            "Check Terraform plans, Kubernetes manifests and cloud inventories (AWS, Alibaba Cloud) for encryption, key "
            "rotation, public exposure, network isolation, plain-text credentials, logging, backup, hardening and limits."
        ),
        family="compliance",
        risk="read",
        arguments=PlatformArguments,
        answer=PlatformAnswer,
        run=platform_review,
        targets=("target",),
    ),
)
