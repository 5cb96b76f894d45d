"""The recorded decisions as a decision log in OPA's shape (EventV1), masked as the decision log is.

The audit log is where every decision on access is kept. What it does not hold of one (arguments but by their shape,
parameters of duties) is said to be erased.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcp_server.approvals.desk import RULE as APPROVALS
from mcp_server.audit.reading import records
from mcp_server.audit.replay import asked_in, had_access
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.errors import NotFound
from mcp_server.policy.decision import ACCESS
from mcp_server.policy.decision_log import erasing, event_v1, mask_for, masked
from mcp_server.policy.engine import PolicyEngine
from mcp_server.policy.question import Question
from mcp_server.policy.residency import RULES
from tools.registry import ToolRegistry


async def recorded_decisions(
    directory: Path,
    engine: PolicyEngine,
    tools: ToolRegistry,
    subjects: SubjectKeys | None,
    roots: Sequence[Path] = (),
    *,
    since: int = 0,
) -> AsyncIterator[dict[str, Any]]:
    """An event for each recorded call of a known tool from record `since` on; `engine` knows the mask.

    Raises LogDamaged.
    """
    for record in records(directory, since):
        asked = asked_in(record, tools, subjects, roots)
        if asked is None:
            continue
        event = _event(record.index, *asked)
        yield masked(event, await mask_for(engine, event))


def _event(
    index: int, fields: Mapping[str, Any], content: Mapping[str, Any] | None, question: Question
) -> dict[str, Any]:
    decided = fields["policy"]
    messages = (content or {}).get("reasons", ())
    # Residency and approvals speak after access: what they added is not what this rule said.
    reasons = [
        {"code": code, "message": message, "rule": rule}
        for code, message, rule in zip(decided["reasons"], messages, decided["rules"], strict=False)
        if rule != APPROVALS and not rule.startswith(RULES)
    ]
    allow = had_access(decided)
    # The log has the names of the arguments, and some values, but not whether those are the whole value.
    erased = ["/input/arguments"] if content is None else [*erasing(question.arguments or ())]
    if "tenant" in (question.arguments or ()):
        erased.append("/input/arguments/tenant")
    document = {**question.document(), "arguments": {}}
    hidden = fields.get("outcome", {}).get("error") == NotFound.code
    result = {"allow": allow, "reasons": reasons, "visible": [] if hidden else [question.call.name]}
    if content is None or len(decided["rules"]) != len(decided["reasons"]):
        del result["reasons"]
        erased.append("/result/reasons")
    if decided["obligations"]:
        erased.append("/result/obligations")
    else:
        result["obligations"] = []
    event = event_v1(
        decision_id=fields["id"],
        entrypoint=ACCESS,
        document=document,
        result=result,
        revision=decided["revision"],
        seconds=None,
        at=datetime.fromtimestamp(fields["time"] / 1_000_000, UTC),
    )
    return {**event, "erased": erased, "custom": {"audit_record": index}}
