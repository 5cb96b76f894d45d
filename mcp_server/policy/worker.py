"""The engine process: load one pack, then answer questions one after the other until the server closes the socket.

It is started with an empty environment and holds nothing but the pack. An evaluation cannot be interrupted from
within, so the server kills the process when it takes too long.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import socket
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from mcp_server.policy.guard import Guarded, explained
from mcp_server.policy.marks import Marks
from mcp_server.policy.wire import COURSES, EVALUATE, FAILED, HEADER, INVALID, LINES, LOAD, NAME, NO_VALUE, VALUE


def main(descriptor: int, memory_bytes: int) -> None:
    """Serve the socket `descriptor`, in not more than `memory_bytes` of address space."""
    parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which drains
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    channel = socket.socket(fileno=descriptor)
    _serve(channel)


def _serve(channel: socket.socket) -> None:
    guarded: Guarded | None = None
    marks: Marks | None = None
    buffered = bytearray()
    while True:
        while len(buffered) < HEADER.size or len(buffered) < HEADER.size + HEADER.unpack_from(buffered)[0]:
            chunk = channel.recv(1 << 16)  # beyond that, the memory of every message is mapped anew
            if not chunk:
                return
            buffered += chunk
        length, kind = HEADER.unpack_from(buffered)
        body = bytes(buffered[HEADER.size : HEADER.size + length])
        del buffered[: HEADER.size + length]
        if kind == EVALUATE and guarded is not None and not guarded.problems:
            status, answer = _evaluated(guarded.evaluate, body)
        elif kind == LOAD:
            try:
                pack = orjson.loads(body)
                marks = Marks() if pack["courses"] else None
                guarded = Guarded(
                    [(path, text) for path, text in pack["modules"]],
                    pack["data"],
                    proven=pack["proven"],
                    mended=pack["mended"],
                    coverage=pack["coverage"] or marks is not None,
                    marks=marks,
                    rego_v0=pack["v0"],
                )
                if pack["coverage"] and not guarded.problems:
                    guarded.lines()
                if marks is not None and not guarded.problems:
                    _courses(guarded, marks)
            except Exception as error:  # noqa: BLE001 - whatever it is, the pack is not loaded and the operator reads why
                status, answer = FAILED, repr(error).encode()
                guarded = None
            else:
                status, answer = _loaded(guarded, dict(pack["modules"]))
        elif kind == LINES and guarded is not None and not guarded.problems:
            status, answer = VALUE, orjson.dumps(guarded.lines())
        elif kind == COURSES and guarded is not None and marks is not None and not guarded.problems:
            status, answer = VALUE, orjson.dumps(_courses(guarded, marks))
        else:
            status, answer = FAILED, b"no pack is loaded"
        channel.sendall(HEADER.pack(len(answer), status) + answer)


def _courses(guarded: Guarded, marks: Marks) -> list[Any]:
    return marks.courses({file: set(reached) for file, reached, _ in guarded.lines()})


def _evaluated(evaluate: Callable[[str, str], str | None], body: bytes) -> tuple[int, bytes]:
    (length,) = NAME.unpack_from(body)
    start = NAME.size + length
    entrypoint = body[NAME.size : start].decode()
    try:
        result = evaluate(entrypoint, body[start:].decode())
    except RuntimeError as error:
        message = explained(error)
        if "not a valid rule path" in message:
            return NO_VALUE, b""
        return FAILED, message.encode()
    return (VALUE, result.encode()) if result is not None else (NO_VALUE, b"")


def _loaded(guarded: Guarded, given: Mapping[str, str]) -> tuple[int, bytes]:
    problems = [[problem.file, problem.line, problem.column, problem.message] for problem in guarded.problems]
    if problems:
        return INVALID, orjson.dumps(problems)
    rules = [
        [module.file, ".".join(module.package), rule.name, rule.line, rule.is_function]
        for module in guarded.syntax
        for rule in module.rules
    ]
    warnings = [[problem.file, problem.line, problem.column, problem.message] for problem in guarded.warnings]
    mended = {path: text for path, text in guarded.texts.items() if text != given[path]}
    return VALUE, orjson.dumps({"rules": rules, "warnings": warnings, "mended": mended})
