"""The assembly: every part is opened here, given only its own configuration, joined, and closed in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server import health
from mcp_server.adapter import Context, build_server
from mcp_server.approvals.desk import ApprovalDesk
from mcp_server.approvals.store import FILE, ApprovalStore
from mcp_server.attestation import Attester
from mcp_server.audit.interface import Log
from mcp_server.audit.keeper import Keeper, keep
from mcp_server.audit.opening import open_log, open_subjects
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.trail import Trail
from mcp_server.audit.usage import OwnUse
from mcp_server.calls import Principal
from mcp_server.config import ServerSettings, Settings
from mcp_server.edge import PASSAGE, PRINCIPAL, Doors, Edge, OnRefused, Refusal, transport_security
from mcp_server.entity_model import entity_coverage
from mcp_server.gate import Gate
from mcp_server.health import Health, Probe
from mcp_server.identity.authenticator import Authenticator, open_key_store
from mcp_server.identity.errors import Unauthenticated
from mcp_server.identity.key_changes import recording_key_changes
from mcp_server.identity.resource import ProtectedResource
from mcp_server.inspect.duties import Inspector
from mcp_server.inspect.personal_data import PersonalData
from mcp_server.installation import rules_digest, verify_packages
from mcp_server.limits import open_limits
from mcp_server.models import ConfiguredKeys, ConfiguredRegister
from mcp_server.policy.catalogue import Catalogue
from mcp_server.policy.decision import DecisionPoint
from mcp_server.policy.decision_log import DecisionLog
from mcp_server.policy.residency import ResidencyPoint
from mcp_server.policy.resources import policy_resources
from mcp_server.policy.store import PolicyChange, PolicyStore
from mcp_server.policy.workshop import Workshop
from mcp_server.sources import Sources
from mcp_server.surface import Surface
from mcp_server.tool_context import Workplace
from mcp_server.vulnerabilities import ConfiguredSigners
from scanners.errors import YumenError
from scanners.sandbox import Sandbox
from tools.approvals import Approvals
from tools.audit import AuditTrail
from tools.compliance_report import ReportSigner
from tools.least_privilege import OwnRecords
from tools.model_records import ModelRegister
from tools.model_words import DecryptionKeys
from tools.policies import PolicyCatalogue
from tools.policy_workshop import PolicyWorkshop
from tools.prompts import PROMPTS
from tools.registry import own_tools
from tools.vulnerability_data import DatabaseSigners

logger = logging.getLogger("yumen")


@dataclass(frozen=True)
class Parts:
    """The running parts that the ways in need."""

    settings: Settings
    gate: Gate
    policy: PolicyStore
    recorder: Recorder
    probes: dict[str, Probe]
    sandbox: Sandbox
    personal_data: PersonalData

    async def warm(self) -> None:
        """Have the rules for personal data compiled, here and in a worker: else the first call waits a second or two.

        What fails now is left to the call that needs it.
        """
        from scanners.personal_data.detect import detect

        self.sandbox.prepare(detect)
        await asyncio.gather(self.personal_data.ready(), return_exceptions=True)


@asynccontextmanager
async def open_parts(settings: Settings, opening: asyncio.Task[PolicyStore] | None = None) -> AsyncIterator[Parts]:
    """Everything behind the transports, opened; `opening` is the policy's part of it, where that has begun already.

    Raises the YumenError of the first part that cannot be had.
    """
    opening = opening or asyncio.create_task(PolicyStore.open(settings.policy, data_dir=settings.data_dir))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_close_policy, opening)
        verify_packages()
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = await open_log(settings.data_dir, settings.audit)
        stack.push_async_callback(log.close)
        subjects = open_subjects(settings.data_dir, settings.audit, log.keys)
        stack.callback(subjects.close)
        rules = await asyncio.to_thread(rules_digest)
        recorder = Recorder(log, subjects, server="yumen", retention=settings.audit.retention, rules=rules)
        keeper = await stack.enter_async_context(keep(log, settings.audit, subjects, recorder=recorder))
        keys = open_key_store(settings.data_dir)
        stack.callback(keys.close)
        await stack.enter_async_context(recording_key_changes(keys, recorder))
        approvals = ApprovalStore(settings.data_dir / FILE)
        stack.callback(approvals.close)
        desk = ApprovalDesk(approvals)
        await stack.enter_async_context(desk.recording(recorder))
        trail = Trail(log, subjects)
        stack.callback(trail.close)
        # The policy loads in a process of its own; meanwhile the tools are imported here.
        tools = await asyncio.to_thread(own_tools)
        store = await opening
        store.on_change = _recording_changes(recorder)
        stack.callback(setattr, store, "on_change", None)  # the log closes before the policy does
        policy = DecisionPoint(store, _decision_log(settings))
        sandbox = Sandbox(settings.sandbox)
        stack.push_async_callback(sandbox.close)
        sources = Sources(settings.sources, settings.data_dir, sandbox)
        surface = Surface(
            tools,
            PROMPTS,
            lambda: policy_resources(store),
            settings.paths.roots,
            allow_hard_links=settings.paths.allow_hard_links,
            sources=sources,
        )
        workplace = Workplace(
            data_dir=settings.data_dir.absolute(),  # workers have a folder of their own to stand in
            sandbox=sandbox,
            judge=policy,
            resolve=surface.resolve,
            sources=sources,
            services={
                Approvals: desk,
                AuditTrail: trail,
                OwnRecords: OwnUse(log, subjects, store, policy, tools),
                PolicyCatalogue: Catalogue(store),
                ReportSigner: Attester(log.keys.signer),
                PolicyWorkshop: Workshop(store, settings.policy),
                DecryptionKeys: ConfiguredKeys(settings.models),
                ModelRegister: ConfiguredRegister(settings.models, settings.data_dir),
                DatabaseSigners: ConfiguredSigners(settings.vulnerabilities),
            },
        )
        personal_data = PersonalData(log.keys.tenant_key, sandbox)
        gate = Gate(
            limits=await stack.enter_async_context(open_limits(settings.limits)),
            surface=surface,
            policy=policy
            if settings.residency.enforce == "off"
            else ResidencyPoint(policy, settings.residency, personal_data, sources.jurisdiction_of),
            inspector=Inspector(personal_data),
            approvals=desk,
            recorder=recorder,
            workplace=workplace,
            durable_reads=settings.audit.acknowledge == "durable",
        )
        covered = await entity_coverage(settings.data_dir, sandbox)
        probes = _probes(settings, log, keeper, store, sandbox, covered)
        yield Parts(settings, gate, store, recorder, probes, sandbox, personal_data)


async def _close_policy(opening: asyncio.Task[PolicyStore]) -> None:
    """End the engine, or the start of it."""
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError, YumenError):
        await (await opening).close()


def _decision_log(settings: Settings) -> DecisionLog | None:
    return DecisionLog(settings.policy.decision_log) if settings.policy.decision_log is not None else None


def http_application(parts: Parts) -> Edge:
    """The ASGI application: health for everyone, MCP for those whom the edge has identified."""
    settings = parts.settings
    authenticator = Authenticator.open(settings.identity, settings.data_dir, settings.server.resource_url)
    doors = _doors(settings.server)
    server = build_server(parts.gate.pass_through, _principal_of, "http")
    mcp = server.streamable_http_app(
        streamable_http_path=settings.server.path,
        max_request_body_size=settings.server.max_request_bytes,
        transport_security=transport_security(doors),
        host=settings.server.host,
        custom_starlette_routes=list(_health_routes(parts)),
    )
    _also_close(mcp, authenticator)
    issuers = tuple(issuer.issuer for issuer in settings.identity.issuers)
    return Edge(
        _straight(settings.server.path, server.session_manager.handle_request, mcp),
        authenticator,
        ProtectedResource(settings.server.resource_url, issuers, settings.identity.scopes),
        doors,
        _recording(parts.recorder),
        protocol_rate=settings.limits.protocol,
        body_bytes=settings.server.max_request_bytes,
    )


def _straight(path: str, protocol: ASGIApp, others: ASGIApp) -> ASGIApp:
    """MCP's one path without Starlette's middleware and routing in between: they are a tenth of what a call costs."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        known = scope["type"] == "http" and scope["path"] == path
        await (protocol if known else others)(scope, receive, send)

    return application


