"""The audit log as tools: search the caller's own records, prove that a record is in the log and the log unaltered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scanners.findings import Report
from tools.answers import Answer, Arguments
from tools.context import Caller, ToolContext
from tools.registry import Tool

RecordStatus = Literal["ok", "tool_error", "protocol_error", "timeout", "cancelled", "denied", "unknown"]


class AuditSearchArguments(Arguments):
    actor: str | None = Field(
        default=None,
        max_length=512,
        description="Subject of the caller whose records are wanted; null for everybody whose records you may see",
    )
    tool: str | None = Field(default=None, max_length=128, description="Name of the tool that was called")
    status: RecordStatus | None = Field(
        default=None, description="How the call ended; 'unknown' where a crash kept the outcome from being written"
    )
    verdict: Literal["pass", "fail", "unknown"] | None = Field(
        default=None, description="Verdict that the tool answered"
    )
    since: datetime | None = Field(default=None, description="Earliest time, RFC 3339, e.g. 2026-11-01T00:00:00Z")
    until: datetime | None = Field(default=None, description="Time before which the records must lie, RFC 3339")
    subject_digest: str | None = Field(
        default=None, max_length=200, description="Digest of what the call looked at, e.g. 'sha256:…'"
    )
    trace_id: str | None = Field(default=None, max_length=80, description="Trace id of the call chain")
    before: int | None = Field(default=None, ge=0, description="For the next page: the `next` of the page before")
    after: int | None = Field(
        default=None,
        ge=-1,
        description="To follow the log: only records after this index, oldest first, without your own searches. Begin with "
        "the index of a record, or -1; then give the `next` of the page before",
    )
    wait_seconds: float = Field(
        default=0, ge=0, le=20, description="With `after`: how long to wait for a record, when there is none yet"
    )
    limit: int = Field(default=50, ge=1, le=200, description="Records on a page")

    @model_validator(mode="after")
    def _one_direction(self) -> AuditSearchArguments:
        if self.after is not None and self.before is not None:
            raise ValueError("give either before or after")
        if self.wait_seconds and self.after is None:
            raise ValueError("wait_seconds needs after")
        return self


class AuditRecord(BaseModel):
    """One record of the log, as far as it may be shown: never an argument's text, only its shape."""

    model_config = ConfigDict(frozen=True)

    index: int = Field(description="Index in the log; give it to audit_verify")
    event_id: str = Field(description="Id of the call (UUIDv7); intent and outcome of one call share it")
    time: datetime = Field(description="When it was recorded")
    kind: str = Field(description="call, refusal or lifecycle")
    phase: str = Field(description="intent: about to run. outcome: what came of it. event: neither")
    actor: str | None = Field(description="Subject of the caller; null once erased")
    actor_id: str = Field(description="Pseudonym under which the log keeps the caller")
    method: str = Field(description="MCP method")
    tool: str | None = Field(description="Tool called, if it exists")
    status: str | None = Field(description="How the call ended")
    error: str | None = Field(description="Error code, if it failed")
    verdict: str | None = Field(description="Verdict answered")
    allowed: bool | None = Field(description="What policy decided; null where it was not asked")
    reasons: tuple[str, ...] = Field(description="Reason codes of the decision")
    subject_digest: str | None = Field(description="Digest of what was looked at")
    trace_id: str | None = Field(description="Trace id of the call chain")
    arguments: dict[str, Any] | None = Field(description="Shape of the arguments; null once erased")
    parent: int | None = Field(description="For an outcome: index of its intent")


class AuditSearchAnswer(BaseModel):
    """A page of records, newest first; when following, oldest first."""

    model_config = ConfigDict(frozen=True)

    records: tuple[AuditRecord, ...] = Field(description="Newest first; with `after`, oldest first")
    next: int | None = Field(
        description="Give it as `before` for the next page; null when there is none. With `after`: give it as `after`; "
        "never null"
    )


class AuditVerifyArguments(Arguments):
    index: int | None = Field(
        default=None, ge=0, description="Index of a record to prove, as answers carry it; null to verify the log only"
    )


class InclusionProof(BaseModel):
    """Proof that a record is a leaf under a signed checkpoint (RFC 6962 §2.1.1)."""

    model_config = ConfigDict(frozen=True)

    index: int = Field(description="Index of the record")
    leaf: str = Field(description="Leaf hash of the record, hex")
    path: tuple[str, ...] = Field(description="Sibling hashes from the leaf to the root, hex")
    checkpoint: str = Field(description="Signed note (C2SP tlog-checkpoint) of the tree that the proof leads to")
    key: str = Field(description="Public key of the log (C2SP verifier key) that the checkpoint is signed with")
    record: AuditRecord = Field(description="The record itself")


class AuditVerifyAnswer(Answer):
    """Whether the log is as it was written."""

    proof: InclusionProof | None = Field(default=None, description="For the record asked about")


class AuditTrail(Protocol):
    """The log as these tools need it."""

    async def search(self, caller: Caller, arguments: AuditSearchArguments) -> AuditSearchAnswer:
        """Records that the caller may see: their own, or with the role auditor or admin all of their tenant."""
        ...

    async def prove(self, caller: Caller, index: int) -> InclusionProof:
        """Raises a YumenError for a record that is not there or that the caller may not see, in the same words."""
        ...

    async def verify(self) -> Report:
        """Verify the whole log: every frame, digest and checkpoint."""
        ...


async def audit_search(arguments: AuditSearchArguments, context: ToolContext) -> AuditSearchAnswer:
    trail = context.service(AuditTrail)  # type: ignore[type-abstract]
    return await trail.search(context.caller, arguments)


async def audit_verify(arguments: AuditVerifyArguments, context: ToolContext) -> AuditVerifyAnswer:
    trail = context.service(AuditTrail)  # type: ignore[type-abstract]
    proof = await trail.prove(context.caller, arguments.index) if arguments.index is not None else None
    report = await trail.verify()
    verdict = await context.verdict(report)
    count = report.coverage.examined.get("records", 0)
    proven = f"; record {proof.index} is in it" if proof else ""
    problem = report.findings[0].title if report.findings else "it could not be examined in full"
    summary = (
        f"The audit log of {count} records is unaltered{proven}." if verdict == "pass" else f"Audit log: {problem}."
    )
    return AuditVerifyAnswer(
        verdict=verdict,
        summary=summary,
        findings=report.findings,
        coverage=report.coverage,
        subject=report.subject,
        proof=proof,
    )


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="audit_search",
        title="Search the audit log",
        description="Find records of calls made through Yumen, newest first: who called what, what policy decided and what "
        "came of it. You see your own records; auditors see all of their tenant. Arguments are shown by shape only.",
        family="audit",
        risk="read",
        arguments=AuditSearchArguments,
        answer=AuditSearchAnswer,
        run=audit_search,
        deadline=30.0,
    ),
    Tool(
        name="audit_verify",
        title="Verify the audit log",
        description="Verify that the audit log is complete and unaltered, and optionally prove that one record is in it. The "
        "proof can be checked without Yumen: it leads from the record's leaf hash to a signed checkpoint.",
        family="audit",
        risk="read",
        arguments=AuditVerifyArguments,
        answer=AuditVerifyAnswer,
        run=audit_verify,
        deadline=300.0,
    ),
)
