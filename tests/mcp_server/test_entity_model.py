"""A server that is to use a named-entity model says so, or does not start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mcp_server.app import open_parts
from mcp_server.config import Settings
from mcp_server.health import report
from scanners.personal_data.entity_model import FILE, EntityModelUnusable


def opened(data_dir: Path) -> str:
    """What the health page says."""

    async def run() -> str:
        async with open_parts(Settings(data_dir=data_dir)) as parts:
            _, page = report(parts.probes)
        return str(page["parts"]["personal_data"]["detail"])  # type: ignore[index]

    return asyncio.run(run())


def test_without_one_the_page_says_what_is_not_found(tmp_path: Path) -> None:
    assert "ORGANIZATION, NRP not at all" in opened(tmp_path / "data")


def test_a_model_is_loaded_at_start_in_a_worker(tmp_path: Path) -> None:
    import spacy

    model = spacy.blank("zh")
    model.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "银河公司"}])
    (tmp_path / "data").mkdir()
    model.to_disk(tmp_path / "data" / "model")
    (tmp_path / "data" / FILE).write_text("kind: spacy\npath: model\n")
    assert "'model': ORGANIZATION; without it: PERSON" in opened(tmp_path / "data")


def test_a_model_that_is_missing_or_broken_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "data" / "model").mkdir(parents=True)
    for path in ("model", "nowhere"):
        (tmp_path / "data" / FILE).write_text(f"kind: spacy\npath: {path}\n")
        with pytest.raises(EntityModelUnusable):
            opened(tmp_path / "data")
