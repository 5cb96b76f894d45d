"""docs/policy-contract.md is what is really asked and answered."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mcp_server.calls import Call
from mcp_server.policy.decision import ACCESS
from mcp_server.policy.embedded import EmbeddedEngine
from mcp_server.policy.packs import SHIPPED, load_pack
from mcp_server.policy.question import Question
from mcp_server.policy.settings import PolicySettings
from tools.registry import Tool

PAGE = Path(__file__).parents[3] / "docs" / "policy-contract.md"


@pytest.fixture(scope="module")
def schemas() -> tuple[Any, Any]:
    """The schemas of input and decision, closed: what they do not name is an error here."""
    asked, decided = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL))
    return closed(asked), closed(decided)


def closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema and "required" in schema else {}
    return {key: closed(value) for key, value in schema.items()} | more


def test_the_page_describes_what_is_asked_and_answered(
    schemas: tuple[Any, Any],
    make_call: Callable[..., Call],
    read_tool: Tool,
    target: Callable[[str], Any],
    candidate: Callable[[str], Any],
) -> None:
    verified = make_call("tools/call", "model_verify", roles=("analyst",))
    listed = make_call("tools/list", roles=("x",), scopes=frozenset({"s"}))
    questions = [
        Question(verified, read_tool),
        Question(make_call("tools/call", "none"), targets=(target("/a"),), arguments={"a": 1}),
        Question(listed, candidates=(candidate("a"),)),
        *(Question(make_call(method, "n")) for method in ("prompts/get", "resources/read", "prompts/list")),
    ]
    inputs = [question.document() for question in questions]

    async def ask() -> list[Any]:
        engine = await EmbeddedEngine.start(load_pack(SHIPPED), PolicySettings(deadline=5))
        answers = [await engine.evaluate(ACCESS, document) for document in inputs]
        await engine.close()
        return answers

    asked, decided = schemas
    for document in inputs:
        jsonschema.validate(document, asked)
    for answer in asyncio.run(ask()):
        jsonschema.validate(answer, decided)
