"""The assembly: every part is opened here, given only its own configuration, joined, and closed in reverse order."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from mcp_server import health
from mcp_server.adapter import Context, build_server
from mcp_server.audit.log import AuditLog
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.calls import Principal
from mcp_server.config import Settings
from mcp_server.edge.doors import Doors
from mcp_server.edge import PASSAGE, PRINCIPAL, Edge, transport_security
from mcp_server.gate import Gate
from mcp_server.health import Health, Probe
from mcp_server.identity.authenticator import Authenticator
from mcp_server.identity.errors import Unauthenticated
from mcp_server.identity.resource import ProtectedResource
from mcp_server.inspect.duties import Inspector
from mcp_server.limits import LocalLimits
from mcp_server.policy.decision import DecisionPoint
from mcp_server.edge.refusals import Refusal
from mcp_server.surface import Resource, Surface
from mcp_server.tool_context import Workplace
from scanners.personal_data.inline import redact_json
from scanners.sandbox import Sandbox
from tools.prompts import PROMPTS
from tools.registry import own_tools


@dataclass(frozen=True)
class Parts:
    """The running parts that the ways in need."""

    settings: Settings
    gate: Gate
    recorder: Recorder
    probes: dict[str, Probe]


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Everything behind the transports, opened. Raises the YumenError of the first part that cannot be had."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        log = await AuditLog.open(settings.data_dir / "audit", settings.audit)
        stack.push_async_callback(log.close)
        subjects = SubjectKeys(settings.data_dir / TABLE, log.keys.tenant_key)
        stack.callback(subjects.close)
        recorder = Recorder(log, subjects, server="yumen", retention=settings.audit.retention)
        policy = await stack.enter_async_context(DecisionPoint.open(settings.policy, on_change=recorder.lifecycle))
        sandbox = Sandbox(settings.sandbox)
        stack.push_async_callback(sandbox.close)
        surface = Surface(
            own_tools(),
            PROMPTS,
            policy.resources,
            settings.paths.roots,
            allow_hard_links=settings.paths.allow_hard_links,
        )
        workplace = Workplace(
            data_dir=settings.data_dir,
            sandbox=sandbox,
            judge=policy,
            resolve=surface.resolve,
            services={},
        )
        gate = Gate(
            limits=LocalLimits(settings.limits),
            surface=surface,
            policy=policy,
            inspector=Inspector(redact_json),
            recorder=recorder,
            workplace=workplace,
            durable_reads=settings.audit.acknowledge == "durable",
        )
        yield Parts(settings, gate, recorder, _probes(settings, log, policy, sandbox))


def http_application(parts: Parts) -> ASGIApp:
    """The ASGI application: health for everyone, MCP for those whom the edge has identified."""
    settings = parts.settings
    server = build_server(parts.gate.pass_through, _principal_of, "http")
    doors = Doors.around(
        settings.server.host, settings.server.port, settings.server.allowed_hosts, settings.server.allowed_origins
    )
    mcp = server.streamable_http_app(
        streamable_http_path=settings.server.path,
        max_request_body_size=settings.server.max_request_bytes,
        transport_security=transport_security(doors),
        host=settings.server.host,
        custom_starlette_routes=list(_health_routes(parts)),
    )
    issuers = tuple(issuer.issuer for issuer in settings.identity.issuers)
    authenticator = Authenticator.open(settings.identity, settings.data_dir, settings.server.resource_url)
    return Edge(
        mcp,
        authenticator,
        ProtectedResource(settings.server.resource_url, issuers),
        doors,
        _recording(parts.recorder),
        body_bytes=settings.server.max_request_bytes,
    )


def _principal_of(ctx: Context) -> Principal:
    """The identity that the edge proved for this HTTP request; from here on the gate answers for the record."""
    if ctx.request is None:
        raise Unauthenticated("missing", error=None)
    ctx.request.scope[PASSAGE].reached_gate = True
    principal: Principal = ctx.request.scope[PRINCIPAL]
    return principal


def _recording(recorder: Recorder):
    async def record(refusal: Refusal) -> None:
        await recorder.refused(refusal.origin, status="denied", error_code=refusal.code)

    return record


def _health_routes(parts: Parts) -> Iterator[BaseRoute]:
    async def healthz(request: Request) -> JSONResponse:
        can_serve, page = health.report(parts.probes)
        return JSONResponse(page, status_code=200 if can_serve else 503)

    async def readyz(request: Request) -> JSONResponse:
        can_serve, page = health.report(parts.probes)
        ready = can_serve and not parts.gate.stopping
        return JSONResponse({"ready": ready, "status": page["status"]}, status_code=200 if ready else 503)

    yield Route("/healthz", healthz)
    yield Route("/readyz", readyz)


def _probes(settings: Settings, log: AuditLog, policy: DecisionPoint, sandbox: Sandbox) -> dict[str, Probe]:
    return {
        "audit": lambda: _audit_health(log),
        "policy": lambda: _policy_health(policy),
        "identity": lambda: Health("ok", "closed: no proven identity, no call", _identity_words(settings)),
        "limits": lambda: Health("ok", "closed: over a limit, no call"),
        "sandbox": lambda: Health("ok", "closed: a scan that cannot run is verdict unknown", sandbox.confinement),
    }
