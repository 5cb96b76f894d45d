"""What the gate uses: turns calls, decisions and outcomes into records."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from mcp_server.audit.clock import event_id, stamp
from mcp_server.audit.digests import KeyedDigest
from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.interface import Log, Receipt
from mcp_server.audit.records import JSON, Checked, Envelope, Rest, dumps, lifecycle
from mcp_server.audit.redaction import RULES, ArgumentView, Redact, shape
from mcp_server.audit.subjects import SubjectKey, SubjectKeys
from mcp_server.calls import Call, Decision, Origin, Outcome, Principal, Status
from mcp_server.secrets import KeyUnusable
from tools.registry import Tool

_TOKEN: Final = re.compile(r"[\w.:/@+-]{1,80}", re.ASCII)
_CACHED: Final = 4096
_RULES_LISTED: Final = 16
_SOURCES_LISTED: Final = 32


class Indexed(Protocol):
    """The receipt of an intent, as far as its outcome needs it."""

    @property
    def index(self) -> int: ...


class _Actor:
    """What every record of one principal shares: its place in the envelope, its key, its digest key."""

    __slots__ = ("digest", "envelope", "key", "subject")

    def __init__(self, principal: Principal | None, key: SubjectKey, digest: KeyedDigest) -> None:
        self.key = key
        self.digest = digest
        self.subject = principal.subject if principal else ""
        envelope: dict[str, JSON] = {"id": key.pseudonym}
        if principal is not None:
            envelope |= {"issuer": principal.issuer, "method": principal.method, "roles": list(principal.roles)}
            if principal.client:
                envelope["client"] = principal.client
            if principal.scopes:
                envelope["scopes"] = sorted(principal.scopes)
            if principal.jurisdiction:
                envelope["jurisdiction"] = principal.jurisdiction
        self.envelope = Checked(envelope)


class Recorder:
    """Writes the records of the gate. Every method raises AuditUnavailable when the record cannot be promised."""

    def __init__(
        self,
        log: Log,
        subjects: SubjectKeys,
        *,
        server: str = "",
        retention: str = "standard",
        redact: Redact = shape,
        rules: str = "",
    ) -> None:
        """`rules` is the digest of the scanners, which the record of a verdict names."""
        self._log = log
        self._subjects = subjects
        self._server = server
        self._retention = retention
        self._redact = redact
        self._rules = Checked({"rules": rules} if rules else {})
        self._actors: dict[Principal | None, _Actor] = {}
        self._erasures = log.erasures
        self._tools: dict[str, Checked] = {}
        self._policies: dict[int, tuple[Decision, Checked]] = {}
        self._views: dict[str, ArgumentView] = {}
        self._unknown = ArgumentView(None, redact)

    async def intent(self, call: Call, decision: Decision, *, tool: Tool | None) -> Receipt:
        """Durable record that a call which can change something is about to run."""
        actor = await self._actor(call.principal)
        return await self._log.append(
            _happened("call", "intent", call.id), rest=partial(self._asked, call, decision, tool, actor)
        )

    async def outcome(
        self,
        call: Call,
        decision: Decision,
        outcome: Outcome,
        *,
        tool: Tool | None,
        intent: Indexed | None,
        durable: bool,
    ) -> Receipt:
        """Record of what came of a call, written before its answer leaves."""
        actor = await self._actor(call.principal)
        event = _happened("call", "outcome", call.id)
        if intent is not None:
            event["parent"] = intent.index
        # As it is now: the place of this very record is put into it afterwards.
        result = dumps(outcome.result) if outcome.result is not None else None
        rest = partial(self._came, call, decision, outcome, result, tool, actor)
        return await self._log.append(event, durable=durable, rest=rest)

    async def refused(
        self,
        origin: Origin,
        *,
        status: Status,
        error_code: str,
        principal: Principal | None = None,
        unreported: int = 0,
    ) -> Receipt:
        """Record of a request that never became a call: no identity, too fast, malformed.

        `unreported` others were only counted since the last one that was recorded.
        """
        actor = await self._actor(principal)
        rest = partial(self._turned_away, origin, status, error_code, principal, unreported, actor)
        return await self._log.append(_happened("refusal", "outcome", event_id()), durable=False, rest=rest)

    async def lifecycle(self, kind: str, details: Mapping[str, JSON]) -> Receipt:
        """Durable record of an event in the server's own life: a policy pack swapped, a key revoked."""
        return await self._log.append(lifecycle(kind, details))

    def forget(self, tenant: str, subject: str) -> None:
        """Drop what is cached of a subject whose key was destroyed."""
        for principal in [who for who in self._actors if who and (who.tenant, who.subject) == (tenant, subject)]:
            del self._actors[principal]

    async def _actor(self, principal: Principal | None) -> _Actor:
        if self._erasures != self._log.erasures:
            self._actors.clear()
            self._erasures = self._log.erasures
        actor = self._actors.get(principal)
        if actor is None:
            tenant, subject = (principal.tenant, principal.subject) if principal else ("", "")
            erasures = self._erasures
            try:
                key = await asyncio.to_thread(self._subjects.obtain, tenant, subject)
            except KeyUnusable as error:
                raise AuditUnavailable("the record of this call cannot be sealed", detail=str(error)) from error
            actor = _Actor(principal, key, KeyedDigest(self._log.keys.tenant_key(tenant)))
            if len(self._actors) >= _CACHED:
                self._actors.clear()
            if erasures == self._log.erasures:  # else the key may have been destroyed while it was fetched
                self._actors[principal] = actor
        return actor

    # -- the rest of a record: made in the log's own thread, where many are made at once ---------------------------

    def _asked(self, call: Call, decision: Decision, tool: Tool | None, actor: _Actor) -> Rest:
        envelope, content = self._call(call, decision, tool, actor)
        return envelope, actor.key.seal(dumps(content))

    def _came(
        self,
        call: Call,
        decision: Decision,
        outcome: Outcome,
        result: bytes | None,
        tool: Tool | None,
        actor: _Actor,
    ) -> Rest:
        envelope, content = self._call(call, decision, tool, actor)
        came: dict[str, JSON] = {"status": outcome.status, "duration_us": max(0, round(outcome.duration * 1_000_000))}
        if outcome.error_code:
            came["error"] = outcome.error_code
        if outcome.verdict:
            came["verdict"] = outcome.verdict
        if result is not None:
            came["size"] = len(result)
            came["digest"] = actor.digest.hex(result)
            if isinstance(outcome.result, dict):
                if outcome.result.get("findings"):
                    envelope["findings"] = _findings(outcome.result["findings"])
                if outcome.verdict:
                    envelope["evidence"] = _evidence(outcome.result, self._rules)
        if outcome.inspected:
            came["personal_data"] = {way: dict(types) for way, types in outcome.inspected.items()}
        envelope["outcome"] = came
        if outcome.subject_digest:
            envelope["resources"] = [outcome.subject_digest]
        return envelope, actor.key.seal(dumps(content))

    def _turned_away(
        self,
        origin: Origin,
        status: Status,
        error_code: str,
        principal: Principal | None,
        unreported: int,
        actor: _Actor,
    ) -> Rest:
        content = _origin_content(origin)
        if principal is not None:
            content["subject"] = principal.subject
        outcome: dict[str, JSON] = {"status": status, "error": error_code}
        if unreported:
            outcome["unreported"] = unreported
        envelope: Envelope = {
            "tenant": principal.tenant if principal else "",
            "actor": actor.envelope,
            "retention": self._retention,
            "outcome": outcome,
        }
        self._place(envelope, origin)
        return envelope, actor.key.seal(dumps(content))

    def _call(
        self, call: Call, decision: Decision, tool: Tool | None, actor: _Actor
    ) -> tuple[Envelope, dict[str, JSON]]:
        arguments = dumps(call.arguments)
        content = _origin_content(call.origin)
        content["subject"] = actor.subject
        content["arguments"] = self._view(tool).of(call.arguments)
        if call.purpose:
            content["purpose"] = call.purpose
        envelope: Envelope = {
            "tenant": call.principal.tenant,
            "actor": actor.envelope,
            "arguments": {
                "digest": actor.digest.hex(arguments),
                "size": len(arguments),
                "rules": RULES,
            },
            "retention": self._retention,
        }
        self._place(envelope, call.origin, call.method)
        if tool is not None:
            envelope["tool"] = self._tool(tool)
        elif call.name:
            # A name that is not one of ours is the caller's own text.
            content["name"] = call.name[:512]
        envelope["policy"] = self._policy(decision)
        if decision.reasons:
            content["reasons"] = [reason.message for reason in decision.reasons]
        return envelope, content

    def _place(self, envelope: Envelope, origin: Origin, method: str = "") -> None:
        mcp: dict[str, JSON] = {"transport": origin.transport, "server": self._server}
        if method:
            mcp["method"] = method
        for name, value in (("version", origin.protocol_version), ("request", origin.request_id)):
            if value and _TOKEN.fullmatch(value):
                mcp[name] = value
        envelope["mcp"] = mcp
        if origin.trace_id and _TOKEN.fullmatch(origin.trace_id):
            trace: dict[str, JSON] = {"trace": origin.trace_id}
            if origin.span_id and _TOKEN.fullmatch(origin.span_id):
                trace["span"] = origin.span_id
            envelope["trace"] = trace

    def _tool(self, tool: Tool) -> Checked:
        known = self._tools.get(tool.name)
        if known is None or known["digest"] != tool.digest:
            known = Checked({"name": tool.name, "family": tool.family, "risk": tool.risk, "digest": tool.digest})
            self._tools[tool.name] = known
        return known

    def _policy(self, decision: Decision) -> Checked:
        """A decision that is answered from memory is the same object again, and so is what the record says of it."""
        known = self._policies.get(id(decision))
        if known is None or known[0] is not decision:
            if len(self._policies) >= _CACHED:
                self._policies.clear()
            part = Checked(
                {
                    "revision": decision.revision,
                    "allow": decision.allow,
                    "reasons": [reason.code for reason in decision.reasons],
                    "rules": [reason.rule for reason in decision.reasons if reason.rule],
                    "obligations": [obligation.kind for obligation in decision.obligations],
                }
            )
            known = self._policies[id(decision)] = (decision, part)
        return known[1]

    def _view(self, tool: Tool | None) -> ArgumentView:
        if tool is None:
            return self._unknown
        view = self._views.get(tool.name)
        if view is None:
            view = self._views[tool.name] = ArgumentView(tool, self._redact)
        return view


