"""Puts every change of an API key into the audit log, also those that another process makes or made while none served."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from mcp_server.audit.records import JSON
from mcp_server.identity.api_keys import ApiKeyStore, KeyChange
from scanners.errors import YumenError

logger = logging.getLogger("yumen")

_EVERY: Final = 1.0
"""Seconds between two looks at whether the key file has changed; a look costs under a microsecond."""


class Records(Protocol):
    """Where the records go."""

    async def lifecycle(self, kind: str, details: Mapping[str, JSON]) -> object:
        """Durable when it returns. Raises AuditUnavailable."""
        ...


@asynccontextmanager
async def recording_key_changes(store: ApiKeyStore, records: Records) -> AsyncIterator[None]:
    """While inside, each change is in the log within about a second; what was pending before, on entry.

    A change is marked only once its record is durable, so a crash between the two records it twice, never not at all.
    Raises AuditUnavailable or IdentityUnavailable on entry.
    """
    await _record(store, records)
    task = asyncio.create_task(_watch(store, records))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        try:
            await _record(store, records)
        except YumenError as error:
            logger.error("%s", error.diagnostics())


async def _watch(store: ApiKeyStore, records: Records) -> None:
    seen: object = None
    while True:
        try:
            version = store.version()
            if version != seen:
                await _record(store, records)
                seen = version
        except YumenError as error:  # tried again at the next look
            logger.error("%s", error.diagnostics())
        await asyncio.sleep(_EVERY)


async def _record(store: ApiKeyStore, records: Records) -> None:
    while changes := store.unrecorded():
        for change in changes:
            await records.lifecycle(f"key.{change.change}", _details(change))
            store.recorded(change)


def _details(change: KeyChange) -> dict[str, JSON]:
    """What an auditor asks of a key. Its label is free text, possibly a person's name, and stays out of the record."""
    key = change.key
    details: dict[str, JSON] = {
        "key": key.id,
        "tenant": key.tenant,
        "roles": list(key.roles),
        "scopes": list(key.scopes),
        "at_us": round(change.at * 1_000_000),
        "by": f"uid:{change.by}",
    }
    if key.expires is not None:
        details["expires_us"] = round(key.expires * 1_000_000)
    return details
