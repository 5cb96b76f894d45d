"""Pulling from a registry: a real one, and ones that lie."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from certificates import issue
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from ports import free_port

from scanners.errors import LimitReached, TargetMissing, UnreadableInput
from scanners.images.blob_cache import BlobCache
from scanners.images.observing import list_packages
from scanners.images.pull import pull_image
from scanners.images.reading import verify_layers
from scanners.images.sources import open_image
from scanners.images.sources.interface import NoSuchImage
from scanners.images.trust.verify import verify_image
from scanners.oci.client import RegistryClient, RegistryFailed
from scanners.oci.credentials import Credentials, from_docker_config
from scanners.oci.digests import DigestMismatch
from scanners.oci.mirrors import Mirrored
from scanners.oci.references import ImageReference, parse_reference
from tests.scanners.sources.conftest import started

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpine", ("docker.io", "library/alpine", None, None)),
        ("alpine:3.18", ("docker.io", "library/alpine", "3.18", None)),
        ("team/app", ("docker.io", "team/app", None, None)),
        ("localhost/app", ("localhost", "app", None, None)),
        ("127.0.0.1:5000/a/b:1", ("127.0.0.1:5000", "a/b", "1", None)),
        (f"registry.example/a@{DIGEST}", ("registry.example", "a", None, DIGEST)),
        (f"registry.example/a:1@{DIGEST}", ("registry.example", "a", "1", DIGEST)),
    ],
)
def test_references(text, expected):
    found = parse_reference(text)
    assert (found.registry, found.repository, found.tag, found.digest) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UPPER/case",
        "a/../b",
        "a:b:c",
        "a@sha256:12",
        "registry.example/",
        "-x",
        "a b",
        "http://x.example/a",
        "a:" + "t" * 200,
    ],
)
def test_what_is_no_reference(text):
    with pytest.raises(UnreadableInput):
        parse_reference(text)


def test_credentials_come_from_docker_s_configuration_and_its_helpers(tmp_path, monkeypatch):
    helper = tmp_path / "docker-credential-vault"
    helper.write_text(
        '#!/bin/sh\nread name\n[ "$name" = b.example ] && echo \'{"Username": "bot", "Secret": "short-lived"}\'\n'
    )
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    auth = base64.b64encode(b"user:pass:word").decode()
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {"auths": {"a.example": {"auth": auth}}, "credHelpers": {"b.example": "vault", "c.example": "../evil"}}
        )
    )
    assert from_docker_config(config, "a.example") == Credentials("user", "pass:word")
    assert from_docker_config(config, "b.example") == Credentials("bot", "short-lived")
    assert from_docker_config(config, "d.example") is None
    assert "short-lived" not in repr(Credentials("bot", "short-lived"))
    with pytest.raises(UnreadableInput):
        from_docker_config(config, "c.example")
    config.write_text("[")
    with pytest.raises(UnreadableInput):
        from_docker_config(config, "a.example")


def test_a_store_of_credentials_and_tokens_in_docker_s_configuration(tmp_path, monkeypatch):
    helper = tmp_path / "docker-credential-store"
    helper.write_text(
        "#!/bin/sh\nread name\ncase $name in\n"
        'https://a.example) echo \'{"Username": "<token>", "Secret": "refresh"}\' ;;\n'
        'https://broken.example) echo "a locked keychain"; exit 1 ;;\n'
        '*) echo "credentials not found in native keychain"; exit 1 ;;\nesac\n'
    )
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    config = tmp_path / "config.json"
    auths = {"i.example": {"identitytoken": "I"}, "r.example": {"registrytoken": "R"}}
    config.write_text(json.dumps({"auths": auths}))
    assert from_docker_config(config, "i.example") == Credentials("", "I", "identity")
    assert from_docker_config(config, "r.example") == Credentials("", "R", "bearer")
    config.write_text(json.dumps({"auths": {"known.example": {}}, "credsStore": "store"}))
    assert from_docker_config(config, "a.example") == Credentials("", "refresh", "identity")
    assert from_docker_config(config, "stranger.example") is None
    for registry in ("known.example", "broken.example"):
        with pytest.raises(UnreadableInput):
            from_docker_config(config, registry)


class LyingRegistry:
    """Answers from a table of paths; what a test puts there is what is sent."""

    def __init__(self, root) -> None:
        self.answers: dict[str, object] = {}
        self.requests: list[httpx.Request] = []
        for path in (root / "blobs/sha256").iterdir():
            self.answers[f"/blobs/sha256:{path.name}"] = path.read_bytes()
            self.answers[f"/manifests/sha256:{path.name}"] = path.read_bytes()
        entry = json.loads((root / "index.json").read_text())["manifests"][0]
        self.digest = entry["digest"]
        self.answers["/manifests/1"] = self.answers[f"/manifests/{self.digest}"]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path.removeprefix("/v2/app")
        answer = self.answers.get(path)
        if callable(answer):
            return answer(request)
        if answer is None:
            return httpx.Response(404)
        data, start = answer, 0
        if "range" in request.headers:
            start = int(request.headers["range"].removeprefix("bytes=").rstrip("-"))
        return httpx.Response(206 if start else 200, content=data[start:])

    def client(self, registry: str = "r.example", **more) -> RegistryClient:
        return RegistryClient(ImageReference(registry, "app", "1"), transport=httpx.MockTransport(self), **more)


@pytest.fixture
def lying(image, layer):
    return LyingRegistry(
        image(layer().file("a", os.urandom(3000)), layer().file("opt/x.dist-info/METADATA", "Name: x\nVersion: 1\n"))
    )


def layer_path(registry: LyingRegistry) -> str:
    blobs = {path: data for path, data in registry.answers.items() if path.startswith("/blobs")}
    return max(blobs, key=lambda path: len(blobs[path]))


REFERENCE = ImageReference("r.example", "app", "1")


def test_a_pulled_image_is_a_layout_that_scans(lying, tmp_path):
    with lying.client() as client:
        pulled = pull_image(REFERENCE, tmp_path / "out", client)
    listing = list_packages(tmp_path / "out")
    assert (listing.image.digest, pulled.digest) == (lying.digest, lying.digest)
    assert [package.name for package in listing.packages] == ["x"]


def test_a_second_pull_fetches_nothing_and_a_broken_one_goes_on(lying, tmp_path):
    path = layer_path(lying)
    whole = lying.answers[path]

    def cut(request: httpx.Request) -> httpx.Response:
        lying.answers[path] = whole
        return httpx.Response(200, content=whole[:1000])

    lying.answers[path] = cut
    with lying.client() as client:
        first = pull_image(REFERENCE, tmp_path / "out", client)
        second = pull_image(REFERENCE, tmp_path / "out", client)
    resumed = [request.headers["range"] for request in lying.requests if "range" in request.headers]
    assert resumed == ["bytes=1000-"]
    assert (first.fetched > 3000, second.fetched) == (True, 0)


def test_a_registry_without_ranges_begins_anew(lying, tmp_path):
    path = layer_path(lying)
    whole = lying.answers[path]
    sent = iter((whole[:1000], whole))
    lying.answers[path] = lambda request: httpx.Response(200, content=next(sent))
    with lying.client() as client:
        pull_image(REFERENCE, tmp_path / "out", client)
    list_packages(tmp_path / "out")


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda data: bytes([data[0] ^ 1]) + data[1:], DigestMismatch),
        (lambda data: data + b"more", LimitReached),
        (lambda data: data[:10], RegistryFailed),
        (lambda data: None, TargetMissing),
    ],
    ids=["exchanged", "longer", "cut again and again", "missing"],
)
def test_a_blob_that_is_not_what_its_digest_names(lying, tmp_path, damage, error):
    path = layer_path(lying)
    data = damage(lying.answers[path])
    lying.answers[path] = (lambda request: httpx.Response(200, content=data)) if data is not None else None
    with lying.client() as client, pytest.raises(error):
        pull_image(REFERENCE, tmp_path / "out", client)
    assert not (tmp_path / "out/index.json").exists()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda request: httpx.Response(200, content=b"{"), UnreadableInput),
        (lambda request: httpx.Response(200, content=b"x" * 5_000_000), LimitReached),
        (lambda request: httpx.Response(500), RegistryFailed),
        (lambda request: httpx.Response(403), RegistryFailed),
        (lambda request: httpx.Response(401), RegistryFailed),
        (
            lambda request: httpx.Response(401, headers={"www-authenticate": 'Bearer realm="http://evil.example/t"'}),
            RegistryFailed,
        ),
        (lambda request: httpx.Response(302, headers={"location": str(request.url)}), RegistryFailed),
        (lambda request: (_ for _ in ()).throw(httpx.ReadTimeout("stalled")), RegistryFailed),
        (None, TargetMissing),
    ],
    ids=[
        "no JSON",
        "endless",
        "broken",
        "forbidden",
        "no challenge",
        "token without TLS",
        "circle",
        "stall",
        "missing",
    ],
)
def test_a_manifest_that_cannot_be_had(lying, tmp_path, answer, error):
    lying.answers["/manifests/1"] = answer
    with lying.client() as client, pytest.raises(error):
        pull_image(REFERENCE, tmp_path / "out", client)


def test_a_digest_in_the_reference_must_be_met(lying, tmp_path):
    wanted = ImageReference("r.example", "app", None, DIGEST)
    lying.answers[f"/manifests/{DIGEST}"] = lying.answers["/manifests/1"]
    with lying.client() as client, pytest.raises(DigestMismatch):
        pull_image(wanted, tmp_path / "out", client)


def test_credentials_go_to_the_registry_and_its_token_service_and_not_to_a_mirror(lying, tmp_path):
    def guarded(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example":
            assert request.headers["authorization"].startswith("Basic ")
            assert request.url.params["scope"] == "repository:app:pull"
            return httpx.Response(200, json={"token": "T"})
        if request.headers.get("authorization") != "Bearer T":
            challenge = 'Bearer realm="https://auth.example/token",service="r.example"'
            return httpx.Response(401, headers={"www-authenticate": challenge})
        return lying(request)

    transport = httpx.MockTransport(guarded)
    with RegistryClient(REFERENCE, Credentials("user", "secret"), transport=transport) as client:
        pull_image(REFERENCE, tmp_path / "out", client)
    seen: list[str | None] = []

    def mirror(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return lying(request)

    transport = httpx.MockTransport(mirror)
    with RegistryClient(REFERENCE, Credentials("user", "secret"), mirror="m.example", transport=transport) as client:
        pull_image(REFERENCE, tmp_path / "other", client)
    assert set(seen) == {None}


@pytest.mark.parametrize("kind", ["identity", "bearer"])
def test_a_token_instead_of_a_password(lying, tmp_path, kind):
    def guarded(request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth.example":  # OAuth 2: the refresh token is changed for one of this repository
            asked = dict(httpx.QueryParams(request.content.decode()))
            assert (request.method, kind) == ("POST", "identity")
            assert (asked["grant_type"], asked["refresh_token"]) == ("refresh_token", "secret")
            assert asked["scope"] == "repository:app:pull"
            return httpx.Response(200, json={"access_token": "T"})
        if request.headers.get("authorization") != ("Bearer T" if kind == "identity" else "Bearer secret"):
            challenge = 'Bearer realm="https://auth.example/token",service="r.example"'
            return httpx.Response(401, headers={"www-authenticate": challenge})
        return lying(request)

    transport = httpx.MockTransport(guarded)
    with RegistryClient(REFERENCE, Credentials("", "secret", kind), transport=transport) as client:
        pull_image(REFERENCE, tmp_path / "out", client)
    assert list_packages(tmp_path / "out").image.digest == lying.digest


def _missing(request: httpx.Request) -> httpx.Response:
    return httpx.Response(404)


def _refuses(request: httpx.Request) -> httpx.Response:
    return httpx.Response(503)


def _is_not_there(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route")


def _has_manifests_only(lying):
    return lambda request: lying(request) if "manifests" in request.url.path else httpx.Response(404)


def _lies_about_blobs(lying):
    return lambda request: httpx.Response(200, content=bytes(len(lying(request).content)))


def _breaks_off(lying):
    return lambda request: (
        httpx.Response(200, content=lying(request).content[:1000]) if "blobs" in request.url.path else lying(request)
    )


@pytest.mark.parametrize(
    "mirror", [_missing, _refuses, _is_not_there, _has_manifests_only, _lies_about_blobs, _breaks_off]
)
@pytest.mark.parametrize("by", ["1", "digest"])
def test_what_a_mirror_does_not_give_the_registry_does(lying, tmp_path, mirror, by):
    answer = mirror(lying) if mirror not in (_missing, _refuses, _is_not_there) else mirror
    reference = REFERENCE if by == "1" else ImageReference("r.example", "app", digest=lying.digest)
    if mirror is _lies_about_blobs:  # what it says of a tag is believed, so it must say something of an image
        answer = lambda request, lie=answer: lie(request) if "blobs" in request.url.path else lying(request)  # noqa: E731
    hosts = [
        RegistryClient(reference, mirror="m.example", transport=httpx.MockTransport(answer)),
        RegistryClient(reference, transport=httpx.MockTransport(lying)),
    ]
    pulled = pull_image(reference, tmp_path / "out", Mirrored(hosts))
    assert pulled.digest == lying.digest
    assert list_packages(tmp_path / "out").image.digest == lying.digest


def test_where_no_host_gives_it_the_registry_s_own_answer_is_the_error(lying, tmp_path):
    hosts = [
        RegistryClient(REFERENCE, mirror="m.example", transport=httpx.MockTransport(_refuses)),
        RegistryClient(REFERENCE, transport=httpx.MockTransport(_missing)),
    ]
    with pytest.raises(TargetMissing):
        pull_image(REFERENCE, tmp_path / "out", Mirrored(hosts))


def test_a_layer_that_its_publisher_keeps_elsewhere_is_left_out_and_said_to_be_unread(layout, layer, tmp_path):
    def foreign(manifest):
        manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"

    builder = layout()
    root = builder.index(builder.manifest([layer().file(name).bytes() for name in ("a", "b")], change=foreign))
    registry = LyingRegistry(root)
    manifest = json.loads(registry.answers[f"/manifests/{registry.digest}"])
    absent = manifest["layers"][0]["digest"]
    del registry.answers[f"/blobs/{absent}"]
    with registry.client() as client:
        pull_image(REFERENCE, tmp_path / "out", client)
    assert any(absent in one.what for one in list_packages(tmp_path / "out").skipped)
    with open_image(tmp_path / "out") as image:
        assert [one.what for one in verify_layers(image)] == [f"layer {absent}"]
    del registry.answers[f"/blobs/{manifest['layers'][1]['digest']}"]
    with registry.client() as client, pytest.raises(TargetMissing):
        pull_image(REFERENCE, tmp_path / "none", client)


def test_a_registry_that_only_trickles_is_given_up(lying, tmp_path, monkeypatch):
    clock = iter(range(0, 10**9, 10))  # ten seconds a piece
    monkeypatch.setattr("scanners.oci.client.time.monotonic", lambda: float(next(clock)))
    lying.answers[layer_path(lying)] = lambda request: httpx.Response(200, content=iter([b"x"] * 3000))
    with lying.client() as client, pytest.raises(RegistryFailed, match="less than"):
        pull_image(REFERENCE, tmp_path / "out", client)


def test_a_layer_that_was_pulled_once_is_not_fetched_again(lying, tmp_path):
    cache = BlobCache(tmp_path / "cache", 10**6)
    with lying.client() as client:
        first = pull_image(REFERENCE, tmp_path / "one", client, cache=cache)
        second = pull_image(REFERENCE, tmp_path / "two", client, cache=cache)
    assert (first.fetched > 3000, second.fetched) == (True, 0)
    assert list_packages(tmp_path / "two").image.digest == lying.digest


def test_what_was_altered_in_the_cache_is_fetched_again(lying, tmp_path):
    cache = BlobCache(tmp_path / "cache", 10**6)
    with lying.client() as client:
        pull_image(REFERENCE, tmp_path / "one", client, cache=cache)
        for path in (tmp_path / "cache").glob("blobs/*/*"):
            path.unlink()
            path.write_bytes(b"something else")
        assert pull_image(REFERENCE, tmp_path / "two", client, cache=cache).fetched > 3000
        assert pull_image(REFERENCE, tmp_path / "three", client, cache=cache).fetched == 0


def test_a_cache_keeps_what_was_used_last(tmp_path):
    cache = BlobCache(tmp_path / "cache", 250)
    kept = {}
    for number in range(3):
        source = tmp_path / str(number)
        source.write_bytes(bytes([number]) * 100)
        kept[number] = f"sha256:{hashlib.sha256(source.read_bytes()).hexdigest()}"
        cache.keep(kept[number], source)
        os.utime(tmp_path / "cache/blobs/sha256" / kept[number][7:], (number, number))
    assert cache.take(kept[0], tmp_path / "again")  # so that 1 was not used for longest
    cache.prune()
    assert [cache.take(digest, tmp_path / "x") for digest in kept.values()] == [True, False, True]


def test_several_images_in_one_layout(layout, layer, tmp_path):
    builder = layout()
    entries = [builder.manifest([layer().file(name).bytes()]) for name in ("a", "b")]
    registry = LyingRegistry(builder.index(*entries))
    for tag, entry in zip(("1", "2"), entries, strict=True):
        registry.answers[f"/manifests/{tag}"] = registry.answers[f"/manifests/{entry['digest']}"]
    out = tmp_path / "out"
    for name, tag in (("app", "1"), ("app", "2"), ("app", "1")):
        with registry.client() as client:
            pull_image(ImageReference("r.example", name, tag), out, client)
    named = [list_packages(out, reference=f"r.example/app:{tag}").image.digest for tag in ("1", "2")]
    assert named == [entry["digest"] for entry in entries]
    registry.answers["/manifests/1"] = registry.answers["/manifests/2"]  # the tag moves
    with registry.client() as client:
        pull_image(ImageReference("r.example", "app", "1"), out, client)
    assert list_packages(out).image.digest == entries[1]["digest"]
    assert list_packages(out, reference="r.example/app:2").image.digest == entries[1]["digest"]
    (out / "index.json").write_text("[")
    with registry.client() as client, pytest.raises(UnreadableInput):
        pull_image(REFERENCE, out, client)


def test_of_an_index_one_platform_or_all(layout, layer, tmp_path):
    builder = layout()
    kind = "application/vnd.oci.image.index.v1+json"
    children = [
        builder.manifest(
            [layer().file(name).bytes()], architecture=name, platform={"os": "linux", "architecture": name}
        )
        for name in ("amd64", "arm64")
    ]
    entry = builder.json({"schemaVersion": 2, "mediaType": kind, "manifests": children}, kind)
    registry = LyingRegistry(builder.index(entry))
    for number, (choice, count) in enumerate((({"platform": "linux/arm64"}, 1), ({"all_platforms": True}, 2))):
        with registry.client() as client:
            pull_image(REFERENCE, tmp_path / str(number), client, **choice)
        there = {path.name for path in (tmp_path / str(number) / "blobs/sha256").iterdir()}
        assert sum(child["digest"][7:] in there for child in children) == count
    with registry.client() as client, pytest.raises(NoSuchImage, match="linux/amd64"):
        pull_image(REFERENCE, tmp_path / "none", client, platform="linux/s390x")


@pytest.fixture
def registry(tmp_path) -> Iterator[str]:
    """A real registry on loopback."""
    binary = shutil.which("docker-registry")
    if binary is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("docker-registry is not installed")
        pytest.skip("docker-registry is not installed")
    port = free_port()
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
    )
    process = subprocess.Popen([binary, "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    host = f"127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://{host}/v2/").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield host
    finally:
        process.kill()
        process.wait()


def push(host: str | httpx.Client, root, name: str) -> str:
    """What a client does to bring a layout's first image into a registry."""
    client = httpx.Client(base_url=f"http://{host}") if isinstance(host, str) else host
    entry = json.loads((root / "index.json").read_text())["manifests"][0]
    manifest = (root / "blobs/sha256" / entry["digest"][7:]).read_bytes()
    for part in (json.loads(manifest)["config"], *json.loads(manifest)["layers"]):
        data = (root / "blobs/sha256" / part["digest"][7:]).read_bytes()
        place = client.base_url.join(client.post(f"/v2/{name}/blobs/uploads/").headers["location"])
        client.put(place.copy_merge_params({"digest": part["digest"]}), content=data).raise_for_status()
    headers = {"content-type": entry["mediaType"]}
    client.put(f"/v2/{name}/manifests/1", content=manifest, headers=headers).raise_for_status()
    return entry["digest"]


