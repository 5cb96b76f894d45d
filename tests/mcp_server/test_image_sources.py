"""Images in registries as targets, through the whole gate: brought for the call, with what was signed beside them, and gone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mcp_server.app import open_parts
from mcp_server.config import Settings
from scanners.errors import TargetMissing, TargetRefused, UnreadableInput
from tests.mcp_server.test_sources import ALICE, Calls, _call
from tests.scanners.images.conftest import LayerBuilder, LayoutBuilder, image, layer, layout, samples
from tests.scanners.images.test_registry import push
from tests.scanners.sources.conftest import Registry, registry

__all__ = ["image", "layer", "layout", "registry", "samples"]
pytestmark = pytest.mark.service


@pytest.fixture
def settings(tmp_path: Path, registry: Registry) -> dict[str, Any]:
    (tmp_path / "root").mkdir()
    return {
        "data_dir": tmp_path / "data",
        "paths": {"roots": [tmp_path / "root"]},
        "sources": {"places": [{"scheme": "oci", "place": registry.host, "prefix": "team", "anonymous": True}]},
        "policy": {"deadline": 10.0},
    }


def through_the_gate(settings: dict[str, Any], scenario: Any) -> None:
    async def run() -> None:
        async with open_parts(Settings.model_validate(settings)) as parts:
            await scenario(lambda tool, by=ALICE, **arguments: _call(parts, tool, by, arguments))

    asyncio.run(run())


def test_every_image_tool_takes_an_image_in_a_registry(settings, registry, layer, layout, samples, tmp_path):
    digests = {}
    for name, version in (("one", "2.11.2"), ("two", "3.0.0")):
        builder = layout(name)
        content = layer().file(
            "usr/lib/python3/site-packages/jinja2.dist-info/METADATA", samples.python("jinja2", version)
        )
        root = builder.index(builder.manifest([layer().file("shared", bytes(100_000)).bytes(), content.bytes()]))
        digests[name] = push(registry.host, root, f"team/{name}")
    one, two = (f"oci://{registry.host}/team/{name}" for name in ("one:1", f"two@{digests['two']}"))

    async def scenario(call: Calls) -> None:
        scanned = await call("image_scan", target=one)
        assert scanned["packages"] == {"PyPI": 1}
        assert scanned["subject"]["digest"] == digests["one"]
        assert scanned["subject"]["origin"] == f"oci://{registry.host}/team/one@{digests['one']}"
        assert scanned["subject"]["name"] == f"{registry.host}/team/one:1"
        assert (await call("image_sbom", target=two))["package_count"] == 1
        compared = await call("image_compare", before=one, after=two)
        assert [(item["name"], item["before"], item["after"]) for item in compared["packages"]] == [
            ("jinja2", "2.11.2", "3.0.0")
        ]
        assert (await call("image_admit", target=one))["decision"] == "deny"
        with pytest.raises(TargetMissing):
            await call("image_scan", target=f"oci://{registry.host}/team/none:1")
        for outside in (f"oci://{registry.host}/other/one:1", "oci://elsewhere.example/team/one:1"):
            with pytest.raises(TargetRefused):
                await call("image_scan", target=outside)
        assert list((tmp_path / "data" / "staging").iterdir()) == []

    through_the_gate(settings, scenario)
    kept = {path.name for path in (tmp_path / "data" / "image-cache").glob("*/blobs/sha256/*")}
    assert len(kept) == 5  # the shared layer once, two others, two configurations


def test_a_platform_is_brought_as_asked_and_no_more_than_may_be(settings, registry, layer, layout, samples, tmp_path):
    builder: LayoutBuilder = layout()
    children = []
    for name in ("amd64", "arm64"):
        part: LayerBuilder = layer().file("opt/x.dist-info/METADATA", samples.python(name, "1"))
        platform = {"os": "linux", "architecture": name}
        children.append(builder.manifest([part.bytes()], architecture=name, platform=platform))
    root = builder.index(*children)
    kind = "application/vnd.oci.image.index.v1+json"
    for child in children:
        (root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [child]}))
        push(registry.host, root, "team/both")
    document = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": children})
    for child in children:
        data = (root / "blobs/sha256" / child["digest"][7:]).read_bytes()
        place = f"http://{registry.host}/v2/team/both/manifests"
        httpx.put(f"{place}/{child['digest']}", content=data, headers={"content-type": child["mediaType"]})
    httpx.put(f"{place}/2", content=document, headers={"content-type": kind}).raise_for_status()
    target = f"oci://{registry.host}/team/both:2"

    async def scenario(call: Calls) -> None:
        found = await call("image_scan", target=target, platform="linux/arm64")
        assert found["image"]["platform"] == "linux/arm64"
        with pytest.raises(UnreadableInput, match="not for linux/s390x"):
            await call("image_scan", target=target, platform="linux/s390x")

    through_the_gate(settings, scenario)
    settings["sources"]["max_bytes"] = 100

    async def too_large(call: Calls) -> None:
        assert (await call("image_scan", target=target))["verdict"] == "unknown"
        assert list((tmp_path / "data" / "staging").iterdir()) == []

    through_the_gate(settings, too_large)
