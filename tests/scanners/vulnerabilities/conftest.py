"""Advisories and databases made of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanners.vulnerabilities.build import Build, build_database
from scanners.vulnerabilities.database import Database


def osv(
    identity: str, name: str, events: list[dict[str, str]] | None = None, *, ecosystem: str = "PyPI", **more: Any
) -> dict[str, Any]:
    affected: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    if events is not None:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": events}]
    affected.update(more.pop("affected", {}))
    return {"id": identity, "modified": "2026-01-01T00:00:00Z", "affected": [affected], **more}


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    return osv


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Build]:
    """`build(record, …)` writes records as files and builds a database of them."""

    def write(*records: Any, **options: Any) -> Build:
        folder = tmp_path / "advisories"
        folder.mkdir(exist_ok=True)
        for number, item in enumerate(records):
            raw = item if isinstance(item, bytes) else json.dumps(item).encode()
            (folder / f"{number:04}.json").write_bytes(raw)
        return build_database((folder,), tmp_path / "db.sqlite", **options)

    return write


@pytest.fixture
def database(build) -> Callable[..., Database]:
    def opened(*records: Any) -> Database:
        return Database(build(*records).path)

    return opened
