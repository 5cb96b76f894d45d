"""Residency enforced on calls: Rego is asked whether the data in the arguments may go there, and that in the result back.

What is asked about are facts: the caller's jurisdiction, that of every place which the call reaches, and the kinds of data
that inspection found. What they mean in law is the residency pack's to say (`policies/checks/call_transfer`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcp_server.calls import Call, Decision, Obligation, Reason
from mcp_server.inspect.personal_data import Found, PersonalData
from mcp_server.jurisdictions import Jurisdiction
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.question import Candidate, Target
from scanners.errors import YumenError
from scanners.sources.locations import Location
from tools.registry import Tool

CALL_TRANSFER = "data.yumen.checks.call_transfer.decision"
RULES = "data.yumen.checks."
"""What the rule of every reason given here begins with; no reason of the access policy does."""
SERVER = "server"
"""Name of the place where this server runs, for `places` in `config.residency.routes`."""

Direction = Literal["in", "out"]

_CARRYING = ("tools/call", "prompts/get")
_QUIETLY = Obligation("redact", {"direction": "text"})
"""What progress and errors say cannot be judged before they are said: over a border they carry nothing personal."""


class ResidencySettings(BaseModel):
    """`[residency]`: whether the data in a call may go where the call takes it, and that in its result to the caller."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enforce: Literal["off", "record", "deny"] = Field(
        default="off",
        description="deny: a call whose transfer is not allowed, or not known to be, is refused, and a result withheld; "
        "record: its record says so; off: nobody asks",
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

    async def recall(self, entrypoint: str, document: Mapping[str, Any], *, decision_id: str) -> Any: ...


class ResidencyPoint:
    """The access policy with residency behind it; put before the gate only where `enforce` is not off.

    Access may be answered from memory; the data in arguments and results is looked at every time, and only the answer to
    the very same facts on the same day is remembered.
    """

    def __init__(
        self,
        access: Access,
        settings: ResidencySettings,
        personal_data: PersonalData,
        jurisdiction_of: Callable[[Location], str],
    ) -> None:
        self._access = access
        self._settings = settings
        self._personal_data = personal_data
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
        """The decision on access, refused if the data in the arguments may not go there; with the reasons of both.

        A call that will not run anyway, for want of access or for its arguments, is not asked about.
        """
        decision = await self._access.decide(
            call, tool=tool, targets=targets, arguments=arguments, candidates=candidates
        )
        if not decision.allow or arguments is None or call.method not in _CARRYING or call.name not in decision.visible:
            return decision
        schema = tool.input_schema if tool else None
        found = await self._found(dict(arguments), schema)
        judged = await self._judged(decision, call, "in", targets, found)
        if self._settings.enforce == "deny" and self._crosses_a_border(call, targets):
            return replace(judged, obligations=(*judged.obligations, _QUIETLY))
        return judged

    async def released(
        self,
        call: Call,
        *,
        tool: Tool | None,
        targets: tuple[Target, ...],
        decision: Decision,
        result: Mapping[str, Any],
    ) -> Decision:
        """`decision`, refused if what the call found may not go back to the caller from every place that it reached."""
        if call.method not in _CARRYING:
            return decision
        schema = tool.output_schema if tool else None
        return await self._judged(decision, call, "out", targets, await self._found(result, schema))

    async def _found(self, value: Mapping[str, Any], schema: Mapping[str, Any] | None) -> Found:
        """What `value` holds; nothing known of it, if it could not be examined."""
        try:
            return await self._personal_data.found(value, schema, None)
        except (YumenError, TypeError):  # killed at its limits; no JSON
            return Found({}, False)

    async def _judged(
        self, decision: Decision, call: Call, direction: Direction, targets: Sequence[Target], found: Found
    ) -> Decision:
        try:
            said = await self._access.recall(
                CALL_TRANSFER,
                transfer_document(call, direction, self._places(targets), found),
                decision_id=f"{call.id}/residency/{direction}",
            )
            allowed, reasons = read_judgement(said, direction)
        except (PolicyUnavailable, PolicyUndefined) as error:
            allowed, reasons = False, (Reason(f"residency_{error.code}", error.message, CALL_TRANSFER),)
        return replace(
            decision, allow=allowed or self._settings.enforce == "record", reasons=(*decision.reasons, *reasons)
        )

    def _crosses_a_border(self, call: Call, targets: Sequence[Target]) -> bool:
        return any(place != call.principal.jurisdiction for place in self._places(targets).values())

    def _places(self, targets: Sequence[Target]) -> dict[str, str]:
        places = {SERVER: self._settings.jurisdiction}
        for target in targets:
            if isinstance(target.path, Location):
                name = f"{target.path.scheme}://{target.path.place}"
                places[name] = self._jurisdiction_of(target.path)
        return places


def transfer_document(call: Call, direction: Direction, places: Mapping[str, str], found: Found) -> dict[str, Any]:
    """What Rego is asked about one call: nothing that the call carries, only the kinds of data in it."""
    return {
        "direction": direction,
        "caller": {"tenant": call.principal.tenant, "jurisdiction": call.principal.jurisdiction},
        "call": {"method": call.method, "name": call.name},
        "places": [{"name": name, "jurisdiction": place} for name, place in places.items()],
        "entities": sorted(found.types),
        "examined": found.complete,
        "date": datetime.fromtimestamp(call.received, UTC).date().isoformat(),
    }


def read_judgement(said: object, direction: Direction = "in") -> tuple[bool, tuple[Reason, ...]]:
    """Whether the answer is a clear yes, and why it is what it is: `residency_…`, of results `residency_result_…`."""
    about = "residency" if direction == "in" else "residency_result"
    match said:
        case {"decision": "allow" | "deny" | "needs_step" | "unknown" as outcome, "reasons": [_, *_] as entries}:
            try:
                return outcome == "allow", tuple(_reason(f"{about}_{outcome}", entry) for entry in entries)
            except (TypeError, KeyError):
                pass
    return False, (Reason(f"{about}_malformed", "the answer on residency is no decision", CALL_TRANSFER),)


def _reason(code: str, entry: Mapping[str, Any]) -> Reason:
    message, reference, rule = entry["message"], entry["reference"], entry["rule"]
    if not all(isinstance(text, str) for text in (message, reference, rule)):
        raise TypeError
    return Reason(code, f"{message} ({reference})" if reference else message, RULES + rule)
