"""Builders for packs and calls."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcp_server.calls import Call, Origin, Principal
from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.modules import Module
from mcp_server.policy.packs import Pack
from mcp_server.policy.settings import PolicySettings
from tools.answers import Answer, Arguments
from tools.registry import Tool

MakePack = Callable[..., Pack]
WithEngine = Callable[..., Any]


@pytest.fixture(scope="session")
def make_pack() -> MakePack:
    """A pack from texts: make_pack('package a …', …, data={…})."""

    def make(*texts: str, data: Mapping[str, Any] | None = None, revision: str = "sha256:test") -> Pack:
        modules = tuple(Module(f"m{number}.rego", text) for number, text in enumerate(texts))
        return Pack(modules, dict(data or {}), revision, "", {module.path: module.text for module in modules})

    return make


@pytest.fixture(scope="session")
def with_engine() -> WithEngine:
    """Start an engine on a pack, let `use` work with it, and give back what `use` gives."""

    def run(pack: Pack, use: Callable[[EmbeddedEngine], Awaitable[Any]], **settings: Any) -> Any:
        async def scenario() -> Any:
            engine = await EmbeddedEngine.start(pack, PolicySettings(**settings))
            try:
                return await use(engine)
            finally:
                await engine.close()

        return asyncio.run(scenario())

    return run


async def _unused(arguments: Any, context: Any) -> Answer:
    raise NotImplementedError


@pytest.fixture(scope="session")
def read_tool() -> Tool:
    return Tool("model_verify", "Verify", "Verifies.", "models", "read", Arguments, Answer, _unused)


@dataclass(frozen=True)
class Named:
    name: str
    kind: str = "tool"
    family: str = "models"
    risk: str = "read"


@dataclass(frozen=True)
class At:
    argument: str
    path: Path


@pytest.fixture(scope="session")
def candidate() -> type[Named]:
    return Named


@pytest.fixture(scope="session")
def target() -> Callable[[str], At]:
    return lambda path: At("target", Path(path))


@pytest.fixture(scope="session")
def make_call() -> Callable[..., Call]:
    """A call by somebody: make_call('tools/call', 'model_verify', roles=('analyst',))."""
    numbers: Iterator[int] = iter(range(1_000_000))

    def make(method: str, name: str = "", **principal: Any) -> Call:
        fields: dict[str, Any] = {"subject": "ada", "issuer": "test", "method": "oidc", "tenant": "blue"}
        fields |= principal
        who = Principal(**fields)
        return Call(str(next(numbers)), method, name, {}, who, Origin("http"), time.time())  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def opa() -> str:
    """The reference implementation, where it is installed; in CI it must be."""
    found = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))
    if found is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("opa is not installed")
        pytest.skip("opa is not installed")
    return found
