"""Who may do more than they need? The least-privilege pack as a tool, with the smallest grants that would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from scanners.configuration.grants import found_grants
from scanners.configuration.read import read_documents, the_object
from scanners.errors import UnreadableInput, YumenError
from scanners.findings import Coverage
from tools.answers import Answer, Arguments
from tools.context import Caller, ToolContext
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
    usage_window_days: int | None = Field(
        default=None,
        ge=0,
        le=36500,
        description="Days that the usage covers; with own_roles, days of the log to read (90)",
    )
    own_roles: bool = Field(
        default=False,
        description="Review Yumen's own roles instead: what each grants by the policy in force, against what callers of your "
        "tenant used it for, by the audit log. For auditors and admins",
    )
    separation_of_duty: list[dict[str, JsonValue]] = Field(
        default_factory=list, description="Further duties: {id, system, left: […], right: […], title}"
    )


@dataclass(frozen=True, slots=True)
class OwnAccess:
    """Yumen's own roles and what the log says of their use in one tenant."""

    granted: Mapping[str, tuple[str, ...]]
    """Role -> the tools that the policy in force grants it, of those that there are."""
    used: Mapping[str, tuple[str, ...]]
    """Role -> those of them that somebody with the role was allowed to call."""
    holders: Mapping[str, tuple[str, ...]]
    """Caller -> roles that it came with."""
    tools: int
    """How many tools there are."""
    roles: Mapping[str, Any]
    """config.authz.roles of the pack in force."""
    records: int
    """Allowed calls that were read."""
    days: int
    """Days that they cover."""


class OwnRecords(Protocol):
    """The audit log and the policy in force, as far as a review of Yumen's own roles needs them."""

    async def of_tenant(self, caller: Caller, days: int) -> OwnAccess:
        """What the log of the last `days` says. Raises UseNotShown to whoever may not see the records of the tenant."""
        ...


class UseNotShown(YumenError):
    """The caller may not see what others did."""

    code = "use_not_shown"


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
    pack: dict[str, JsonValue] | None = Field(
        default=None,
        description="With own_roles: config/authz/data.json of a team pack with the proposed roles. `yumen audit replay` "
        "decides every recorded call again under it",
    )


async def least_privilege_review(arguments: LeastPrivilegeArguments, context: ToolContext) -> LeastPrivilegeAnswer:
    """Review grants, propose smaller ones, and replay every use on them. Raises UnreadableInput and UseNotShown."""
    own = await _own(arguments, context)
    document = await grants_document(arguments, context) if own is None else _of_roles(own, context.caller.tenant)
    said = await context.evaluate(f"{PACK}.decision", document)
    proposal, replay = await _proposal(document, said, context)
    wide = sum(1 for finding in said["findings"] if finding["severity"] in ("critical", "high"))
    return LeastPrivilegeAnswer(
        verdict=VERDICTS.get(said["decision"], "unknown"),
        summary=_summary(said, wide, replay),
        findings=worst_first(policy_finding(entry, "en") for entry in said["findings"]),
        coverage=Coverage(examined=said["examined"], skipped=missing_inputs(said["missing"])),
        subject=subject_of(document, arguments.target or ("own roles" if own else "grants")),
        decision=said["decision"],
        missing=tuple(said["missing"]),
        proposal=tuple(proposal),
        replay=replay,
        pack=_pack(own) if own is not None and replay is not None and replay.holds else None,
    )


_OWN_DAYS = 90


async def _own(arguments: LeastPrivilegeArguments, context: ToolContext) -> OwnAccess | None:
    if not arguments.own_roles:
        return None
    if arguments.target is not None or arguments.grants or arguments.objects or arguments.usage is not None:
        raise UnreadableInput(
            "own_roles reads roles and log itself", remedy="leave out target, grants, objects and usage"
        )
    days = _OWN_DAYS if arguments.usage_window_days is None else arguments.usage_window_days
    return await context.service(OwnRecords).of_tenant(context.caller, days)  # type: ignore[type-abstract]


def _of_roles(own: OwnAccess, tenant: str) -> dict[str, Any]:
    """Roles as grants of tools; and callers as grants of roles, for duties that one must not join."""
    used = [(f"role {role}", tool) for role, tools in own.used.items() for tool in tools]
    return {
        "grants": [
            *(
                {
                    "system": "mcp",
                    "principal": f"role {role}",
                    "tenant": tenant,
                    "tools": ["*"] if len(tools) == own.tools else list(tools),
                }
                for role, tools in own.granted.items()
            ),
            *(
                {"system": "mcp", "principal": caller, "tenant": tenant, "roles": list(roles), "tools": []}
                for caller, roles in own.holders.items()
            ),
        ],
        "usage": [{"system": "mcp", "principal": who, "action": tool, "resource": tenant} for who, tool in used],
        "usage_window_days": own.days,
    }


def _pack(own: OwnAccess) -> dict[str, Any]:
    """The roles as they are, with no tool that nobody used by them; what is granted besides tools stays."""
    return {"roles": {role: {**own.roles[role], "grants": _narrowed(own, role)} for role in own.granted}}


def _narrowed(own: OwnAccess, role: str) -> list[dict[str, Any]]:
    grants = []
    for grant in own.roles[role]["grants"]:
        if grant["kind"] != "tool":
            grants.append(grant)
        elif own.used[role]:
            grants.append({**grant, "names": list(own.used[role])})
    return grants


async def grants_document(arguments: LeastPrivilegeArguments, context: ToolContext) -> dict[str, Any]:
    """What the pack is asked: the arguments, or what stands in the file that they name. Raises UnreadableInput."""
    ours = {"target", "own_roles"}
    if arguments.target is None:
        return arguments.model_dump(mode="json", exclude=ours, exclude_none=True)
    path = context.resolve(arguments.target)
    documents = await context.scan(read_documents, path)
    found = found_grants(documents, path.stem)
    if found is not None:
        given = arguments.model_dump(mode="json", exclude=ours, exclude_none=True)
        return {
            **given,
            "grants": [*given["grants"], *found.grants],
            "objects": [*given["objects"], *found.objects],
        }
    document = the_object(documents, path.name)
    known = set(LeastPrivilegeArguments.model_fields) - ours
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
            short = [reason["message"] for reason in said["reasons"] if reason["code"] == "window_short"]
            missing = ", ".join(said["missing"]) or "any permission"
            return f"{short[0]}{proof}." if short else f"The grants cannot be judged; missing: {missing}."
        case _:
            found = many(len(said["findings"]), "finding")
            return f"{found}, {wide} of them serious, on {many(principals, 'principal')}{proof}."


TOOLS = (
    Tool(
        name="least_privilege_review",
        title="Review access grants",
        description=(
            "Review grants of AWS IAM, Alibaba Cloud RAM, Kubernetes RBAC and MCP with their usage: wildcards, unused grants, "
            "paths to more privilege, conflicting duties; or Yumen's own roles against its audit log. Proposes the smallest "
            "grants that still cover every recorded use, with a replay as proof."
        ),
        family="compliance",
        risk="read",
        arguments=LeastPrivilegeArguments,
        answer=LeastPrivilegeAnswer,
        run=least_privilege_review,
        targets=("target",),
    ),
)
