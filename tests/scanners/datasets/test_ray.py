"""On a real Ray cluster of this machine: the same result as in one process, nothing lost or doubled, workers killed or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ray")

ID = "110101199003074514"
SCRIPT = """
import dataclasses, json, os, signal, sys
from pathlib import Path
from scanners.datasets import batches as sizes
from scanners.datasets.executors import here, on_ray
from scanners.datasets.scan import scan

sizes.MAX_CELLS = 400
paths, kills, numbers = [Path(name) for name in sys.argv[2:]], int(sys.argv[1]), []

def workers():
    for entry in os.listdir("/proc"):
        try:
            if entry.isdecimal() and Path("/proc", entry, "cmdline").read_bytes().startswith(b"ray::examine"):
                yield int(entry)
        except OSError:
            pass

killed = 0
def done(result):
    global killed
    numbers.append((result.table, result.number))
    if killed < kills:
        for pid in workers():
            os.kill(pid, signal.SIGKILL)
            killed += 1
            break

found = scan(paths, executor=on_ray("local"), done=done)
print(json.dumps({"same": found == scan(paths, executor=here), "killed": killed, "batches": len(numbers),
                  "distinct": len(set(numbers)), "rows": found.rows}))
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_cluster_finds_what_one_process_finds_though_workers_are_killed(tmp_path: Path) -> None:
    paths = []
    for number in range(2):
        path = tmp_path / f"people{number}.csv"
        rows = "".join(f"{n},{ID},1381234{n % 10000:04d},备注{n}，请致电13800138000\n" for n in range(1, 3001))
        path.write_text("nr,身份证号,phone,备注\n" + rows, encoding="utf-8")
        paths.append(str(path))
    # A path of its own: sockets in it may be no longer than 107 bytes.
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "2", *paths], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["same"]
    assert told["killed"] == 2
    assert told["batches"] == told["distinct"] > 20
    assert told["rows"] == 6000


def test_a_cluster_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    command = [sys.executable, "-m", "mcp_server.cli", "dataset", "scan", str(tmp_path / "a.csv"), "--ray", "auto"]
    environment = {**os.environ, "RAY_TMPDIR": str(tmp_path)}
    environment.pop("RAY_ADDRESS", None)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 4
    assert "Ray cluster cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
