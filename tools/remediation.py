"""What to change, concretely: a dry run over platform findings, checked by reviewing the changed resources again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import Field

from scanners.configuration.remedies import Change, change_for
from scanners.configuration.resources import Configuration, Resource
from scanners.findings import Coverage, Subject
from tools import platform
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool
from tools.reviewing import policy_finding, worst_first
from tools.wording import many


class RemediationArguments(Arguments):
    """What to mend."""

    target: str = Field(
        description="Path of a Terraform plan, Kubernetes manifests, a cloud inventory, or a folder with any of them"
    )
    checks: list[str] = Field(
        default_factory=list, description="Only these checks, e.g. public_exposure, encryption_at_rest; all when empty"
    )


class RemediationAnswer(Answer):
    """The plan. Nothing was changed."""

    plan: str = Field(default="", description="'sha256:<hex>' of the plan, by which remediation_apply knows it")
    changes: tuple[Change, ...] = Field(default=(), description="One change a finding, in order of severity")
    mended: int = Field(default=0, description="Findings that are gone when the changes are applied in a dry run")
    remaining: int = Field(
        default=0, description="Findings that remain: commands and manual changes cannot be tried dry"
    )
    introduced: tuple[str, ...] = Field(
        default=(), description="Findings that the changes would bring; empty unless something is wrong"
    )


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it would make of the configuration."""

    configuration: Configuration
    after: Configuration
    said: dict[str, Any]
    wanted: tuple[dict[str, Any], ...]
    """Findings that it is for."""
    changes: tuple[Change, ...]
    mended: int
    introduced: tuple[str, ...]

    @property
    def remaining(self) -> int:
        return len(self.wanted) - self.mended

    @property
    def digest(self) -> str:
        """Over what is examined and every change."""
        told = [self.configuration.digest, *(asdict(change) for change in self.changes)]
        return "sha256:" + hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


async def remediation_plan(arguments: RemediationArguments, context: ToolContext) -> RemediationAnswer:
    """Plan changes, and review the resources as they would be."""
    plan = await planned(arguments, context)
    unknown = plan.said["missing"] or not plan.said["examined"]
    return RemediationAnswer(
        verdict="fail" if plan.wanted else "unknown" if unknown else "pass",
        summary=_summary(len(plan.wanted), plan.changes, plan.mended),
        findings=worst_first(policy_finding(finding, "en") for finding in plan.wanted),
        coverage=Coverage(
            examined={"resources": len(plan.configuration.resources), "findings": len(plan.wanted)},
            skipped=plan.configuration.skipped,
        ),
        subject=Subject("configuration", plan.configuration.digest, arguments.target),
        plan=plan.digest,
        changes=plan.changes,
        mended=plan.mended,
        remaining=plan.remaining,
        introduced=plan.introduced,
    )


async def planned(arguments: RemediationArguments, context: ToolContext) -> Planned:
    """The plan for what `arguments` ask, tried dry."""
    configuration = await platform.read(arguments.target, context)
    said = await platform.examined(configuration, context)
    wanted = [finding for finding in said["findings"] if _chosen(finding, arguments.checks)]
    changes, after = _plan(configuration, wanted)
    again = await platform.examined(after, context)
    before, now = _keys(said["findings"]), _keys(again["findings"])
    introduced = tuple(sorted(f"{rule}: {address} {at}" for rule, address, at in now - before))
    return Planned(configuration, after, said, tuple(wanted), changes, len(before - now), introduced)


def _chosen(finding: dict[str, Any], checks: list[str]) -> bool:
    return not checks or finding["rule"].removeprefix("platform.") in checks


def _plan(configuration: Configuration, findings: list[dict[str, Any]]) -> tuple[tuple[Change, ...], Configuration]:
    """A change for each finding, each made on the resource as the changes before it left it."""
    now: dict[tuple[str, str], Resource] = {
        (resource.path, resource.address): resource for resource in configuration.resources
    }
    order = ("critical", "high", "medium", "low", "info")
    changes: list[Change] = []
    for finding in sorted(findings, key=lambda entry: (order.index(entry["severity"]), entry["address"], entry["at"])):
        key = (finding["path"], finding["address"])
        change, now[key] = change_for(finding, now[key])
        changes.append(change)
    after = Configuration(configuration.digest, tuple(now.values()), configuration.skipped, configuration.files)
    return tuple(changes), after


def _keys(findings: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(finding["rule"], finding["address"], finding["at"]) for finding in findings}


def _summary(findings: int, changes: tuple[Change, ...], mended: int) -> str:
    if not findings:
        return "There is nothing to mend among what was examined."
    manual = sum(1 for change in changes if change.kind == "manual")
    return f"{many(findings, 'finding')}: {mended} mended in a dry run, {manual} need a person. Nothing was changed."


TOOLS = (
    Tool(
        name="remediation_plan",
        title="Plan remediation",
        description=(
            "For each failed platform check a concrete change: a JSON patch to the manifest, the attribute to set in Terraform, "
            "a command to review, or what a person has to do. A dry run reviews the changed resources again and says how "
            "many findings are gone. Nothing is executed."
        ),
        family="compliance",
        risk="read",
        arguments=RemediationArguments,
        answer=RemediationAnswer,
        run=remediation_plan,
        targets=("target",),
    ),
)
