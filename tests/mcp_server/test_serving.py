"""A real client, over stdio and over HTTP, in both protocol eras: what it sees, what it gets, what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from mcp.shared.exceptions import MCPError

FAMILIES = {
    "model_hash", "model_verify", "image_scan", "pii_detect", "pii_redact", "policy_evaluate", "policy_list",
    "audit_search", "audit_verify",
}  # fmt: skip


def run(coroutine):
    return asyncio.run(coroutine)


def test_both_eras_are_spoken(connect, era) -> None:
    async def scenario():
        async with connect() as client:
            return client.protocol_version

    assert run(scenario()) == {"legacy": "2025-11-25", "auto": "2026-07-28"}[era]


def test_a_client_sees_the_tools_with_titles_hints_and_schemas(connect) -> None:
    async def scenario():
        async with connect() as client:
            return (await client.list_tools()).tools, (await client.list_prompts()).prompts, client.instructions

    tools, prompts, instructions = run(scenario())
    by_name = {tool.name: tool for tool in tools}
    assert set(by_name) >= FAMILIES
    assert "never a pass" in (instructions or "")
    for tool in tools:
        assert tool.title
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is not None
        assert tool.output_schema is not None
        for name, schema in tool.input_schema.get("properties", {}).items():
            assert schema.get("description"), f"{tool.name}.{name} has no description"
    assert {prompt.name for prompt in prompts} == {"admit_model", "review_image"}


def test_a_client_gets_an_answer_and_can_prove_its_record(connect) -> None:
    async def scenario():
        async with connect() as client:
            answer = await client.call_tool("pii_detect", {"text": "write to alice@example.org"})
            record = answer.structured_content["record"]
            return answer, await client.call_tool("audit_verify", {"index": record["index"]})

    answer, proof = run(scenario())
    assert not answer.is_error
    assert json.loads(answer.content[0].text) == answer.structured_content
    assert [entity["type"] for entity in answer.structured_content["entities"]] == ["EMAIL_ADDRESS"]
    assert answer.structured_content["record"]["checkpoint"]
    assert proof.structured_content["verdict"] == "pass"


def test_policies_are_readable_and_prompts_render(connect) -> None:
    async def scenario():
        async with connect() as client:
            resources = (await client.list_resources()).resources
            first = next(resource for resource in resources if str(resource.uri).endswith(".rego"))
            text = (await client.read_resource(first.uri)).contents[0].text
            prompt = await client.get_prompt("admit_model", {"target": "models/tiny"})
            return text, prompt.messages[0].content.text

    policy, prompt = run(scenario())
    assert "package " in policy
    assert "models/tiny" in prompt


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("model_hash", {}, "target"),
        ("model_hash", {"target": "models", "typo": 1}, "typo"),
        ("model_hash", {"target": 7}, "target"),
        ("model_hash", {"target": "/etc/passwd"}, "not inside any of the configured roots"),
        ("model_hash", {"target": "../../etc/passwd"}, "not inside any of the configured roots"),
        ("model_hash", {"target": "absent"}, "nothing at"),
        ("image_scan", {"target": "README.md"}, ""),
        ("pii_detect", {"text": 3}, "text"),
        ("policy_evaluate", {"policy": "no-such-policy", "input": {}}, ""),
    ],
)  # fmt: skip
def test_bad_input_is_answered_with_a_clear_error_and_the_server_goes_on(
    server, over_http, tool, arguments, said
) -> None:
    async def scenario():
        async with over_http(server, "auto") as client:
            answer = await client.call_tool(tool, arguments)
            after = await client.call_tool("pii_detect", {"text": "nothing here"})
            return answer, after

    answer, after = run(scenario())
    text = answer.content[0].text
    assert answer.is_error or answer.structured_content["verdict"] == "unknown"
    assert said in text
    assert "Traceback" not in text
    assert not after.is_error


@pytest.mark.parametrize(
    "arguments",
    [
        '{"text": "lone \\ud800 surrogate"}',
        '{"value": {"key": ["\\udfff"]}}',
        '{"value": 1' + "0" * 40 + "}",
        '{"value": ' + "[" * 300 + "]" * 300 + "}",
    ],
    ids=["text", "value", "integer", "depth"],
)
def test_json_that_no_honest_client_sends_is_refused_and_recorded(server, arguments: str) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "raw", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {
        **server.headers(),
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
    }

    def call(tool: str, text: str) -> dict:
        body = (
            f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {{"name": "{tool}", '
            f'"arguments": {text}, "_meta": {json.dumps(meta)}}}}}'
        )
        return httpx.post(server.url, content=body, headers={**headers, "Mcp-Name": tool}, timeout=30).json()["result"]

    refused = call("pii_detect", arguments)
    assert refused["isError"] is True
    assert "the arguments cannot be read" in refused["content"][0]["text"]
    last = call("audit_search", '{"tool": "pii_detect", "limit": 1}')["structuredContent"]["records"][0]
    assert last["error"] == "invalid_arguments"


def test_an_unknown_tool_and_a_forbidden_tool_get_the_same_answer(server, over_http) -> None:
    viewer = make_key(server, "--role", "viewer", "--scope", "tool:policy_list")

    async def refusal(name: str) -> tuple[int, str, object]:
        async with over_http(server, "auto", viewer) as client:
            with pytest.raises(MCPError) as caught:
                await client.session.call_tool(name, {"target": "x"})
            return caught.value.code, caught.value.message.replace(name, "NAME"), caught.value.data

    async def listed() -> set[str]:
        async with over_http(server, "auto", viewer) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    visible = run(listed())
    assert "model_hash" not in visible
    assert run(refusal("model_hash")) == run(refusal("no_such_tool"))


def make_key(server, *arguments: str) -> str:
    command = [sys.executable, "-m", "mcp_server.cli", "key", "create", "--data-dir", str(server.data_dir), *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment()).stdout
    return next(word for word in printed.split() if word.startswith("ymn_"))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.mark.parametrize("token", [None, "ymn_wrong", "ymn_aaaaaaaaaaaaaaaa_" + "a" * 52, "a.b.c"])
def test_without_a_good_token_there_is_no_call(server, token) -> None:
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    answer = httpx.post(server.url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "tools" not in answer.text


def test_a_revoked_key_stops_working_at_once(server, over_http) -> None:
    key = make_key(server, "--role", "operator")

    async def calls() -> None:
        async with over_http(server, "auto", key) as client:
            await client.list_tools()

    run(calls())
    identifier = key.split("_")[1]
    command = [sys.executable, "-m", "mcp_server.cli", "key", "revoke", identifier, "--data-dir", str(server.data_dir)]
    subprocess.run(command, check=True, capture_output=True, env=environment())
    answer = httpx.post(server.url, json={}, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401, answer.text


def test_health_is_public_and_names_each_part_with_its_fail_mode(server) -> None:
    base = server.url.removesuffix("/mcp")
    page = httpx.get(base + "/healthz")
    assert page.status_code == 200
    assert page.json()["status"] == "ok"
    assert set(page.json()["parts"]) >= {"audit", "policy", "identity", "sandbox"}
    assert all(part["fail_mode"] for part in page.json()["parts"].values())
    assert httpx.get(base + "/readyz").status_code == 200


def test_a_stopping_server_finishes_what_it_has_begun(server_factory, over_http, tmp_path: Path) -> None:
    server = server_factory()
    with (server.root / "large.bin").open("wb") as file:
        file.truncate(3 << 30)

    async def scenario():
        async with over_http(server, "auto") as client:
            await client.list_tools()  # the client checks the answer against the schema, and asks for it if it must
            call = asyncio.create_task(client.call_tool("model_hash", {"target": "large.bin"}))
            await asyncio.sleep(1.0)
            server.process.send_signal(signal.SIGTERM)
            return await call

    answer = run(scenario())
    assert answer.structured_content["verdict"] == "pass"
    assert server.process.wait(timeout=30) == 0


def test_yumen_call_answers_with_the_verdicts_exit_code(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")

    def call(tool: str, arguments: dict, *extra: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable, "-m", "mcp_server.cli", "call", tool, "--json", json.dumps(arguments),
            "--data-dir", str(tmp_path / "data"), "--root", str(tmp_path), *extra,
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, text=True, env=environment())

    good = call("model_hash", {"target": "model.bin"})
    digest = json.loads(good.stdout)["digest"]
    assert good.returncode == 0
    assert call("model_hash", {"target": "model.bin", "expected": digest}).returncode == 0
    assert call("model_hash", {"target": "model.bin", "expected": "sha256:" + "0" * 64}).returncode == 1
    assert call("no_such_tool", {}).returncode == 3
    assert call("model_hash", {"target": "/etc/passwd"}).returncode == 4
    assert "Traceback" not in call("model_hash", {"target": "absent"}).stderr


def test_a_team_pack_is_taken_while_serving_and_a_broken_one_is_not(server_factory, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "own.rego").write_text("package team.own\n\nanswer := 1\n")
    server = server_factory(config=f"[policy]\npacks = ['{pack}']\nwatch_interval = 0\n")
    health = server.url.removesuffix("/mcp") + "/healthz"

    def until(status: str) -> dict:
        server.process.send_signal(signal.SIGHUP)
        for _ in range(300):
            part = httpx.get(health).json()["parts"]["policy"]
            if part["state"] == status:
                return part
            time.sleep(0.1)
        raise AssertionError(part)

    before = until("ok")["detail"]
    (pack / "own.rego").write_text("package team.own\n\nanswer := {\n")
    broken = until("degraded")["detail"]
    assert before.split()[1] in broken  # the old revision stays in force
    assert "pack/own.rego:" in broken
    (pack / "own.rego").write_text("package team.own\n\nanswer := 2\n")
    assert until("ok")["detail"] != before


def test_the_server_starts_without_the_libraries_that_single_tools_need() -> None:
    heavy = [
        "numpy",
        "jinja2",
        "jwt",
        "cvss",
        "presidio_analyzer",
        "pyarrow",
        "sqlalchemy",
        "pypdf",
        "yara_x",
        "sigstore",
    ]
    code = (
        "import sys, mcp_server.serving, mcp_server.app\nfrom tools.registry import own_tools\nown_tools()\n"
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
