"""A new signing key where replicas share the log: handed over while they run, learnt by old replicas and by new ones."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from mcp_server.audit.keys import read_card
from mcp_server.audit.notes import Signer, open_checkpoint
from mcp_server.audit.postgres.log import PostgresLog
from mcp_server.audit.postgres.retention import SharedRetention
from mcp_server.audit.postgres.rotating import rotate_shared
from mcp_server.audit.proofs import signed_note
from mcp_server.audit.records import lifecycle
from mcp_server.audit.rotation import rotation_statement
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify
from mcp_server.secrets import KeyUnusable

pytestmark = pytest.mark.service

VERIFIER = Path(__file__).parents[4] / "examples" / "verify_audit.py"
SEED = bytes(range(32))

WithKey = Callable[[bytes], AuditSettings]


@pytest.fixture
def keyed(settings, tmp_path: Path) -> WithKey:
    def with_key(seed: bytes) -> AuditSettings:
        path = tmp_path / f"{seed[:4].hex()}.key"
        path.write_text(base64.b64encode(seed).decode())
        path.chmod(0o600)
        made: AuditSettings = settings(signing_key=f"file:{path}", segment_bytes=4096)
        return made

    return with_key


async def write(log: PostgresLog, count: int = 3) -> None:
    for number in range(count):
        await log.append(lifecycle("x", {"n": number, "pad": "y" * 300}))


def sound(directory: Path, first_key: str) -> None:
    result = verify(directory)
    assert result.sound, result.problems
    done = subprocess.run(
        [sys.executable, "-I", VERIFIER, "segments", directory, "--key", first_key], capture_output=True, text=True
    )
    assert done.stdout.startswith("VERIFIED"), done.stdout


def test_a_key_is_handed_over_while_replicas_run(settings, keyed: WithKey, tmp_path: Path) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    old = settings(segment_bytes=4096)

    async def run() -> None:
        logs = [await PostgresLog.open(directory, old) for directory in (a, b)]
        await write(logs[0])
        new = await asyncio.to_thread(rotate_shared, a, old, SEED)
        await write(logs[1])  # still under the old key
        await logs[1].close()
        logs[1] = await PostgresLog.open(b, keyed(SEED))
        await write(logs[1])
        await logs[0].close()  # now the replica with the new key leads
        await write(logs[1])
        logs[0] = await PostgresLog.open(a, keyed(SEED))
        await write(logs[0])
        late = await PostgresLog.open(c, keyed(SEED))
        await write(late)
        for log in (*logs, late):
            await log.flush()
            await log.close()
        open_checkpoint(signed_note(a), {new.id: new})

    asyncio.run(run())
    card = read_card(a)
    assert card is not None
    for directory in (a, b, c):
        known = read_card(directory)
        assert known is not None
        assert known.keys == card.keys
        sound(directory, card.keys[0].text)


def test_a_replica_that_was_down_meanwhile_and_one_that_starts_after_pruning(
    settings, keyed: WithKey, tmp_path: Path
) -> None:
    a, b, c = (tmp_path / name for name in "abc")
    old = settings(segment_bytes=4096)

    async def fill(directory: Path, audit: AuditSettings, count: int) -> None:
        log = await PostgresLog.open(directory, audit)
        await write(log, count)
        await log.close()

    asyncio.run(fill(a, old, 3))
    asyncio.run(fill(b, old, 3))
    rotate_shared(a, old, SEED)  # no replica runs
    asyncio.run(fill(b, keyed(SEED), 20))
    second = bytes(reversed(range(32)))
    rotate_shared(b, keyed(SEED), second)
    asyncio.run(fill(a, keyed(second), 20))
    assert SharedRetention(a, keyed(second)).prune(time.time() + 181 * 86_400).base > 30
    asyncio.run(fill(c, keyed(second), 2))
    card = read_card(a)
    assert card is not None
    assert len(card.keys) == 3
    for directory in (a, c):
        sound(directory, card.keys[0].text)


def test_a_key_that_nobody_vouched_for_opens_nothing(settings, keyed: WithKey, postgres, tmp_path: Path) -> None:
    old = settings()

    async def fill(audit: AuditSettings) -> None:
        log = await PostgresLog.open(tmp_path / "a", audit)
        await write(log)
        await log.close()

    asyncio.run(fill(old))
    stranger = Signer(old.origin, bytes(32))
    forged = rotation_statement(old.origin, stranger, Signer(old.origin, SEED))
    with psycopg.connect(postgres.dsn) as connection:
        for statement in (forged, forged.replace("v1", "v2"), "rubbish"):
            connection.execute(
                "INSERT INTO yumen_audit_rotations (log, statement) VALUES (%s, %s)", (old.origin, statement)
            )
    with pytest.raises(KeyUnusable, match="not one of this log's keys"):
        asyncio.run(fill(keyed(SEED)))
    asyncio.run(fill(old))
    card = read_card(tmp_path / "a")
    assert card is not None
    assert len(card.keys) == 1
