"""Residency with the server behind a real socket and the real MCP client: what a caller abroad reads, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mcp_server.identity.authenticator import open_key_store

pytestmark = pytest.mark.anyio

RULES = [
    {
        "id": f"org.{origin}-{destination}",
        "origins": [origin],
        "destinations": [destination],
        "data_classes": ["business"],
        "effect": "allow",
        "message": "Business data may go there",
        "reference": "Board decision 3",
    }
    for origin, destination in (("JP", "SG"), ("SG", "JP"))
]
CARD = "11010519491231002X"


@pytest.fixture(scope="module")
def served(server_factory: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server in Singapore; between Japan and it nothing but business data may pass."""
    folder = tmp_path_factory.mktemp("residency")
    own = folder / "team" / "config" / "residency"
    own.mkdir(parents=True)
    (own / "data.json").write_text(json.dumps({"rules": RULES}))
    (folder / "root" / "plain").mkdir(parents=True)
    (folder / "root" / "plain" / "weights.bin").write_bytes(b"weights")
    (folder / "root" / "private").mkdir()
    (folder / "root" / "private" / f"{CARD}.bin").write_bytes(b"weights")
    config = (
        f'[policy]\npacks = ["{folder / "team"}"]\ndecision_log = "{folder / "decisions.jsonl"}"\ndeadline = 10\n'
        '[residency]\nenforce = "deny"\njurisdiction = "SG"\n'
    )
    server = server_factory(config=config, root=folder / "root")
    keys = open_key_store(server.data_dir)
    server.keys = {
        place: keys.create(label="", tenant="acme", roles=("operator",), jurisdiction=place)[0]
        for place in ("JP", "SG", "")
    }
    server.folder = folder
    return server


@pytest.mark.parametrize(
    ("by", "tool", "arguments", "says"),
    [
        ("JP", "model_hash", {"target": "plain"}, ""),
        ("SG", "model_hash", {"target": "private"}, ""),
        ("SG", "pii_detect", {"text": f"write to alice@example.org about {CARD}"}, ""),
        ("JP", "pii_detect", {"text": "write to alice@example.org"}, "JP to server: No regime"),
        ("JP", "pii_detect", {"text": "word " * 10_000 + CARD}, "JP to server: No regime"),
        ("JP", "model_hash", {"target": "private"}, "policy withholds this result: server to JP: No regime"),
        ("", "model_hash", {"target": "plain"}, "'caller.jurisdiction' is missing"),
    ],
)
async def test_data_passes_the_border_only_where_a_rule_lets_it(
    served: Any, over_http: Any, era: str, by: str, tool: str, arguments: dict[str, Any], says: str
) -> None:
    async with over_http(served, era, served.keys[by]) as client:
        answer = await client.call_tool(tool, arguments)
    text = "".join(part.text for part in answer.content)
    assert bool(answer.is_error) == bool(says)
    assert says in text
    if by != "SG":
        assert CARD not in answer.model_dump_json()


async def test_the_decision_log_tells_each_transfer(served: Any, over_http: Any) -> None:
    async with over_http(served, "auto", served.keys["JP"]) as client:
        await client.call_tool("model_hash", {"target": "private"})
    text = (served.folder / "decisions.jsonl").read_text()
    *_, arguments, result = map(json.loads, text.splitlines())
    assert (arguments["result"]["decision"], arguments["result"]["data_classes"]) == ("allow", ["business"])
    assert (result["result"]["decision"], result["result"]["data_classes"]) == ("unknown", ["government_id"])
    assert result["decision_id"].endswith("/residency/out")
    assert CARD not in text
