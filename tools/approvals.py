"""Approval by people, as tools: what waits for a yes, and saying yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from tools.answers import Arguments
from tools.context import Caller, ToolContext
from tools.registry import Tool


class WaitingCall(BaseModel):
    """One call that waits for approval."""

    model_config = ConfigDict(frozen=True)

    request: str = Field(description="Id of the request, for approval_decide")
    tool: str = Field(description="What would be called")
    by: str = Field(description="Subject of the caller")
    tenant: str = Field(description="Tenant of the caller")
    purpose: str = Field(default="", description="What the caller says it is for")
    arguments: str = Field(description="The arguments as JSON; empty where they are too long, or the request is over")
    approvals: int = Field(description="How many have approved")
    needed: int = Field(description="How many must")
    roles: tuple[str, ...] = Field(default=(), description="Roles of which an approver must have one; any when empty")
    expires: str = Field(description="When it is too late, both to approve and to call")
    yours_to_decide: bool = Field(description="Whether you may decide on it and have not yet")


class ListArguments(Arguments):
    """Nothing to say."""


class WaitingCalls(BaseModel):
    """What waits."""

    model_config = ConfigDict(frozen=True)

    waiting: tuple[WaitingCall, ...] = Field(default=(), description="Calls of your tenant that wait, oldest first")


class DecideArguments(Arguments):
    """What to decide, and how."""

    request: str = Field(pattern=r"^apr-[0-9a-f]{16}$", description="Id of the request, from approval_list")
    approve: bool = Field(description="true: it may happen, once, exactly so; false: it may not, and that is final")


class DecidedCall(BaseModel):
    """What became of it."""

    model_config = ConfigDict(frozen=True)

    summary: str = Field(description="In a sentence")
    waiting: WaitingCall = Field(description="The request after your decision")


class Approvals(Protocol):
    """Where calls wait."""

    def waiting(self, caller: Caller) -> Sequence[WaitingCall]:
        """Calls of the caller's tenant that wait."""
        ...

    def decide(self, caller: Caller, request: str, *, approve: bool) -> WaitingCall:
        """Count the caller's decision. Raises YumenError: no such request, not theirs to decide, or over."""
        ...


async def approval_list(arguments: ListArguments, context: ToolContext) -> WaitingCalls:
    """Run approval_list."""
    return WaitingCalls(waiting=tuple(context.service(Approvals).waiting(context.caller)))  # type: ignore[type-abstract]


async def approval_decide(arguments: DecideArguments, context: ToolContext) -> DecidedCall:
    """Run approval_decide."""
    desk = context.service(Approvals)  # type: ignore[type-abstract]
    after = desk.decide(context.caller, arguments.request, approve=arguments.approve)
    if not arguments.approve:
        said = f"Denied: the call of {after.tool} by {after.by} will not happen."
    elif after.approvals >= after.needed:
        said = f"Approved: {after.by} may call {after.tool} once, with exactly these arguments, until {after.expires}."
    else:
        said = f"Counted: {after.approvals} of {after.needed} have approved the call of {after.tool} by {after.by}."
    return DecidedCall(summary=said, waiting=after)


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="approval_list",
        title="List calls that wait for approval",
        description="List the calls of your tenant that policy lets happen only once others approve: who asks, what, with "
        "which arguments and purpose, and how many have approved.",
        family="approvals",
        risk="read",
        arguments=ListArguments,
        answer=WaitingCalls,
        run=approval_list,
    ),
    Tool(
        name="approval_decide",
        title="Approve or deny a waiting call",
        description="Approve or deny a call that waits for approval. An approval is good for one call by the same caller with "
        "exactly the same arguments; nobody decides on a call of their own. Decide only what a person told you to.",
        family="approvals",
        risk="admin",
        arguments=DecideArguments,
        answer=DecidedCall,
        run=approval_decide,
        idempotent=False,
    ),
)
