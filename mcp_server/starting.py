"""The order of a start: the policy loads in a process of its own while this one still imports the SDK and the tools."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from mcp_server.collector import collecting_nothing
from mcp_server.config import Settings
from mcp_server.policy.store import PolicyStore

if TYPE_CHECKING:
    from mcp_server.app import Parts


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[Parts]:
    """`mcp_server.app.open_parts`, half a second sooner. Raises the YumenError of the first part that cannot be had."""
    async with AsyncExitStack() as stack:
        with collecting_nothing():
            opening = asyncio.create_task(PolicyStore.open(settings.policy, data_dir=settings.data_dir))
            # In a thread: the loop must go on talking to the engine's process. Engines start in the loop's own thread.
            assembly = await asyncio.to_thread(import_module, "mcp_server.app")
            parts = await stack.enter_async_context(assembly.open_parts(settings, opening))
        yield parts
