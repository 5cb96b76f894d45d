"""Elasticsearch and OpenSearch by the _bulk API: `create` with the event's own id, so that nothing is stored twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import httpx
import orjson

from mcp_server.audit.events import Event
from mcp_server.audit.formats.rendering import DOCUMENTS
from mcp_server.audit.sinks.interface import Delivered, SinkUnavailable
from mcp_server.audit.sinks.settings import BulkSinkSettings
from mcp_server.audit.sinks.stream import client
from mcp_server.secrets import text_secret

_STORED: Final = frozenset((200, 201, 409))
"""409: a document of this id is there already, which is what was wanted."""
_LATER: Final = frozenset((429, 500, 502, 503, 504))


class BulkSink:
    """Reads the status of every item: a batch as a whole is never simply 'ok'."""

    def __init__(self, settings: BulkSinkSettings) -> None:
        self._settings = settings
        self._client = client(settings.tls, settings.timeout_seconds)

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        items = await self._post(self._body(events))
        if len(items) != len(events):
            raise SinkUnavailable("the _bulk answer does not have one item for each event")
        rejected: list[tuple[int, str]] = []
        for event, item in zip(events, items, strict=True):
            result = item.get("create", {})
            status = result.get("status")
            if status in _STORED:
                continue
            if status in _LATER or not isinstance(status, int):
                # Everything before it is safe; it and what follows are sent again.
                if event is events[0]:
                    raise SinkUnavailable(f"the index took nothing (status {status})")
                return Delivered(event.index, resume=event.index, rejected=tuple(rejected))
            rejected.append((event.index, str(result.get("error", {}).get("type", status))[:200]))
        return Delivered(events[-1].index + 1, rejected=tuple(rejected))

    async def settle(self) -> int | None:
        return None

    async def close(self) -> None:
        await self._client.aclose()

    def _body(self, events: Sequence[Event]) -> bytes:
        lines = []
        for event in events:
            lines.append(orjson.dumps({"create": {"_index": self._settings.index, "_id": event.uid}}))
            lines.append(orjson.dumps(DOCUMENTS[self._settings.format](event)))
        return b"\n".join(lines) + b"\n"

    async def _post(self, body: bytes) -> list[dict[str, Any]]:
        headers = {"Content-Type": "application/x-ndjson"}
        if self._settings.authorization:
            headers["Authorization"] = text_secret(self._settings.authorization, "the index's authorization")
        try:
            answer = await self._client.post(f"{self._settings.url.rstrip('/')}/_bulk", content=body, headers=headers)
            answer.raise_for_status()
            items = orjson.loads(answer.content)["items"]
        except (httpx.HTTPError, orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise SinkUnavailable("the index did not take the events", detail=repr(error)) from error
        return items if isinstance(items, list) else []
