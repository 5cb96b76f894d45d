"""What a policy decision costs: the embedded engine against a real OPA, in turn, in one run.

    python benchmarks/policy.py [--calls 2000] [--awake]

Measured at the caller, through the process hop: the shipped access decision, an inventory of 1,000 resources, and a hot
reload of 100 modules under questions. Where `opa` is installed, the same over a supervised OPA on a Unix socket, and
OPA's own `opa bench`, which has no hop.

On a virtual machine with nothing else to do, the hop is mostly two processors that were halted and have to be woken up by
the hypervisor. With --awake an endless loop of the idle class (SCHED_IDLE, which any other work preempts at once) runs on
each of them, for all contenders alike: then the figure is that of the programs, as on a server that is busy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import uvloop

from mcp_server.policy.engine import LoadedEngine
from mcp_server.policy.modules import Module
from mcp_server.policy.packs import SHIPPED, Pack, load_pack
from mcp_server.policy.settings import OpaSettings, PolicySettings
from mcp_server.policy.starting import start_engine
from mcp_server.policy.store import PolicyStore

DECISION_BAR_MS, INVENTORY_BAR_MS, RELOAD_BAR_S = 0.15, 100.0, 0.3
DECISION = "data.yumen.authz.decision"
INVENTORY = "data.inventory.decision"

ACCESS: Mapping[str, Any] = {
    "version": 1,
    "call": {"id": "0", "method": "tools/call", "name": "model_verify", "time": "2026-11-24T00:00:00Z", "size": 80},
    "principal": {
        "subject": "ada",
        "issuer": "https://id.example",
        "method": "oidc",
        "tenant": "blue",
        "roles": ["analyst"],
        "scopes": ["openid"],
        "client": None,
    },
    "origin": {"transport": "http", "address": "192.0.2.1", "protocol_version": "2026-07-28", "client_name": "bench"},
    "tool": {"name": "model_verify", "family": "models", "risk": "read", "digest": "sha256:00"},
    "targets": [{"argument": "target", "path": "/srv/models/a"}],
    "arguments": {"target": "/srv/models/a"},
    "candidates": [],
}

INVENTORY_RULES = """package inventory

examined contains resource.id if some resource in input.resources

deny contains {"code": "public", "at": resource.id} if {
	some resource in input.resources
	resource.kind == "bucket"
	resource.acl in {"public-read", "public-read-write"}
}

deny contains {"code": "unencrypted", "at": resource.id} if {
	some resource in input.resources
	not resource.encryption.enabled
}

deny contains {"code": "open_port", "at": resource.id} if {
	some resource in input.resources
	some rule in resource.rules
	rule.cidr == "0.0.0.0/0"
	rule.port in {22, 3389, 6379}
}

decision := {"decision": verdict, "reasons": sort(deny), "examined": count(examined)}

verdict := "deny" if {
	count(deny) > 0
} else := "allow"
"""


def inventory(size: int) -> dict[str, Any]:
    """`size` resources, one in ten with something wrong."""
    return {
        "resources": [
            {
                "id": f"r-{number}",
                "kind": ("bucket", "disk", "group")[number % 3],
                "acl": "public-read" if number % 30 == 0 else "private",
                "encryption": {"enabled": number % 10 != 1, "key": f"k-{number % 7}"},
                "rules": [
                    {"cidr": "0.0.0.0/0" if number % 10 == 2 else "10.0.0.0/8", "port": port} for port in (22, 443)
                ],
                "tags": {"owner": f"team-{number % 20}", "cost": str(number)},
            }
            for number in range(size)
        ]
    }


_LOOP = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == int(sys.argv[2]): pass
"""


