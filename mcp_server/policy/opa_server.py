"""A local `opa run` under our care: started on a Unix socket that only we can reach, and started again when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from mcp_server.policy.errors import PolicyUnavailable
from mcp_server.policy.opa import UNIX, OpaClient
from mcp_server.policy.packs import Pack

_STARTING_TIME = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
# OPA must not outlive us, however we end: PR_SET_PDEATHSIG of prctl(2), which execve(2) keeps.
_PROGRAM = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9, 0, 0, 0); memory = sys.argv.pop(); "
    "os.execve(sys.argv[1], sys.argv[1:], {'GOMEMLIMIT': memory})"
)


class OpaServer:
    """One supervised OPA with one pack. Make one with `start`."""

    def __init__(self, program: str, folder: Path, memory_bytes: int) -> None:
        self._program = program
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.restarts = 0
        """How often it had to be started again."""

    @classmethod
    async def start(cls, pack: Pack, *, program: str, memory_bytes: int) -> OpaServer:
        """Run OPA with `pack`, test modules left out. Raises PolicyUnavailable."""
        found = shutil.which(program)
        if found is None:
            raise PolicyUnavailable(
                f"there is no program {program!r}", remedy="install OPA, or use the embedded engine"
            )
        folder = Path(tempfile.mkdtemp(prefix="yumen-opa-"))  # mode 0700: who gets in here can ask, and read the pack
        server = cls(found, folder, memory_bytes)
        try:
            await asyncio.to_thread(write_bundle, pack.without_tests(), folder / "bundle")
            server._launch()
            await server._ready()
        except BaseException:
            await server.close()
            raise
        server._supervisor = asyncio.get_running_loop().create_task(server._supervise())
        return server

    @property
    def url(self) -> str:
        return f"{UNIX}{self._folder / 'opa.sock'}"

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def restart(self) -> None:
        """OPA no longer answers: end it, and let it be started again."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def close(self) -> None:
        """End OPA and remove what it was given."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
        await self._end()
        await asyncio.to_thread(shutil.rmtree, self._folder, True)

    def _launch(self) -> None:
        (self._folder / "opa.sock").unlink(missing_ok=True)
        arguments = ["run", "--server", "--disable-telemetry", "--skip-version-check", "--log-level", "error"]
        arguments += ["--addr", self.url, "--bundle", str(self._folder / "bundle"), "--ignore", "*_test.rego"]
        log = os.open(self._folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM, self._program, *arguments, str(self._memory_bytes)],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=self._folder,
        )
        os.close(log)

    async def _ready(self) -> None:
        client = OpaClient(self.url)
        try:
            async with asyncio.timeout(_STARTING_TIME):
                while not await client.healthy():
                    if self._process is None or self._process.poll() is not None:
                        log = (self._folder / "log").read_text("utf-8", "replace")
                        raise PolicyUnavailable("OPA ended while it started", detail=log[-2000:])
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise PolicyUnavailable("OPA did not become ready in time") from None
        finally:
            await client.close_connection()

    async def _end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def _supervise(self) -> None:
        pause = _FIRST_PAUSE
        while self._process is not None:
            await asyncio.to_thread(self._process.wait)
            self.restarts += 1
            await asyncio.sleep(pause)
            self._launch()
            try:
                await self._ready()
                pause = _FIRST_PAUSE
            except PolicyUnavailable:
                await self._end()
                pause = min(2 * pause, _LONGEST_PAUSE)


def write_bundle(pack: Pack, folder: Path) -> None:
    """Write `pack` as a bundle directory: modules under numbered names, all data in one file."""
    folder.mkdir()
    for number, module in enumerate(pack.modules):
        (folder / f"{number:05d}.rego").write_text(module.text, "utf-8")
    (folder / "data.json").write_bytes(orjson.dumps(pack.data))
    roots = sorted({module.package.split(".")[0] for module in pack.modules} | set(pack.data))
    manifest = {"revision": pack.revision, "roots": roots, "rego_version": 1}
    (folder / ".manifest").write_bytes(orjson.dumps(manifest))
