"""The example webhook: only 'allow' for every image lets a pod in."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import anyio
import pytest

EXAMPLE = Path(__file__).parents[3] / "examples/kubernetes/image_webhook.py"
ONE, TWO = (f"r.example/app@sha256:{letter * 64}" for letter in "ab")


@pytest.fixture(scope="module")
def webhook():
    spec = importlib.util.spec_from_file_location("image_webhook", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def review(*images: str, init: tuple[str, ...] = ()) -> dict:
    spec = {
        "containers": [{"image": image} for image in images],
        "initContainers": [{"image": image} for image in init],
    }
    return {"request": {"uid": "u1", "object": {"spec": spec}}}


@pytest.mark.parametrize(
    ("document", "decisions", "allowed"),
    [
        (review(ONE), {"a": "allow"}, True),
        (review(ONE, TWO), {"a": "allow", "b": "allow"}, True),
        (review(ONE, TWO), {"a": "allow", "b": "deny"}, False),
        (review(ONE, init=(TWO,)), {"a": "allow", "b": "indeterminate"}, False),
        (review(ONE), {"a": "unheard"}, False),
        (review("r.example/app:1"), {}, False),
        (review(), {}, False),
    ],
)
def test_pods(webhook, document, decisions, allowed):
    async def admit(path: str) -> tuple[str, str]:
        return decisions[path.removeprefix("images/")[0]], "a sentence"

    answer = anyio.run(webhook.decide, document, admit)
    assert answer["response"]["uid"] == "u1"
    assert answer["response"]["allowed"] is allowed
    assert ("status" in answer["response"]) is not allowed


def test_a_server_that_cannot_be_reached_keeps_the_pod_out(webhook, monkeypatch):
    from starlette.testclient import TestClient

    monkeypatch.setenv("YUMEN_URL", "http://127.0.0.1:9/mcp")
    monkeypatch.setenv("YUMEN_KEY", "x")
    answer = TestClient(webhook.app).post("/validate", json=review(ONE)).json()
    assert answer["response"]["allowed"] is False