def _doors(server: ServerSettings) -> Doors:
    """Who may knock: on a loopback address also pages that this machine serves itself, such as the MCP inspector."""
    local = ("http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*") if server.is_loopback else ()
    return Doors.around(server.host, server.port, server.allowed_hosts, (*local, *server.allowed_origins))


def _also_close(app: Starlette, authenticator: Authenticator) -> None:
    """Close the authenticator when the application's lifespan ends."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(scope: Any) -> AsyncIterator[Mapping[str, Any]]:
        async with authenticator, inner(scope) as state:
            yield state or {}

    app.router.lifespan_context = lifespan


def _principal_of(ctx: Context) -> Principal:
    """The identity that the edge proved for this HTTP request; from here on the gate answers for the record."""
    if ctx.request is None:
        raise Unauthenticated("missing", error=None)
    ctx.request.scope[PASSAGE].reached_gate = True
    principal: Principal = ctx.request.scope[PRINCIPAL]
    return principal


def _recording(recorder: Recorder) -> OnRefused:
    async def record(refusal: Refusal) -> None:
        if refusal.detail:
            logger.warning("refused with %d %s: %s", refusal.status, refusal.code, refusal.detail)
        await recorder.refused(
            refusal.origin,
            status="denied",
            error_code=refusal.code,
            principal=refusal.principal,
            unreported=refusal.unreported,
        )

    return record


def _recording_changes(recorder: Recorder) -> Callable[[PolicyChange], None]:
    """Puts every change of policy, taken or refused, into the log."""
    writing: set[asyncio.Task[None]] = set()

    async def write(change: PolicyChange) -> None:
        kind = "policy.refused" if change.problems else "policy.changed"
        problems = [str(problem) for problem in change.problems[:20]]
        try:
            await recorder.lifecycle(kind, {"before": change.before, "after": change.after, "problems": problems})
        except YumenError as error:
            logger.error("%s", error.diagnostics())

    def record(change: PolicyChange) -> None:
        task = asyncio.get_running_loop().create_task(write(change))
        writing.add(task)
        task.add_done_callback(writing.discard)

    return record


def _health_routes(parts: Parts) -> Iterator[Route]:
    async def healthz(request: Request) -> JSONResponse:
        # Details name files and revisions: for the machine's own people, not for whoever reaches the port.
        can_serve, page = health.report(parts.probes, details=parts.settings.server.is_loopback)
        return JSONResponse(page, status_code=200 if can_serve else 503)

    async def readyz(request: Request) -> JSONResponse:
        can_serve, page = health.report(parts.probes)
        ready = can_serve and not parts.gate.stopping
        return JSONResponse({"ready": ready, "status": page["status"]}, status_code=200 if ready else 503)

    yield Route("/healthz", healthz)
    yield Route("/readyz", readyz)


def _probes(
    settings: Settings, log: Log, keeper: Keeper, store: PolicyStore, sandbox: Sandbox, covered: str
) -> dict[str, Probe]:
    ways = [f"{len(settings.identity.issuers)} token issuers"]
    ways += ["API keys"] if settings.identity.api_keys.enabled else []
    identity = Health("ok", "closed: no proven identity, no call", " and ".join(ways))
    return {
        "audit": lambda: _audit_health(log, keeper),
        "policy": lambda: _policy_health(store),
        "identity": lambda: identity,
        "limits": lambda: Health("ok", "closed: over a limit, no call"),
        "sandbox": lambda: Health("ok", "closed: a scan that cannot run gives verdict unknown", sandbox.confinement),
        "personal_data": lambda: Health("ok", "closed: what cannot be examined is withheld", covered),
    }


def _audit_health(log: Log, keeper: Keeper) -> Health:
    fail_mode = "closed: no record, no call"
    if log.refusal is not None:
        return Health("failed", fail_mode, log.refusal.message)
    if keeper.problems:
        return Health("degraded", f"{fail_mode}; anchors and sinks never stop a call", "; ".join(keeper.problems))
    return Health("ok", fail_mode)


def _policy_health(store: PolicyStore) -> Health:
    fail_mode = "closed: no decision, no call"
    status = store.status
    if not status.ready:
        return Health("failed", fail_mode, "the engine is being replaced")
    if status.problems:
        refused = "; ".join(str(problem) for problem in status.problems[:5])
        return Health(
            "degraded", fail_mode, f"revision {status.revision} stays in force; a newer pack was refused: {refused}"
        )
    return Health("ok", fail_mode, f"revision {status.revision}")
