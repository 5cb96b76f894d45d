"""What happens to a scan that misbehaves, and to the server that ran it."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import textwrap
from pathlib import Path

import pytest

from scanners.errors import LimitReached, UnreadableInput
from scanners.sandbox import Sandbox, SandboxSettings, ScanFailed, ScanKilled, landlock

PROBE = """
import ctypes, os, socket, time
from dataclasses import dataclass
from pathlib import Path
from scanners.errors import UnreadableInput

@dataclass(frozen=True)
class Seen:
    name: str
    size: int

def measure(target: Path, *, progress=None) -> tuple[Seen, ...]:
    if progress: progress(1.0, 2.0, "half")
    return (Seen(target.name, target.stat().st_size),)

WARMED_IN = 0
def warm() -> None:
    global WARMED_IN
    WARMED_IN = os.getpid()
def warmed() -> bool: return WARMED_IN == os.getpid()
def process_id() -> int: return os.getpid()
def sleep() -> None: time.sleep(60)
def spin() -> None:
    while True: pass
def swell() -> int: return len(bytearray(4 << 30))
def recurse() -> int:
    def deeper(n): return deeper(n + 1)
    return deeper(0)
def crash() -> None: ctypes.string_at(1)
def leave() -> None: os._exit(3)
def refuse() -> None: raise UnreadableInput("the file is truncated", remedy="fetch it again", detail="offset 7")
def break_down() -> None: raise ZeroDivisionError("secret detail")
def read(path: str) -> str: return Path(path).read_text()
def write(path: str) -> None: Path(path).write_text("x")
def connect(port: int) -> None: socket.create_connection(("127.0.0.1", port), timeout=5).close()
def environment() -> dict[str, str]: return dict(os.environ)
def print_something() -> None: print("noise on stdout", flush=True)
"""


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    name = f"probe_{os.getpid()}_{id(tmp_path)}"
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / f"{name}.py").write_text(textwrap.dedent(PROBE))
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    yield importlib.import_module(name)
    sys.modules.pop(name, None)


def settings(**changes: object) -> SandboxSettings:
    return SandboxSettings(**({"workers": 2, "memory_bytes": 1 << 30} | changes))  # type: ignore[arg-type]


def run(function, *arguments, limits: SandboxSettings | None = None, **keywords):
    async def once():
        sandbox = Sandbox(limits or settings())
        try:
            return await sandbox.run(function, *arguments, **keywords)
        finally:
            await sandbox.close()

    return asyncio.run(once())


def test_arguments_result_and_progress_cross_the_pipe(probe, tmp_path: Path) -> None:
    target = tmp_path / "model.bin"
    target.write_bytes(b"12345")
    heard: list[tuple[float, float | None, str]] = []
    seen = run(probe.measure, target, on_progress=lambda *said: heard.append(said))
    assert seen == (probe.Seen("model.bin", 5),)
    assert heard == [(1.0, 2.0, "half")]


@pytest.mark.parametrize(
    ("function", "limits", "deadline", "said"),
    [
        ("sleep", {}, 0.5, "within 0.5 seconds"),
        ("spin", {"cpu_seconds": 1}, 30.0, "CPU time"),
        ("swell", {}, 30.0, "memory"),
        ("recurse", {}, 30.0, "depth"),
        ("crash", {}, 30.0, "SIGSEGV"),
        ("leave", {}, 30.0, "status 3"),
    ],
)
def test_a_scan_that_overruns_is_killed_and_named(probe, function, limits, deadline, said) -> None:
    with pytest.raises(ScanKilled, match=said) as caught:
        run(getattr(probe, function), limits=settings(**limits), deadline=deadline)
    assert isinstance(caught.value, LimitReached)


def test_the_next_scan_works_after_one_was_killed(probe) -> None:
    async def scenario() -> int:
        sandbox = Sandbox(settings())
        try:
            with pytest.raises(ScanKilled):
                await sandbox.run(probe.leave)
            return await sandbox.run(probe.process_id)
        finally:
            await sandbox.close()

    assert asyncio.run(scenario()) != os.getpid()


def test_expected_errors_arrive_as_themselves(probe) -> None:
    with pytest.raises(UnreadableInput, match="truncated") as caught:
        run(probe.refuse)
    assert caught.value.remedy == "fetch it again"
    assert caught.value.detail == "offset 7"


def test_a_defect_tells_the_caller_nothing_and_the_operator_everything(probe) -> None:
    with pytest.raises(ScanFailed) as caught:
        run(probe.break_down)
    assert "secret detail" not in str(caught.value)
    assert "secret detail" in caught.value.diagnostics()


def test_every_scan_gets_a_fresh_process_unless_its_family_is_persistent(probe) -> None:
    async def ids(persistent: tuple[str, ...]) -> set[int]:
        sandbox = Sandbox(settings(persistent=persistent))
        try:
            return {await sandbox.run(probe.process_id) for _ in range(3)}
        finally:
            await sandbox.close()

    assert len(asyncio.run(ids(()))) == 3
    assert len(asyncio.run(ids((probe.__name__,)))) == 1


def test_cancelling_kills_the_worker(probe) -> None:
    async def scenario() -> None:
        sandbox = Sandbox(settings(workers=1))
        task = asyncio.create_task(sandbox.run(probe.sleep))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The only slot is free again: a scan that waited for the sleeper would run into its deadline.
        await sandbox.run(probe.process_id, deadline=30)
        await sandbox.close()

    asyncio.run(scenario())


def test_secrets_of_the_server_are_not_in_the_environment(probe, monkeypatch) -> None:
    monkeypatch.setenv("YUMEN_SECRET", "s3cret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    environment = run(probe.environment)
    assert not {"YUMEN_SECRET", "HTTPS_PROXY"} & set(environment)


def test_stray_output_does_not_reach_stdout(probe, capfd) -> None:
    run(probe.print_something)
    assert capfd.readouterr().out == ""


needs_landlock = pytest.mark.skipif(landlock.version() < 4, reason="this kernel has no Landlock of version 4")


@needs_landlock
def test_a_worker_reads_only_its_target(probe, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("s3cret")
    for function in (probe.read, probe.write):
        with pytest.raises(ScanFailed) as caught:
            run(function, str(secret))
        assert "PermissionError" in caught.value.detail


@needs_landlock
def test_a_worker_has_no_network(probe) -> None:
    with pytest.raises(ScanFailed) as caught:
        run(probe.connect, 9)
    assert "PermissionError" in caught.value.detail


def test_the_process_of_the_next_scan_is_warm(probe) -> None:
    async def twice() -> list[bool]:
        sandbox = Sandbox(settings())
        first = await sandbox.run(probe.warmed)
        while not sandbox._idle[probe.__name__]:
            await asyncio.sleep(0.01)
        second = await sandbox.run(probe.warmed)
        await sandbox.close()
        return [first, second]

    assert asyncio.run(asyncio.wait_for(twice(), 60)) == [False, True]


def test_a_prepared_process_is_warm_for_the_first_scan(probe) -> None:
    async def once() -> bool:
        sandbox = Sandbox(settings())
        sandbox.prepare(probe.warmed)
        while not sandbox._idle[probe.__name__]:
            await asyncio.sleep(0.01)
        warm = await sandbox.run(probe.warmed)
        await sandbox.close()
        return warm

    assert asyncio.run(asyncio.wait_for(once(), 60))
