"""A long request outlives its credential: the credential is checked again while the request runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType

from mcp_server.calls import Principal
from scanners.errors import YumenError


class Vigil:
    """Around the serving of one request: cancels it when its credential stops holding (revoked, expired, key withdrawn).

    Costs one timer handle for a request that ends before the first check.
    """

    def __init__(
        self, authenticate: Callable[[str | None], Awaitable[Principal]], credential: str | None, seconds: float
    ) -> None:
        self._authenticate = authenticate
        self._credential = credential
        self._seconds = seconds
        self._watch: asyncio.Task[None] | None = None
        self.lapsed: str | None = None
        """Why the request was ended, for the operator; None while the credential holds."""

    def __enter__(self) -> Vigil:
        self._request = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(self._seconds, self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self.lapsed is None or self._request is None:
            return False
        # Only our own cancellation is taken back: a shutdown that came as well still counts.
        return self._request.uncancel() == 0 and isinstance(error, asyncio.CancelledError)

    def _begin(self) -> None:
        self._watch = self._loop.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            try:
                await self._authenticate(self._credential)
            except YumenError as error:
                self.lapsed = error.diagnostics()
                if self._request is not None:
                    self._request.cancel()
                return
            await asyncio.sleep(self._seconds)
