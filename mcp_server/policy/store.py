"""The policy in force: loads the packs, watches them, and puts a changed pack in place only when it is proven good."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mcp_server.policy.engine import LoadedEngine, PolicyEngine
from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable, Problem
from mcp_server.policy.packs import SHIPPED, Pack, files_of, join, load_pack
from mcp_server.policy.process import LoadedRule
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.starting import start_engine
from mcp_server.policy.testing import run_tests
from scanners.errors import YumenError


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """What /healthz shows."""

    revision: str
    """Digest of the pack that decides."""
    since: datetime
    """When it took effect."""
    problems: tuple[Problem, ...] = ()
    """Why the pack on disk, which is newer, was not taken."""
    ready: bool = True
    """Whether the engine can answer at once."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One attempt to change the policy, for the audit log."""

    before: str
    """Revision in force until now."""
    after: str
    """Revision in force from now; the same as `before` if the change was refused."""
    problems: tuple[Problem, ...] = ()


class PolicyStore:
    """The engine of the moment, and the files behind it. Make one with `open`."""

    def __init__(
        self,
        settings: PolicySettings,
        engine: LoadedEngine,
        pack: Pack,
        shipped: Path,
        on_change: Callable[[PolicyChange], None] | None,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._pack = pack
        self._shipped = shipped
        self._on_change = on_change
        self._since = datetime.now(UTC)
        self._problems: tuple[Problem, ...] = ()
        self._seen = _fingerprint(self._folders)
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watcher: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        settings: PolicySettings | None = None,
        *,
        shipped: Path = SHIPPED,
        on_change: Callable[[PolicyChange], None] | None = None,
    ) -> PolicyStore:
        """Load the packs and start the engine; watch them, if the settings say so.

        Raises PolicyInvalid (which file and line) and PolicyUnavailable.
        """
        settings = settings or PolicySettings()
        pack = await asyncio.to_thread(read_packs, settings, shipped)
        store = cls(settings, await start_engine(pack, settings), pack, shipped, on_change)
        if settings.watch_interval > 0:
            store._watcher = asyncio.get_running_loop().create_task(store._watch())
        return store

    @property
    def engine(self) -> PolicyEngine:
        """The engine that decides now. Ask for it anew for every decision."""
        return self._engine

    @property
    def pack(self) -> Pack:
        """What the engine decides with."""
        return self._pack

    @property
    def rules(self) -> tuple[LoadedRule, ...]:
        """Every definition in the pack, as the engine read it."""
        return self._engine.rules

    @property
    def status(self) -> PolicyStatus:
        return PolicyStatus(self._engine.revision, self._since, self._problems, self._engine.is_ready)

    async def reload(self) -> PolicyStatus:
        """Take the packs as they now are on disk: build, test, swap. What is broken is not taken, see `status`."""
        async with self._reloading:
            self._seen = await asyncio.to_thread(_fingerprint, self._folders)
            before = self._engine.revision
            try:
                pack = await asyncio.to_thread(read_packs, self._settings, self._shipped)
                if pack.revision != before:
                    await self._take(pack)
                self._problems = ()
            except PolicyInvalid as error:
                self._problems = error.problems
            except PolicyUnavailable as error:
                self._problems = (Problem("", 0, 0, error.message),)
            after = self._engine.revision
            if self._on_change is not None and (after != before or self._problems):
                self._on_change(PolicyChange(before, after, self._problems))
            return self.status

    async def close(self) -> None:
        """Stop watching and end the engine."""
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._engine.close()

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self._shipped, *self._settings.packs)

    async def _take(self, pack: Pack) -> None:
        rules: tuple[LoadedRule, ...] = ()
        if self._settings.test_on_load:
            result = await run_tests(pack, self._settings)
            if result.failures:
                raise PolicyInvalid([failure.problem for failure in result.failures])
            rules = result.rules
        engine = await start_engine(pack, self._settings, rules)
        old, self._engine, self._pack = self._engine, engine, pack
        self._since = datetime.now(UTC)
        # Its last questions are still being answered.
        closing = asyncio.get_running_loop().create_task(old.close())
        self._tasks.add(closing)
        closing.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.watch_interval)
            if await asyncio.to_thread(_fingerprint, self._folders) != self._seen:
                await self.reload()


def read_packs(settings: PolicySettings, shipped: Path = SHIPPED) -> Pack:
    """The shipped pack with the configured ones on top. Raises PolicyInvalid."""
    teams = [load_pack(folder, prefix=f"{folder.name}/") for folder in settings.packs]
    return join(load_pack(shipped), teams, replace=settings.replace_packages)


def _fingerprint(folders: tuple[Path, ...]) -> tuple[tuple[str, int, int, int], ...]:
    """Changes whenever a file of the packs does: path, inode, size and time of last change of each."""
    found: list[tuple[str, int, int, int]] = []
    for folder in folders:
        try:
            for path in files_of(folder):
                status = path.stat()
                found.append((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
        except (OSError, YumenError):
            found.append((str(folder), 0, 0, 0))  # in the middle of a change; the reload will say what is wrong
    return tuple(found)
