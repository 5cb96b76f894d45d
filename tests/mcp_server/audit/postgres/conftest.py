"""The configuration of replicas on a PostgreSQL that a test may kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mcp_server.audit.settings import AuditSettings


@pytest.fixture
def settings(postgres, shared_audit, tmp_path: Path) -> Callable[..., AuditSettings]:
    audit = shared_audit(tmp_path, postgres.dsn)
    return lambda **more: AuditSettings.model_validate(audit | more)
