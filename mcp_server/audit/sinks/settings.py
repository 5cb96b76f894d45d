"""`[[audit.sinks]]`: one table for each receiver."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mcp_server.audit.formats.names import Document, Format


class TlsSettings(BaseModel):
    """TLS towards a receiver; the receiver's certificate is always verified."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ca: Path | None = Field(default=None, description="PEM file of the authorities to trust; the system's by default")
    certificate: Path | None = Field(default=None, description="PEM client certificate, for mutual TLS")
    key: Path | None = Field(default=None, description="PEM key of the client certificate")
    server_name: str = Field(default="", description="Name to expect in the certificate, if not that of the address")


class SinkSettings(BaseModel):
    """What every sink has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Name of the sink: its cursor goes by it", pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    batch: int = Field(default=500, ge=1, le=10_000, description="Events sent at once")
    personal: bool = Field(default=True, description="Send names and addresses of callers; without, pseudonyms only")
    max_lag: int = Field(
        default=100_000, ge=1, description="Records behind the log at which the sink counts as lagging"
    )
    on_lag: Literal["event", "deny"] = Field(
        default="event", description="When lagging: record an event, or deny new calls too until it has caught up"
    )
    timeout_seconds: float = Field(default=10, gt=0, le=120, description="How long the receiver may take")


class FileSinkSettings(SinkSettings):
    """Lines in a file that Vector, Fluent Bit or Filebeat reads."""

    kind: Literal["file"]
    path: Path = Field(description="File to append to")
    format: Format = Field(default="json", description="How events are written")
    rotate_bytes: int = Field(
        default=100 << 20, ge=1024, description="Size at which the file is renamed and a new one begun"
    )
    keep: int = Field(default=10, ge=1, le=1000, description="Renamed files kept")


class ReplayingSinkSettings(SinkSettings):
    """Of a receiver that may lose what it has taken: TCP's buffers, or its own queue in memory, die with it."""

    replay: int = Field(
        default=1000, ge=0, description="Events sent again after a lost connection: more is taken than is delivered"
    )
    settle_seconds: float = Field(
        default=10,
        gt=0,
        description="How long a connection must stay up after the last event for it to count as delivered",
    )


class SyslogSinkSettings(ReplayingSinkSettings):
    """RFC 5424 over TLS (RFC 5425), mutual where a client certificate is given."""

    kind: Literal["syslog"]
    host: str = Field(description="Host of the receiver")
    port: int = Field(default=6514, ge=1, le=65535, description="Port of the receiver")
    format: Format = Field(default="json", description="How events are written")
    tls: TlsSettings | None = Field(default=TlsSettings(), description="TLS; null sends in the clear, on loopback only")


class RelpSinkSettings(ReplayingSinkSettings):
    """RELP, which acknowledges every event, to rsyslog, which may hold what it acknowledged in memory."""

    kind: Literal["relp"]
    host: str = Field(description="Host of the receiver")
    port: int = Field(default=2514, ge=1, le=65535, description="Port of the receiver")
    format: Format = Field(default="json", description="How events are written")
    tls: TlsSettings | None = Field(default=TlsSettings(), description="TLS; null sends in the clear, on loopback only")
    window: int = Field(default=128, ge=1, le=1024, description="Events sent before the first must be acknowledged")


class HecSinkSettings(SinkSettings):
    """Splunk HTTP Event Collector with indexer acknowledgement."""

    kind: Literal["hec"]
    url: str = Field(description="Base URL, e.g. https://splunk.example:8088", pattern=r"^https?://")
    token: str = Field(description="Token, as env:NAME or file:/path")
    index: str = Field(default="", description="Splunk index; empty for the token's default")
    format: Document = Field(default="json", description="How events are written")
    tls: TlsSettings = Field(default=TlsSettings(), description="TLS")


class BulkSinkSettings(SinkSettings):
    """Elasticsearch or OpenSearch, by the _bulk API."""

    kind: Literal["bulk"]
    url: str = Field(description="Base URL, e.g. https://elastic.example:9200", pattern=r"^https?://")
    index: str = Field(default="yumen-audit", description="Index or data stream", pattern=r"^[a-z0-9][a-z0-9._-]*$")
    authorization: str = Field(default="", description="Authorization header, as env:NAME or file:/path")
    format: Document = Field(default="ecs", description="How events are written")
    tls: TlsSettings = Field(default=TlsSettings(), description="TLS")


class OtlpSinkSettings(SinkSettings):
    """OpenTelemetry logs over OTLP/HTTP."""

    kind: Literal["otlp"]
    url: str = Field(description="Base URL, e.g. http://collector:4318; '/v1/logs' is appended", pattern=r"^https?://")
    authorization: str = Field(default="", description="Authorization header, as env:NAME or file:/path")
    format: Document = Field(default="json", description="How the body is written")
    tls: TlsSettings = Field(default=TlsSettings(), description="TLS")


class KafkaSinkSettings(SinkSettings):
    """Apache Kafka, by the extra 'kafka'."""

    kind: Literal["kafka"]
    brokers: tuple[str, ...] = Field(min_length=1, description="HOST:PORT of the brokers to begin with")
    topic: str = Field(description="Topic; it must exist, or the brokers make it", pattern=r"^[A-Za-z0-9._-]{1,249}$")
    format: Format = Field(default="json", description="How events are written")
    user: str = Field(default="", description="SASL user; empty for none")
    password: str = Field(default="", description="SASL password, as env:NAME or file:/path")
    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        default="SCRAM-SHA-512", description="SASL mechanism"
    )
    tls: TlsSettings | None = Field(default=TlsSettings(), description="TLS; null sends in the clear, on loopback only")

    @model_validator(mode="after")
    def _private(self) -> KafkaSinkSettings:
        hosts = {broker.rpartition(":")[0].strip("[]") for broker in self.brokers}
        if self.tls is None and not hosts <= {"localhost", "127.0.0.1", "::1"}:
            raise ValueError("without TLS only brokers on this machine are sent to")
        if bool(self.user) != bool(self.password):
            raise ValueError("user and password go together")
        return self


AnySinkSettings = Annotated[
    FileSinkSettings
    | SyslogSinkSettings
    | RelpSinkSettings
    | HecSinkSettings
    | BulkSinkSettings
    | OtlpSinkSettings
    | KafkaSinkSettings,
    Field(discriminator="kind"),
]
