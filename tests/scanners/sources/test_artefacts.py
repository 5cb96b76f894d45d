"""Model artefacts in a real registry: every layer is what its digest says, and lands inside the model's folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile

import pytest
import zstandard

from scanners.errors import LimitReached, TargetMissing, UnreadableInput, YumenError
from scanners.sources.interface import Access, SourceChanged, SourceFailed
from tests.scanners.sources.conftest import Spoiler

pytestmark = pytest.mark.service
PATH = "org.cncf.model.filepath"
TITLE = "org.opencontainers.image.title"
WEIGHT = "application/vnd.cncf.model.weight.v1"
ACCESS = Access(seconds=5.0)


def tar(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, link
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_a_modelpack_artefact(registry, bring):
    weights = os.urandom(2_000_000)
    digest = registry.push(
        "team/chat",
        [
            (f"{WEIGHT}.raw", weights, {PATH: "weights/model.safetensors"}),
            ("application/vnd.cncf.model.weight.config.v1.tar", tar(("./config.json", b"{}")), {PATH: "config.json"}),
            ("application/vnd.cncf.model.doc.v1.tar+gzip", gzip.compress(tar(("README.md", b"#"))), {}),
            ("application/vnd.cncf.model.code.v1.tar+zstd", zstandard.compress(tar(("run/a.py", b"1"))), {}),
        ],
    )
    staged, files = bring(f"oci://{registry.host}/team/chat:1", ACCESS)
    assert files == {"weights/model.safetensors": weights, "config.json": b"{}", "README.md": b"#", "run/a.py": b"1"}
    assert (staged.name, staged.pinned) == ("chat", f"oci://{registry.host}/team/chat@{digest}")
    assert bring(staged.pinned, ACCESS)[1] == files


def test_an_oras_artefact_and_layers_without_names(registry, bring):
    packed = gzip.compress(tar(("folder/a", b"1")))
    registry.push(
        "oras",
        [
            ("application/vnd.oci.image.layer.v1.tar", b"GGUF", {TITLE: "m.gguf"}),
            (
                "application/vnd.oci.image.layer.v1.tar+gzip",
                packed,
                {TITLE: "folder", "io.deis.oras.content.unpack": "true"},
            ),
            ("application/vnd.ollama.image.model", b"nameless", {}),
        ],
        kind="application/vnd.example",
    )
    nameless = "sha256-" + hashlib.sha256(b"nameless").hexdigest()
    assert bring(f"oci://{registry.host}/oras:1", ACCESS)[1] == {
        "m.gguf": b"GGUF",
        "folder/a": b"1",
        nameless: b"nameless",
    }


RAW = f"{WEIGHT}.raw"
TAR = f"{WEIGHT}.tar"
HOSTILE = {
    "traversal": [(RAW, b"x", {PATH: "../../etc/cron.d/x"})],
    "absolute": [(RAW, b"x", {PATH: "/etc/passwd"})],
    "deceiving": [(RAW, b"x", {PATH: "model\u202ego.bin"})],
    "two of one name": [(RAW, b"x", {PATH: "a"}), (RAW, b"y", {PATH: "a"})],
    "file and folder": [(RAW, b"x", {PATH: "a"}), (RAW, b"y", {PATH: "a/b"})],
    "tar traversal": [(TAR, tar(("../x", b"1")), {})],
    "tar link": [(TAR, tar(("x", b""), kind=tarfile.SYMTYPE, link="/etc/passwd"), {})],
    "tar hard link": [(TAR, tar(("x", b""), kind=tarfile.LNKTYPE, link="/etc/passwd"), {})],
    "tar device": [(TAR, tar(("x", b""), kind=tarfile.CHRTYPE), {})],
    "tar over a file": [(RAW, b"x", {PATH: "a"}), (TAR, tar(("a", b"1")), {})],
    "cut tar": [(TAR, tar(("a", b"1" * 9000))[:5000], {})],
    "cut gzip": [(f"{WEIGHT}.tar+gzip", gzip.compress(tar(("a", os.urandom(9000))))[:900], {})],
    "no tar": [(f"{WEIGHT}.tar+zstd", b"no such thing", {})],
    "no layers": [],
}


@pytest.mark.parametrize("layers", HOSTILE.values(), ids=HOSTILE)
def test_hostile_artefacts(layers, registry, bring):
    registry.push("hostile", layers)
    with pytest.raises(UnreadableInput):
        bring(f"oci://{registry.host}/hostile:1", ACCESS)


def test_a_bomb_is_stopped(registry, bring):
    registry.push("bomb", [(f"{WEIGHT}.tar+gzip", gzip.compress(tar(("zeros", bytes(30_000_000)))), {})])
    with pytest.raises(LimitReached):
        bring(f"oci://{registry.host}/bomb:1", ACCESS, max_bytes=10_000_000)
    registry.push("many", [(TAR, tar(*((str(n), b"") for n in range(200))), {})])
    with pytest.raises(LimitReached):
        bring(f"oci://{registry.host}/many:1", ACCESS, max_files=100)


def test_a_registry_that_exchanges_or_cuts_a_layer(registry, bring):
    content = os.urandom(5000)
    registry.push("lied", [(RAW, content, {PATH: "w"})])
    proxy = Spoiler(f"http://{registry.host}")
    host = proxy.endpoint.removeprefix("http://")

    def exchange(answer):
        if "/blobs/" in answer.path:
            answer.body = bytes(len(answer.body))

    def cut(answer):
        if "/blobs/" in answer.path:
            answer.body = answer.body[:100]
            answer.headers["Content-Length"] = "100"

    def another_manifest(answer):
        if "/manifests/" in answer.path:
            answer.body = answer.body.replace(b'"w"', b'"v"')

    try:
        for spoil, error in ((exchange, SourceChanged), (cut, (SourceFailed, SourceChanged))):
            proxy.spoil = spoil
            with pytest.raises(error):
                bring(f"oci://{host}/lied:1", ACCESS)
        digest = bring(f"oci://{registry.host}/lied:1", ACCESS)[0].pinned.partition("@")[2]
        proxy.spoil = another_manifest
        with pytest.raises(YumenError):
            bring(f"oci://{host}/lied@{digest}", ACCESS)
    finally:
        proxy.close()


def test_what_is_not_there(registry, bring):
    with pytest.raises(TargetMissing):
        bring(f"oci://{registry.host}/nothing:1", ACCESS)
