"""Starts the engine that the settings ask for, on a pack that has been checked."""

from __future__ import annotations

from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.engine import LoadedEngine
from mcp_server.policy.packs import Pack
from mcp_server.policy.process import EngineProcess, LoadedRule
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.testing import check
from mcp_server.secrets import text_secret


async def start_engine(
    pack: Pack, settings: PolicySettings, rules: tuple[LoadedRule, ...] = (), process: EngineProcess | None = None
) -> LoadedEngine:
    """An engine with `pack`; `rules` are the definitions in it if the guard has found it in order already, and an empty
    `process` is there for an embedded engine.

    A pack passes the guard first, whatever engine decides with it: what OPA would run but no policy may call is refused
    there too. An OPA that runs elsewhere (`policy.opa.url`) decides by its own bundles.

    Raises PolicyInvalid and PolicyUnavailable.
    """
    if settings.engine == "embedded":
        return await EmbeddedEngine.start(pack, settings, rules, process)
    from mcp_server.policy.opa import OpaClient, OpaEngine  # aiohttp, for those who run OPA
    from mcp_server.policy.opa_server import OpaServer

    opa = settings.opa
    if not opa.url:
        pack = pack.without_tests()
        rules = rules or await check(pack, settings)
        server = await OpaServer.start(pack, program=opa.program, memory_bytes=settings.memory_bytes)
        return OpaEngine(pack.revision, rules, OpaClient(server.url), settings, server)
    client = OpaClient(
        opa.url,
        token=text_secret(opa.token, "policy.opa.token") if opa.token else "",
        ca_file=opa.ca_file,
        certificate=(opa.certificate, opa.key) if opa.certificate and opa.key else None,
    )
    engine = OpaEngine("", None, client, settings)
    await engine.probe()
    return engine
