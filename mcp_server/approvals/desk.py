"""Where calls wait for approval and approvers decide: what the gate, the tools and the record see of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import orjson

from mcp_server.approvals.requests import KIND, Person, Request, binding_of, terms_of
from mcp_server.approvals.store import ApprovalStore, new_id
from mcp_server.audit.records import JSON
from mcp_server.calls import Call, Decision, Reason
from scanners.errors import YumenError
from tools.approvals import WaitingCall
from tools.context import Caller
from tools.registry import Tool

logger = logging.getLogger("yumen")
RULE = "approvals"
"""Stands as the rule in reasons that are given here."""
_EVERY = 1.0


class Records(Protocol):
    """Where the records go."""

    async def lifecycle(self, kind: str, details: Mapping[str, JSON]) -> object: ...


class ApprovalDesk:
    """Implements `tools.approvals.Approvals`, and what the gate needs."""

    def __init__(self, store: ApprovalStore) -> None:
        self._store = store

    def considered(self, call: Call, tool: Tool | None, decision: Decision) -> Decision:
        """`decision` as it stands with approval: refused until enough people said yes, and then good for this one call.

        Raises ObligationUnmet, ApprovalRefused and ApprovalsUnavailable.
        """
        if not decision.obligations or not any(duty.kind == KIND for duty in decision.obligations):
            return decision
        terms = terms_of(decision.obligations)
        assert terms is not None  # noqa: S101 - there is such an obligation
        request = self._store.claim(
            Request(
                id=new_id(),
                binding=binding_of(call, tool.digest if tool else "", decision.revision, terms),
                by=Person.of(call.principal),
                method=call.method,
                name=call.name,
                arguments=orjson.dumps(dict(call.arguments)).decode(),
                purpose=call.purpose,
                terms=terms,
                created=0.0,
                expires=0.0,
                used=None,
            )
        )
        if request.used is not None:
            who = ", ".join(vote.by.subject for vote in request.votes)
            reason = Reason("approved", f"request {request.id} was approved by {who}", RULE)
            return replace(decision, reasons=(*decision.reasons, reason))
        if any(not vote.approve for vote in request.votes):
            reason = Reason("approval_denied", f"request {request.id} was denied", RULE)
        else:
            have, need = request.approvals, terms.approvers
            by = f" by {' or '.join(terms.roles)}" if terms.roles else ""
            words = (
                f"this call needs approval{by}: request {request.id}, {have} of {need}, until {_when(request.expires)}"
            )
            reason = Reason("approval_required", words, RULE)
        return replace(decision, allow=False, reasons=(*decision.reasons, reason))

    def waiting(self, caller: Caller) -> Sequence[WaitingCall]:
        """See `Approvals.waiting`."""
        person = _person(caller)
        return [shown(request, person) for request in self._store.waiting(caller.tenant)]

    def decide(self, caller: Caller, request: str, *, approve: bool) -> WaitingCall:
        """See `Approvals.decide`."""
        person = _person(caller)
        return shown(self._store.vote(request, person, approve=approve, recorded=True), person)

    @asynccontextmanager
    async def recording(self, records: Records) -> AsyncIterator[None]:
        """While inside, decisions of the command line are in the log within a second; those from before, on entry."""
        await self._record(records)
        task = asyncio.create_task(self._watch(records))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            with suppress(YumenError):
                await self._record(records)

    async def _watch(self, records: Records) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self._record(records)
            except YumenError as error:  # tried again at the next look
                logger.error("%s", error.diagnostics())

    async def _record(self, records: Records) -> None:
        for found in self._store.unrecorded():
            vote = found.vote
            details: dict[str, JSON] = {
                "request": found.request.id,
                "tenant": found.request.by.tenant,
                "name": found.request.name,
                "by": vote.by.issuer,
                "roles": list(vote.by.roles),
                "at_us": round(vote.at * 1_000_000),
            }
            await records.lifecycle("approval.approved" if vote.approve else "approval.denied", details)
            self._store.recorded(found.number)


def shown(request: Request, person: Person) -> WaitingCall:
    """A request as an approver sees it."""
    return WaitingCall(
        request=request.id,
        tool=request.name,
        by=request.by.subject,
        tenant=request.by.tenant,
        purpose=request.purpose,
        arguments=request.arguments,
        approvals=request.approvals,
        needed=request.terms.approvers,
        roles=request.terms.roles,
        expires=_when(request.expires),
        yours_to_decide=request.may_decide(person) and not any(person.is_same(vote.by) for vote in request.votes),
    )


def _person(caller: Caller) -> Person:
    return Person(caller.tenant, caller.issuer, caller.subject, tuple(caller.roles))


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
