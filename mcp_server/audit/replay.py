"""Policy time machine: recorded calls decided again under another pack, and which decisions would flip.

A record holds who called, with which roles, which tool, on which targets: what access policy decides by. Of the other
arguments it holds the shape only, so a rule that reads their text sees shapes; such flips are marked approximate.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp_server.approvals.desk import RULE as APPROVALS
from mcp_server.audit.reading import records
from mcp_server.audit.segments import StoredRecord
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.audit.views import content_of
from mcp_server.calls import Call, Origin, Principal
from mcp_server.policy.decision import ACCESS, read_decision
from mcp_server.policy.engine import PolicyEngine
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.question import Question
from mcp_server.policy.residency import RULES
from scanners.errors import YumenError
from scanners.files import locate
from tools.registry import Tool, ToolRegistry


@dataclass(frozen=True, slots=True)
class RecordedTarget:
    """A path that a recorded call named."""

    argument: str
    path: Path


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded decision and what it would be now."""

    index: int
    tool: str
    actor: str
    was: bool
    now: bool | None
    """None when the pack gave no decision."""
    reasons: tuple[str, ...]
    approximate: bool
    """The record does not hold everything that the decision was made on."""

    @property
    def flips(self) -> bool:
        return self.now is not None and self.now != self.was


async def replay(
    directory: Path,
    engine: PolicyEngine,
    tools: ToolRegistry,
    subjects: SubjectKeys | None,
    roots: Sequence[Path] = (),
    *,
    since: int = 0,
) -> AsyncIterator[Replayed]:
    """Every recorded call of a known tool from record `since` on, decided again. Raises LogDamaged."""
    for record in records(directory, since):
        asked = asked_in(record, tools, subjects, roots)
        if asked is None:
            continue
        fields, content, question = asked
        view = question.arguments or {}
        try:
            decision = read_decision(await engine.evaluate(ACCESS, question.document()), "")
            now, reasons = decision.allow, tuple(reason.code for reason in decision.reasons)
        except (PolicyUnavailable, PolicyUndefined) as error:
            now, reasons = None, (error.code,)
        actor = (content or {}).get("subject") or fields["actor"]["id"]
        hidden = content is None or any(isinstance(value, dict | list) for value in view.values())
        yield Replayed(record.index, question.call.name, actor, had_access(fields["policy"]), now, reasons, hidden)


def asked_in(
    record: StoredRecord, tools: ToolRegistry, subjects: SubjectKeys | None, roots: Sequence[Path]
) -> tuple[Mapping[str, Any], Mapping[str, Any] | None, Question] | None:
    """Envelope, content and question of a recorded call of a known tool; None for every other record."""
    fields = record.fields()
    name = fields.get("tool", {}).get("name")
    tool = tools.get(name) if name else None
    # The intent of a call carries the same decision as its outcome, which names it as parent.
    if fields.get("kind") != "call" or fields.get("policy") is None or tool is None or "parent" in fields:
        return None
    content = content_of(fields, record, subjects)
    view = (content or {}).get("arguments") or {}
    return fields, content, Question(_call(fields, content, view), tool, tuple(_targets(tool, view, roots)), view)


def had_access(decided: Mapping[str, Any]) -> bool:
    """What the access policy said, whatever residency or approvers, asked only after a yes, said then."""
    return bool(decided["allow"]) or any(
        rule == APPROVALS or rule.startswith(RULES) for rule in decided.get("rules", ())
    )


def _call(fields: Mapping[str, Any], content: Mapping[str, Any] | None, view: Mapping[str, Any]) -> Call:
    actor, mcp = fields["actor"], fields["mcp"]
    known = content or {}
    return Call(
        id=fields["id"],
        method="tools/call",
        name=fields["tool"]["name"],
        arguments=view,
        principal=Principal(
            subject=known.get("subject") or actor["id"],
            issuer=actor.get("issuer", ""),
            method=actor.get("method", "local"),
            tenant=fields.get("tenant", ""),
            roles=tuple(actor.get("roles", ())),
            scopes=frozenset(actor.get("scopes", ())),
            client=actor.get("client"),
            jurisdiction=actor.get("jurisdiction", ""),
        ),
        origin=Origin(
            transport=mcp["transport"],
            protocol_version=mcp.get("version", ""),
            client_name=known.get("client", ""),
            address=known.get("address", ""),
        ),
        received=fields["time"] / 1_000_000,
        size=fields["arguments"]["size"],
    )


def _targets(tool: Tool, view: Mapping[str, Any], roots: Sequence[Path]) -> list[RecordedTarget]:
    found = []
    for name in tool.targets:
        value = view.get(name)
        if isinstance(value, str):
            try:
                path = locate(value, roots)
            except YumenError:
                path = Path(value)
            found.append(RecordedTarget(name, path))
    return found
