"""One engine process as the server sees it: a socket on which questions go out and answers come back in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable, Problem
from mcp_server.policy.modules import Module
from mcp_server.policy.packs import Pack
from mcp_server.policy.wire import COURSES, EVALUATE, HEADER, INVALID, LINES, LOAD, NAME, VALUE

Answer = tuple[int, bytes]
"""Status and body."""

_ROOT = str(Path(__file__).parents[2])
_PROGRAM = "import sys; sys.path[:] = {path!r}; from mcp_server.policy.worker import main; main({descriptor}, {memory})"
# The engine's allocator takes 1 GiB of address space at a time, which would make RLIMIT_AS meaningless.
_ENVIRONMENT = {"MIMALLOC_ARENA_RESERVE": "64MiB"}
_LOADING_TIME = 20.0
"""Seconds to start a process and load and check a pack in it."""


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """One definition of a rule in the pack that a process has loaded."""

    file: str
    package: str
    name: str
    line: int
    is_function: bool

    @property
    def entrypoint(self) -> str:
        return f"data.{self.package}.{self.name}"


@dataclass(frozen=True, slots=True)
class LineReport:
    """The lines of one module that hold something to evaluate."""

    file: str
    reached: frozenset[int]
    left: frozenset[int]
    """Those that no evaluation came to."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far one body of a rule got, at best."""

    rule: str
    file: str
    line: int
    passed: int
    """How many of its statements held."""
    statements: tuple[tuple[int, int], ...]
    """First and last line of each."""


class Question:
    """One evaluation that is waiting for its answer."""

    __slots__ = ("answer", "body")

    def __init__(self, body: bytes, answer: asyncio.Future[Answer]) -> None:
        self.body = body
        self.answer = answer


