"""The server's side: workers that are started, given one scan, watched, and killed when they overstay."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

from scanners.errors import LimitReached, YumenError
from scanners.sandbox import landlock
from scanners.sandbox.scratch import Scratch, remove_abandoned
from scanners.sandbox.settings import SandboxSettings
from scanners.sandbox.wire import HEADER, MAX_MESSAGE, Signature, signature_of

T = TypeVar("T")
ProgressListener = Callable[[float, float | None, str], None]

_GRACE = 2.0
"""Seconds that an idle worker gets to leave when the server stops, before it is killed."""


class ScanKilled(LimitReached):
    """The worker was killed: deadline, memory, CPU time, or a crash. The target counts as not examined."""

    code = "scan_killed"


class ScanFailed(YumenError):
    """The scanner itself broke on this input: a defect of Yumen, and never a pass."""

    code = "scan_failed"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one scan may do beyond reading the paths among its arguments."""

    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    ports: tuple[int, ...] = ()
    """TCP ports, on any host, that it may connect to."""


_NO_GRANT = Grant()


class Sandbox:
    """Runs functions of `scanners` in worker processes.

    Each scan gets a fresh, already warm process (a spare is started while the last one works), except for the
    families in `settings.persistent`, whose process is reused.
    """

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self._settings = settings or SandboxSettings()
        self._slots = asyncio.Semaphore(self._settings.workers)
        self._idle: defaultdict[str, list[_Worker]] = defaultdict(list)
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False
        remove_abandoned()

    async def run(
        self,
        function: Callable[..., T],
        *arguments: Any,
        deadline: float | None = None,
        on_progress: ProgressListener | None = None,
        grant: Grant = _NO_GRANT,
        **keywords: Any,
    ) -> T:
        """`function(*arguments, **keywords)` in a worker; `deadline` is in seconds of wall time from now.

        `grant` is what it may do besides reading its arguments; with one, a persistent family gets a fresh process too.

        Raises ScanKilled when the worker overran a limit or died, ScanFailed when the function raised something
        that is not a YumenError, and the function's own YumenError otherwise. Cancelling kills the worker.
        """
        signature = signature_of(function)
        job = signature.dump(arguments, keywords)
        paths = [str(value) for value in (*arguments, *keywords.values()) if isinstance(value, Path)]
        family = _family(function)
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(deadline):
                    await stack.enter_async_context(self._slots)
                    worker = await self._take(family)
                    answer = await self._converse(worker, family, signature, job, paths, grant, on_progress)
            except TimeoutError:
                raise ScanKilled(
                    f"the scan did not finish within {deadline:g} seconds",
                    remedy="scan a smaller part, or ask for a longer deadline",
                ) from None
        return signature.result.validate_python(answer)  # type: ignore[no-any-return]

    def prepare(self, function: Callable[..., Any]) -> None:
        """Have a worker ready for `function`'s family, in the background: its modules and what its `warm()` prepares."""
        self._prepare_spare(_family(function), signature_of(function).name)

    async def close(self) -> None:
        """Stop every idle worker."""
        self._closed = True
        for task in tuple(self._starting):
            task.cancel()
        workers = [worker for idle in self._idle.values() for worker in idle]
        self._idle.clear()
        await asyncio.gather(*(worker.stop() for worker in workers))

    @property
    def confinement(self) -> str:
        """How far a worker is confined, in words, for the health page."""
        if not self._settings.landlock:
            return "limits only: Landlock is switched off"
        found = landlock.version()
        return f"limits and Landlock version {found}" if found else "limits only: this kernel has no Landlock"

    async def _take(self, family: str) -> _Worker:
        idle = self._idle[family]
        while idle:
            worker = idle.pop()
            if worker.alive:
                return worker
            worker.kill()
        return await _Worker.start()

    async def _converse(
        self,
        worker: _Worker,
        family: str,
        signature: Signature,
        job: dict[str, Any],
        paths: list[str],
        grant: Grant,
        on_progress: ProgressListener | None,
    ) -> Any:
        settings = self._settings
        persistent = family in settings.persistent and grant == _NO_GRANT
        keep = False
        try:
            await worker.send(
                {
                    "function": signature.name,
                    "arguments": job,
                    "limits": {
                        "cpu_seconds": settings.cpu_seconds,
                        "memory_bytes": settings.memory_bytes,
                        "open_files": settings.open_files,
                    },
                    # A worker that is kept reads no paths of the caller's: text crosses the pipe.
                    "landlock": settings.landlock and not persistent,
                    "readable": [*paths, *map(str, grant.readable)],
                    "writable": [*map(str, grant.writable)],
                    "ports": grant.ports,
                    "scratch": str(worker.scratch.path),
                }
            )
            if not persistent:
                self._prepare_spare(family, signature.name)
            while "progress" in (message := await worker.receive()):
                if on_progress is not None:
                    done, total, text = message["progress"]
                    on_progress(float(done), None if total is None else float(total), str(text))
            keep = persistent
        finally:
            if keep and not self._closed:
                self._idle[family].append(worker)
            else:
                worker.kill()
        if "result" in message:
            return message["result"]
        if "error" in message:
            raise _known_error(message)
        if "killed" in message:
            raise ScanKilled(
                str(message["killed"]),
                remedy="the target needs more than a scan may use; scan a smaller part",
            )
        raise ScanFailed(
            "the scanner failed on this input; nothing was concluded about it",
            remedy="report it with the id of this call",
            detail=str(message.get("failed", "")),
        )

    def _prepare_spare(self, family: str, function: str) -> None:
        if self._closed or self._idle[family]:
            return

        async def start() -> None:
            worker = await _Worker.start()
            await worker.send({"import": function})
            if self._closed or self._idle[family]:
                worker.kill()
            else:
                self._idle[family].append(worker)

        task = asyncio.create_task(start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)


