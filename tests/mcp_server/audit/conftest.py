"""Builders for logs, principals and calls."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mcp_server.audit.clock import event_id
from mcp_server.audit.log import AuditLog, Receipt
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.calls import Call, Origin, Principal


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a log may be."""
    return tmp_path / "audit"


@pytest.fixture
def write_log() -> Callable[..., list[Receipt]]:
    """Write `commits` commits of `each` records into a log and close it; the receipts."""

    def write(
        directory: Path, commits: int = 5, each: int = 3, *, content: bytes | None = b"sealed", **settings: object
    ):
        async def fill() -> list[Receipt]:
            log = await AuditLog.open(directory, AuditSettings(**settings))
            receipts = []
            for commit in range(commits):
                events = (lifecycle("test.event", {"commit": commit, "n": n, "pad": "x" * 100}) for n in range(each))
                receipts += await asyncio.gather(*(log.append(event, content=content) for event in events))
            await log.close()
            return receipts

        return asyncio.run(fill())

    return write


@pytest.fixture
def principal() -> Callable[..., Principal]:
    def make(subject: str = "ann", tenant: str = "acme", roles: tuple[str, ...] = ("analyst",)) -> Principal:
        return Principal(subject=subject, issuer="https://id.example", method="oidc", tenant=tenant, roles=roles)

    return make


@pytest.fixture
def call() -> Callable[..., Call]:
    def make(
        principal: Principal, name: str = "model_hash", arguments: Mapping[str, object] | None = None, **origin: str
    ):
        arguments = {"target": "models/a"} if arguments is None else arguments
        return Call(
            id=event_id(),
            method="tools/call",
            name=name,
            arguments=arguments,
            principal=principal,
            origin=Origin(transport="http", protocol_version="2026-07-28", request_id="7", **origin),
            received=time.time(),
            size=len(json.dumps(arguments)),
        )

    return make


@pytest.fixture
def break_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[OSError | None], None]:
    """Make every commit from now on fail with an error, as the disk would; None heals it."""
    import os

    real = os.fdatasync

    def set_error(error: OSError | None) -> None:
        def failing(fd: int) -> None:
            if error is not None:
                raise error
            real(fd)

        monkeypatch.setattr("mcp_server.audit.writer.os.fdatasync", failing)

    return set_error


@pytest.fixture
def digest_of() -> Callable[[Path], dict[str, str]]:
    """Digest of every file below a directory, to show that nothing was touched."""

    def digests(directory: Path) -> dict[str, str]:
        return {
            str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }

    return digests