class EngineProcess(asyncio.Protocol):
    """Questions go out as they come; one that takes too long costs the process its life.

    Whatever ends the process, only the question that it was working on fails. The others are given to `on_end`.
    """

    def __init__(self) -> None:
        self._deadline = _LOADING_TIME
        self._on_end: Callable[[EngineProcess, list[Question]], None] = _nobody_waits
        self._loop = asyncio.get_running_loop()
        self._pending: deque[Question] = deque()
        self._received = bytearray()
        self._head_since = 0.0
        self._watchdog: asyncio.TimerHandle | None = None
        self._idle: asyncio.Future[None] | None = None
        self._overdue = False
        self._ended = False
        self._loaded = False
        self.rules: tuple[LoadedRule, ...] = ()
        """Every definition in the pack."""
        self.warnings: tuple[Problem, ...] = ()
        """What other engines decide differently in it."""
        self._transport: asyncio.Transport
        self._process: subprocess.Popen[bytes]

    @classmethod
    async def start(
        cls,
        pack: Pack,
        *,
        deadline: float,
        memory_bytes: int,
        on_end: Callable[[EngineProcess, list[Question]], None],
        proven: bool = False,
        coverage: bool = False,
        courses: bool = False,
    ) -> EngineProcess:
        """A process with `pack` loaded, and checked unless it is `proven`: once loaded without a problem.

        Raises PolicyInvalid, and PolicyUnavailable if no process can be had.
        """
        return await (await cls.empty(memory_bytes)).load(
            pack, deadline=deadline, on_end=on_end, proven=proven, coverage=coverage, courses=courses
        )

    @classmethod
    async def empty(cls, memory_bytes: int) -> EngineProcess:
        """A process without a pack, which gets ready while others work. Raises PolicyUnavailable if none can be had."""
        process = cls()
        await process._spawn(memory_bytes)
        return process

    async def _spawn(self, memory_bytes: int) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        path = [_ROOT, *(entry for entry in sys.path if entry and entry != _ROOT)]
        program = _PROGRAM.format(path=path, descriptor=theirs.fileno(), memory=memory_bytes)
        with theirs:
            try:
                # From this thread, not from a helper: PR_SET_PDEATHSIG fires when the creating *thread* ends.
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-X", "utf8", "-c", program],
                    env=_ENVIRONMENT,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # the engine prints there, and stderr belongs to the server
                    cwd="/",
                )
            except OSError as error:
                ours.close()
                raise PolicyUnavailable("the policy engine cannot be started", detail=repr(error)) from None
        self._transport, _ = await self._loop.create_unix_connection(lambda: self, sock=ours)

    async def load(
        self,
        pack: Pack,
        *,
        deadline: float,
        on_end: Callable[[EngineProcess, list[Question]], None],
        proven: bool = False,
        coverage: bool = False,
        courses: bool = False,
    ) -> EngineProcess:
        """Give a process its pack, or another; see `start`. Nothing may be waiting for an answer of it."""
        self._deadline, self._on_end = deadline, on_end
        message = load_message(pack, proven=proven, coverage=coverage, courses=courses)
        try:
            async with asyncio.timeout(_LOADING_TIME):
                status, answer = await self._send(LOAD, message)
        except TimeoutError:
            self.kill()
            raise PolicyUnavailable(
                "the policy pack took too long to load",
                remedy="look for a rule that goes through a large range or product even on an empty input",
            ) from None
        except PolicyUnavailable as error:
            await self._reap()
            raise PolicyUnavailable(
                "the policy engine ended while it loaded the pack",
                detail=error.message,
                remedy="look for data too large for policy.memory_bytes (some twenty times its size), or a rule that takes "
                "more on an empty input",
            ) from None
        except asyncio.CancelledError:
            self.kill()
            raise
        if status == VALUE:
            self._loaded = True
            loaded = orjson.loads(answer)
            self.rules = tuple(LoadedRule(*rule) for rule in loaded["rules"])
            self.warnings = tuple(Problem(*problem) for problem in loaded["warnings"])
            if not proven:
                _keep_mended(pack, loaded["mended"])
            return self
        self.kill()
        await self._reap()
        if status == INVALID:
            raise PolicyInvalid([Problem(*problem) for problem in orjson.loads(answer)])
        if b"memory" in answer.lower():
            raise PolicyUnavailable(
                f"the policy pack, {len(message) / 1e6:.0f} MB, does not fit into the memory of its engine",
                detail=answer.decode(),
                remedy="have less data, or raise policy.memory_bytes to some twenty times its size",
            )
        raise PolicyUnavailable("the policy pack cannot be loaded", detail=answer.decode())

    def ask(self, question: Question) -> None:
        """Put one evaluation on its way."""
        if not self._pending:
            self._head_since = self._loop.time()
            if self._watchdog is None:
                self._watchdog = self._loop.call_later(self._deadline, self._watch)
        self._pending.append(question)
        self._transport.write(HEADER.pack(len(question.body), EVALUATE) + question.body)

    async def lines(self) -> list[LineReport]:
        """Which lines were evaluated since the last time; only for a process started with `coverage`."""
        _, answer = await self._send(LINES, b"")
        return [LineReport(file, frozenset(reached), frozenset(left)) for file, reached, left in orjson.loads(answer)]

    async def courses(self) -> list[Course]:
        """How far each body got that was entered since the last time; only for a process started with `courses`."""
        _, answer = await self._send(COURSES, b"")
        return [
            Course(rule, file, line, passed, tuple((first, last) for first, last in statements))
            for rule, file, line, passed, statements in orjson.loads(answer)
        ]

    @property
    def pending(self) -> int:
        return len(self._pending)

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """End the process now."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._transport.abort()

    async def drain(self) -> None:
        """Let every pending question be answered, then end the process."""
        if self._pending and not self._ended:
            self._idle = self._loop.create_future()
            await self._idle
        self.kill()
        await self._reap()

    async def _reap(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.to_thread(self._process.wait)

    def _send(self, kind: int, body: bytes) -> asyncio.Future[Answer]:
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._pending.append(Question(body, answer))
        self._transport.write(HEADER.pack(len(body), kind) + body)
        return answer

    def _watch(self) -> None:
        self._watchdog = None
        if not self._pending or self._ended:
            return
        left = self._head_since + self._deadline - self._loop.time()
        if left > 0.0005:
            self._watchdog = self._loop.call_later(left, self._watch)
            return
        self._overdue = True
        self.kill()
        self.connection_lost(None)  # now, not when the transport gets round to it: others are waiting

    def data_received(self, data: bytes) -> None:
        """Hand out the answers that are whole."""
        received = self._received
        received += data
        at = 0
        while len(received) - at >= HEADER.size:
            length, status = HEADER.unpack_from(received, at)
            end = at + HEADER.size + length
            if len(received) < end:
                break
            question = self._pending.popleft()
            if not question.answer.done():
                question.answer.set_result((status, bytes(received[at + HEADER.size : end])))
            at = end
        if at:
            del received[:at]
            self._head_since = self._loop.time()
            if self._idle is not None and not self._pending and not self._idle.done():
                self._idle.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the question under way, and give back the others."""
        if self._ended:
            return
        self._ended = True
        if self._watchdog is not None:
            self._watchdog.cancel()
        left = list(self._pending)
        self._pending.clear()
        if left:
            failed = left.pop(0)
            if not failed.answer.done():
                failed.answer.set_exception(
                    PolicyUnavailable("the policy evaluation took too long")
                    if self._overdue
                    else PolicyUnavailable("the policy engine ended in the middle of an evaluation")
                )
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)
        if self._loaded:
            self._on_end(self, left)


def _nobody_waits(process: EngineProcess, left: list[Question]) -> None:
    """An empty process is asked nothing."""


def evaluation(entrypoint: str, document: bytes) -> bytes:
    """The body of EVALUATE for `entrypoint` on `document`, which is JSON."""
    name = entrypoint.encode()
    return NAME.pack(len(name)) + name + document


def load_message(pack: Pack, *, proven: bool, coverage: bool = False, courses: bool = False) -> bytes:
    """The body of LOAD for `pack`."""
    mended = _MENDED.get(_kind(pack)) if proven else None
    texts = mended or {}
    modules = [[module.path, texts.get(module.path, module.text)] for module in pack.modules]
    return orjson.dumps(
        {
            "modules": modules,
            "data": pack.data,
            "proven": proven,
            "mended": mended is not None,
            "coverage": coverage,
            "courses": courses,
            "v0": pack.rego_v0,
        }
    )


_MENDED: dict[tuple[bool, tuple[Module, ...]], Mapping[str, str]] = {}
"""Of packs that were loaded, the modules that had to be mended: the next process with one need not work it out again."""
_KEPT = 8


def _keep_mended(pack: Pack, mended: Mapping[str, str]) -> None:
    _MENDED.pop(_kind(pack), None)
    _MENDED[_kind(pack)] = mended
    while len(_MENDED) > _KEPT:
        del _MENDED[next(iter(_MENDED))]


def _kind(pack: Pack) -> tuple[bool, tuple[Module, ...]]:
    """What mending depends on: the modules, tests aside, for a pack is decided with without them."""
    return pack.rego_v0, tuple(module for module in pack.modules if not module.is_test)
