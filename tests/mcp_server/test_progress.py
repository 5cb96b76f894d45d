"""Progress of long work reaches the client; the words of it are scrubbed as results are."""

from __future__ import annotations

import asyncio
from pathlib import Path


def test_progress_reaches_the_client(over_stdio, tmp_path: Path, era: str) -> None:
    root = tmp_path / "root"
    (root / "model").mkdir(parents=True)
    for number in range(6):
        with (root / "model" / f"shard{number}.bin").open("wb") as file:
            file.truncate(400 << 20)
    heard: list[tuple[float, float | None, str | None]] = []

    async def listen(done: float, total: float | None, message: str | None) -> None:
        heard.append((done, total, message))

    async def scenario() -> str:
        async with over_stdio(tmp_path / "data", root, era) as client:
            answer = await client.call_tool("model_hash", {"target": "model"}, progress_callback=listen)
            return answer.structured_content["verdict"]

    assert asyncio.run(scenario()) == "pass"
    assert heard
    assert all(total == 6 * (400 << 20) and 0 <= done <= total and message for done, total, message in heard)
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)
