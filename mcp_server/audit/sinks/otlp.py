"""OpenTelemetry logs over OTLP/HTTP in its JSON encoding: an own exporter, because the SDK's batches drop when full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import httpx
import orjson

from mcp_server.audit.events import Event
from mcp_server.audit.formats.cef import severity
from mcp_server.audit.formats.rendering import DOCUMENTS
from mcp_server.audit.sinks.interface import Delivered, SinkUnavailable
from mcp_server.audit.sinks.settings import OtlpSinkSettings
from mcp_server.audit.sinks.stream import client
from mcp_server.secrets import text_secret

# OpenTelemetry logs data model, severity numbers: 9 INFO, 13 WARN.
_INFO: Final = 9
_WARN: Final = 13
_WARNING_FROM: Final = 4


def _value(value: object) -> dict[str, Any]:
    """An OTLP AnyValue; 64-bit integers are strings in its JSON encoding."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"stringValue": str(value)}


def _attributes(pairs: dict[str, object]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in pairs.items() if value is not None]


def log_record(event: Event, body: dict[str, Any]) -> dict[str, Any]:
    """One OTLP LogRecord."""
    fields = event.fields
    nanoseconds = str(fields["time"] * 1000)
    record: dict[str, Any] = {
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": _WARN if severity(event) >= _WARNING_FROM else _INFO,
        "eventName": f"yumen.{fields['kind']}.{fields['phase']}",
        "body": {"stringValue": orjson.dumps(body).decode()},
        "attributes": _attributes(
            {
                "log.record.uid": event.uid,
                "yumen.log": event.origin,
                "yumen.seq": event.index,
                "yumen.leaf": event.leaf,
                "yumen.action": event.action,
                "yumen.status": event.status,
                "yumen.tenant": fields.get("tenant"),
                "user.id": event.actor or None,
                "user.name": event.subject,
            }
        ),
    }
    trace = fields.get("trace", {})
    if len(trace.get("trace", "")) == 32:
        record["traceId"] = trace["trace"]
        if len(trace.get("span", "")) == 16:
            record["spanId"] = trace["span"]
    return record


class OtlpSink:
    """Posts a batch; only a full success moves the cursor."""

    def __init__(self, settings: OtlpSinkSettings) -> None:
        self._settings = settings
        self._client = client(settings.tls, settings.timeout_seconds)

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        records = [log_record(event, DOCUMENTS[self._settings.format](event)) for event in events]
        resource = {"attributes": _attributes({"service.name": "yumen", "service.namespace": events[0].origin})}
        scope = {"scope": {"name": "yumen.audit"}, "logRecords": records}
        rejected = await self._post(orjson.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}))
        if rejected and len(events) > 1:
            # Which of them were rejected is not said; one at a time it is.
            return await self._one_by_one(events)
        reasons = ((events[0].index, rejected),) if rejected else ()
        return Delivered(events[-1].index + 1, rejected=reasons)

    async def settle(self) -> int | None:
        return None

    async def close(self) -> None:
        await self._client.aclose()

    async def _one_by_one(self, events: Sequence[Event]) -> Delivered:
        rejected: list[tuple[int, str]] = []
        for event in events:
            try:
                rejected += (await self.deliver([event])).rejected
            except SinkUnavailable:
                if event is events[0]:
                    raise
                return Delivered(event.index, resume=event.index, rejected=tuple(rejected))
        return Delivered(events[-1].index + 1, rejected=tuple(rejected))

    async def _post(self, body: bytes) -> str:
        """Why records were rejected for good; empty when all were taken. Raises SinkUnavailable."""
        headers = {"Content-Type": "application/json"}
        if self._settings.authorization:
            headers["Authorization"] = text_secret(self._settings.authorization, "the collector's authorization")
        try:
            answer = await self._client.post(f"{self._settings.url.rstrip('/')}/v1/logs", content=body, headers=headers)
            answer.raise_for_status()
            partial = orjson.loads(answer.content or b"{}").get("partialSuccess") or {}
        except (httpx.HTTPError, orjson.JSONDecodeError, AttributeError) as error:
            raise SinkUnavailable("the collector did not take the events", detail=repr(error)) from error
        if int(partial.get("rejectedLogRecords", 0)) == 0:
            return ""
        return str(partial.get("errorMessage") or "rejected")[:200]
