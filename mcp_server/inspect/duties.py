"""The obligations of one decision, as something that can be carried out.

A decision may attach obligations to its yes. This server knows the kinds below; a kind it does not know refuses the
call, for a duty that nobody fulfils is a hole.

- `detect` counts personal data and secrets in the record, by type, and changes nothing.
- `redact` removes them; `method`: mask, replace or hash.
- `deny` refuses a call whose arguments hold them, and withholds a result that does.
- `deadline` stops the call after `seconds`, if the tool would not stop earlier.
- `approval` has the call wait for others' yes, see `mcp_server/approvals`.

The first three take `direction`: in (arguments), out (results, and the text of progress and errors), both, or text (of
progress and errors alone); and `entities`: a list of types, all if absent. What could not be examined in time counts as
holding everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from mcp_server.calls import Decision, Obligation
from mcp_server.errors import ObligationUnmet, PersonalDataDenied
from mcp_server.inspect.personal_data import Found, PersonalData
from mcp_server.surface import KnownCall, Surface
from mcp_server.tool_context import ProgressListener
from scanners.errors import YumenError

if TYPE_CHECKING:
    from scanners.personal_data.redact import Method

Direction = Literal["in", "out"]
Inspected = dict[Direction, dict[str, int]]
"""How many entities of which type were found, by direction."""

UNEXAMINED = "UNEXAMINED"
"""Stands among the types for text that was not read in time."""

_DIRECTIONS: Final[Mapping[str, frozenset[Direction | Literal["text"]]]] = {
    "in": frozenset({"in"}),
    "out": frozenset({"out", "text"}),
    "both": frozenset({"in", "out", "text"}),
    "text": frozenset({"text"}),
}
_ACTIONS = ("detect", "redact", "deny")
_ELSEWHERE = ("approval",)
"""Kinds that are carried out by another part of the gate."""


@dataclass(frozen=True, slots=True)
class _Inspection:
    action: Literal["detect", "redact", "deny"]
    directions: frozenset[Direction | Literal["text"]]
    entities: tuple[str, ...] | None
    method: Method = "replace"


@dataclass(slots=True)
class Duties:
    """What one decision asks for, ready to be done, and what was found in doing it."""

    engine: PersonalData
    tenant: str
    inspections: tuple[_Inspection, ...] = ()
    deadline: float | None = None
    """Seconds, or None for the tool's own."""
    inspected: Inspected = field(default_factory=dict)

    async def inbound(self, known: KnownCall, surface: Surface) -> KnownCall:
        """The call with its arguments as the tool may see them; re-read, since redaction may change what they mean.

        Raises PersonalDataDenied.
        """
        if not self.inspections:
            return known
        if self._hiding():  # progress and errors are scrubbed at once, when nobody can wait
            await self.engine.ready()
        schema = known.tool.input_schema if known.tool else None
        arguments = await self._carried_out("in", dict(known.call.arguments), schema)
        if arguments == known.call.arguments:
            return known
        again = surface.understood(replace(known.call, arguments=arguments))
        if again.problem is not None:
            raise again.problem
        return again

    async def outbound(self, known: KnownCall, result: dict[str, Any]) -> dict[str, Any]:
        """The result as the caller may see it. It still fits the tool's output schema. Raises PersonalDataDenied."""
        if not self.inspections:
            return result
        schema = known.tool.output_schema if known.tool else None
        shown = await self._carried_out("out", result, schema)
        return result if shown is result else _still_provable(result, shown)

    def progress(self, listener: ProgressListener) -> ProgressListener:
        """A listener that hears progress messages only after redaction."""
        if not self._hiding():
            return listener

        def scrubbed(done: float, total: float | None, message: str) -> None:
            listener(done, total, self._scrubbed(message))

        return scrubbed

    def scrub(self, error: YumenError) -> None:
        """Take out of an error's words, for the caller, what would be taken out of a result."""
        if self._hiding():
            error.message = self._scrubbed(error.message)
            error.remedy = self._scrubbed(error.remedy)
            error.args = (error.message,)

    async def _carried_out(self, direction: Direction, value: Any, schema: Mapping[str, Any] | None) -> Any:
        for one in self._due(direction, "detect", "deny"):
            found = await self.engine.found(value, schema, one.entities)
            self._note(direction, found)
            if one.action == "deny" and (found.types or not found.complete):
                raise PersonalDataDenied.holding(direction, found.types)
        shown = value
        for one in self._due(direction, "redact"):
            shown, found = await self.engine.redacted(shown, schema, one.entities, one.method, self.tenant)
            self._note(direction, found)
        return shown

    def _due(self, direction: Direction | Literal["text"], *actions: str) -> list[_Inspection]:
        return [one for one in self.inspections if direction in one.directions and one.action in actions]

    def _note(self, direction: Direction, found: Found) -> None:
        """The same entity may be looked for twice: the higher count holds."""
        seen = self.inspected.setdefault(direction, {})
        for kind, count in found.types.items():
            seen[kind] = max(seen.get(kind, 0), count)
        if not found.complete:
            seen[UNEXAMINED] = 1

    def _hiding(self) -> list[_Inspection]:
        """What must not leave in free text: there is no result to withhold, so what is denied is taken out."""
        return self._due("text", "redact", "deny")

    def _scrubbed(self, text: str) -> str:
        for one in self._hiding():
            text = self.engine.scrubbed(text, one.entities, one.method, self.tenant)
        return text


