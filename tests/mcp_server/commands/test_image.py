"""`yumen image …` on the sample that ships with Yumen, and with a real registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcp_server.cli import main
from tests.scanners.images.test_registry import push
from tests.scanners.sources.conftest import Registry, registry

__all__ = ["registry"]
SHOP = Path(__file__).parents[3] / "examples/images/shop"


@pytest.mark.parametrize(
    ("form", "marker"), [("cyclonedx-1.6", "bomFormat"), ("spdx-2.3", "spdxVersion"), ("spdx-3.0", "@graph")]
)
def test_a_bill_of_materials_in_each_form(capsys, form, marker):
    assert main(["image", "sbom", str(SHOP), "--format", form]) == 0
    assert marker in json.loads(capsys.readouterr().out)


def test_a_base_image_is_kept(tmp_path, capsys):
    assert main(["image", "base", "alpine:3.11", str(SHOP), "--data-dir", str(tmp_path)]) == 0
    (kept,) = (tmp_path / "bases").iterdir()
    assert json.loads(kept.read_text())["name"] == "alpine:3.11"
    assert "2 layers" in capsys.readouterr().out


@pytest.mark.service
def test_images_are_pulled_into_one_layout_with_a_cache(registry: Registry, tmp_path, capsys):
    digest = push(registry.host, SHOP, "team/shop")
    common = ["--cache", str(tmp_path / "cache"), "--docker-config", str(tmp_path / "none.json")]
    # a mirror where nothing listens is passed over
    pull = ["image", "pull", f"{registry.host}/team/shop:1", str(tmp_path / "out"), "--mirror", "127.0.0.1:9"]
    assert main([*pull, *common]) == 0
    assert digest in capsys.readouterr().out
    assert main(["image", "pull", f"{registry.host}/team/shop@{digest}", str(tmp_path / "other"), *common]) == 0
    assert "0 bytes fetched" in capsys.readouterr().out
    assert main(["image", "packages", str(tmp_path / "out"), "--reference", f"{registry.host}/team/shop:1"]) == 0


def test_a_database_in_the_default_place_is_found_by_scans(tmp_path, monkeypatch, capsys):
    """The data directory is `.yumen` where one stands, and scans run in workers that stand elsewhere."""
    monkeypatch.chdir(tmp_path)
    assert main(["db", "build", str(SHOP.parent / "advisories"), "--as-of", "2026-11-20"]) == 0
    capsys.readouterr()
    arguments = json.dumps({"target": str(SHOP), "list_limit": 0})
    assert main(["call", "image_scan", "--root", str(SHOP.parent), "--json", arguments]) == 1
    assert json.loads(capsys.readouterr().out)["vulnerability_count"] == 3
