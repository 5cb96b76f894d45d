"""The example webhook: only 'allow' for every image lets a pod in."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from starlette.testclient import TestClient

from scanners.signatures.keyring import SigningKeys
from scanners.vulnerabilities.build import build_database
from tests.scanners.images.test_registry import push
from tests.scanners.images.test_trust import MANIFEST, simple
from tests.scanners.sources.conftest import Registry, registry

__all__ = ["registry"]

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
        assert path.startswith("oci://r.example/app@sha256:")
        return decisions[path.rpartition(":")[2][0]], "a sentence"

    answer = anyio.run(webhook.decide, document, admit)
    assert answer["response"]["uid"] == "u1"
    assert answer["response"]["allowed"] is allowed
    assert ("status" in answer["response"]) is not allowed


def test_a_server_that_cannot_be_reached_keeps_the_pod_out(webhook, monkeypatch):
    monkeypatch.setenv("YUMEN_URL", "http://127.0.0.1:9/mcp")
    monkeypatch.setenv("YUMEN_KEY", "x")
    answer = TestClient(webhook.app).post("/validate", json=review(ONE)).json()
    assert answer["response"]["allowed"] is False


@pytest.mark.parametrize(
    ("image", "target"),
    [
        ("app@D", "oci://docker.io/library/app@D"),
        ("team/app:1@D", "oci://docker.io/team/app@D"),
        ("localhost:5000/app:1@D", "oci://localhost:5000/app@D"),
        ("r.example/team/app:1.2@D", "oci://r.example/team/app@D"),
    ],
)
def test_where_an_image_is(webhook, image, target):
    asked = []

    async def admit(place: str) -> tuple[str, str]:
        asked.append(place)
        return "allow", ""

    digest = f"sha256:{'a' * 64}"
    anyio.run(webhook.decide, review(image.replace("D", digest)), admit)
    assert asked == [target.replace("D", digest)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"request": {"uid": "u", "object": null}}', b'{"request": 1}'])
def test_what_is_no_review_lets_nothing_in(webhook, body):
    answer = TestClient(webhook.app).post("/validate", content=body).json()
    assert answer["response"]["allowed"] is False


ADMISSION = Path(__file__).parent / "admission-review.json"
"""What an API server sends (Kubernetes documentation, 'Webhook request and response'), for a pod with every kind of container."""


@pytest.mark.service
def test_a_real_server_answers_a_real_admission_review(
    webhook, server_factory, registry, image, layer, samples, monkeypatch, tmp_path
):
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    status = samples.dpkg("bash", "5.2.15-2+b2")
    root = image(layer().file("etc/os-release", samples.debian).file("var/lib/dpkg/status", status))
    digest = push(registry.host, root, "team/app")
    other = push(registry.host, image(layer().file("x"), layer().file("y")), "team/other")
    data = tmp_path / "data"
    key = SigningKeys(data / "model-keys").create("release").key
    sign_in_registry(registry, "team/app", digest, key)
    trusted = data / "trusted-signers" / "release"
    trusted.mkdir(parents=True)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (trusted / "public_key.pem").write_bytes(public)
    feed = tmp_path / "feed.json"
    feed.write_text(
        json.dumps(
            {"id": "DEBIAN-CVE-1", "modified": moment, "affected": [
                {"package": {"ecosystem": "Debian:12", "name": "bash"},
                 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.0"}]}]}]}
        )
    )  # fmt: skip
    build_database((feed,), data / "vulnerabilities.sqlite")
    config = f'[[sources.places]]\nscheme = "oci"\nplace = "{registry.host}"\nanonymous = true\n'
    server = server_factory(config=config + "[policy]\ndeadline = 10.0\n", data_dir=data)
    for name, value in (("URL", server.url), ("KEY", server.key), ("SIGNERS", "release")):
        monkeypatch.setenv(f"YUMEN_{name}", value)
    client = TestClient(webhook.app)

    def asked(*names: str) -> dict:
        document = json.loads(ADMISSION.read_text())
        spec = document["request"]["object"]["spec"]
        containers = [*spec["containers"], *spec["initContainers"]]
        for container, name in zip(containers, names * len(containers), strict=False):
            container["image"] = f"{registry.host}/{name}"
        return client.post("/validate", json=document).json()

    allowed = asked(f"team/app:1@{digest}")
    assert allowed == {
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "response": {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True},
    }  # fmt: skip
    refused = asked(f"team/app:1@{digest}", f"team/other@{other}")["response"]
    assert (refused["allowed"], refused["status"]["code"]) == (False, 403)
    assert "team/other" in refused["status"]["message"]
    assert "No signature" in refused["status"]["message"]
    assert asked("team/app:1")["response"]["allowed"] is False
    assert asked(f"team/none@{digest}")["response"]["allowed"] is False


def sign_in_registry(registry: Registry, name: str, digest: str, key) -> None:
    """A signature as cosign keeps it: a manifest under a tag made of the image's digest."""
    payload, kind, notes = simple(key, digest)
    manifest = {
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **registry._blob(name, b"{}")},
        "layers": [{"mediaType": kind, **registry._blob(name, payload), "annotations": notes}],
    }  # fmt: skip
    place = f"http://{registry.host}/v2/{name}/manifests/{digest.replace(':', '-')}.sig"
    httpx.put(place, content=json.dumps(manifest), headers={"content-type": MANIFEST}).raise_for_status()
