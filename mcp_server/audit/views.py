"""A stored record as a person or a tool may see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from mcp_server.audit.segments import StoredRecord
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.secrets import KeyUnusable
from tools.audit import AuditRecord


def content_of(fields: Mapping[str, Any], record: StoredRecord, subjects: SubjectKeys | None) -> dict[str, Any] | None:
    """The unsealed content of a record; None when there is none, its key was destroyed, or keys are not at hand."""
    if record.content is None or subjects is None:
        return None
    key = subjects.behind(str(fields.get("actor", {}).get("id", "")))
    if key is None:
        return None
    try:
        content = orjson.loads(key.unseal(record.content))
    except (KeyUnusable, orjson.JSONDecodeError):
        return None
    return content if isinstance(content, dict) else None


def moment(fields: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(fields["time"] / 1_000_000, UTC)


def view(record: StoredRecord, subjects: SubjectKeys | None) -> AuditRecord:
    fields = record.fields()
    content = content_of(fields, record, subjects)
    outcome, policy = fields.get("outcome", {}), fields.get("policy")
    return AuditRecord(
        index=record.index,
        event_id=fields["id"],
        time=moment(fields),
        kind=fields["kind"],
        phase=fields["phase"],
        actor=content.get("subject") if content else None,
        actor_id=fields.get("actor", {}).get("id", ""),
        method=fields.get("mcp", {}).get("method", ""),
        tool=fields.get("tool", {}).get("name"),
        status=outcome.get("status"),
        error=outcome.get("error"),
        verdict=outcome.get("verdict"),
        allowed=policy["allow"] if policy else None,
        reasons=tuple(policy["reasons"]) if policy else (),
        subject_digest=(fields.get("resources") or [None])[0],
        trace_id=fields.get("trace", {}).get("trace"),
        arguments=content.get("arguments") if content else None,
        parent=fields.get("parent"),
    )


def line(record: StoredRecord, subjects: SubjectKeys | None) -> str:
    """One line for a terminal."""
    seen = view(record, subjects)
    fields = record.fields()
    what = seen.tool or fields.get("event") or seen.method or seen.kind
    ending = seen.status or seen.phase
    who = seen.actor or seen.actor_id or "-"
    extras = [seen.verdict or "", seen.error or "", ",".join(seen.reasons)]
    rest = " ".join(extra for extra in extras if extra)
    return f"{seen.index:>8}  {seen.time:%Y-%m-%dT%H:%M:%S.%fZ}  {ending:<14}  {what:<22}  {who}  {rest}".rstrip()
