"""Carrying out a remediation plan: the mended manifests in a file of their own, once people have approved exactly that plan."""

from __future__ import annotations

from pydantic import Field

from scanners.configuration.applied import write_mended
from scanners.errors import UnreadableInput
from scanners.findings import Coverage, Skipped, Subject
from tools.answers import Answer
from tools.context import ToolContext
from tools.new_files import new_file
from tools.registry import Tool
from tools.remediation import RemediationArguments, planned
from tools.wording import many


class ApplyArguments(RemediationArguments):
    """Which plan to carry out, and where to."""

    plan: str = Field(
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="`plan` of the answer of remediation_plan for the same target and checks: what was reviewed and approved",
    )
    output: str = Field(
        description="Path of the file to make, with every Kubernetes object of the target as it will be"
    )


class ApplyAnswer(Answer):
    """What was made."""

    written: str = Field(default="", description="'sha256:<hex>' of the file that was made")
    objects: int = Field(default=0, description="Kubernetes objects in it")
    applied: int = Field(default=0, description="Changes of the plan that are in it")
    mended: int = Field(default=0, description="Findings that are gone when the file is reviewed")


async def remediation_apply(arguments: ApplyArguments, context: ToolContext) -> ApplyAnswer:
    """Plan again, and write what the plan makes of the manifests, if it still is the plan that was reviewed."""
    path = new_file(arguments.output, context)
    plan = await planned(arguments, context)
    if plan.digest != arguments.plan:
        raise UnreadableInput(
            "the plan is not the one that was reviewed: the target or a policy has changed since",
            remedy="run remediation_plan again, and have its changes reviewed",
        )
    objects = tuple(resource.values for resource in plan.after.resources if resource.source == "kubernetes")
    patches = [change for change in plan.changes if change.kind == "json_patch"]
    if not patches or plan.introduced:
        raise UnreadableInput(
            "the plan has no change that can be made to a manifest, or one that brings findings of its own"
        )
    done = await context.scan(write_mended, objects, path, writable=(path.parent,))
    by_hand = (
        Skipped(change.address, f"{change.kind}: {change.change}")
        for change in plan.changes
        if change.kind != "json_patch"
    )
    return ApplyAnswer(
        verdict="unknown" if plan.configuration.skipped else "fail" if plan.remaining else "pass",
        summary=f"{many(len(patches), 'change')} made in {path.name}; {many(plan.mended, 'finding')} gone, "
        f"{plan.remaining} left.",
        coverage=Coverage(
            examined={"resources": len(plan.after.resources), "objects": done.objects},
            skipped=(*plan.configuration.skipped, *by_hand),
        ),
        subject=Subject("configuration", plan.configuration.digest, arguments.target),
        written=done.digest,
        objects=done.objects,
        applied=len(patches),
        mended=plan.mended,
    )


TOOLS = (
    Tool(
        name="remediation_apply",
        title="Carry out a remediation plan",
        description=(
            "Write the Kubernetes manifests as a remediation plan would have them into a new file; the originals stay. Takes the "
            "digest of the plan that was reviewed, and the approval of another person. Commands and Terraform are not run."
        ),
        family="remediation",
        risk="change",
        arguments=ApplyArguments,
        answer=ApplyAnswer,
        run=remediation_apply,
        targets=("target",),
        outputs=("output",),
    ),
)
