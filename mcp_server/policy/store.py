"""The policy in force: loads the packs, watches them, and puts a changed pack in place only when it is proven good."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mcp_server.policy.bundles import load_bundle
from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.engine import LoadedEngine, PolicyEngine
from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable, Problem
from mcp_server.policy.packs import SHIPPED, Pack, files_of, join, load_pack
from mcp_server.policy.process import EngineProcess, LoadedRule
from mcp_server.policy.pulling import PulledBundle
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.starting import start_engine
from mcp_server.policy.team_data import misspelt
from mcp_server.policy.testing import run_tests
from mcp_server.policy.tool_engine import ToolEngine
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
        pulled: tuple[PulledBundle, ...] = (),
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._pack = pack
        self._shipped = shipped
        self.on_change: Callable[[PolicyChange], None] | None = None
        """Is told of every attempt to change the policy."""
        self._pulled = pulled
        self._tool_engine = ToolEngine(self, settings)
        self._since = datetime.now(UTC)
        self._problems: tuple[Problem, ...] = ()
        self._seen = _fingerprint(self._folders)
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: list[asyncio.Task[None]] = []

    @classmethod
    async def open(
        cls,
        settings: PolicySettings | None = None,
        *,
        shipped: Path = SHIPPED,
        data_dir: Path | None = None,
    ) -> PolicyStore:
        """Load the packs and start the engine; watch them, if the settings say so.

        Pulled bundles are kept in `data_dir`: with a good copy there, their server need not be reachable.

        Raises PolicyInvalid (which file and line) and PolicyUnavailable.
        """
        settings = settings or PolicySettings()
        pulled = await _pulled_bundles(settings, data_dir)
        pack = await asyncio.to_thread(read_packs, settings, shipped, pulled)
        store = cls(settings, await start_engine(pack, settings), pack, shipped, pulled)
        loop = asyncio.get_running_loop()
        if settings.watch_interval > 0:
            store._watchers.append(loop.create_task(store._watch()))
        store._watchers += [loop.create_task(store._follow(bundle)) for bundle in pulled]
        return store

    @property
    def engine(self) -> PolicyEngine:
        """The engine that decides now. Ask for it anew for every decision."""
        return self._engine

    @property
    def tool_engine(self) -> PolicyEngine:
        """The engine for evaluations that tools ask for, with the pack in force."""
        return self._tool_engine

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
                pack = await asyncio.to_thread(read_packs, self._settings, self._shipped, self._pulled)
                if pack.revision != before:
                    await self._take(pack)
                self._problems = ()
            except PolicyInvalid as error:
                self._problems = error.problems
            except PolicyUnavailable as error:
                self._problems = (Problem("", 0, 0, error.message),)
            after = self._engine.revision
            if after != before or self._problems:
                self._tell(PolicyChange(before, after, self._problems))
            return self.status

    async def close(self) -> None:
        """Stop watching and end the engine."""
        for watcher in self._watchers:
            watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._tool_engine.close()
        await self._engine.close()

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self._shipped, *self._settings.packs)

    async def _take(self, pack: Pack) -> None:
        engine = await self._tested(pack) if self._settings.test_on_load else await start_engine(pack, self._settings)
        old, self._engine, self._pack = self._engine, engine, pack
        self._since = datetime.now(UTC)
        # Its last questions are still being answered.
        closing = asyncio.get_running_loop().create_task(old.close())
        self._tasks.add(closing)
        closing.add_done_callback(self._tasks.discard)

    async def _tested(self, pack: Pack) -> LoadedEngine:
        """An engine with `pack`, whose tests pass. Its process gets ready while they run in the spare one of today's."""
        today = self._engine if isinstance(self._engine, EmbeddedEngine) else None
        process = await EngineProcess.empty(self._settings.memory_bytes) if today else None
        try:
            result = await run_tests(pack, self._settings, process=today.lend() if today else None)
            if result.failures:
                raise PolicyInvalid([failure.problem for failure in result.failures])
            return await start_engine(pack, self._settings, result.rules, process)
        except BaseException:
            if today is not None and process is not None:
                today.replenish()
                await process.drain()
            raise

    async def _follow(self, bundle: PulledBundle) -> None:
        """Look for new versions of a pulled bundle. One that is not good changes nothing but the status."""
        while True:
            await asyncio.sleep(bundle.settings.interval)
            try:
                if await bundle.pull():
                    await self.reload()
            except PolicyInvalid as error:
                if error.problems != self._problems:
                    self._problems = error.problems
                    self._tell(PolicyChange(self._engine.revision, self._engine.revision, error.problems))
            except YumenError as error:
                self._problems = (Problem(bundle.settings.url, 0, 0, error.message),)

    def _tell(self, change: PolicyChange) -> None:
        if self.on_change is not None:
            self.on_change(change)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.watch_interval)
            if await asyncio.to_thread(_fingerprint, self._folders) != self._seen:
                try:
                    await self.reload()
                except Exception as error:  # noqa: BLE001 - the watcher must not end unseen; /healthz shows what it was
                    self._problems = (Problem("", 0, 0, f"the reload failed: {error!r}"),)


def read_packs(settings: PolicySettings, shipped: Path = SHIPPED, pulled: tuple[PulledBundle, ...] = ()) -> Pack:
    """The shipped pack with the configured ones on top. Raises PolicyInvalid."""
    teams = [read_pack(path, settings) for path in settings.packs] + [bundle.pack() for bundle in pulled]
    base = load_pack(shipped)
    if not settings.replace_packages:  # what rules of the team's own read, only the team knows
        problems = [problem for team in teams for problem in misspelt(base, team)]
        if problems:
            raise PolicyInvalid(problems)
    # The shipped tests are about the shipped rules and data as they are; what a team forbids would make them fail.
    return join(base.without_tests() if teams else base, teams, replace=settings.replace_packages)


def read_pack(path: Path, settings: PolicySettings) -> Pack:
    """The pack in a folder or a .tar.gz bundle. Raises PolicyInvalid."""
    if not path.name.endswith(".tar.gz"):
        return load_pack(path, prefix=f"{path.name}/")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PolicyInvalid([Problem(str(path), 0, 0, str(error))]) from None
    name = path.name.removesuffix(".tar.gz")
    return load_bundle(content, source=str(path), keys=settings.verification_keys, prefix=f"{name}/")


async def _pulled_bundles(settings: PolicySettings, data_dir: Path | None) -> tuple[PulledBundle, ...]:
    """The configured bundles, each with a good copy on disk."""
    if not settings.bundles:
        return ()
    if data_dir is None:
        raise PolicyUnavailable("pulled bundles need a data directory to be kept in")
    pulled = tuple(
        PulledBundle(bundle, settings.verification_keys, data_dir / "bundles") for bundle in settings.bundles
    )
    for bundle in pulled:
        try:
            await bundle.pull()
        except (PolicyUnavailable, PolicyInvalid):
            if not bundle.is_here:
                raise
    return pulled


def _fingerprint(folders: tuple[Path, ...]) -> tuple[tuple[str, int, int, int], ...]:
    """Changes whenever a file of the packs does: path, inode, size and time of last change of each."""
    found: list[tuple[str, int, int, int]] = []
    for folder in folders:
        try:
            for path in files_of(folder) if folder.is_dir() else [folder]:
                status = path.stat()
                found.append((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
        except (OSError, YumenError):
            found.append((str(folder), 0, 0, 0))  # in the middle of a change; the reload will say what is wrong
    return tuple(found)
