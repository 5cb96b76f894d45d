"""A log whose process is killed under load, and what a restart then finds."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.keys import read_card
from mcp_server.audit.recovery import recover

LOAD = """
import asyncio, pathlib, sys
from mcp_server.audit.log import AuditLog
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
async def main():
    log = await AuditLog.open(pathlib.Path(sys.argv[1]), AuditSettings(segment_bytes=100_000))
    async def caller(name):
        while True:
            receipt = await log.append(lifecycle("x", {"who": name, "pad": "y" * 400}), rest=lambda: ({}, b"z" * 200))
            sys.stdout.write(f"{receipt.index} {receipt.event_id}\\n")
            sys.stdout.flush()
    await asyncio.gather(*(caller(n) for n in range(16)))
asyncio.run(main())
"""


def killed_under_load(directory: Path, rounds: int) -> dict[int, str]:
    """Sixteen callers append until the process is killed, again and again; the event id of every acknowledged record."""
    acknowledged: dict[int, str] = {}
    chosen = random.Random(rounds)
    for _ in range(rounds):
        process = subprocess.Popen([sys.executable, "-c", LOAD, str(directory)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(chosen.randrange(1, 400))]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines()
        process.wait()
        for line in lines:
            index, _, event = line.strip().partition(" ")
            if len(event) == 36:
                acknowledged[int(index)] = event
    return acknowledged


def reopened(directory: Path) -> int:
    """Recover as a restart would; how many records are there then. Raises LogDamaged."""
    card = read_card(directory)
    assert card is not None
    hashes = StoredHashes(directory / "hashes", writable=True)
    try:
        position, head, _ = recover(directory, card, hashes)
        head.close()
        assert hashes.root(position.frontier.size) == position.frontier.root()
        return position.frontier.size
    finally:
        hashes.close()
