"""Which `Limits` a server has: its own memory, or a store that replicas share."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mcp_server.limits.admission import Limits, LocalLimits
from mcp_server.limits.errors import LimitsMisconfigured
from mcp_server.limits.settings import LimitSettings


@asynccontextmanager
async def open_limits(settings: LimitSettings) -> AsyncIterator[Limits]:
    """The limits that the settings ask for. Redis is not asked yet: a call that cannot ask it is refused.

    Raises LimitsMisconfigured.
    """
    if settings.shared is None:
        yield LocalLimits(settings)
        return
    try:
        from mcp_server.limits.shared import SharedLimits
    except ImportError:
        raise LimitsMisconfigured(
            "limits.shared needs the Redis client, which is not installed.",
            remedy="Install yumen with the extra 'redis'.",
        ) from None
    url = _referenced(settings.shared.url)
    try:
        limits = SharedLimits(settings, url, settings.shared)
    except ValueError as error:
        raise LimitsMisconfigured(f"limits.shared.url is no Redis URL: {error}") from None
    try:
        yield limits
    finally:
        await limits.close()


def _referenced(reference: str) -> str:
    """The text behind env:NAME or file:/path."""
    kind, _, name = reference.partition(":")
    try:
        return (os.environ[name] if kind == "env" else Path(name).read_text("utf-8")).strip()
    except (KeyError, OSError, UnicodeDecodeError) as error:
        raise LimitsMisconfigured(f"limits.shared.url: {reference} cannot be read", detail=repr(error)) from None
