"""Sources: the right image is found, everything is verified, and bad input is named."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from scanners.errors import LimitReached, TargetMissing, TargetRefused, UnreadableInput
from scanners.images.catalogue import WANTED
from scanners.images.limits import Limits
from scanners.images.reading import read
from scanners.images.sources import open_image
from scanners.images.sources.interface import NoSuchImage
from scanners.images.sources.oci_layout import host_platform
from scanners.oci.digests import DigestMismatch

INDEX = "application/vnd.oci.image.index.v1+json"


def names(target, **choice):
    with open_image(target, **choice) as opened:
        system = read(opened, WANTED)
        return {path for path, node in system.tree.walk() if node.children is None}, opened, system


@pytest.mark.parametrize("compression", ["plain", "gzip", "gzip members", "zstd", "zstd frames"])
def test_every_compression_of_a_layer(image, layer, compression):
    found, opened, _ = names(image(layer().file("a", os.urandom(5000)), layer().file("b"), compression=compression))
    assert found == {"a", "b"}
    assert opened.manifest_digest.startswith("sha256:")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_oci_archive_is_the_layout_in_a_tar(image, layer, archived, mode):
    root = image(layer().file("a"))
    directory, archive = names(root), names(archived(root, mode))
    assert directory[0] == archive[0]
    assert directory[1].digest == archive[1].digest


@pytest.mark.parametrize("legacy", [False, True])
def test_a_docker_archive(docker_archive, layer, legacy):
    found, opened, _ = names(docker_archive(layer().file("a"), layer().file("b"), legacy=legacy))
    assert found == {"a", "b"}
    assert opened.name == "app:1"
    assert opened.manifest_digest is None
    assert opened.digest == opened.config_digest


def test_a_saved_and_gzipped_docker_archive(docker_archive, layer, tmp_path):
    packed = tmp_path / "x.tar.gz"
    packed.write_bytes(gzip.compress(docker_archive(layer().file("a")).read_bytes()))
    assert names(packed)[0] == {"a"}


def test_a_multi_platform_index_gives_the_platform_asked_for(layout, layer):
    builder = layout()
    children = []
    for architecture in ("amd64", "arm64", "s390x"):
        content = layer().file(architecture).bytes()
        platform = {"os": "linux", "architecture": architecture}
        children.append(builder.manifest([content], architecture=architecture, platform=platform))
    attestation = builder.manifest([], platform={"os": "unknown", "architecture": "unknown"},
                                   annotations={"vnd.docker.reference.type": "attestation-manifest"})  # fmt: skip
    nested = builder.json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [*children, attestation]}, INDEX)
    root = builder.index(nested)
    found, opened, _ = names(root, platform="linux/arm64")
    assert found == {"arm64"}
    assert opened.index_digest == nested["digest"]
    assert names(root)[0] == {host_platform().partition("/")[2]}
    with pytest.raises(NoSuchImage, match=r"riscv64.*linux/arm64"):
        names(root, platform="linux/riscv64")


def test_of_several_images_one_is_chosen_by_name_or_digest(layout, layer):
    builder = layout()
    one, two = (
        builder.manifest([layer().file(name).bytes()], annotations={"org.opencontainers.image.ref.name": name})
        for name in ("one", "two")
    )
    root = builder.index(one, two)
    assert names(root, reference="two")[0] == {"two"}
    assert names(root, reference=one["digest"])[0] == {"one"}
    with pytest.raises(NoSuchImage, match="several images"):
        names(root)
    with pytest.raises(NoSuchImage):
        names(root, reference="three")


def test_the_only_image_is_taken_whatever_its_platform_unless_one_was_named(layout, layer):
    builder = layout()
    root = builder.index(builder.manifest([layer().file("a").bytes()], architecture="s390x"))
    assert names(root)[1].platform == "linux/s390x"
    with pytest.raises(NoSuchImage):
        names(root, platform="linux/amd64")


def test_a_foreign_layer_is_skipped_and_said_so(layout, layer):
    def foreign(manifest):
        manifest["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.v1.tar+encrypted"

    builder = layout()
    root = builder.index(builder.manifest([layer().file("a").bytes(), layer().file("b").bytes()], change=foreign))
    found, _, system = names(root)
    assert found == {"b"}
    assert "encrypted" in system.skipped[0].why


class TestBadInput:
    def change(self, layout, layer, change):
        builder = layout()
        return builder.index(builder.manifest([layer().file("a", os.urandom(3000)).bytes()], change=change))

    def blob_of_layer(self, root):
        return max((root / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)

    @pytest.mark.parametrize(
        ("damage", "error"),
        [
            (lambda data: data[:-1], UnreadableInput),
            (lambda data: data[:40], UnreadableInput),
            (lambda data: b"", UnreadableInput),
            (lambda data: data + b"\0", DigestMismatch),
            (lambda data: data + b"tail", UnreadableInput),
            (lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], UnreadableInput),
            (lambda data: gzip.compress(gzip.decompress(data), 9, mtime=5), DigestMismatch),
            (lambda data: b"BZh91AY&SY" + data, DigestMismatch),
        ],
        ids=["cut", "head only", "empty", "padded", "appended", "flipped", "packed anew", "bzip2"],
    )
    def test_a_damaged_layer(self, image, layer, damage, error):
        root = image(layer().file("a", os.urandom(3000)))
        blob = self.blob_of_layer(root)
        blob.write_bytes(damage(blob.read_bytes()))
        try:
            _, _, system = names(root)
        except error:
            return
        assert system.skipped, "neither refused nor noted"

    def test_a_zstd_layer_that_was_cut_off(self, image, layer):
        root = image(layer().file("a", os.urandom(300_000)), compression="zstd")
        blob = self.blob_of_layer(root)
        blob.write_bytes(blob.read_bytes()[:-100_000])
        with pytest.raises(UnreadableInput):
            names(root)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda m: m["layers"][0].update(digest="sha256:" + "0" * 64), "has no blobs"),
            (lambda m: m["layers"][0].update(digest="sha256:../../../etc/passwd"), "not a sha256"),
            (lambda m: m["layers"][0].update(digest="md5:" + "0" * 32), "not a sha256"),
            (lambda m: m["layers"][0].update(size=-1), "size"),
            (lambda m: m["layers"][0].update(size="12"), "size"),
            (lambda m: m["layers"][0].update(size=12), "descriptor says 12"),
            (lambda m: m["layers"].append(m["layers"][0]), "2 layers, the configuration 1"),
            (lambda m: m["config"].update(size=3), "descriptor says 3"),
            (lambda m: m["config"].update(mediaType="application/vnd.cncf.helm.config.v1+json"), "not a container"),
            (lambda m: m.update(manifests=[]), "ambiguous"),
            (lambda m: m.update(schemaVersion=1), "schema version 1"),
            (lambda m: m.update(layers={}), "layers"),
            (lambda m: m.update(mediaType="text/plain"), "text/plain"),
        ],
    )
    def test_a_wrong_manifest(self, layout, layer, change, message):
        with pytest.raises((UnreadableInput, TargetMissing), match=message):
            names(self.change(layout, layer, change))

    def test_a_layer_that_is_not_its_diff_id(self, layout, layer):
        builder = layout()
        rootfs = {"rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}
        with pytest.raises(DigestMismatch, match="uncompressed"):
            names(builder.index(builder.manifest([layer().file("a").bytes()], config=rootfs)))

    def test_a_docker_archive_with_an_exchanged_layer(self, docker_archive, layer):
        path = docker_archive(layer().file("a", b"before"), legacy=True)
        path.write_bytes(path.read_bytes().replace(b"before", b"after!"))
        with pytest.raises(DigestMismatch):
            names(path)

    @pytest.mark.parametrize(
        ("content", "error"),
        [(b"", UnreadableInput), (b"hello", UnreadableInput), (b"\x1f\x8bnot gzip", UnreadableInput)],
    )
    def test_a_file_that_is_no_archive(self, tmp_path, content, error):
        path = tmp_path / "x.tar"
        path.write_bytes(content)
        with pytest.raises(error):
            names(path)

    def test_nothing_there_and_a_directory_of_something_else(self, tmp_path):
        with pytest.raises(TargetMissing):
            names(tmp_path / "nothing")
        with pytest.raises(UnreadableInput, match=r"neither index.json nor manifest.json"):
            names(tmp_path)

    @pytest.mark.parametrize("index", ["", "[]", "{", '{"schemaVersion":2}', '{"schemaVersion":2,"manifests":[7]}'])
    def test_a_wrong_index(self, tmp_path, index):
        (tmp_path / "index.json").write_text(index)
        with pytest.raises(UnreadableInput):
            names(tmp_path)

    @pytest.mark.parametrize("make", ["symlink", "fifo", "directory"])
    def test_a_blob_that_is_not_a_regular_file_is_never_opened(self, image, layer, tmp_path, make):
        root = image(layer().file("a", os.urandom(3000)))
        blob = self.blob_of_layer(root)
        outside = tmp_path / "outside"
        blob.rename(outside)
        {"symlink": lambda: blob.symlink_to(outside), "fifo": lambda: os.mkfifo(blob), "directory": blob.mkdir}[make]()
        with pytest.raises(TargetRefused):
            names(root)

    def test_an_index_within_itself_ends(self, layout, layer):
        builder = layout()
        document = builder.manifest([layer().file("a").bytes()])
        for _ in range(7):
            document = builder.json({"schemaVersion": 2, "manifests": [document]}, INDEX)
        with pytest.raises(LimitReached):
            names(builder.index(document))

    @pytest.mark.parametrize(
        "limits",
        [Limits(layer_bytes=100_000), Limits(ratio=10, ratio_from=100_000), Limits(entries=3), Limits(depth=2),
         Limits(path_bytes=4), Limits(layers=1)],
    )  # fmt: skip
    def test_a_bomb_stops_at_the_limit_and_is_not_called_read(self, image, layer, limits):
        root = image(layer().file("zeros", bytes(3_000_000)), layer().file("a/b/c/dd").file("b").file("c").file("d"))
        with open_image(root) as opened:
            system = read(opened, WANTED, limits=limits)
        assert system.skipped

    def test_json_that_is_not_utf8_or_too_deep(self, tmp_path):
        for content in (b"\xff\xfe", b"[" * 100_000, json.dumps({"a": "\ud800"}).encode()):
            (tmp_path / "index.json").write_bytes(content)
            with pytest.raises(UnreadableInput):
                names(tmp_path)
