"""Real servers on a real PostgreSQL, under load, while the one that orders the log is killed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest
from raw_calls import BODY, HEADERS, PLENTY

from mcp_server.audit.reading import records
from mcp_server.audit.verify import verify

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(300)]


def sequencing_process(postgres) -> int:
    """The process that holds the sequencer's lock."""
    with psycopg.connect(postgres.dsn) as database:
        names = database.execute(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE locktype = 'advisory' AND granted AND application_name LIKE 'yumen audit sequencer %'"
        ).fetchall()
    assert len(names) == 1
    return int(names[0][0].split()[-1])


def test_the_sequencing_server_is_killed_under_load_and_nothing_is_lost(
    server_factory, over_http, postgres, shared_audit, store_toml, tmp_path: Path
) -> None:
    config = PLENTY + store_toml(shared_audit(tmp_path, postgres.dsn))
    servers = [server_factory(config=config) for _ in range(2)]
    answered: list[int] = []

    async def caller(client: httpx.AsyncClient, server) -> None:
        while True:
            answer = await client.post(server.url, json=BODY, headers=HEADERS | server.headers())
            result = answer.json().get("result", {}).get("structuredContent")
            if result:
                answered.append(result["record"]["index"])

    async def load() -> object:
        client = httpx.AsyncClient(timeout=60)
        callers = [asyncio.create_task(caller(client, server)) for server in servers for _ in range(4)]

        async def more(count: int) -> None:
            wanted = len(answered) + count
            while len(answered) < wanted:
                await asyncio.sleep(0.02)

        await more(50)
        ordering = await asyncio.to_thread(sequencing_process, postgres)
        killed = next(server for server in servers if server.process.pid == ordering)
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait()
        await more(50)
        for task in callers:
            task.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        await client.aclose()
        async with over_http(next(server for server in servers if server is not killed), "auto") as person:
            answer = await person.call_tool("policy_evaluate", BODY["params"]["arguments"])
            answered.append(answer.structured_content["record"]["index"])
        return killed

    killed = asyncio.run(asyncio.wait_for(load(), 200))
    survivor = next(server for server in servers if server is not killed)
    assert httpx.get(survivor.url.removesuffix("/mcp") + "/healthz").json()["parts"]["audit"]["state"] == "ok"
    again = server_factory(config=config, data_dir=killed.data_dir)
    assert again.stop() == 0
    assert survivor.stop() == 0
    copies = []
    for server in (survivor, again):
        directory = server.data_dir / "audit"
        assert verify(directory).sound
        copies.append({record.index: record.envelope for record in records(directory)})
    longest = max(copies, key=len)
    assert all(copy.items() <= longest.items() for copy in copies)
    assert len(answered) == len(set(answered)) > 100
    for index in answered:
        outcome = json.loads(longest[index])
        assert (outcome["kind"], outcome["phase"], outcome["tool"]["name"]) == ("call", "outcome", "policy_evaluate")
    configuration = tmp_path / "yumen.toml"
    configuration.write_text(config)
    words = ["audit", "prove", str(max(answered)), "--data-dir", str(survivor.data_dir), "--config", str(configuration)]
    proved = subprocess.run([sys.executable, "-m", "mcp_server.cli", *words], capture_output=True, text=True)
    assert proved.returncode == 0, proved.stderr


def test_a_second_server_on_the_same_data_directory_does_not_start(
    server_factory, postgres, shared_audit, store_toml, tmp_path: Path
) -> None:
    config = store_toml(shared_audit(tmp_path, postgres.dsn))
    first = server_factory(config=config)
    staged = first.data_dir / "staging" / "of-a-call"
    staged.mkdir(parents=True)
    with pytest.raises(AssertionError, match="another process writes this audit log"):
        server_factory(config=config, data_dir=first.data_dir)
    assert staged.exists()
    assert first.stop() == 0