@pytest.mark.service
def test_a_real_registry(registry, image, layer, samples, tmp_path):
    root = image(
        layer().file("big", os.urandom(3_000_000)), layer().file("opt/x.dist-info/METADATA", samples.python("x", "1"))
    )
    digest = push(registry, root, "team/app")
    reference = parse_reference(f"{registry}/team/app:1")
    with RegistryClient(reference) as client:
        pulled = pull_image(reference, tmp_path / "out", client)
        assert pulled.digest == digest
        blob = max((tmp_path / "out/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
        blob.rename(blob.with_name(f"{blob.name}.partial"))
        with open(blob.with_name(f"{blob.name}.partial"), "r+b") as file:
            file.truncate(1_000_000)
        again = pull_image(reference, tmp_path / "out", client)
    assert 1_900_000 < again.fetched < 2_200_000
    assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name
    assert list_packages(tmp_path / "out").image.digest == digest


PASSWORD = "a-secret-of-the-tests"
HTPASSWD = "robot:$2b$05$nM1B5Hu01OHbjjhpWVb07OAqsBr8BR68TTmSoXDiVsHAuCm6Fkudi\n"


@pytest.fixture
def guarded(tmp_path) -> Iterator[tuple[str, Path]]:
    """A real registry with a certificate of a private authority, that wants a password; and the authority."""
    binary = shutil.which("docker-registry")
    if binary is None:
        pytest.skip("docker-registry is not installed")
    now = datetime.now(UTC)
    span = {"start": now - timedelta(hours=1), "end": now + timedelta(hours=1)}
    authority = issue("a private authority", ca=True, **span)
    name = (x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    server = issue("127.0.0.1", authority, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,), extensions=(name,), **span)
    pem = serialization.Encoding.PEM
    (tmp_path / "ca.pem").write_bytes(authority.certificate.public_bytes(pem))
    (tmp_path / "tls.pem").write_bytes(server.certificate.public_bytes(pem))
    (tmp_path / "tls.key").write_bytes(
        server.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    port = free_port()
    (tmp_path / "registry.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}', tls: {{certificate: {tmp_path}/tls.pem, key: {tmp_path}/tls.key}}}}\n"
        f"auth: {{htpasswd: {{realm: here, path: {tmp_path}/htpasswd}}}}\n"
    )
    process = started([binary, "serve", str(tmp_path / "registry.yml")], port, tmp_path / "log")
    try:
        yield f"127.0.0.1:{port}", tmp_path / "ca.pem"
    finally:
        process.kill()
        process.wait()


@pytest.mark.service
def test_a_real_registry_with_tls_and_a_password(guarded, image, layer, tmp_path):
    host, authority = guarded
    root = image(layer().file("a", os.urandom(3000)))
    trusted = ssl.create_default_context(cafile=authority)
    with httpx.Client(base_url=f"https://{host}", verify=trusted, auth=("robot", PASSWORD)) as client:
        digest = push(client, root, "team/app")
    reference = parse_reference(f"{host}/team/app:1")
    robot = Credentials("robot", PASSWORD)
    with RegistryClient(reference, robot, ca_file=authority) as client:
        assert pull_image(reference, tmp_path / "out", client).digest == digest
    for credentials in (None, Credentials("robot", "wrong"), Credentials("", PASSWORD, "identity")):
        with RegistryClient(reference, credentials, ca_file=authority) as client, pytest.raises(RegistryFailed):
            pull_image(reference, tmp_path / "none", client)
    other = issue("another", ca=True, start=datetime.now(UTC) - timedelta(1), end=datetime.now(UTC) + timedelta(1))
    (tmp_path / "other.pem").write_bytes(other.certificate.public_bytes(serialization.Encoding.PEM))
    with RegistryClient(reference, robot, ca_file=tmp_path / "other.pem") as client:
        with pytest.raises(RegistryFailed) as refused:
            pull_image(reference, tmp_path / "none", client)
        assert PASSWORD not in refused.value.diagnostics()


@pytest.mark.service
@pytest.mark.skipif(shutil.which("cosign") is None, reason="cosign itself signs this image")
def test_what_cosign_signed_in_a_registry_is_pulled_and_verified(registry, image, layer, tmp_path):
    digest = push(registry, image(layer().file("a")), "team/app")
    name = f"{registry}/team/app@{digest}"
    quiet = {"check": True, "capture_output": True, "cwd": tmp_path, "env": {**os.environ, "COSIGN_PASSWORD": ""}}
    subprocess.run(["cosign", "generate-key-pair"], **quiet)
    options = ["--key", "cosign.key", "--tlog-upload=false", "--allow-insecure-registry", "-y"]
    subprocess.run(["cosign", "sign", *options, name], **quiet)
    (tmp_path / "predicate.json").write_text("{}")
    subprocess.run(
        ["cosign", "attest", *options, "--predicate", "predicate.json", "--type", "https://example.invalid/v1", name],
        **quiet,
    )
    subprocess.run(["cosign", "sign", *options, "--new-bundle-format", name], **quiet)
    reference = parse_reference(name)
    with RegistryClient(reference) as client:
        assert pull_image(reference, tmp_path / "out", client).signatures == 3
    result = verify_image(tmp_path / "out", public_key=tmp_path / "cosign.pub")
    assert result.report.findings == ()
    assert sorted(item.predicate for item in result.signatures) == ["", "", "https://example.invalid/v1"]


def test_referrers_by_the_api_and_by_a_tag(lying, tmp_path):
    payload = b'{"payloadType": "x"}'
    signature = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    config = f"sha256:{hashlib.sha256(b'{}').hexdigest()}"
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = {
        "schemaVersion": 2, "mediaType": kind, "subject": {"mediaType": kind, "digest": lying.digest, "size": 1},
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "application/vnd.dsse.envelope.v1+json", "digest": signature, "size": len(payload)}],
    }  # fmt: skip
    data = json.dumps(manifest).encode()
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    listed = {"schemaVersion": 2, "manifests": [{"mediaType": kind, "digest": digest, "size": len(data)}]}
    lying.answers |= {f"/blobs/{signature}": payload, f"/blobs/{config}": b"{}", f"/manifests/{digest}": data}
    tag = lying.digest.replace(":", "-")
    for number, path in enumerate((f"/referrers/{lying.digest}", f"/manifests/{tag}")):
        lying.answers[path] = json.dumps(listed).encode()
        with lying.client() as client:
            assert pull_image(REFERENCE, tmp_path / str(number), client).signatures == 1
        del lying.answers[path]
    lying.answers[f"/referrers/{lying.digest}"] = lambda request: httpx.Response(500)
    with lying.client() as client:
        assert pull_image(REFERENCE, tmp_path / "none", client).signatures == 0
