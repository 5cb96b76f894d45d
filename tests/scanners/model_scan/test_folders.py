"""Whole folders, and files that are odd as files: nothing unexamined is passed, nothing odd is a crash."""

from __future__ import annotations

import hashlib
import json
import os
import pickle

import pytest

from scanners.errors import TargetMissing, UnreadableInput
from scanners.model_scan import scan_model

GOOD = pickle.dumps({"a": 1})


def test_a_folder_is_named_by_the_digest_of_its_sha256sum_lines(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/x.pkl").write_bytes(GOOD)
    (tmp_path / "a.txt").write_text("hello")
    lines = f"{hashlib.sha256(b'hello').hexdigest()}  a.txt\n{hashlib.sha256(GOOD).hexdigest()}  b/x.pkl\n"
    report = scan_model(tmp_path)
    assert report.subject.digest == "sha256:" + hashlib.sha256(lines.encode()).hexdigest()
    assert report.coverage.examined["files"] == 2


def test_one_bad_file_does_not_stop_the_others(tmp_path, verdict):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "b.gguf").write_bytes(b"GGUF")
    (tmp_path / "c.pkl").write_bytes(b"cos\nsystem\n(S'id'\ntR.")
    report = scan_model(tmp_path)
    assert verdict(report) == "fail"
    assert "c.pkl" in {finding.location.path for finding in report.findings}


def test_the_cache_of_the_hugging_face_client_is_scanned_as_the_snapshot_of_main(tmp_path, verdict):
    cache = tmp_path / "models--acme--tiny"
    for part in ("blobs", "refs", "snapshots/rev1", "snapshots/rev2"):
        (cache / part).mkdir(parents=True)
    (cache / "refs/main").write_text("rev1")
    (cache / "blobs/aa").write_bytes(GOOD)
    (cache / "blobs/bb").write_bytes(b"cos\nsystem\n(S'id'\ntR.")
    (cache / "snapshots/rev1/m.pkl").symlink_to("../../blobs/aa")
    (cache / "snapshots/rev2/m.pkl").symlink_to("../../blobs/bb")
    report = scan_model(cache)
    assert (verdict(report), report.coverage.examined["files"]) == ("pass", 1)
    (cache / "refs/main").write_text("rev2")
    assert scan_model(cache).findings[0].location.path == "m.pkl"
    (cache / "snapshots/rev2/outside.pkl").symlink_to("/etc/hostname")
    assert "outside.pkl" in {skipped.what for skipped in scan_model(cache).coverage.skipped}
    (cache / "refs/main").unlink()
    with pytest.raises(UnreadableInput, match="snapshots"):
        scan_model(cache)


@pytest.mark.parametrize("kind", ["link", "fifo", "empty", "unreadable-name", "nothing"])
def test_what_cannot_be_examined_is_unknown(tmp_path, verdict, kind):
    (tmp_path / "good.pkl").write_bytes(GOOD)
    if kind == "link":
        (tmp_path / "l.pkl").symlink_to("good.pkl")
    elif kind == "fifo":
        os.mkfifo(tmp_path / "f.pkl")
    elif kind == "empty":
        (tmp_path / "e.pkl").write_bytes(b"")
    elif kind == "unreadable-name":
        (tmp_path / "bad\u202ename.pkl").write_bytes(GOOD)
    else:
        (tmp_path / "good.pkl").unlink()
    assert verdict(scan_model(tmp_path)) == "unknown"


def test_a_sparse_giant_is_not_read_to_its_end(tmp_path, verdict):
    with (tmp_path / "giant.bin").open("wb") as file:
        file.truncate(100 << 30)
    assert verdict(scan_model(tmp_path / "giant.bin")) == "unknown"


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(TargetMissing):
        scan_model(tmp_path / "nothing.pkl")


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (None, "fail"),
        ("import os\nos.system('id')\n", "fail"),
        ("import torch\nclass Net(torch.nn.Module):\n    pass\n", "unknown"),
    ],
)
def test_auto_map_is_judged_by_the_code_that_lies_there(tmp_path, verdict, source, wanted):
    (tmp_path / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "modeling.Net"}}))
    if source is not None:
        (tmp_path / "modeling.py").write_text(source)
    assert verdict(scan_model(tmp_path)) == wanted


def test_weights_that_an_onnx_model_claims_are_known(tmp_path, samples, verdict):
    (tmp_path / "m.onnx").write_bytes(samples.onnx([("", "MatMul")], [samples.external("w.bin")]))
    (tmp_path / "w.bin").write_bytes(b"\x00\x01\xfe\xff" * 8)
    assert verdict(scan_model(tmp_path)) == "pass"
    (tmp_path / "other.bin").write_bytes(b"\x00\x01\xfe\xff" * 8)
    assert verdict(scan_model(tmp_path)) == "unknown"


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ({"offset": "16", "length": "16"}, "pass"),
        ({"offset": "32", "length": "16"}, "fail"),
        ({"offset": "99999999999999"}, "fail"),
        ({"offset": "-16"}, "fail"),
    ],
)
def test_external_data_of_onnx_lies_inside_its_file(tmp_path, samples, verdict, place, wanted):
    (tmp_path / "m.onnx").write_bytes(samples.onnx([("", "MatMul")], [samples.external("w.bin", **place)]))
    (tmp_path / "w.bin").write_bytes(bytes(32))
    assert verdict(scan_model(tmp_path)) == wanted
