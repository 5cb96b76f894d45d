"""Real stores on loopback: an S3 server, a GCS server, a registry; and a proxy that spoils what they answer."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback_server import LoopbackServer
from object_storage_service import ObjectStorageService
from ports import free_port

from scanners.sources.interface import Access
from scanners.sources.locations import parse_location
from scanners.sources.staging import Staged, stage

KEY, SECRET = "yumen", "a-secret-of-the-tests"


def program(name: str) -> str:
    folders = [*os.get_exec_path(), str(Path.home() / "go/bin")]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def started(command: list[str], port: int, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command, stdout=log.open("wb"), stderr=subprocess.STDOUT, env={**os.environ, **environment}
    )
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text()[-2000:]
            time.sleep(0.05)
        else:
            return process
    raise AssertionError(log.read_text()[-2000:])


@dataclass
class Store:
    """One running server."""

    endpoint: str
    put: Callable[[str, bytes], None]
    """Writes an object by 'bucket/key'."""
    access: Access = field(repr=False)
    version_of: Callable[[str], str] = lambda path: ""
    """The newest version of an object, where the store keeps versions."""


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Versity S3 Gateway over a folder, with the buckets 'models', 'closed' and 'kept', which keeps every version."""
    folder, port = tmp_path_factory.mktemp("s3"), free_port()
    for name in ("data", "meta", "versions"):
        (folder / name).mkdir()
    command = [program("versitygw"), "--port", f"127.0.0.1:{port}", "--access", KEY, "--secret", SECRET]
    command += ["--region", "us-east-1", "posix", "--sidecar", str(folder / "meta")]
    command += ["--versioning-dir", str(folder / "versions"), str(folder / "data")]
    process = started(command, port, folder / "log")
    endpoint = f"http://127.0.0.1:{port}"
    access = Access(endpoint, "us-east-1", {"key": KEY, "secret": SECRET}, seconds=5.0)
    import s3fs

    client = s3fs.S3FileSystem(
        key=KEY, secret=SECRET, endpoint_url=endpoint, client_kwargs={"region_name": "us-east-1"},
        use_listings_cache=False, skip_instance_cache=True,
    )  # fmt: skip
    for bucket in ("models", "closed", "kept"):
        client.call_s3("create_bucket", Bucket=bucket)
    client.call_s3("put_bucket_versioning", Bucket="kept", VersioningConfiguration={"Status": "Enabled"})

    def put(path: str, content: bytes) -> None:
        client.pipe_file(path, content)

    def version_of(path: str) -> str:
        bucket, _, key = path.partition("/")
        return str(client.call_s3("head_object", Bucket=bucket, Key=key)["VersionId"])

    try:
        yield Store(endpoint, put, access, version_of)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """fake-gcs-server, with the bucket 'models'."""
    folder, port = tmp_path_factory.mktemp("gcs"), free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [program("fake-gcs-server"), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
    process = started([*command, "-backend", "memory", "-external-url", endpoint], port, folder / "log")
    httpx.post(f"{endpoint}/storage/v1/b", json={"name": "models"}).raise_for_status()

    def put(path: str, content: bytes) -> None:
        bucket, _, key = path.partition("/")
        query = {"uploadType": "media", "name": key}
        httpx.post(f"{endpoint}/upload/storage/v1/b/{bucket}/o", params=query, content=content).raise_for_status()

    try:
        yield Store(endpoint, put, Access(endpoint, secrets={"token": "short-lived"}, seconds=5.0))
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def oss() -> Iterator[Store]:
    """OSS as documented, with the bucket 'models', for a session's short-lived key and token; every version is kept."""
    service = ObjectStorageService({KEY: SECRET}, {KEY: "session-token"})

    def put(path: str, content: bytes) -> None:
        service.objects[path] = service.versions[path, f"CAEQ{len(service.versions)}"] = content

    def version_of(path: str) -> str:
        return [version for kept, version in service.versions if kept == path][-1]

    put("models/README", b"")
    secrets = {"key": KEY, "secret": SECRET, "token": "session-token"}
    try:
        yield Store(
            service.serving.endpoint, put, Access(service.serving.endpoint, secrets=secrets, seconds=5.0), version_of
        )
    finally:
        service.serving.close()


@dataclass
class Registry:
    """A running registry, and what a client does to bring an artefact there."""

    host: str

    def push(self, name: str, layers: list[tuple[str, bytes, dict[str, str]]], kind: str = "") -> str:
        """Layers as (media type, content, annotations); answers the manifest's digest."""
        config = self._blob(name, b"{}")
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": kind or "application/vnd.cncf.model.manifest.v1+json",
            "config": {"mediaType": "application/vnd.cncf.model.config.v1+json", **config},
            "layers": [
                {"mediaType": media, **self._blob(name, content), "annotations": notes}
                for media, content, notes in layers
            ],
        }
        raw = json.dumps(manifest).encode()
        headers = {"content-type": manifest["mediaType"]}
        httpx.put(f"http://{self.host}/v2/{name}/manifests/1", content=raw, headers=headers).raise_for_status()
        return f"sha256:{hashlib.sha256(raw).hexdigest()}"

    def _blob(self, name: str, content: bytes) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        place = httpx.post(f"http://{self.host}/v2/{name}/blobs/uploads/").headers["location"]
        url = httpx.URL(place if place.startswith("http") else f"http://{self.host}{place}")
        httpx.put(url.copy_merge_params({"digest": digest}), content=content).raise_for_status()
        return {"digest": digest, "size": len(content)}


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    config = folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\nhttp: {{addr: '127.0.0.1:{port}'}}\n"
    )
    process = started([program("docker-registry"), "serve", str(config)], port, folder / "log")
    try:
        yield Registry(f"127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


class Spoiler(LoopbackServer):
    """A proxy in front of a store. `spoil` sees each answer before it is sent and may change it, cut it or hold it."""

    def __init__(self, upstream: str) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.spoil: Callable[[Answer], None] = lambda answer: None
        self.released = threading.Event()
        spoiler = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = dict(self.headers.items())
                spoiler.requests.append((self.command, self.path, headers))
                connection = http.client.HTTPConnection(upstream.removeprefix("http://"), timeout=20)
                connection.request(self.command, self.path, headers=headers)
                response = connection.getresponse()
                body = response.read()
                kept = {k: v for k, v in response.getheaders() if k.lower() not in ("transfer-encoding", "connection")}
                answer = Answer(self.command, self.path, headers, response.status, kept, body)
                if self.command == "GET":
                    answer.headers["Content-Length"] = str(len(body))
                spoiler.spoil(answer)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if answer.hold:
                    spoiler.released.wait(60)
                if self.command == "GET":
                    self.wfile.write(answer.body)
                self.close_connection = True

            do_HEAD = do_GET

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        super().__init__(Handler)

    def close(self) -> None:
        self.released.set()
        super().close()


@dataclass
class Answer:
    """What the store answered to one request."""

    method: str
    path: str
    asked: dict[str, str]
    status: int
    headers: dict[str, str]
    body: bytes
    hold: bool = False

    @property
    def is_content(self) -> bool:
        return self.method == "GET" and any(name.lower() == "range" for name in self.asked)


@pytest.fixture
def spoiler(s3: Store) -> Iterator[Spoiler]:
    proxy = Spoiler(s3.endpoint)
    try:
        yield proxy
    finally:
        proxy.close()


@pytest.fixture
def spoiled(request: pytest.FixtureRequest) -> Iterator[Callable[[str], tuple[Store, Spoiler]]]:
    """`spoiled("oss")`: that store, and a proxy before it."""
    proxies: list[Spoiler] = []

    def begin(scheme: str) -> tuple[Store, Spoiler]:
        store: Store = request.getfixturevalue(scheme)
        proxies.append(Spoiler(store.endpoint))
        return store, proxies[-1]

    yield begin
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def bring(tmp_path: Path) -> Callable[..., tuple[Staged, dict[str, bytes]]]:
    """Stage a location; the answer, and the files that are there afterwards."""

    def run(target: str, access: Access, *, max_bytes: int = 1 << 30, max_files: int = 100) -> Any:
        folder = tmp_path / f"staged-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        staged = stage(parse_location(target), access, folder, max_bytes, max_files)
        top = folder if (folder / staged.name).is_file() else folder / staged.name
        return staged, {
            path.relative_to(top).as_posix(): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()
        }

    return run
