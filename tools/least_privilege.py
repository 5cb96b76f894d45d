"""Who may do more than they need? The least-privilege pack as a tool, with the smallest grants that would do."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from scanners.configuration.grants import found_grants
from scanners.configuration.read import read_documents, the_object
from scanners.errors import UnreadableInput
from scanners.findings import Coverage
from tools.answers import Answer, Arguments
from tools.context import ToolContext
from tools.registry import Tool
from tools.reviewing import VERDICTS, missing_inputs, policy_finding, subject_of, worst_first
from tools.wording import many

PACK = "data.yumen.checks.least_privilege"


class LeastPrivilegeArguments(Arguments):
    """Grants and what was done with them, given here or in a file."""

    target: str | None = Field(
        default=None,
        description="Path of a JSON or YAML file with the fields below, used instead of them; or of an IAM or RAM policy, an "
        "AWS account listing (aws iam get-account-authorization-details), a Terraform plan or RBAC manifests, to which usage "
        "is given here",
    )
    grants: list[dict[str, JsonValue]] = Field(
        default_factory=list,
        description="Each {system: aws|alibaba|kubernetes|mcp, principal, and policy (the IAM or RAM document), rules (RBAC) "
        "with namespace, or tools with tenant and roles}; boundary caps what a policy grants",
    )
    objects: list[dict[str, JsonValue]] = Field(
        default_factory=list, description="Kubernetes Role, ClusterRole, RoleBinding and ClusterRoleBinding objects"
    )
    control_policies: list[dict[str, JsonValue]] = Field(
        default_factory=list,
        description="What caps everybody: {system: aws|alibaba, policy}, as service control policies do. A grant may have a "
        "`boundary` of its own",
    )
    usage: list[dict[str, JsonValue]] | None = Field(
        default=None,
        description="What was done: {system, principal, action, resource}. Actions as 's3:GetObject', 'oss:GetObject', "
        "'core/pods:get' or a tool's name",
    )
    usage_window_days: int | None = Field(default=None, ge=0, le=36500, description="Days that the usage covers")
    separation_of_duty: list[dict[str, JsonValue]] = Field(
        default_factory=list, description="Further duties: {id, system, left: […], right: […], title}"
    )


class Replay(BaseModel):
    """Proof that the proposal loses nothing: every recorded use, decided again."""

    model_config = ConfigDict(frozen=True)

    records: int = Field(description="How many uses were replayed")
    allowed_before: int = Field(description="How many the present grants allow")
    allowed_after: int = Field(description="How many the proposed grants allow")
    lost: tuple[int, ...] = Field(
        description="Numbers of the uses that only the present grants allow; empty is the proof"
    )
    holds: bool = Field(description="Whether no allowed use is lost")


class LeastPrivilegeAnswer(Answer):
    """What is too wide, and what would do."""

    decision: str = Field(default="unknown", description="allow, needs_step, deny or unknown")
    missing: tuple[str, ...] = Field(default=(), description="Paths of the input without which it cannot be decided")
    proposal: tuple[dict[str, JsonValue], ...] = Field(
        default=(), description="The smallest grants that cover every recorded use"
    )
    replay: Replay | None = Field(
        default=None, description="The proof for the proposal; null when no usage could be read"
    )


async def least_privilege_review(arguments: LeastPrivilegeArguments, context: ToolContext) -> LeastPrivilegeAnswer:
    """Review grants, propose smaller ones, and replay every use on them."""
    document = await _document(arguments, context)
    said = await context.evaluate(f"{PACK}.decision", document)
    proposal, replay = await _proposal(document, said, context)
    wide = sum(1 for finding in said["findings"] if finding["severity"] in ("critical", "high"))
    return LeastPrivilegeAnswer(
        verdict=VERDICTS.get(said["decision"], "unknown"),
        summary=_summary(said, wide, replay),
        findings=worst_first(policy_finding(entry, "en") for entry in said["findings"]),
        coverage=Coverage(examined=said["examined"], skipped=missing_inputs(said["missing"])),
        subject=subject_of(document, arguments.target or "grants"),
        decision=said["decision"],
        missing=tuple(said["missing"]),
        proposal=tuple(proposal),
        replay=replay,
    )


async def _document(arguments: LeastPrivilegeArguments, context: ToolContext) -> dict[str, Any]:
    if arguments.target is None:
        return arguments.model_dump(mode="json", exclude={"target"}, exclude_none=True)
    path = context.resolve(arguments.target)
    documents = await context.scan(read_documents, path)
    found = found_grants(documents, path.stem)
    if found is not None:
        given = arguments.model_dump(mode="json", exclude={"target"}, exclude_none=True)
        return {
            **given,
            "grants": [*given["grants"], *found.grants],
            "objects": [*given["objects"], *found.objects],
        }
    document = the_object(documents, path.name)
    known = set(LeastPrivilegeArguments.model_fields) - {"target"}
    if strange := sorted(set(document) - known):
        raise UnreadableInput(
            f"the file has a field that this review does not know: {strange[0]!r}",
            remedy=f"use {', '.join(sorted(known))}",
        )
    return document


async def _proposal(
    document: dict[str, Any], said: dict[str, Any], context: ToolContext
) -> tuple[list[dict[str, Any]], Replay | None]:
    if said["missing"] or not said["examined"]["usage"]:
        return [], None
    proposal: list[dict[str, Any]] = await context.evaluate(f"{PACK}.proposal.grants", document)
    before = await context.evaluate(f"{PACK}.proposal.replay", document)
    smaller = {"grants": proposal, "usage": document["usage"]}
    after = await context.evaluate(f"{PACK}.proposal.replay", smaller)
    lost = tuple(sorted(set(before["allowed"]) - set(after["allowed"])))
    replay = Replay(
        records=before["records"],
        allowed_before=len(before["allowed"]),
        allowed_after=len(after["allowed"]),
        lost=lost,
        holds=not lost,
    )
    return proposal, replay


def _summary(said: dict[str, Any], wide: int, replay: Replay | None) -> str:
    principals = said["examined"]["principals"]
    proof = f"; a smaller proposal keeps all {replay.allowed_before} allowed uses" if replay and replay.holds else ""
    match said["decision"]:
        case "allow":
            return f"The grants of {many(principals, 'principal')} are narrow and used."
        case "unknown":
            return f"The grants cannot be judged; missing: {', '.join(said['missing']) or 'any permission'}."
        case _:
            found = many(len(said["findings"]), "finding")
            return f"{found}, {wide} of them serious, on {many(principals, 'principal')}{proof}."


TOOLS = (
    Tool(
        name="least_privilege_review",
        title="Review access grants",
        description=(
            "Review grants of AWS IAM, Alibaba Cloud RAM, Kubernetes RBAC and MCP with their usage: wildcards, unused grants, "
            "paths to more privilege, conflicting duties. Proposes the smallest grants that still cover every recorded use, "
            "with a replay as proof."
        ),
        family="compliance",
        risk="read",
        arguments=LeastPrivilegeArguments,
        answer=LeastPrivilegeAnswer,
        run=least_privilege_review,
        targets=("target",),
    ),
)