class Inspector:
    """Turns the obligations of a decision into duties."""

    def __init__(self, engine: PersonalData) -> None:
        self._engine = engine
        self._none = Duties(engine, "")

    def duties(self, decision: Decision, tenant: str) -> Duties:
        """Raises ObligationUnmet for an obligation of an unknown kind or with parameters that make no sense."""
        if not decision.obligations:
            return self._none
        deadlines = [_seconds(duty) for duty in decision.obligations if duty.kind == "deadline"]
        inspections = tuple(_inspection(duty) for duty in decision.obligations if duty.kind in _ACTIONS)
        unknown = sorted({duty.kind for duty in decision.obligations} - {"deadline", *_ELSEWHERE, *_ACTIONS})
        if unknown:
            raise ObligationUnmet(
                "policy asks for something that this server cannot do",
                remedy="ask the operator to look at this call's record",
                detail=f"unknown obligation kinds: {unknown}",
            )
        return Duties(self._engine, tenant, inspections, min(deadlines, default=None))


def _still_provable(original: dict[str, Any], redacted: dict[str, Any]) -> dict[str, Any]:
    """The redacted answer with the digest, verdict and record that it had: long hex looks like many things."""
    kept: dict[str, Any] = {key: original[key] for key in ("verdict", "record") if key in original}
    subject, shown = original.get("subject"), redacted.get("subject")
    if isinstance(subject, dict) and isinstance(shown, dict):
        kept["subject"] = {**shown, **{key: subject[key] for key in ("kind", "digest") if key in subject}}
    return redacted | kept


def _seconds(duty: Obligation) -> float:
    seconds = duty.parameters.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 86_400:
        raise ObligationUnmet("policy asks for an impossible deadline", detail=f"deadline: {seconds!r}")
    return float(seconds)


def _inspection(duty: Obligation) -> _Inspection:
    direction = duty.parameters.get("direction", "both")
    method = duty.parameters.get("method", "replace")
    entities = duty.parameters.get("entities")
    known_entities = entities is None or (
        isinstance(entities, list) and all(isinstance(name, str) for name in entities)
    )
    directions = _DIRECTIONS.get(direction) if isinstance(direction, str) else None
    if directions is None or method not in ("mask", "replace", "hash") or not known_entities:
        raise ObligationUnmet(
            "policy asks for an impossible inspection", detail=f"{duty.kind}: {dict(duty.parameters)!r}"
        )
    return _Inspection(
        action=duty.kind,  # type: ignore[arg-type]
        directions=directions,
        entities=None if entities is None else tuple(entities),
        method=method,
    )
