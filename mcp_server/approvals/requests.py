"""The nouns of approval: what is asked for, by whom, on which terms, and what became of it. Frozen data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from mcp_server.calls import Call, Obligation, Principal
from mcp_server.errors import ObligationUnmet

KIND = "approval"
"""Of the obligation that asks for it."""
State = Literal["open", "approved", "denied", "used", "expired"]
_LIFETIME = 3600.0
_LONGEST_LIFETIME = 7 * 86_400
_MOST_APPROVERS = 10


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks or approves, as their credential proves them."""

    tenant: str
    issuer: str
    subject: str
    roles: tuple[str, ...] = ()

    @classmethod
    def of(cls, principal: Principal) -> Person:
        return cls(principal.tenant, principal.issuer, principal.subject, principal.roles)

    def is_same(self, other: Person) -> bool:
        """Whether both are one identity; roles and tenant are what it has, not who it is."""
        return (self.issuer, self.subject) == (other.issuer, other.subject)


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms policy lets a call happen."""

    approvers: int = 1
    """How many different people must say yes; none of them the one who asks."""
    roles: tuple[str, ...] = ()
    """One of them each approver must have; none: whoever policy lets decide."""
    lifetime: float = _LIFETIME
    """Seconds within which a call must be approved and made."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person said."""

    by: Person
    approve: bool
    at: float


@dataclass(frozen=True, slots=True)
class Request:
    """One call that waits for approval, or did."""

    id: str
    binding: str
    """SHA-256 over all that an approval is good for."""
    by: Person
    method: str
    name: str
    arguments: str
    """JSON for whoever decides; emptied once the request is over, and if it is too long to read."""
    purpose: str
    terms: Terms
    created: float
    expires: float
    used: float | None
    votes: tuple[Vote, ...] = ()

    def state(self, now: float) -> State:
        """One refusal is final; enough approvals serve one call."""
        if self.used is not None:
            return "used"
        if any(not vote.approve for vote in self.votes):
            return "denied"
        if now >= self.expires:
            return "expired"
        return "approved" if self.approvals >= self.terms.approvers else "open"

    @property
    def approvals(self) -> int:
        """How many different people said yes, on the terms of this request."""
        return sum(vote.approve and self.may_decide(vote.by) for vote in self.votes)

    def may_decide(self, person: Person) -> bool:
        return not person.is_same(self.by) and (not self.terms.roles or bool({*person.roles} & {*self.terms.roles}))


def binding_of(call: Call, tool_digest: str, revision: str, terms: Terms) -> str:
    """What an approval is bound to: who calls, what, as described to clients, with which arguments, under which policy."""
    who = call.principal
    bound = [
        [who.tenant, who.issuer, who.subject], [call.method, call.name, tool_digest], dict(call.arguments), call.purpose,
        revision, [terms.approvers, list(terms.roles), terms.lifetime],
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(bound, option=orjson.OPT_SORT_KEYS)).hexdigest()


def terms_of(obligations: tuple[Obligation, ...]) -> Terms | None:
    """The strictest terms that the obligations ask for; None if they ask for no approval. Raises ObligationUnmet."""
    asked = [_terms(duty.parameters) for duty in obligations if duty.kind == KIND]
    if not asked:
        return None
    named = [set(terms.roles) for terms in asked if terms.roles]
    roles = set.intersection(*named) if named else set()
    if named and not roles:
        raise ObligationUnmet("policy asks for approvers of roles that exclude each other")
    return Terms(max(terms.approvers for terms in asked), tuple(sorted(roles)), min(terms.lifetime for terms in asked))


def _terms(parameters: Mapping[str, Any]) -> Terms:
    approvers, roles = parameters.get("approvers", 1), parameters.get("roles", [])
    lifetime = parameters.get("lifetime", _LIFETIME)
    if (
        not set(parameters) <= {"approvers", "roles", "lifetime"}
        or type(approvers) is not int
        or not 1 <= approvers <= _MOST_APPROVERS
        or not (isinstance(roles, list) and all(isinstance(role, str) and role for role in roles))
        or type(lifetime) not in (int, float)
        or not 1 <= lifetime <= _LONGEST_LIFETIME
    ):
        raise ObligationUnmet("policy asks for an impossible approval", detail=f"approval: {dict(parameters)!r}")
    return Terms(approvers, tuple(roles), float(lifetime))
