"""The engine that tools ask: the same pack in a process of its own with a longer deadline, started when first needed.

What a tool evaluates is as large as its caller makes it. Here it can neither delay a decision on access nor cost the gate
its process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from mcp_server.policy.engine import LoadedEngine
from mcp_server.policy.errors import PolicyUnavailable
from mcp_server.policy.packs import Pack
from mcp_server.policy.process import LoadedRule
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.starting import start_engine


class InForce(Protocol):
    """The policy store, as far as this needs it."""

    @property
    def pack(self) -> Pack: ...
    @property
    def rules(self) -> tuple[LoadedRule, ...]: ...


class ToolEngine:
    """Implements `PolicyEngine` for tools; takes the pack in force anew whenever it has changed."""

    def __init__(self, store: InForce, settings: PolicySettings) -> None:
        self._store = store
        self._settings = settings.model_copy(update={"deadline": settings.tool_deadline})
        self._pack: Pack | None = None
        self._engine: LoadedEngine | None = None
        self._starting = asyncio.Lock()
        self._endings: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def revision(self) -> str:
        return self._store.pack.revision

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        """See `PolicyEngine.evaluate`; waits for the engine to start where it does not run yet."""
        return await (await self._started()).evaluate(entrypoint, document)

    async def close(self) -> None:
        """See `PolicyEngine.close`."""
        self._closed = True
        async with self._starting:
            self._let_go()
        await asyncio.gather(*self._endings)

    async def _started(self) -> LoadedEngine:
        async with self._starting:
            if self._closed:
                raise PolicyUnavailable("the policy engine is closed")
            pack = self._store.pack
            if self._engine is None or self._pack is not pack:
                engine = await start_engine(pack, self._settings, self._store.rules)
                self._let_go()
                self._engine, self._pack = engine, pack
            return self._engine

    def _let_go(self) -> None:
        """End the engine once its last questions are answered."""
        if self._engine is not None:
            ending = asyncio.get_running_loop().create_task(self._engine.close())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            self._engine = None
