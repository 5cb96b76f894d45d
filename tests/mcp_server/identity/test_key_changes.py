"""Every change of a key is in the log: made beside a running server, before one, or while the log cannot be written."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import records
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.records import JSON
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.identity.api_keys import ApiKeyStore
from mcp_server.identity.authenticator import open_key_store
from mcp_server.identity.errors import IdentityUnavailable
from mcp_server.identity.key_changes import recording_key_changes


def key_command(data_dir: Path, *words: str) -> str:
    """`yumen key …` as another process."""
    command = [sys.executable, "-m", "mcp_server.cli", "key", *words, "--data-dir", str(data_dir)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def recorded(data_dir: Path) -> list[dict[str, Any]]:
    """The events of the log that are about keys."""
    events = (json.loads(record.envelope) for record in records(data_dir / "audit"))
    return [event for event in events if event.get("event", "").startswith("key.")]


async def serve(data_dir: Path, *steps: Any) -> None:
    log = await AuditLog.open(data_dir / "audit")
    subjects = SubjectKeys(data_dir / TABLE, log.keys.tenant_key)
    store = open_key_store(data_dir)
    try:
        async with recording_key_changes(store, Recorder(log, subjects)):
            for step in steps:
                await asyncio.to_thread(step)
    finally:
        store.close()
        subjects.close()
        await log.close()


def test_a_change_is_recorded_once_while_serving_and_what_was_before_on_starting(tmp_path: Path) -> None:
    first = key_command(tmp_path, "create", "--role", "viewer", "--tenant", "acme", "--label", "Ann's laptop")
    identifier = first.split("_")[1]

    def until_both_are_recorded() -> None:
        with sqlite3.connect(tmp_path / "api_keys.sqlite") as database:
            while database.execute("SELECT count(*) FROM key_change WHERE recorded").fetchone()[0] < 2:
                pass

    asyncio.run(serve(tmp_path, lambda: key_command(tmp_path, "revoke", identifier), until_both_are_recorded))
    asyncio.run(serve(tmp_path))
    created, revoked = recorded(tmp_path)
    assert (created["event"], revoked["event"]) == ("key.created", "key.revoked")
    assert created["details"]["roles"] == ["viewer"]
    for event in (created, revoked):
        assert event["details"]["key"] == identifier
        assert event["details"]["tenant"] == "acme"
        assert event["details"]["by"] == f"uid:{os.getuid()}"
        assert "Ann" not in json.dumps(event)
        assert first not in json.dumps(event)


def test_revoking_twice_is_one_change(tmp_path: Path) -> None:
    store = open_key_store(tmp_path)
    _, key = store.create(label="", tenant="acme", roles=["viewer"])
    store.revoke(key.id)
    store.revoke(key.id)
    store.revoke("nosuchkey")
    assert [change.change for change in store.unrecorded()] == ["created", "revoked"]
    store.close()


def test_a_change_without_its_note_does_not_happen(tmp_path: Path) -> None:
    store = open_key_store(tmp_path)
    with sqlite3.connect(tmp_path / "api_keys.sqlite") as database:
        database.execute("CREATE TRIGGER no BEFORE INSERT ON key_change BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(IdentityUnavailable):
        store.create(label="", tenant="acme", roles=["viewer"])
    assert store.all() == ()
    store.close()


def test_what_the_log_refuses_stays_pending(tmp_path: Path) -> None:
    class Full:
        async def lifecycle(self, kind: str, details: Mapping[str, JSON]) -> object:
            raise AuditUnavailable("the log is full")

    async def start(store: ApiKeyStore) -> None:
        async with recording_key_changes(store, Full()):
            raise AssertionError

    store = open_key_store(tmp_path)
    store.create(label="", tenant="acme", roles=["viewer"])
    with pytest.raises(AuditUnavailable):
        asyncio.run(start(store))
    assert len(store.unrecorded()) == 1
    store.close()