def _happened(kind: str, phase: str, id_: str) -> Envelope:
    """What a record states of the moment itself; the rest is made when it is written."""
    return {"kind": kind, "phase": phase, "id": id_, **stamp()}


def _findings(findings: Sequence[Mapping[str, JSON]]) -> dict[str, JSON]:
    """What a SOC needs of the findings without their evidence: how many of which severity, and the first rules."""
    counts: dict[str, int] = {}
    rules: dict[str, None] = {}
    for finding in findings:
        severity, rule = str(finding.get("severity", "")), str(finding.get("rule", ""))
        counts[severity] = counts.get(severity, 0) + 1
        if len(rules) < _RULES_LISTED and _TOKEN.fullmatch(rule):
            rules[rule] = None
    return {"count": len(findings), "severity": counts, "rules": list(rules)}


def _evidence(result: Mapping[str, JSON], rules: Checked) -> Mapping[str, JSON]:
    """By what a verdict was reached: the scanners and the advisory database by digest, and how old each source was."""
    database, coverage = result.get("database"), result.get("coverage")
    data = coverage.get("data") if isinstance(coverage, dict) else None
    if not database and not data:
        return rules
    evidence: dict[str, JSON] = {**rules}
    if isinstance(database, str) and _TOKEN.fullmatch(database):
        evidence["database"] = database
    if isinstance(data, Mapping):
        told = [(str(source), str(date)) for source, date in sorted(data.items())[:_SOURCES_LISTED]]
        named = {source: date for source, date in told if _TOKEN.fullmatch(source) and _TOKEN.fullmatch(date)}
        if named:
            evidence["data"] = named
        if len(data) > len(named):
            evidence["more"] = len(data) - len(named)
    return evidence


def _origin_content(origin: Origin) -> dict[str, JSON]:
    content: dict[str, JSON] = {}
    if origin.address:
        content["address"] = origin.address
    if origin.client_name:
        content["client"] = origin.client_name[:200]
    return content
