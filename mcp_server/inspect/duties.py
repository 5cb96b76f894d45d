"""The obligations of one decision, as something that can be carried out.

A decision may attach obligations to its yes. This server knows the kinds below; a kind it does not know refuses the
call, for a duty that nobody fulfils is a hole.

- `redact` removes personal data and secrets. `direction`: in (arguments), out (results and progress) or both;
  `entities`: a list of types, all if absent; `method`: mask, replace or hash.
- `deadline` stops the call after `seconds`, if the tool would not stop earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from mcp_server.calls import Decision, Obligation
from mcp_server.errors import ObligationUnmet
from mcp_server.surface import KnownCall, Surface
from mcp_server.tool_context import ProgressListener
from scanners.errors import YumenError

if TYPE_CHECKING:
    from scanners.personal_data.redact import Method


class Redactor(Protocol):
    """Removes personal data and secrets from a JSON value, keeping its shape."""

    def __call__(
        self,
        value: Any,
        *,
        tenant: str,
        schema: Mapping[str, Any] | None,
        entities: Sequence[str] | None,
        method: Method,
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class _Redaction:
    inbound: bool
    outbound: bool
    entities: tuple[str, ...] | None
    method: Method


@dataclass(frozen=True, slots=True)
class Duties:
    """What one decision asks for, ready to be done."""

    redactor: Redactor
    tenant: str
    redactions: tuple[_Redaction, ...] = ()
    deadline: float | None = None
    """Seconds, or None for the tool's own."""

    def inbound(self, known: KnownCall, surface: Surface) -> KnownCall:
        """The call with its arguments as the tool may see them; re-read, since redaction may change what they mean."""
        wanted = [redaction for redaction in self.redactions if redaction.inbound]
        if not wanted:
            return known
        schema = known.tool.input_schema if known.tool else None
        arguments = self._redacted(dict(known.call.arguments), schema, wanted)
        again = surface.understood(replace(known.call, arguments=arguments))
        if again.problem is not None:
            raise again.problem
        return again

    def outbound(self, known: KnownCall, result: dict[str, Any]) -> dict[str, Any]:
        """The result as the caller may see it. It still fits the tool's output schema."""
        wanted = [redaction for redaction in self.redactions if redaction.outbound]
        if not wanted:
            return result
        schema = known.tool.output_schema if known.tool else None
        return _still_provable(result, self._redacted(result, schema, wanted))

    def progress(self, listener: ProgressListener) -> ProgressListener:
        """A listener that hears progress messages only after redaction."""
        wanted = [redaction for redaction in self.redactions if redaction.outbound]
        if not wanted:
            return listener

        def scrubbed(done: float, total: float | None, message: str) -> None:
            listener(done, total, str(self._redacted(message, None, wanted)))

        return scrubbed

    def scrub(self, error: YumenError) -> None:
        """Take out of an error's words, for the caller, what would be taken out of a result."""
        wanted = [redaction for redaction in self.redactions if redaction.outbound]
        if wanted:
            error.message = str(self._redacted(error.message, None, wanted))
            error.remedy = str(self._redacted(error.remedy, None, wanted))
            error.args = (error.message,)

    def _redacted(self, value: Any, schema: Mapping[str, Any] | None, wanted: Sequence[_Redaction]) -> Any:
        for redaction in wanted:
            value = self.redactor(
                value, tenant=self.tenant, schema=schema, entities=redaction.entities, method=redaction.method
            )
        return value


class Inspector:
    """Turns the obligations of a decision into duties."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def duties(self, decision: Decision, tenant: str) -> Duties:
        """Raises ObligationUnmet for an obligation of an unknown kind or with parameters that make no sense."""
        if not decision.obligations:
            return Duties(self._redactor, tenant)
        deadlines = [_seconds(duty) for duty in decision.obligations if duty.kind == "deadline"]
        redactions = tuple(_redaction(duty) for duty in decision.obligations if duty.kind == "redact")
        if len(deadlines) + len(redactions) != len(decision.obligations):
            unknown = sorted({duty.kind for duty in decision.obligations} - {"deadline", "redact"})
            raise ObligationUnmet(
                "policy asks for something that this server cannot do",
                remedy="ask the operator to look at this call's record",
                detail=f"unknown obligation kinds: {unknown}",
            )
        return Duties(self._redactor, tenant, redactions, min(deadlines, default=None))


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


def _redaction(duty: Obligation) -> _Redaction:
    direction = duty.parameters.get("direction", "both")
    method = duty.parameters.get("method", "replace")
    entities = duty.parameters.get("entities")
    known_entities = entities is None or (
        isinstance(entities, list) and all(isinstance(name, str) for name in entities)
    )
    if direction not in ("in", "out", "both") or method not in ("mask", "replace", "hash") or not known_entities:
        raise ObligationUnmet("policy asks for an impossible redaction", detail=f"redact: {dict(duty.parameters)!r}")
    return _Redaction(
        inbound=direction in ("in", "both"),
        outbound=direction in ("out", "both"),
        entities=None if entities is None else tuple(entities),
        method=method,
    )
