"""The worker's side: read a job, confine yourself to what it needs, run it, answer."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
import sysconfig
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from scanners.errors import YumenError
from scanners.sandbox import landlock
from scanners.sandbox.wire import HEADER, MAX_MESSAGE, find, signature_of

_PROGRESS_INTERVAL = 0.2
"""Seconds between two progress messages: more would only cost."""


def main(descriptor: int) -> None:
    """Serve jobs on the socket `descriptor` until the server closes it."""
    _die_with_the_server()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which drains
    channel = socket.socket(fileno=descriptor)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the target's content
    confined = False
    while (message := _receive(channel)) is not None:
        if "import" in message:
            with contextlib.suppress(Exception):
                _get_ready(message["import"])
            continue
        _limit(message["limits"])
        try:
            if message["landlock"] and not confined:
                confined = _confine(message)
            answer = _run(channel, message)
        except YumenError as error:
            answer = {
                "error": error.code,
                "message": error.message,
                "remedy": error.remedy,
                "detail": error.detail,
            }
        except (MemoryError, RecursionError) as error:
            answer = {"killed": f"the scan ran out of {'memory' if isinstance(error, MemoryError) else 'depth'}"}
        except Exception:  # noqa: BLE001 - the outermost frame of the process: whatever it is goes to the operator
            answer = {"failed": traceback.format_exc(limit=-12)}
        _send(channel, answer)


def _get_ready(name: str) -> None:
    """Have ready what the next job of a family needs: the modules, and what its package's `warm()` prepares, if it has one."""
    find(name)
    module, _, _ = name.partition(":")
    family = sys.modules[".".join(module.split(".")[:2])]
    if warm := getattr(family, "warm", None):
        warm()


def _die_with_the_server() -> None:
    parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL, 0, 0, 0)


def _run(channel: socket.socket, message: Mapping[str, Any]) -> dict[str, Any]:
    function = find(message["function"])
    signature = signature_of(function)
    keywords = signature.load(message["arguments"])
    if signature.wants_progress:
        keywords["progress"] = _Reporter(channel)
    return {"result": signature.result.dump_python(function(**keywords), mode="json")}


class _Reporter:
    """A `Progress` that writes to the server, not more often than is useful."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._last = 0.0

    def __call__(self, done: float, total: float | None = None, message: str = "") -> None:
        now = time.monotonic()
        if now - self._last >= _PROGRESS_INTERVAL:
            self._last = now
            _send(self._channel, {"progress": [done, total, message]})


def _limit(limits: Mapping[str, int]) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime) + limits["cpu_seconds"] + 1
    for kind, value in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_DATA, limits["memory_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _confine(message: Mapping[str, Any]) -> bool:
    scratch = Path(message["scratch"])
    os.environ["TMPDIR"] = str(scratch)
    libraries = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()}
    libraries |= {entry for entry in sys.path if entry} | {str(Path(__file__).parents[2])}
    system = (
        "/usr",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/dev/urandom",
        "/dev/null",
        "/proc/self",
    )
    readable = [Path(path) for path in (*libraries, *system, *message["readable"])]
    landlock.restrict(readable=readable, writable=[scratch, *map(Path, message["writable"])], ports=message["ports"])
    return True


def _receive(channel: socket.socket) -> dict[str, Any] | None:
    header = _exactly(channel, HEADER.size)
    if header is None:
        return None
    (length,) = HEADER.unpack(header)
    body = _exactly(channel, length) if length <= MAX_MESSAGE else None
    return orjson.loads(body) if body is not None else None


def _exactly(channel: socket.socket, length: int) -> bytes | None:
    received = bytearray()
    while len(received) < length:
        chunk = channel.recv(min(length - len(received), 1 << 20))
        if not chunk:
            return None
        received += chunk
    return bytes(received)


def _send(channel: socket.socket, message: Mapping[str, Any]) -> None:
    body = orjson.dumps(message)
    channel.sendall(HEADER.pack(len(body)) + body)
