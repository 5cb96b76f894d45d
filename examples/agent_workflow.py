"""An agent workflow that acts on verdicts: it lets a release through only if the model and the image both pass.

It calls a running server over Streamable HTTP with its own service identity, and stops at the first thing that is not a
pass. `unknown` stops it as well: what was not examined is not good.

    yumen key create --role agent --label release-workflow        # prints a key, once
    YUMEN_KEY=ymn_… python examples/agent_workflow.py http://127.0.0.1:8765/mcp models/exclusive-or images/shop
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


@dataclass(frozen=True)
class Step:
    """One question to the gate."""

    tool: str
    arguments: dict[str, Any]


def plan(model: str, image: str) -> list[Step]:
    return [
        Step("model_verify", {"target": model, "public_key": "models/signer.pub"}),
        Step("model_scan", {"target": model}),
        Step("image_scan", {"target": image}),
    ]


async def release(url: str, key: str, steps: list[Step]) -> int:
    """Exit code: 0 released, 1 stopped by a verdict, 3 refused by the gate."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=600) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        for step in steps:
            answer = await client.call_tool(step.tool, step.arguments)
            if answer.is_error:
                print(f"{step.tool}: refused: {answer.content[0].text}")
                return 3
            result: dict[str, Any] = answer.structured_content
            print(f"{step.tool}: {result['verdict']} (record {result['record']['index']}): {result['summary']}")
            if result["verdict"] != "pass":
                print("Not released.")
                return 1
    print("Released.")
    return 0


def main() -> int:
    url, model, image = sys.argv[1:]
    return asyncio.run(release(url, os.environ["YUMEN_KEY"], plan(model, image)))


if __name__ == "__main__":
    sys.exit(main())
