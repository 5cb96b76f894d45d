"""Lists of digests tell a damaged model from a whole one, and say what they do not cover."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from scanners.errors import UnreadableInput
from scanners.findings import Report
from scanners.model_files.listings import check_listing, read_checksums


def rules(report: Report) -> list[tuple[str, str | None]]:
    return [(finding.rule, finding.location.path) for finding in report.findings]


def skipped(report: Report) -> list[str]:
    return [one.what for one in report.coverage.skipped]


@pytest.mark.parametrize("tool", [["sha256sum"], ["sha256sum", "--tag"], ["b2sum"], ["sha256sum", "--binary"]])
def test_what_coreutils_write_is_read(model: Path, tmp_path: Path, tool: list[str]) -> None:
    (model / "with blank").write_text("x")
    names = ["config.json", "./onnx/model.onnx", "weights.bin", "with blank"]
    listing = tmp_path / ("B2SUMS" if tool[0] == "b2sum" else "SHA256SUMS")
    listing.write_bytes(subprocess.run([*tool, *names], cwd=model, capture_output=True, check=True).stdout)
    report = check_listing(model, listing)
    assert (rules(report), skipped(report)) == ([], [])
    (model / "config.json").write_text("{}")
    (model / "weights.bin").unlink()
    (model / "extra").write_text("x")
    report = check_listing(model, listing)
    assert rules(report) == [("model.digest.changed", "config.json"), ("model.digest.missing", "weights.bin")]
    assert skipped(report) == ["extra"]


def test_a_list_inside_the_model_vouches_for_nothing_by_itself(model: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(model)}" for path in model.rglob("*.*")
    ]
    (model / "SHA256SUMS").write_text("\n".join(lines))
    report = check_listing(model, model / "SHA256SUMS")
    assert (rules(report), skipped(report)) == ([], ["who made the list"])


@pytest.mark.parametrize(
    "text",
    ["", "# only a comment", "hello world", f"{'a' * 64} ", f"{'a' * 40}  git", f"{'a' * 64}  x\n{'b' * 64}  x",
     f"{'a' * 64}  x\nBLAKE3 (y) = {'b' * 64}", f"{'a' * 64}\tx", "é" * 64 + "  x"],
)  # fmt: skip
def test_what_is_no_list_is_an_error(text: str) -> None:
    with pytest.raises(UnreadableInput):
        read_checksums("SHA256SUMS", text)


def test_a_binary_list_is_an_error(model: Path, tmp_path: Path) -> None:
    (tmp_path / "SHA256SUMS").write_bytes(b"\xff\xfe")
    with pytest.raises(UnreadableInput):
        check_listing(model, tmp_path / "SHA256SUMS")


def test_blake3_lists_are_told_by_their_name() -> None:
    assert read_checksums("model.b3", f"{'a' * 64}  x")[0] == "blake3"
    assert read_checksums("SHA256SUMS", f"{'A' * 64}  x") == ("sha256", {"x": "a" * 64})


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    folder = tmp_path / "sharded"
    folder.mkdir()
    placed = {"a": "1.safetensors", "b": "1.safetensors", "c": "2.safetensors"}
    for shard in ("1.safetensors", "2.safetensors"):
        tensors = {name: np.zeros(8, np.float32) for name, place in placed.items() if place == shard}
        safetensors.numpy.save_file(tensors, folder / shard)
    index = {"metadata": {"total_size": 96}, "weight_map": placed}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def test_an_index_says_where_each_tensor_lies(sharded: Path) -> None:
    index = sharded / "model.safetensors.index.json"
    report = check_listing(sharded, index)
    assert rules(report) == []
    assert "the values of the tensors" in skipped(report)
    safetensors.numpy.save_file({"c": np.zeros(8, np.float32), "d": np.zeros(8, np.float32)}, sharded / "2.safetensors")
    assert rules(check_listing(sharded, index)) == [("model.digest.changed", "d")]
    safetensors.numpy.save_file({"c": np.zeros(4, np.float32)}, sharded / "2.safetensors")
    assert rules(check_listing(sharded, index)) == [("model.digest.changed", "model.safetensors.index.json")]
    (sharded / "2.safetensors").unlink()
    assert rules(check_listing(sharded, index)) == [("model.digest.missing", "2.safetensors")]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"weight_map": {"a": 1}}', b'{"weight_map": []}'])
def test_a_broken_index_is_an_error(sharded: Path, raw: bytes) -> None:
    (sharded / "model.safetensors.index.json").write_bytes(raw)
    with pytest.raises(UnreadableInput):
        check_listing(sharded, sharded / "model.safetensors.index.json")


def _downloaded(model: Path) -> Path:
    """What the Hugging Face client leaves beside a download."""
    kept = model / ".cache" / "huggingface" / "download"
    kept.mkdir(parents=True)
    blob = (model / "config.json").read_bytes()
    small = hashlib.sha1(b"blob %d\0" % len(blob) + blob).hexdigest()
    large = hashlib.sha256((model / "weights.bin").read_bytes()).hexdigest()
    (kept / "config.json.metadata").write_text(f"{'c' * 40}\n{small}\n1700000000.0\n")
    (kept / "weights.bin.metadata").write_text(f"{'c' * 40}\n{large}\n1700000000.0\n")
    return model / ".cache" / "huggingface"


def test_what_the_hub_said_of_a_download_is_compared(model: Path) -> None:
    listing = _downloaded(model)
    report = check_listing(model, listing)
    assert (rules(report), skipped(report)) == ([], ["onnx/model.onnx", "who made the list"])
    (model / "config.json").write_text("{}")
    (model / "weights.bin").unlink()
    assert rules(check_listing(model, listing)) == [
        ("model.digest.changed", "config.json"),
        ("model.digest.missing", "weights.bin"),
    ]


@pytest.mark.parametrize("text", ["", "x", f"{'c' * 40}\nnonsense\n"])
def test_broken_metadata_is_an_error(model: Path, text: str) -> None:
    listing = _downloaded(model)
    (listing / "download" / "config.json.metadata").write_text(text)
    with pytest.raises(UnreadableInput):
        check_listing(model, listing)
