"""The configuration of a log on a PostgreSQL that a test may kill."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from postgresql import Postgres

from mcp_server.audit.settings import AuditSettings


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> Callable[..., AuditSettings]:
    def key(name: str) -> str:
        path = tmp_path / name
        if not path.exists():
            path.write_text(base64.b64encode(os.urandom(32)).decode())
            path.chmod(0o600)
        return f"file:{path}"

    def make(**more: object) -> AuditSettings:
        dsn = tmp_path / "dsn"
        dsn.write_text(postgres.dsn)
        return AuditSettings(
            origin="log.example/shared",
            signing_key=key("signing"),
            digest_key=key("digest"),
            postgres=f"file:{dsn}",
            **more,
        )

    return make
