"""The decision point: puts the question of the gate to the engine and reads the answer. No answer means no."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Protocol

from mcp_server.calls import Call, Decision, Obligation, Reason
from mcp_server.policy.decision_log import DecisionLog
from mcp_server.policy.engine import PolicyEngine
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.memo import AnswerMemo, DecisionMemo
from mcp_server.policy.packs import Pack
from mcp_server.policy.question import Candidate, Question, Target
from scanners.findings import Report, Verdict
from tools.registry import Tool

ACCESS = "data.yumen.authz.decision"
VERDICT = "data.yumen.checks.verdict"


class Engines(Protocol):
    """Where the engine of the moment comes from: the policy store, which replaces it when the pack changes."""

    @property
    def engine(self) -> PolicyEngine: ...

    @property
    def tool_engine(self) -> PolicyEngine:
        """The one for whatever is no decision on access, so that it delays none."""
        ...

    @property
    def pack(self) -> Pack | None:
        """What the engine decides with, as far as this process knows it."""
        ...


class DecisionPoint:
    """What the gate and the tools ask. It never raises for a decision: what goes wrong is a refusal with its reason."""

    def __init__(self, engines: Engines, log: DecisionLog | None = None) -> None:
        self._engines = engines
        self._log = log
        self._memo: DecisionMemo | None = None
        self._answers: dict[str, AnswerMemo] = {}

    async def decide(
        self,
        call: Call,
        *,
        tool: Tool | None = None,
        targets: Sequence[Target] = (),
        arguments: Mapping[str, Any] | None = None,
        candidates: Sequence[Candidate] = (),
    ) -> Decision:
        """Whether `call` may happen, or which of `candidates` the caller may see.

        `arguments` is None when they did not fit the schema of the tool.
        """
        engine = self._engines.engine
        question = Question(call, tool, tuple(targets), arguments, tuple(candidates))
        started = time.perf_counter()
        decision = await self._decided(engine, question)
        if self._log is not None:
            try:
                await self._keep(engine, call.id, ACCESS, question.document(), spelled(decision), started)
            except PolicyUnavailable as error:
                return _refused(error.code, error.message, engine.revision)
        return decision

    async def _keep(
        self,
        engine: PolicyEngine,
        decision_id: str,
        entrypoint: str,
        document: Mapping[str, Any],
        result: object,
        started: float,
    ) -> None:
        """One decision for the decision log, if there is one. Raises PolicyUnavailable if it cannot be written."""
        if self._log is not None:
            await self._log.write(
                engine,
                decision_id=decision_id,
                entrypoint=entrypoint,
                document=document,
                result=result,
                seconds=time.perf_counter() - started,
            )

    async def _decided(self, engine: PolicyEngine, question: Question) -> Decision:
        memo = self._memo_of(engine)
        key = memo.key(question) if memo is not None else None
        if memo is not None and key is not None and (known := memo.get(key)) is not None:
            return known
        try:
            answer = await engine.evaluate(ACCESS, question.document())
        except (PolicyUnavailable, PolicyUndefined) as error:
            return _refused(error.code, error.message, engine.revision)
        decision = read_decision(answer, engine.revision)
        if memo is not None and key is not None:
            memo.put(key, decision)
        return decision

    def _memo_of(self, engine: PolicyEngine) -> DecisionMemo | None:
        """The memory of the pack in force: a new pack begins with an empty one."""
        if self._memo is None or self._memo.revision != engine.revision:
            pack = self._engines.pack
            self._memo = DecisionMemo(pack, ACCESS) if pack is not None and pack.revision == engine.revision else None
        return self._memo

    async def verdict(self, report: Report, tool_name: str) -> Verdict:
        """What the verdict policy says of `report`: unknown, too, when it says nothing that is a verdict.

        Raises PolicyUnavailable.
        """
        document = {"report": asdict(report), "tool": tool_name, "time": datetime.now(UTC).isoformat()}
        try:
            answer = await self._engines.tool_engine.evaluate(VERDICT, document)
        except PolicyUndefined:
            return "unknown"
        return answer if answer in ("pass", "fail") else "unknown"

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        """The value of any rule, for a tool. Raises PolicyUnavailable and PolicyUndefined."""
        return await self._engines.tool_engine.evaluate(entrypoint, document)

    async def released(
        self,
        call: Call,
        *,
        tool: Tool | None,
        targets: Sequence[Target],
        decision: Decision,
        result: Mapping[str, Any],
    ) -> Decision:
        """`decision`, as it stands when the result is known: access is not about results."""
        return decision

    async def recall(self, entrypoint: str, document: Mapping[str, Any], *, decision_id: str) -> Any:
        """The value of any rule, for the gate: from memory where the pack in force was asked the very same before.

        Raises PolicyUnavailable and PolicyUndefined.
        """
        engine = self._engines.engine
        started = time.perf_counter()
        answer = await self._recalled(engine, entrypoint, document)
        await self._keep(engine, decision_id, entrypoint, document, answer, started)
        return answer

    async def _recalled(self, engine: PolicyEngine, entrypoint: str, document: Mapping[str, Any]) -> Any:
        pack = self._engines.pack
        memo = self._answers.get(entrypoint)
        if pack is None or pack.revision != engine.revision:
            return await engine.evaluate(entrypoint, document)
        if memo is None or memo.revision != engine.revision:
            memo = self._answers[entrypoint] = AnswerMemo(pack, entrypoint)
        key = memo.key(document)
        if key is None:
            return await engine.evaluate(entrypoint, document)
        answer = memo.get(key)
        if answer is None:
            answer = await engine.evaluate(entrypoint, document)
            memo.put(key, answer)
        return answer


def spelled(decision: Decision) -> dict[str, Any]:
    """A decision as the policy spells it; the inverse of `read_decision`, names in order."""
    return {
        "allow": decision.allow,
        "visible": sorted(decision.visible),
        "reasons": [{"code": why.code, "message": why.message, "rule": why.rule} for why in decision.reasons],
        "obligations": [{"kind": duty.kind, "parameters": dict(duty.parameters)} for duty in decision.obligations],
    }


def read_decision(answer: object, revision: str) -> Decision:
    """The decision that `answer` spells out; a refusal, if it is not exactly in the shape of the contract."""
    match answer:
        case {
            "allow": bool(allow),
            "visible": list(visible),
            "reasons": list(reasons),
            "obligations": list(obligations),
        } if all(isinstance(name, str) for name in visible):
            try:
                return Decision(
                    allow=allow,
                    reasons=tuple(_reason(reason) for reason in reasons),
                    obligations=tuple(_obligation(duty) for duty in obligations),
                    visible=frozenset(visible),
                    revision=revision,
                )
            except (TypeError, KeyError):
                pass
    return _refused("policy_malformed", "the policy's answer is not a decision", revision)


def _refused(code: str, message: str, revision: str) -> Decision:
    return Decision(allow=False, reasons=(Reason(code, message, ACCESS),), revision=revision)


def _reason(value: Any) -> Reason:
    code, message, rule, scopes = value["code"], value["message"], value.get("rule", ""), value.get("scopes", [])
    if not all(isinstance(text, str) for text in (code, message, rule, *scopes)) or not isinstance(scopes, list):
        raise TypeError
    return Reason(code, message, rule, tuple(scopes))


def _obligation(value: Any) -> Obligation:
    kind, parameters = value["kind"], value.get("parameters", {})
    if not (isinstance(kind, str) and isinstance(parameters, dict)):
        raise TypeError
    return Obligation(kind, parameters)
