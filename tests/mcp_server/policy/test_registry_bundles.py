"""Bundles from a real registry: told apart by digest, pinned by digest, refused when they are something else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from mcp_server.policy.bundles import write_archive
from mcp_server.policy.errors import PolicyInvalid, PolicyUnavailable
from mcp_server.policy.pulling import PulledBundle
from mcp_server.policy.settings import BundleSettings, PolicySettings
from mcp_server.policy.store import PolicyStore
from tests.scanners.sources.conftest import Registry, free_port, registry

__all__ = ["registry"]
pytestmark = pytest.mark.service
TAR = "application/vnd.oci.image.layer.v1.tar+gzip"


def bundle(value: int) -> bytes:
    return write_archive({"team/a.rego": f"package team.a\n\nvalue := {value}\n".encode()})


def settings(url: str) -> BundleSettings:
    return BundleSettings(name="team", url=url, interval=3600, unsigned=True)


def pulled(url: str, folder: Path) -> PulledBundle:
    return PulledBundle(settings(url), {}, folder)


def test_a_bundle_is_taken_and_taken_again_only_when_it_changed(registry: Registry, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "s.rego").write_text("package shipped\n\nvalue := 0\n")
    registry.push("policies/team", [(TAR, bundle(1), {})])
    one = settings(f"oci://{registry.host}/policies/team:1")

    async def scenario() -> None:
        store = await PolicyStore.open(
            PolicySettings(watch_interval=0, deadline=10, bundles=(one,)), shipped=shipped, data_dir=tmp_path / "data"
        )
        assert await store.engine.evaluate("data.team.a.value", {}) == 1
        (follower,) = store._pulled
        assert await follower.pull() is False
        registry.push("policies/team", [(TAR, bundle(2), {})])
        assert await follower.pull() is True
        await store.reload()
        assert await store.engine.evaluate("data.team.a.value", {}) == 2
        await store.close()

    asyncio.run(scenario())


def test_a_digest_is_that_bundle_or_none(registry: Registry, tmp_path: Path) -> None:
    first = registry.push("policies/pinned", [(TAR, bundle(1), {})])
    registry.push("policies/pinned", [(TAR, bundle(2), {})])
    here = f"oci://{registry.host}/policies/pinned:1"
    one = pulled(f"{here}@{first}", tmp_path / "first")
    assert asyncio.run(one.pull()) is True
    assert "value := 1" in one.pack().modules[0].text
    with pytest.raises(PolicyUnavailable):
        asyncio.run(pulled(f"{here}@sha256:{'0' * 64}", tmp_path / "none").pull())


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [(TAR, bundle(1), {}), (TAR, bundle(2), {})],
        [("application/vnd.cncf.openpolicyagent.policy.layer.v1+rego", b"package a\n", {})],
    ],
    ids=["none", "two", "bare Rego"],
)
def test_an_artefact_that_is_no_bundle_is_refused(
    registry: Registry, tmp_path: Path, layers: list[tuple[str, bytes, dict[str, str]]]
) -> None:
    registry.push("policies/odd", layers)
    with pytest.raises(PolicyUnavailable, match="no bundle"):
        asyncio.run(pulled(f"oci://{registry.host}/policies/odd:1", tmp_path).pull())
    assert not list(tmp_path.iterdir())


def test_a_layer_that_is_no_archive_is_refused_and_the_last_good_copy_stays(registry: Registry, tmp_path: Path) -> None:
    registry.push("policies/worse", [(TAR, bundle(1), {})])
    one = pulled(f"oci://{registry.host}/policies/worse:1", tmp_path)
    assert asyncio.run(one.pull()) is True
    registry.push("policies/worse", [(TAR, b"not a bundle", {})])
    with pytest.raises(PolicyInvalid):
        asyncio.run(one.pull())
    assert "value := 1" in one.pack().modules[0].text


def test_an_unsigned_bundle_is_refused_where_keys_are_trusted(registry: Registry, tmp_path: Path) -> None:
    registry.push("policies/unsigned", [(TAR, bundle(1), {})])
    with pytest.raises(ValidationError, match="verification_keys"):
        PolicySettings(bundles=(BundleSettings(name="team", url=f"oci://{registry.host}/policies/unsigned:1"),))


def test_an_index_or_an_absent_tag_or_registry_is_refused_in_words(registry: Registry, tmp_path: Path) -> None:
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
    httpx.put(
        f"http://{registry.host}/v2/policies/many/manifests/1",
        content=json.dumps(index).encode(),
        headers={"content-type": str(index["mediaType"])},
    ).raise_for_status()
    for url in (
        f"oci://{registry.host}/policies/many:1",
        f"oci://{registry.host}/policies/many:absent",
        f"oci://{registry.host}/policies/Many:1",
        f"oci://127.0.0.1:{free_port()}/policies/team:1",
    ):
        with pytest.raises(PolicyUnavailable, match="oci://"):
            asyncio.run(pulled(url, tmp_path).pull())


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "oci://"},
        {"url": "oci://r.example/a@sha256:12"},
        {"url": "oci://user@r.example/a:1"},
        {"url": "ftp://r.example/a"},
        {"url": "oci://r.example/a:1", "user": "u"},
        {"url": "https://r.example/a", "user": "u", "token": "env:T"},
        {"url": "http://r.example/a", "token": "env:T"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        BundleSettings(name="team", **wrong)  # type: ignore[arg-type]
