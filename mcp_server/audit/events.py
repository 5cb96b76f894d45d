"""A record on its way to a SIEM: its envelope, its content as far as it may be shown, and its place in the tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mcp_server.audit.merkle import leaf_hash
from mcp_server.audit.segments import StoredRecord
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.audit.views import content_of


@dataclass(frozen=True, slots=True)
class Event:
    """What every format renders. `content` is None when it is erased, sealed or not wanted by the sink."""

    index: int
    leaf: str
    """Leaf hash in the tree, hex: binds the copy in the SIEM to the record in the log."""
    fields: Mapping[str, Any]
    content: Mapping[str, Any] | None

    @property
    def uid(self) -> str:
        """Unique and stable: a receiver that keeps it once keeps the event once."""
        return f"{self.fields['id']}-{self.index}"

    @property
    def origin(self) -> str:
        return str(self.fields["log"])

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.fields["time"] / 1_000_000, UTC)

    @property
    def timestamp(self) -> str:
        """RFC 3339 with microseconds."""
        return self.moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @property
    def action(self) -> str:
        """Tool, MCP method or lifecycle event: what this is about, in a word."""
        tool = self.fields.get("tool", {}).get("name")
        return str(tool or self.fields.get("event") or self.fields.get("mcp", {}).get("method") or self.fields["kind"])

    @property
    def status(self) -> str:
        return str(self.fields.get("outcome", {}).get("status") or self.fields["phase"])

    @property
    def succeeded(self) -> bool | None:
        """None where there is no outcome yet, or it was lost in a crash."""
        status = self.fields.get("outcome", {}).get("status")
        return None if status in (None, "unknown") else status == "ok"

    @property
    def actor(self) -> str:
        """Pseudonym of the caller; empty for events of the log itself."""
        return str(self.fields.get("actor", {}).get("id", ""))

    @property
    def subject(self) -> str | None:
        """Name of the caller, where it may be shown."""
        return (self.content or {}).get("subject")

    @property
    def address(self) -> str | None:
        return (self.content or {}).get("address")

    @property
    def summary(self) -> str:
        """One line for a person."""
        verdict = self.fields.get("outcome", {}).get("verdict")
        error = self.fields.get("outcome", {}).get("error")
        extra = " ".join(str(part) for part in (verdict, error) if part)
        return f"{self.action} {self.status}{f' ({extra})' if extra else ''}"


def event_of(record: StoredRecord, subjects: SubjectKeys | None) -> Event:
    """The event of a stored record; without key table, envelope only."""
    fields = record.fields()
    return Event(record.index, leaf_hash(record.envelope).hex(), fields, content_of(fields, record, subjects))