@contextmanager
def awake() -> Iterator[None]:
    """No processor is halted meanwhile."""
    arguments = [sys.executable, "-S", "-c", _LOOP]
    loops = [subprocess.Popen([*arguments, str(processor), str(os.getpid())]) for processor in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, in nanosecond accounting."""
    return sum(int(stat.read_text().split()[0]) for stat in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


async def timed(engine: LoadedEngine, entrypoint: str, document: Mapping[str, Any], calls: int) -> list[float]:
    """Milliseconds of each of `calls` evaluations, one after the other."""
    taken = []
    for _ in range(calls):
        start = time.perf_counter()
        await engine.evaluate(entrypoint, document)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken


async def compare(program: str | None, calls: int) -> None:
    shipped = load_pack(SHIPPED)
    pack = Pack((*shipped.modules, Module("inventory.rego", INVENTORY_RULES)), shipped.data, shipped.revision)
    settings = PolicySettings(deadline=10)
    engines: dict[str, Any] = {"embedded": await start_engine(pack, settings)}
    if program:
        with_opa = settings.model_copy(update={"engine": "opa", "opa": OpaSettings(program=program)})
        engines["opa server"] = await start_engine(pack, with_opa)
    questions = {"access decision": (DECISION, ACCESS, calls), "1,000 resources": (INVENTORY, inventory(1000), 20)}
    for label, (entrypoint, document, count) in questions.items():
        taken: dict[str, list[float]] = {name: [] for name in engines}
        used: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(10):
            for name, engine in engines.items():
                pid = engine._active.pid if name == "embedded" else engine._server.pid
                ours, theirs = time.process_time(), cpu_seconds(pid)
                taken[name] += await timed(engine, entrypoint, document, max(1, count // 10))
                each = (time.process_time() - ours + cpu_seconds(pid) - theirs) / max(1, count // 10)
                used[name].append(each * 1e3)
        bar = DECISION_BAR_MS if label == "access decision" else INVENTORY_BAR_MS
        for name in engines:
            median, cpu = statistics.median(taken[name]), statistics.median(used[name])
            ratio = statistics.median(taken["embedded"]) / median
            print(
                f"{label:16} {name:11} median {median:8.3f} ms  p99 {_p99(taken[name]):8.3f} ms  "
                f"CPU {cpu:8.3f} ms (both processes)  {ratio:5.2f} x"
                + (f"  bar {bar} ms: {'met' if median <= bar else 'MISSED'}" if name == "embedded" else "")
            )
    for engine in engines.values():
        await engine.close()


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


async def reload_100_modules() -> None:
    """Change one of 100 modules while eight callers ask without pause."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(100):
            (folder / f"m{number}.rego").write_text(_module(number, 0))
        store = await PolicyStore.open(PolicySettings(watch_interval=0, deadline=5), shipped=folder)
        refused, answered, done = 0, 0, False

        async def caller() -> None:
            nonlocal refused, answered
            while not done:
                try:
                    await store.engine.evaluate("data.m7.allow", {"x": 1})
                    answered += 1
                except Exception:  # noqa: BLE001 - any failure is a refused call
                    refused += 1
                await asyncio.sleep(0.002)

        callers = [asyncio.create_task(caller()) for _ in range(8)]
        taken = []
        for round_number in range(1, 6):
            await asyncio.sleep(1)  # the spare process of the last one has started by then
            (folder / "m7.rego").write_text(_module(7, round_number))
            start = time.perf_counter()
            status = await store.reload()
            taken.append(time.perf_counter() - start)
            assert not status.problems, status.problems
        done = True
        await asyncio.gather(*callers)
        await store.close()
        median = statistics.median(taken)
        print(
            f"reload of 100 modules, guard and restart included: median {median:.3f} s, {answered} calls answered, "
            f"{refused} refused  bar {RELOAD_BAR_S} s: {'met' if median <= RELOAD_BAR_S else 'MISSED'}"
        )


def _module(number: int, value: int) -> str:
    rules = "\n\n".join(f'rule_{rule} if input.x == "{rule}"' for rule in range(10))
    return f"package m{number}\n\ndefault allow := false\n\nallow if input.x == 1\n\nversion := {value}\n\n{rules}\n"


def opa_bench(program: str) -> None:
    """OPA's own figure for the access decision, in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "input.json"
        document.write_text(json.dumps(ACCESS))
        arguments = ["bench", "--bundle", str(SHIPPED), "--input", str(document), "--format", "json", DECISION]
        ran = subprocess.run([program, *arguments], capture_output=True, check=True, timeout=120)
        result = json.loads(ran.stdout)
        print(f"access decision  opa bench   mean   {result['T'] / result['N'] / 1e6:8.3f} ms  (no hop)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--awake", action="store_true", help="let no processor be halted by the hypervisor")
    namespace = parser.parse_args()
    program = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))
    with awake() if namespace.awake else nullcontext():
        uvloop.run(compare(program, namespace.calls))
        uvloop.run(reload_100_modules())
        if program:
            opa_bench(program)
        else:
            print("opa is not installed: no comparison", file=sys.stderr)


if __name__ == "__main__":
    main()
