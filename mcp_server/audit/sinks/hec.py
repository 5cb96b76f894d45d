"""Splunk HTTP Event Collector with indexer acknowledgement: an event counts only once Splunk has indexed it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any, Final

import httpx
import orjson

from mcp_server.audit.events import Event
from mcp_server.audit.formats.rendering import DOCUMENTS
from mcp_server.audit.sinks.interface import Delivered, SinkUnavailable
from mcp_server.audit.sinks.settings import HecSinkSettings
from mcp_server.audit.sinks.stream import client
from mcp_server.secrets import text_secret

_POLL_SECONDS: Final = 0.05


class HecSink:
    """Posts a batch, then asks for its acknowledgement until it comes."""

    def __init__(self, settings: HecSinkSettings) -> None:
        self._settings = settings
        self._channel = str(uuid.uuid4())
        self._client = client(settings.tls, settings.timeout_seconds)
        self._base = f"{settings.url.rstrip('/')}/services/collector"

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        body = b"\n".join(orjson.dumps(self._wrapped(event)) for event in events)
        answer = await self._post(f"{self._base}/event", body)
        acknowledgement = answer.get("ackId")
        if not isinstance(acknowledgement, int):
            raise SinkUnavailable(
                "Splunk gave no acknowledgement id", remedy="enable indexer acknowledgement for the token"
            )
        await self._indexed(acknowledgement)
        return Delivered(events[-1].index + 1)

    async def settle(self) -> int | None:
        return None

    async def close(self) -> None:
        await self._client.aclose()

    def _wrapped(self, event: Event) -> dict[str, Any]:
        wrapped: dict[str, Any] = {
            "time": round(event.fields["time"] / 1_000_000, 6),
            "source": event.origin,
            "sourcetype": f"yumen:{self._settings.format}",
            "event": DOCUMENTS[self._settings.format](event),
        }
        if self._settings.index:
            wrapped["index"] = self._settings.index
        return wrapped

    async def _indexed(self, acknowledgement: int) -> None:
        body = orjson.dumps({"acks": [acknowledgement]})
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                while True:
                    answer = await self._post(f"{self._base}/ack?channel={self._channel}", body)
                    acks = answer.get("acks")
                    if isinstance(acks, dict) and acks.get(str(acknowledgement)) is True:
                        return
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise SinkUnavailable("Splunk did not acknowledge in time") from error

    async def _post(self, url: str, body: bytes) -> dict[str, Any]:
        headers = {
            "Authorization": f"Splunk {text_secret(self._settings.token, 'the HEC token')}",
            "X-Splunk-Request-Channel": self._channel,
            "Content-Type": "application/json",
        }
        try:
            answer = await self._client.post(url, content=body, headers=headers)
            answer.raise_for_status()
            document = orjson.loads(answer.content)
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            raise SinkUnavailable("Splunk did not take the events", detail=repr(error)) from error
        return document if isinstance(document, dict) else {}
