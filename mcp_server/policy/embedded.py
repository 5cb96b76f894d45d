"""The embedded engine: regorus in a process of its own, with a second one warm for when the first must be killed."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

import orjson

from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable, PolicyUndefined
from mcp_server.policy.packs import Pack
from mcp_server.policy.process import Answer, EngineProcess, LoadedRule, Question
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.wire import NAME, NO_VALUE, VALUE

_ENTRYPOINT = re.compile(r"data(\.[A-Za-z_][A-Za-z0-9_]*)+", re.ASCII)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
"""Seconds between attempts to start a process."""


class EmbeddedEngine:
    """Implements `PolicyEngine`. Make one with `start`."""

    def __init__(self, pack: Pack, settings: PolicySettings) -> None:
        self._pack = pack
        self._settings = settings
        self._active: EngineProcess | None = None
        self._spare: EngineProcess | None = None
        self._waiting: deque[Question] = deque()
        self._names: dict[str, bytes] = {}
        self._starter: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self._closed = False
        self.rules: tuple[LoadedRule, ...] = ()
        """Every definition in the pack."""
        self.replaced = 0
        """How many processes were lost so far."""

    @classmethod
    async def start(
        cls,
        pack: Pack,
        settings: PolicySettings | None = None,
        rules: tuple[LoadedRule, ...] = (),
        process: EngineProcess | None = None,
    ) -> EmbeddedEngine:
        """An engine that is ready for questions about `pack`, test modules left out.

        `rules` are the definitions in the pack if the guard has found it in order already; else it looks now. An empty
        `process` is taken for its first.
        Raises PolicyInvalid and PolicyUnavailable.
        """
        engine = cls(pack.without_tests(), settings or PolicySettings())
        engine.rules = rules
        engine._active = await engine._process(process)
        engine.rules = rules or engine._active.rules
        engine._keep_spare()
        return engine

    @property
    def revision(self) -> str:
        return self._pack.revision

    @property
    def is_ready(self) -> bool:
        """Whether a question would be answered without waiting for a process to start."""
        return self._active is not None and not self._closed

    def lend(self) -> EngineProcess | None:
        """The spare process, if there is one, to try another pack in: it need not start anew. See `replenish`."""
        lent, self._spare = self._spare, None
        return lent

    def replenish(self) -> None:
        """Have a spare process again, after one was lent and this engine stays."""
        self._keep_spare()

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        """See `PolicyEngine.evaluate`."""
        try:
            text = orjson.dumps(document)
        except TypeError as error:  # lone surrogates, too deep nesting, integers beyond 64 bits, no JSON at all
            raise PolicyUnavailable("the input of the policy cannot be written as JSON", detail=str(error)) from None
        status, answer = await self._answer(self._name(entrypoint) + text)
        if status == VALUE:
            return orjson.loads(answer)
        if status == NO_VALUE:
            raise PolicyUndefined(f"{entrypoint} has no value for this input")
        raise PolicyUnavailable("the policy failed on this input", detail=f"{entrypoint}: {answer.decode()}")

    async def close(self) -> None:
        """See `PolicyEngine.close`."""
        self._closed = True
        if self._starter is not None:
            self._starter.cancel()
        self._fail_waiting("the policy engine is closed")
        await asyncio.gather(*(process.drain() for process in (self._active, self._spare) if process is not None))
        if self._endings:
            await asyncio.gather(*self._endings)

    def _name(self, entrypoint: str) -> bytes:
        try:
            return self._names[entrypoint]
        except KeyError:
            if not _ENTRYPOINT.fullmatch(entrypoint):
                raise PolicyUndefined(f"{entrypoint!r:.200} is not the path of a rule") from None
            name = entrypoint.encode()
            if len(self._names) < 1000:
                self._names[entrypoint] = NAME.pack(len(name)) + name
            return NAME.pack(len(name)) + name

    def _answer(self, body: bytes) -> asyncio.Future[Answer]:
        if self._closed:
            raise PolicyUnavailable("the policy engine is closed")
        active = self._active
        pending = len(self._waiting) + (active.pending if active is not None else 0)
        if pending >= self._settings.queue:
            raise PolicyUnavailable("too many policy questions are waiting", remedy="try again in a moment")
        question = Question(body, asyncio.get_running_loop().create_future())
        if active is not None:
            active.ask(question)
        else:
            self._waiting.append(question)
        return question.answer

    async def _process(self, empty: EngineProcess | None = None) -> EngineProcess:
        process = empty or await EngineProcess.empty(self._settings.memory_bytes)
        return await process.load(
            self._pack,
            deadline=self._settings.deadline,
            on_end=self._lost,
            proven=bool(self.rules),
        )

    def _lost(self, process: EngineProcess, unanswered: list[Question]) -> None:
        if process is self._spare:
            self._spare = None
        if process is self._active:
            self._active, self._spare = self._spare, None
            self._waiting.extend(question for question in unanswered if not question.answer.done())
            self._flush()
        if self._closed:
            self._fail_waiting("the policy engine is closed")
            return
        self.replaced += 1
        ending = asyncio.get_running_loop().create_task(process.drain())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        self._keep_spare()

    def _flush(self) -> None:
        while self._active is not None and self._waiting:
            self._active.ask(self._waiting.popleft())

    def _keep_spare(self) -> None:
        if self._starter is None and not self._closed:
            self._starter = asyncio.get_running_loop().create_task(self._refill())
            self._starter.add_done_callback(self._refilled)

    def _refilled(self, task: asyncio.Task[None]) -> None:
        self._starter = None
        if not task.cancelled() and not self._closed and (self._active is None or self._spare is None):
            self._keep_spare()

    async def _refill(self) -> None:
        pause = _FIRST_PAUSE
        while self._active is None or self._spare is None:
            try:
                process = await self._process()
            except (PolicyUnavailable, PolicyInvalid, OSError):
                # It did start once, so this is the machine's trouble and may pass. Nobody waits for that long.
                self._fail_waiting("the policy engine is not running")
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            if self._active is None:
                self._active = process
                self._flush()
            else:
                self._spare = process

    def _fail_waiting(self, message: str) -> None:
        while self._waiting:
            question = self._waiting.popleft()
            if not question.answer.done():
                question.answer.set_exception(PolicyUnavailable(message))
