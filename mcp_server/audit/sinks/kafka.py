"""Apache Kafka: an idempotent producer, every event acknowledged by all replicas in sync, all events in one partition."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from mcp_server.audit.events import Event
from mcp_server.audit.formats.rendering import line
from mcp_server.audit.sinks.interface import Delivered, SinkUnavailable
from mcp_server.audit.sinks.settings import KafkaSinkSettings
from mcp_server.secrets import text_secret

_NEVER: Final = frozenset((KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD))
"""What the broker will not take however often it is sent. Its limit is on a whole batch, so each is tried alone first."""


class KafkaSink:
    """One producer; every event's own delivery report is read. Its id is in the header `id`, for who drops repeats."""

    def __init__(self, settings: KafkaSinkSettings) -> None:
        self._settings = settings
        self._producer: Producer | None = None

    async def deliver(self, events: Sequence[Event]) -> Delivered:
        return await asyncio.to_thread(self._deliver, events)

    async def settle(self) -> int | None:
        return None

    async def close(self) -> None:
        if self._producer is not None:
            self._producer.purge()
            self._producer = None

    def _deliver(self, events: Sequence[Event]) -> Delivered:
        reports: dict[int, KafkaError | None] = {}
        try:
            producer = self._producer = self._producer or Producer(self._configuration())
            for event in events:
                self._produce(producer, event, reports)
            producer.flush(self._settings.timeout_seconds + 1)
            for event in events:
                failed = reports.get(event.index)
                if failed is not None and failed.code() in _NEVER:
                    self._produce(producer, event, reports)
                    producer.flush(self._settings.timeout_seconds + 1)
        except (KafkaException, BufferError) as error:
            raise SinkUnavailable("the Kafka producer failed", detail=str(error)) from error
        rejected: list[tuple[int, str]] = []
        for event in events:
            failed = reports.get(event.index, KafkaError(KafkaError._TIMED_OUT))
            if failed is None:
                continue
            if failed.code() not in _NEVER:
                # What follows may be there, too, and comes again: at least once.
                raise SinkUnavailable("the Kafka brokers did not acknowledge", detail=failed.str())
            rejected.append((event.index, failed.name()))
        return Delivered(events[-1].index + 1, rejected=tuple(rejected))

    def _produce(self, producer: Producer, event: Event, reports: dict[int, KafkaError | None]) -> None:
        def report(error: KafkaError | None, _: Message) -> None:
            reports[event.index] = error

        try:
            producer.produce(
                self._settings.topic,
                line(event, self._settings.format).encode(),
                key=event.origin.encode(),
                headers=[("id", event.uid.encode())],
                on_delivery=report,
            )
        except KafkaException as error:
            if error.args[0].code() not in _NEVER:
                raise
            reports[event.index] = error.args[0]

    def _configuration(self) -> dict[str, Any]:
        settings = self._settings
        found: dict[str, Any] = {
            "bootstrap.servers": ",".join(settings.brokers),
            "acks": "all",
            "enable.idempotence": True,
            "delivery.timeout.ms": round(settings.timeout_seconds * 1000),
            "queue.buffering.max.messages": 100_000,
            "linger.ms": 5,
            "security.protocol": f"{'SASL_' if settings.user else ''}{'SSL' if settings.tls else 'PLAINTEXT'}",
        }
        if settings.user:
            found |= {"sasl.mechanism": settings.mechanism, "sasl.username": settings.user}
            found["sasl.password"] = text_secret(settings.password, "the Kafka password")
        if settings.tls:
            files = {"ssl.ca.location": settings.tls.ca, "ssl.certificate.location": settings.tls.certificate}
            files["ssl.key.location"] = settings.tls.key
            found |= {name: str(path) for name, path in files.items() if path is not None}
        return found