class _Worker:
    """One process and the socket to it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        scratch: Scratch,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self.scratch = scratch

    @classmethod
    async def start(cls) -> _Worker:
        ours, theirs = socket.socketpair()
        scratch = Scratch()
        try:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    f"from scanners.sandbox.worker import main; main({theirs.fileno()})",
                ],
                stdin=subprocess.DEVNULL,
                stdout=2,  # stdout may carry MCP
                pass_fds=[theirs.fileno()],
                cwd=scratch.path,
                env=_environment(scratch.path),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            scratch.remove()
            raise ScanKilled("no worker could be started for the scan", detail=str(error)) from None
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        return cls(process, reader, writer, scratch)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def send(self, message: dict[str, Any]) -> None:
        body = orjson.dumps(message)
        with contextlib.suppress(ConnectionError):  # a dead worker is noticed when its answer is read
            self._writer.write(HEADER.pack(len(body)) + body)
            await self._writer.drain()

    async def receive(self) -> dict[str, Any]:
        """The next message; a worker that died answers with why."""
        try:
            (length,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            if length > MAX_MESSAGE:
                return {"killed": "the scan's answer was too large"}
            message = orjson.loads(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return {"killed": await self._cause_of_death()}
        except orjson.JSONDecodeError:
            return {"killed": "the worker answered with something that is not JSON"}
        return message if isinstance(message, dict) else {"killed": "the worker answered out of protocol"}

    async def _cause_of_death(self) -> str:
        for _ in range(100):
            if (code := self._process.poll()) is not None:
                break
            await asyncio.sleep(0.01)
        else:
            return "the worker closed its pipe"
        if code == -signal.SIGXCPU:
            return "the scan used up its CPU time"
        return (
            f"the worker was ended by {signal.Signals(-code).name}"
            if code < 0
            else f"the worker left with status {code}"
        )

    def kill(self) -> None:
        """End the process with whatever it started, now."""
        self._writer.close()
        if self.alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.scratch.remove()

    async def stop(self) -> None:
        """Let an idle process leave by itself; kill it if it does not."""
        self._writer.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                while self.alive:
                    await asyncio.sleep(0.01)
        self.kill()


def _family(function: Callable[..., Any]) -> str:
    """The package of `scanners` that a function belongs to."""
    return function.__module__.removeprefix("scanners.").partition(".")[0]


def _environment(scratch: Path) -> dict[str, str]:
    """What a worker knows of the outside: no secrets, no proxies, no locale surprises."""
    kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH") if name in os.environ}
    packages = os.pathsep.join([str(Path(__file__).parents[2]), *(entry for entry in sys.path if entry)])
    return kept | {"PYTHONPATH": packages, "LANG": "C.UTF-8", "HOME": str(scratch), "TMPDIR": str(scratch)}


def _known_error(message: dict[str, Any]) -> YumenError:
    """The error class by its code among those this process knows: a worker cannot name a class to import."""
    classes = {found.code: found for found in _subclasses(YumenError)}
    found = classes.get(str(message["error"]), YumenError)
    return found(str(message["message"]), remedy=str(message["remedy"]), detail=str(message["detail"]))


def _subclasses(root: type[YumenError]) -> list[type[YumenError]]:
    return [root, *(found for child in root.__subclasses__() for found in _subclasses(child))]
