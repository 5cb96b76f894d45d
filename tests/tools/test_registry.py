"""What every tool promises, checked over all of them."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator

from scanners.findings import Coverage, Skipped, Subject
from tools.answers import Answer
from tools.registry import Tool, ToolRegistry, own_tools

TOOLS = list(own_tools())


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_tells_a_client_all_it_needs(tool: Tool) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", tool.name)
    assert tool.title
    assert len(tool.description) > 20
    for schema in (tool.input_schema, tool.output_schema):
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
    assert tool.input_schema["additionalProperties"] is False
    for name, schema in tool.input_schema.get("properties", {}).items():
        assert schema.get("description"), name
    for name, info in tool.answer.model_fields.items():
        assert info.description, name
    assert set(tool.targets) | set(tool.outputs) <= set(tool.arguments.model_fields)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_policy_sees_every_path_that_a_tool_takes(tool: Tool) -> None:
    """Folders are open to tenants and roles by policy, so no path may get past it."""
    paths = {
        name
        for name, schema in tool.input_schema.get("properties", {}).items()
        if schema.get("description", "").lower().startswith(("path", "paths"))
    }
    assert paths <= {*tool.targets, *tool.outputs}


@pytest.mark.parametrize(
    "tool", [tool for tool in TOOLS if issubclass(tool.answer, Answer)], ids=lambda tool: tool.name
)
def test_a_stopped_call_can_be_answered_with_unknown(tool: Tool) -> None:
    """The gate answers for a killed scan; so whatever a tool adds to the common shape needs a default."""
    answer = tool.answer(
        verdict="unknown",
        summary="Stopped.",
        coverage=Coverage(skipped=(Skipped("x", "the scan used up its CPU time"),)),
        subject=Subject(kind=tool.family, digest="", name="x"),
    )
    Draft202012Validator(tool.output_schema).validate(answer.model_dump(mode="json"))


def test_a_name_can_be_taken_once() -> None:
    registry = ToolRegistry()
    registry.add(TOOLS[0])
    with pytest.raises(ValueError, match="already taken"):
        registry.add(TOOLS[0])


def test_the_definition_digest_changes_with_what_clients_are_told() -> None:
    from dataclasses import replace

    tool = TOOLS[0]
    assert replace(tool, deadline=1.0).digest == tool.digest
    assert replace(tool, description=tool.description + " Also sends it elsewhere.").digest != tool.digest
