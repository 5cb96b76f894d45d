"""The check of an API key on the way in: slow once, a few microseconds afterwards, and never out of date."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from mcp_server.calls import Principal
from mcp_server.identity.api_keys import ApiKeyStore, Row, Version, key_of, secret_matches, split_key
from mcp_server.identity.errors import IdentityUnavailable, Unauthenticated
from mcp_server.identity.settings import ApiKeySettings

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Proven:
    """That a key's secret matched this row, which stood in the file at this version, and whom it speaks for."""

    version: Version
    row: Row
    principal: Principal


class _Lane:
    """One thread for slow checks, and a bound on how many wait for it."""

    def __init__(self, name: str, waiting: int) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._room = waiting

    async def run(self, check: Callable[[], bool]) -> bool:
        if self._room == 0:
            raise IdentityUnavailable("busy", detail="too many slow key checks are waiting")
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, check)
        finally:
            self._room += 1

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class ApiKeyCheck:
    """Turns a presented key into a Principal.

    Every call asks the file whether it has changed, so a key that any process revoked, changed or deleted stops working
    at once; only the proof that the secret matches that very row is remembered, by SHA-256 of the key. Slow checks run on
    two threads of their own: one for keys that exist, one for guesses, so that guessing cannot keep real keys out.
    """

    def __init__(self, store: ApiKeyStore, settings: ApiKeySettings, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._now = now
        self._remembered = settings.remembered
        self._proven: OrderedDict[bytes, _Proven] = OrderedDict()
        self._refused: OrderedDict[bytes, Row | None] = OrderedDict()
        self._known = _Lane("yumen-key", settings.waiting)
        self._guessed = _Lane("yumen-key-guess", settings.waiting)
        self._misses: OrderedDict[str, int] = OrderedDict()

    async def verify(self, presented: str) -> Principal:
        """Raises Unauthenticated, or IdentityUnavailable when the file cannot be read or too many checks wait."""
        parts = split_key(presented)
        if parts is None:
            raise Unauthenticated("malformed", detail="not the form of an API key")
        identifier, secret = parts
        digest = hashlib.sha256(presented.encode("ascii")).digest()
        version = self._store.version()
        proven = self._proven.get(digest)
        if proven is None or proven.version != version:
            proven = await self._proved(digest, identifier, secret, proven, version)
        else:
            self._proven.move_to_end(digest)
        if proven.row[-1] is not None:
            raise Unauthenticated("revoked", detail=f"key {identifier} was revoked")
        if proven.principal.expires is not None and self._now() >= proven.principal.expires:
            raise Unauthenticated("expired", message="The access token expired.", detail=f"key {identifier} expired")
        return proven.principal

    def close(self) -> None:
        """End the threads and close the file."""
        self._known.close()
        self._guessed.close()
        self._store.close()

    async def _proved(
        self, digest: bytes, identifier: str, secret: str, earlier: _Proven | None, version: Version
    ) -> _Proven:
        """The proof for the file as it is now: an earlier one if the row is still the same, else a slow check."""
        row = self._store.row(identifier)
        if earlier is None or earlier.row != row:
            principal = await self._checked(digest, identifier, secret, row)
            # The check took its time: the key may have been revoked meanwhile.
            if row is None or self._store.row(identifier) != row:
                raise Unauthenticated("revoked", detail=f"key {identifier} changed during the check")
        else:
            principal = earlier.principal
        proven = _Proven(version, row, principal)
        _remember(self._proven, digest, proven, self._remembered)
        return proven

    async def _checked(self, digest: bytes, identifier: str, secret: str, row: Row | None) -> Principal:
        """Whom a row speaks for, if the secret is its secret."""
        unknown = Unauthenticated("unknown_key", detail=f"no API key {identifier} with that secret")
        if digest in self._refused and self._refused[digest] == row:
            raise unknown
        stored = None if row is None else key_of(row)
        # A key id is no secret: one that keeps being tried with wrong secrets waits with the guesses.
        lane = self._guessed if stored is None or self._misses.get(identifier, 0) >= 8 else self._known
        if not await lane.run(lambda: secret_matches(secret, stored)) or stored is None:
            _remember(self._refused, digest, row, self._remembered)
            if stored is not None:
                _remember(self._misses, identifier, self._misses.get(identifier, 0) + 1, self._remembered)
            raise unknown
        self._misses.pop(identifier, None)
        return stored.principal()


def _remember(memory: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > most:
        memory.popitem(last=False)
