"""The nouns of the gate: who calls, what is called, what was decided, what came of it. Frozen data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

Transport = Literal["http", "stdio", "local"]
AuthMethod = Literal["oidc", "api_key", "local"]
Method = Literal["tools/call", "tools/list", "resources/list", "resources/templates/list", "resources/read",
                 "prompts/list", "prompts/get"]  # fmt: skip
Status = Literal["ok", "tool_error", "protocol_error", "timeout", "cancelled", "denied"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A proven identity. There is no anonymous one: without a Principal there is no Call."""

    subject: str
    issuer: str
    method: AuthMethod
    tenant: str
    roles: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    client: str | None = None
    expires: float | None = None
    """Unix seconds after which the identity no longer holds; None for the local principal."""
    jurisdiction: str = ""
    """Where the caller is, as an ISO 3166-1 alpha-2 code, or EEA; empty if that is not known."""

    def __hash__(self) -> int:
        # Several times a call: roles and scopes need not be gone through to tell people apart.
        return hash((self.subject, self.issuer, self.tenant))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call came from on the wire, for the record."""

    transport: Transport
    protocol_version: str = ""
    request_id: str = ""
    client_name: str = ""
    address: str = ""
    trace_id: str = ""
    span_id: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived, with who made it. Nothing in it has been checked yet."""

    id: str
    """UUIDv7: sortable by time; the event id of its records."""
    method: Method
    name: str
    """Tool or prompt name, resource URI; empty for lists."""
    arguments: Mapping[str, Any]
    principal: Principal
    origin: Origin
    received: float
    """Unix seconds."""
    size: int = 0
    """Bytes of the arguments as JSON."""
    purpose: str = ""
    """What the caller says the call is for; a claim, which policy may ask for and the record keeps."""
    unreadable: str = ""
    """Why the arguments cannot be handled as JSON text, if they cannot; `arguments` is empty then."""

    @property
    def minute(self) -> str:
        """When it arrived, to the minute (RFC 3339, UTC): what rules on hours read, so that decisions can be remembered."""
        return _minute(int(self.received // 60))


@lru_cache(maxsize=4)
def _minute(since_epoch: int) -> str:
    return datetime.fromtimestamp(since_epoch * 60, UTC).isoformat()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision came out as it did."""

    code: str
    message: str
    rule: str = ""
    scopes: tuple[str, ...] = ()
    """Scopes with which this reason would not stand: the caller may ask its issuer for them (step-up)."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that must be done for the decision to hold, e.g. redact results."""

    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What policy said of a call. The default value of every field is the refusing one."""

    allow: bool = False
    reasons: tuple[Reason, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    visible: frozenset[str] = frozenset()
    """For lists: the names that the caller may see. For a single thing: that name, when the caller may know of it."""
    revision: str = ""
    """Digest of the policy pack that decided."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call."""

    status: Status
    result: Any = None
    """JSON-able result, as it will leave; None unless ok or tool_error."""
    error_code: str = ""
    verdict: str = ""
    subject_digest: str = ""
    duration: float = 0.0
    """Seconds of wall time."""
    inspected: Mapping[Literal["in", "out"], Mapping[str, int]] = field(default_factory=dict)
    """How much personal data of which type was found in arguments and result, where policy had it looked for."""
