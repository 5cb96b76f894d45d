"""The gate: the one way from a transport to a tool, a resource or a prompt.

Read `Gate.pass_through` from top to bottom; it is the specification. Whatever goes wrong on the way is recorded and
leaves as a YumenError, and a call whose record cannot be written does not happen.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Mapping
from types import TracebackType
from typing import Any, Protocol

import anyio

from mcp_server.approvals.errors import ApprovalRequired
from mcp_server.calls import Call, Decision, Outcome, Status
from mcp_server.deadlines import Deadlines
from mcp_server.errors import Denied, InternalError, NotFound, PersonalDataDenied, ResultWithheld, Stopping
from mcp_server.identity.errors import InsufficientScope
from mcp_server.inspect.duties import Duties, Inspector
from mcp_server.limits import Limits
from mcp_server.surface import Candidate, KnownCall, Surface, Target
from mcp_server.tool_context import ProgressListener, Workplace
from scanners.errors import YumenError
from tools.registry import Tool

_DEFAULT_DEADLINE = 10.0
"""Seconds for whatever is not a tool call."""
_ANSWERING_TIME = 1.0
"""Seconds that a tool gets, after its scan was stopped at the deadline, to say what it knows."""


class Receipt(Protocol):
    """Proof that a record was taken: its index in the log, and the checkpoint that covers it, if there is one yet."""

    @property
    def index(self) -> int: ...
    @property
    def checkpoint(self) -> str | None: ...


class Recorder(Protocol):
    """The audit log as the gate needs it. Every method raises a YumenError if the record cannot be kept."""

    def intent(self, call: Call, decision: Decision, *, tool: Tool | None) -> Awaitable[Receipt]: ...
    def outcome(
        self,
        call: Call,
        decision: Decision,
        outcome: Outcome,
        *,
        tool: Tool | None,
        intent: Receipt | None,
        durable: bool,
    ) -> Awaitable[Receipt]: ...


class AccessPolicy(Protocol):
    """Policy as the gate needs it: a decision on every call, and never an exception that lets one through."""

    def decide(
        self,
        call: Call,
        *,
        tool: Tool | None,
        targets: tuple[Target, ...],
        arguments: Mapping[str, Any] | None,
        candidates: tuple[Candidate, ...],
    ) -> Awaitable[Decision]: ...

    def released(
        self,
        call: Call,
        *,
        tool: Tool | None,
        targets: tuple[Target, ...],
        decision: Decision,
        result: Mapping[str, Any],
    ) -> Awaitable[Decision]: ...


class Approvals(Protocol):
    """Approval by people: the decision as it stands with it, refused while it is missing."""

    def considered(self, call: Call, tool: Tool | None, decision: Decision) -> Decision: ...


class Gate:
    """Everything that a call passes through, in order."""

    def __init__(
        self,
        *,
        limits: Limits,
        surface: Surface,
        policy: AccessPolicy,
        inspector: Inspector,
        approvals: Approvals,
        recorder: Recorder,
        workplace: Workplace,
        durable_reads: bool = True,
    ) -> None:
        self._limits = limits
        self._surface = surface
        self._policy = policy
        self._inspector = inspector
        self._approvals = approvals
        self._recorder = recorder
        self._workplace = workplace
        self._durable_reads = durable_reads
        self._deadlines = Deadlines()
        self._running = 0
        self._stopping = False

    def stop(self) -> None:
        """From now on every new call is refused; those inside may finish."""
        self._stopping = True

    @property
    def stopping(self) -> bool:
        return self._stopping

    @property
    def running(self) -> int:
        """Calls inside the gate at this moment: what a graceful stop waits for."""
        return self._running

    async def pass_through(self, call: Call, on_progress: ProgressListener) -> Outcome:
        """Decide, run and record one call.

        Raises NotFound, Denied, and every other YumenError that a part of the way raises.
        """
        async with (
            _Entry(self, call) as entry,
            self._limits.admit(call.principal, call.name or call.method, call.size),
        ):
            if self._stopping:
                raise Stopping("the server is stopping", remedy="try again in a moment, or on another replica")
            known = self._surface.understood(call)
            entry.known(known)
            decision = entry.decided(await self._decide(known))
            _require_permission(known, decision)
            duties = entry.bound(self._inspector.duties(decision, call.principal.tenant))
            known = await duties.inbound(known, self._surface)
            decision = entry.decided(self._approvals.considered(call, known.tool, decision))
            _require_approval(decision)
            await entry.intend()
            result = await duties.outbound(known, await self._run(known, decision, duties, on_progress))
            _require_release(decision, entry.decided(await self._released(known, decision, result)))
            return await entry.close(result)

    def _decide(self, known: KnownCall) -> Awaitable[Decision]:
        arguments = known.call.arguments if known.problem is None else None
        return self._policy.decide(
            known.call, tool=known.tool, targets=known.targets, arguments=arguments, candidates=known.candidates
        )

    def _released(self, known: KnownCall, decision: Decision, result: dict[str, Any]) -> Awaitable[Decision]:
        return self._policy.released(
            known.call, tool=known.tool, targets=known.targets, decision=decision, result=result
        )

    async def _run(
        self, known: KnownCall, decision: Decision, duties: Duties, on_progress: ProgressListener
    ) -> dict[str, Any]:
        deadline = known.tool.deadline if known.tool else _DEFAULT_DEADLINE
        seconds = min(deadline, duties.deadline or deadline)
        context = self._workplace.context(known.call, seconds=seconds, on_progress=duties.progress(on_progress))
        with self._deadlines.within(seconds + _ANSWERING_TIME), context:
            return await self._surface.perform(known, decision.visible, context)


def _require_permission(known: KnownCall, decision: Decision) -> None:
    """Let an allowed, well-formed call of an existing thing through.

    Precedence: what the caller may not know of is not found, whether or not it exists and whatever the arguments;
    then a refusal by policy with its reasons; only then what is wrong with the arguments.
    """
    name = known.call.name
    if not known.exists or (name and name not in decision.visible):
        raise NotFound(f"Unknown {known.call.method.partition('/')[0].removesuffix('s')}: {name}")
    if not decision.allow:
        if decision.reasons and all(reason.scopes for reason in decision.reasons):
            raise InsufficientScope({scope for reason in decision.reasons for scope in reason.scopes})
        reasons = "; ".join(reason.message for reason in decision.reasons) or "no rule allows it"
        raise Denied(f"policy refuses this call: {reasons}", remedy="ask for the permission, or change the arguments")
    if known.problem is not None:
        raise known.problem


def _require_approval(decision: Decision) -> None:
    if not decision.allow:
        raise ApprovalRequired(
            f"policy refuses this call: {decision.reasons[-1].message}",
            remedy="have it approved by others (approval_decide, yumen approval), then send the very same call again",
        )


def _require_release(before: Decision, decision: Decision) -> None:
    if not decision.allow:
        reasons = "; ".join(reason.message for reason in decision.reasons[len(before.reasons) :])
        raise ResultWithheld(
            f"policy withholds this result: {reasons or 'no rule lets it go'}",
            remedy="ask for less, or have the transfer permitted; what the tool has changed stands",
        )


class _Entry:
    """The record of one call while it is on its way: opened before anything, closed whatever happens."""

    def __init__(self, gate: Gate, call: Call) -> None:
        self._gate = gate
        self._call = call
        self._known: KnownCall | None = None
        self._decision = Decision()
        self._duties: Duties | None = None
        self._intent: Receipt | None = None
        self._started = time.perf_counter()

    async def __aenter__(self) -> _Entry:
        self._gate._running += 1
        return self

    def known(self, known: KnownCall) -> None:
        self._known = known

    def decided(self, decision: Decision) -> Decision:
        self._decision = decision
        return decision

    def bound(self, duties: Duties) -> Duties:
        self._duties = duties
        return duties

    async def intend(self) -> None:
        """Make what is about to happen durable, if it can change or reveal something."""
        if self._tool is not None and self._tool.risk != "read":
            self._intent = await self._gate._recorder.intent(self._call, self._decision, tool=self._tool)

    async def close(self, result: dict[str, Any]) -> Outcome:
        """Record the outcome, and only then hand out the result, with the place of its record in it."""
        outcome, receipt = await self._record("ok", result=result)
        if "record" in result:
            result["record"] = {"index": receipt.index, "checkpoint": receipt.checkpoint}
        return outcome

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                return
            with anyio.CancelScope(shield=True):
                await self._record(_status(error), error_code=error.code if isinstance(error, YumenError) else "")
        finally:
            # Only now: a server that stops closes the log once nobody is inside.
            self._gate._running -= 1
        if isinstance(error, YumenError) and self._duties is not None:
            self._duties.scrub(error)
        if isinstance(error, TimeoutError):
            raise InternalError("the call did not finish in time", remedy="ask for less at once") from error
        if isinstance(error, Exception) and not isinstance(error, YumenError):
            raise InternalError(f"internal error; quote call {self._call.id}", detail=repr(error)) from error

    @property
    def _tool(self) -> Tool | None:
        return self._known.tool if self._known else None

    async def _record(
        self, status: Status, *, result: dict[str, Any] | None = None, error_code: str = ""
    ) -> tuple[Outcome, Receipt]:
        is_answer = self._tool is not None and result is not None
        outcome = Outcome(
            status,
            result,
            error_code=error_code,
            verdict=str(result.get("verdict", "")) if is_answer and result else "",
            subject_digest=str((result.get("subject") or {}).get("digest", "")) if is_answer and result else "",
            duration=time.perf_counter() - self._started,
            inspected=self._duties.inspected if self._duties else {},
        )
        durable = self._gate._durable_reads or self._intent is not None
        receipt = await self._gate._recorder.outcome(
            self._call, self._decision, outcome, tool=self._tool, intent=self._intent, durable=durable
        )
        return outcome, receipt


def _status(error: BaseException) -> Status:
    match error:
        case NotFound() | Denied() | InsufficientScope() | PersonalDataDenied() | ResultWithheld():
            return "denied"
        case TimeoutError():
            return "timeout"
        case YumenError() if not isinstance(error, InternalError):
            return "tool_error"
        case Exception():
            return "protocol_error"
        case _:
            return "cancelled"
