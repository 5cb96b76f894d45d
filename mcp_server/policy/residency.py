"""Residency enforced on calls: after access is granted, Rego is asked whether the data in the arguments may go there.

What is asked about are facts: the caller's jurisdiction, that of every place which the call reaches, and the kinds of data
that inspection found. What they mean in law is the residency pack's to say (`policies/checks/call_transfer`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcp_server.calls import Call, Decision, Reason
from mcp_server.jurisdictions import Jurisdiction
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.question import Candidate, Target
from scanners.sources.locations import Location
from tools.registry import Tool

if TYPE_CHECKING:
    from scanners.personal_data.entities import Detection

CALL_TRANSFER = "data.yumen.checks.call_transfer.decision"
RULES = "data.yumen.checks."
"""What the rule of every reason given here begins with; no reason of the access policy does."""
SERVER = "server"
"""Name of the place where this server runs, for `places` in `config.residency.routes`."""

_CARRYING = ("tools/call", "prompts/get")


class ResidencySettings(BaseModel):
    """`[residency]`: whether the data in a call's arguments may go where the call takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enforce: Literal["off", "record", "deny"] = Field(
        default="off",
        description="deny: a call whose transfer is not allowed, or not known to be, is refused; record: its record says so; "
        "off: nobody asks",
    )
    jurisdiction: Jurisdiction = Field(
        default="", description="Where this server runs: an ISO 3166-1 alpha-2 code, or EEA; needed unless off"
    )

    @model_validator(mode="after")
    def _placed(self) -> ResidencySettings:
        if self.enforce != "off" and not self.jurisdiction:
            raise ValueError("enforce needs the jurisdiction in which this server runs")
        return self


class Access(Protocol):
    """The access policy, and the engine behind it."""

    async def decide(
        self,
        call: Call,
        *,
        tool: Tool | None,
        targets: Sequence[Target],
        arguments: Mapping[str, Any] | None,
        candidates: Sequence[Candidate],
    ) -> Decision: ...

    async def recall(self, entrypoint: str, document: Mapping[str, Any]) -> Any: ...


class ResidencyPoint:
    """The access policy with residency behind it; put before the gate only where `enforce` is not off.

    Access may be answered from memory; the data in the arguments is looked at every time, and only the answer to the very
    same facts on the same day is remembered.
    """

    def __init__(self, access: Access, settings: ResidencySettings, jurisdiction_of: Callable[[Location], str]) -> None:
        self._access = access
        self._settings = settings
        self._jurisdiction_of = jurisdiction_of

    async def decide(
        self,
        call: Call,
        *,
        tool: Tool | None,
        targets: tuple[Target, ...],
        arguments: Mapping[str, Any] | None,
        candidates: tuple[Candidate, ...],
    ) -> Decision:
        """The decision on access, refused if the data may not go there; with the reasons of both.

        A call that will not run anyway, for want of access or for its arguments, is not asked about.
        """
        decision = await self._access.decide(
            call, tool=tool, targets=targets, arguments=arguments, candidates=candidates
        )
        if not decision.allow or arguments is None or call.method not in _CARRYING or call.name not in decision.visible:
            return decision
        allowed, reasons = await self._judged(call, targets)
        return replace(
            decision,
            allow=allowed or self._settings.enforce == "record",
            reasons=(*decision.reasons, *reasons),
        )

    async def _judged(self, call: Call, targets: Sequence[Target]) -> tuple[bool, tuple[Reason, ...]]:
        try:
            document = transfer_document(call, self._destinations(targets), await asyncio.to_thread(_found, call))
            said = await self._access.recall(CALL_TRANSFER, document)
        except (PolicyUnavailable, PolicyUndefined) as error:
            return False, (Reason(f"residency_{error.code}", error.message, CALL_TRANSFER),)
        return read_judgement(said)

    def _destinations(self, targets: Sequence[Target]) -> dict[str, str]:
        places = {SERVER: self._settings.jurisdiction}
        for target in targets:
            if isinstance(target.path, Location):
                name = f"{target.path.scheme}://{target.path.place}"
                places[name] = self._jurisdiction_of(target.path)
        return places


def transfer_document(call: Call, destinations: Mapping[str, str], found: Detection) -> dict[str, Any]:
    """What Rego is asked about one call: no argument itself, only the kinds of data in them."""
    return {
        "caller": {"tenant": call.principal.tenant, "jurisdiction": call.principal.jurisdiction},
        "call": {"method": call.method, "name": call.name},
        "destinations": [{"name": name, "jurisdiction": place} for name, place in destinations.items()],
        "entities": sorted({entity.type for entity in found.entities}),
        "examined": not found.skipped,
        "date": datetime.fromtimestamp(call.received, UTC).date().isoformat(),
    }


def read_judgement(said: object) -> tuple[bool, tuple[Reason, ...]]:
    """Whether the answer is a clear yes, and why it is what it is."""
    match said:
        case {"decision": "allow" | "deny" | "needs_step" | "unknown" as outcome, "reasons": [_, *_] as entries}:
            try:
                return outcome == "allow", tuple(_reason(outcome, entry) for entry in entries)
            except (TypeError, KeyError):
                pass
    return False, (Reason("residency_malformed", "the answer on residency is no decision", CALL_TRANSFER),)


def _reason(outcome: str, entry: Mapping[str, Any]) -> Reason:
    message, reference, rule = entry["message"], entry["reference"], entry["rule"]
    if not all(isinstance(text, str) for text in (message, reference, rule)):
        raise TypeError
    return Reason(f"residency_{outcome}", f"{message} ({reference})" if reference else message, RULES + rule)


def _found(call: Call) -> Detection:
    from scanners.personal_data.inline import detect_json  # loads the pattern engine: only where residency is enforced

    return detect_json(dict(call.arguments))
