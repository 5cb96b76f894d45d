"""The shipped checks, and a `ToolContext` without a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import regorus

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def engine() -> Any:
    """The shipped checks and their data, in the embedded engine's library."""
    engine = regorus.Engine()
    for path in sorted((ROOT / "policies" / "checks").rglob("*.rego")):
        if not path.name.endswith("_test.rego"):
            engine.add_policy(str(path.relative_to(ROOT)), path.read_text("utf-8"))
    config = {
        path.parent.name: json.loads(path.read_text("utf-8"))
        for path in (ROOT / "policies" / "config").rglob("data.json")
    }
    engine.add_data_json(json.dumps({"config": config}))
    return engine


class Context:
    """Scans run here, policies in this engine."""

    call_id = "019e3f1c-0000-7000-8000-000000000001"

    def __init__(self, engine: Any, service: Callable[[type], Any]) -> None:
        self._engine = engine
        self.service = service

    def resolve(self, target: str) -> Path:
        return Path(target).resolve()

    async def scan(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    async def evaluate(self, entrypoint: str, document: Mapping[str, Any]) -> Any:
        self._engine.set_input_json(json.dumps(document))
        return json.loads(self._engine.eval_rule_as_json(entrypoint))


@pytest.fixture
def service() -> Callable[[type], Any]:
    """What the server would give a tool, by its type; for a module to override."""

    def none(kind: type) -> Any:
        raise LookupError(kind)

    return none


@pytest.fixture
def context(engine: Any, service: Callable[[type], Any]) -> Context:
    return Context(engine, service)
