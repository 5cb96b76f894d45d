"""`hash_model` names a model, and says exactly what differs from what was expected."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from scanners.errors import TargetMissing, TargetRefused, UnreadableInput, YumenError
from scanners.model_files.hashing import HashedModel, hash_model


def test_the_digest_of_a_folder_is_what_sha256sum_prints(model: Path) -> None:
    command = "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    printed = subprocess.run(command, shell=True, cwd=model, capture_output=True, text=True, check=True).stdout
    assert hash_model(model).report.subject.digest == f"sha256:{printed.split()[0]}"


def test_the_digest_of_a_file_is_that_of_its_content(model: Path) -> None:
    content = (model / "weights.bin").read_bytes()
    hashed = hash_model(model / "weights.bin")
    assert hashed.report.subject.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert dict(hashed.report.coverage.examined) == {"files": 1, "bytes": len(content)}


def test_renaming_a_file_changes_the_digest_of_the_folder(model: Path) -> None:
    before = hash_model(model).report.subject.digest
    (model / "config.json").rename(model / "settings.json")
    assert hash_model(model).report.subject.digest != before


@pytest.mark.parametrize("algorithm", ["sha256", "blake2b", "blake3"])
def test_every_algorithm_gives_another_identity(model: Path, algorithm: str) -> None:
    hashed = hash_model(model, algorithm=algorithm)
    digest = dict((part.name, part.digest) for part in hashed.manifest)["config.json"]
    content = (model / "config.json").read_bytes()
    if algorithm == "blake3":
        from blake3 import blake3

        assert digest == blake3(content).hexdigest()
    else:
        assert digest == hashlib.new(algorithm, content).hexdigest()
    assert algorithm == "sha256" or hashed.report.subject.digest != hash_model(model).report.subject.digest


def test_shards_cover_a_file_from_its_first_byte_to_its_last(model: Path) -> None:
    content = (model / "weights.bin").read_bytes()
    hashed = hash_model(model / "weights.bin", method="shards", shard_size=1_000_000)
    assert [(part.name, part.digest) for part in hashed.manifest] == [
        (f"weights.bin:{start}:{end}", hashlib.sha256(content[start:end]).hexdigest())
        for start, end in ((0, 1_000_000), (1_000_000, 2_000_000), (2_000_000, 2_560_000))
    ]


def _change(model: Path) -> object:
    with (model / "weights.bin").open("r+b") as file:
        file.seek(1_500_000)
        return file.write(b"!")


TAMPERED = {
    "a flipped byte": (_change, [("model.digest.changed", "weights.bin")]),
    "a missing file": (lambda m: (m / "config.json").unlink(), [("model.digest.missing", "config.json")]),
    "an added file": (lambda m: (m / "evil.py").write_text("x"), [("model.digest.extra", "evil.py")]),
    "a renamed file": (
        lambda m: (m / "config.json").rename(m / "b.json"),
        [("model.digest.missing", "config.json"), ("model.digest.extra", "b.json")],
    ),
    "a cut file": (lambda m: os.truncate(m / "weights.bin", 1_000_000), [("model.digest.changed", "weights.bin")]),
    "swapped files": (
        lambda m: (m / "onnx/model.onnx").rename(m / "config.json"),
        [("model.digest.changed", "config.json"), ("model.digest.missing", "onnx/model.onnx")],
    ),
}


@pytest.mark.parametrize("method", ["files", "shards"])
@pytest.mark.parametrize("tampering", TAMPERED)
def test_each_file_that_differs_from_an_earlier_manifest_is_named(model: Path, tampering: str, method: str) -> None:
    size = 1 << 20 if method == "shards" else None
    expected = {part.name: part.digest for part in hash_model(model, method=method, shard_size=size).manifest}
    tamper, named = TAMPERED[tampering]
    tamper(model)
    findings = hash_model(model, method=method, shard_size=size, expected=expected).report.findings
    assert [(finding.rule, finding.location.path) for finding in findings] == named


def test_a_changed_shard_is_located(model: Path) -> None:
    expected = {part.name: part.digest for part in hash_model(model, method="shards", shard_size=1 << 20).manifest}
    _change(model)
    (finding,) = hash_model(model, method="shards", shard_size=1 << 20, expected=expected).report.findings
    assert finding.location.offset == 1 << 20
    assert expected[f"weights.bin:{1 << 20}:{2 << 20}"] in finding.evidence


def test_an_expected_digest_is_compared(model: Path) -> None:
    digest = hash_model(model).report.subject.digest
    assert hash_model(model, expected=digest).report.findings == ()
    assert hash_model(model, expected=digest.upper().replace("SHA", "sha")).report.findings == ()
    _change(model)
    (finding,) = hash_model(model, expected=digest).report.findings
    assert finding.rule == "model.digest.changed"
    assert digest in finding.evidence


@pytest.mark.parametrize(
    "expected", ["deadbeef", "sha256:abc", "md5:" + "0" * 32, {}, {"config.json": "abc"}, {"config.json": "z" * 64}]
)
def test_an_expectation_that_cannot_be_compared_is_an_error(model: Path, expected: str | dict[str, str]) -> None:
    with pytest.raises(UnreadableInput):
        hash_model(model, expected=expected)


def test_whatever_is_no_plain_file_is_reported_as_not_examined(model: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("secret")
    (model / "link").symlink_to(outside)
    (model / "loop").symlink_to(model)
    os.mkfifo(model / "pipe")
    os.link(outside, model / "hard")
    Path(os.fsdecode(os.fsencode(model) + b"/\xff.bin")).write_text("x")
    (model / "gpj.\u202eexe").write_text("x")
    hashed = hash_model(model)
    assert sorted(skipped.what for skipped in hashed.report.coverage.skipped) == [
        "\\udcff.bin",
        "gpj.\\u202eexe",
        "hard",
        "link",
        "loop",
        "pipe",
    ]
    assert hashed.report.coverage.examined["files"] == 3


def test_an_empty_file_counts(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    assert hash_model(tmp_path).manifest[0].digest == hashlib.sha256().hexdigest()


def _socket(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("prepare", "error"),
    [
        (lambda p: p.mkdir(), UnreadableInput),
        (lambda p: (p / "a" / "b").mkdir(parents=True), UnreadableInput),
        (lambda p: None, TargetMissing),
        (_socket, TargetRefused),
        (lambda p: p.symlink_to("/dev/zero"), TargetRefused),
    ],
)
def test_what_is_not_a_model_is_an_error(tmp_path: Path, prepare: object, error: type[YumenError]) -> None:
    prepare(tmp_path / "target")  # type: ignore[operator]
    with pytest.raises(error):
        hash_model(tmp_path / "target")


def test_the_answer_is_the_same_on_every_run(model: Path) -> None:
    first: HashedModel = hash_model(model)
    assert hash_model(model) == first


class TestHubCache:
    """The folder 'models--owner--name' of the Hugging Face client: links in a snapshot to blobs beside it."""

    @pytest.fixture
    def cache(self, tmp_path: Path) -> Path:
        folder = tmp_path / "models--acme--tiny"
        for part in ("blobs", "refs", "snapshots/rev1/onnx", "snapshots/rev2"):
            (folder / part).mkdir(parents=True)
        (folder / "blobs" / "aa").write_text("config")
        (folder / "blobs" / "bb").write_text("weights")
        (folder / "snapshots/rev1/config.json").symlink_to("../../blobs/aa")
        (folder / "snapshots/rev1/onnx/w.onnx").symlink_to("../../../blobs/bb")
        (folder / "snapshots/rev2/config.json").symlink_to("../../blobs/bb")
        (folder / "refs" / "main").write_text("rev1")
        return folder

    def test_the_snapshot_of_main_is_the_model(self, cache: Path) -> None:
        hashed = hash_model(cache)
        assert [part.name for part in hashed.manifest] == ["config.json", "onnx/w.onnx"]
        assert hashed.manifest[0].digest == hashlib.sha256(b"config").hexdigest()
        assert hashed.report.coverage.skipped == ()

    def test_a_link_that_leaves_the_cache_is_not_followed(self, cache: Path, tmp_path: Path) -> None:
        (tmp_path / "outside").write_text("x")
        (cache / "snapshots/rev1/evil").symlink_to(tmp_path / "outside")
        assert [skipped.what for skipped in hash_model(cache).report.coverage.skipped] == ["evil"]

    @pytest.mark.parametrize("main", [None, "rev9", "../../../etc", ""])
    def test_which_snapshot_is_meant_must_be_certain(self, cache: Path, main: str | None) -> None:
        (cache / "refs" / "main").unlink()
        if main is not None:
            (cache / "refs" / "main").write_text(main)
        with pytest.raises(UnreadableInput, match="snapshots"):
            hash_model(cache)
