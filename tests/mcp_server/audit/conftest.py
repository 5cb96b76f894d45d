"""Logs in both stores, and builders for principals and calls."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from postgresql import Postgres

from mcp_server.audit.clock import event_id
from mcp_server.audit.interface import Log
from mcp_server.audit.log import AuditLog, Receipt
from mcp_server.audit.opening import open_log
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.calls import Call, Origin, Principal


def toml(audit: Mapping[str, object]) -> str:
    """The `[audit]` section of a yumen.toml."""
    return "[audit]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in audit.items())


@dataclass
class Store:
    """One kind of store, and the configuration of a log in it."""

    kind: str
    audit: dict[str, object]

    def settings(self, **more: object) -> AuditSettings:
        return AuditSettings.model_validate(self.audit | more)

    async def open(self, directory: Path, **more: object) -> Log:
        return await open_log(directory.parent, self.settings(**more))

    def configure(self, folder: Path) -> Path:
        """A yumen.toml that says where the log is."""
        path = folder / "yumen.toml"
        path.write_text(toml(self.audit))
        return path


def shared_settings(folder: Path, dsn: str) -> dict[str, object]:
    """What every replica of a log in PostgreSQL is configured with; its secrets lie in `folder`."""
    secrets = {"postgres": dsn} | {
        name: base64.b64encode(os.urandom(32)).decode() for name in ("signing_key", "digest_key")
    }
    for name, value in secrets.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(value)
    return {"origin": "log.example/shared", **{name: f"file:{folder / name}" for name in secrets}}


@pytest.fixture
def shared_audit() -> Callable[[Path, str], dict[str, object]]:
    return shared_settings


@pytest.fixture
def store_toml() -> Callable[[Mapping[str, object]], str]:
    return toml


@pytest.fixture(params=["files", pytest.param("postgres", marks=pytest.mark.service)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each kind of store: what is tested with it is what every log promises."""
    if request.param == "files":
        return Store("files", {})
    server: Postgres = request.getfixturevalue("shared_postgres")
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(server.dsn, autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name}".encode())
    return Store("postgres", shared_settings(tmp_path, server.dsn.replace("dbname=postgres", f"dbname={name}")))


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
                receipts += await asyncio.gather(
                    *(log.append(event, rest=content and (lambda: ({}, content))) for event in events)
                )
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
