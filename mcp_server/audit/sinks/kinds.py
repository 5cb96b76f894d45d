"""The sink for each kind of settings. Modules are imported when configured: an HTTP client is not needed for a file."""

from __future__ import annotations

from collections.abc import Callable

from mcp_server.audit.sinks.interface import Sink
from mcp_server.audit.sinks.settings import (
    AnySinkSettings,
    BulkSinkSettings,
    FileSinkSettings,
    HecSinkSettings,
    KafkaSinkSettings,
    OtlpSinkSettings,
    RelpSinkSettings,
    SyslogSinkSettings,
)


def maker(settings: AnySinkSettings) -> Callable[[], Sink]:
    """A function that makes a fresh sink, as a pump needs one after every failure."""
    match settings:
        case FileSinkSettings():
            from mcp_server.audit.sinks.file import FileSink

            return lambda: FileSink(settings)
        case SyslogSinkSettings():
            from mcp_server.audit.sinks.syslog import SyslogSink

            return lambda: SyslogSink(settings)
        case RelpSinkSettings():
            from mcp_server.audit.sinks.relp import RelpSink

            return lambda: RelpSink(settings)
        case HecSinkSettings():
            from mcp_server.audit.sinks.hec import HecSink

            return lambda: HecSink(settings)
        case BulkSinkSettings():
            from mcp_server.audit.sinks.bulk import BulkSink

            return lambda: BulkSink(settings)
        case OtlpSinkSettings():
            from mcp_server.audit.sinks.otlp import OtlpSink

            return lambda: OtlpSink(settings)
        case KafkaSinkSettings():
            from mcp_server.audit.sinks.kafka import KafkaSink

            return lambda: KafkaSink(settings)
