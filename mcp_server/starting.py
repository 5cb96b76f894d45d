"""The order of a start: the policy loads in a process of its own while this one still imports the SDK and the tools."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from mcp_server.config import Settings
from mcp_server.policy.store import PolicyStore

if TYPE_CHECKING:
    from mcp_server.app import Parts


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[Parts]:
    """`mcp_server.app.open_parts`, half a second sooner. Raises the YumenError of the first part that cannot be had."""
    opening = asyncio.create_task(PolicyStore.open(settings.policy, data_dir=settings.data_dir))
    # In a thread: the loop must go on talking to the engine's process. Engines start in the loop's own thread.
    assembly = await asyncio.to_thread(import_module, "mcp_server.app")
    async with assembly.open_parts(settings, opening) as parts:
        yield parts
