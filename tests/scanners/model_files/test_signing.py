"""What a signer's statement covers, and that it never leaves something out silently."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scanners.errors import UnreadableInput
from scanners.model_files.signing import state_model
from scanners.model_files.statement import read_statement
from scanners.signatures.dsse import IN_TOTO


def test_every_file_but_the_signature_is_stated(model: Path) -> None:
    (model / "model.sig").write_text("old")
    stated = state_model(model, signature_name="model.sig")
    signed = read_statement(IN_TOTO, stated.statement.encode())
    assert signed.manifest.files == {"config.json", "onnx/model.onnx", "weights.bin"}
    assert signed.ignores("model.sig")
    assert stated.report.subject.digest == signed.manifest.digest()


def test_what_belongs_to_git_is_left_out_and_said(model: Path) -> None:
    (model / ".gitattributes").write_text("*.bin lfs")
    stated = state_model(model)
    assert [skipped.what for skipped in stated.report.coverage.skipped] == [".gitattributes"]
    assert ".gitattributes" not in read_statement(IN_TOTO, stated.statement.encode()).manifest.files


def test_the_statement_is_the_same_on_every_run(model: Path) -> None:
    assert state_model(model).statement == state_model(model).statement


@pytest.mark.parametrize("method", ["files", "shards"])
def test_what_cannot_be_covered_is_refused(model: Path, method: str) -> None:
    if method == "shards":
        (model / "empty").touch()
    else:
        os.symlink("config.json", model / "link")
    with pytest.raises(UnreadableInput, match="cannot be covered"):
        state_model(model, method=method)


def test_a_folder_with_nothing_but_git_is_no_model(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").touch()
    with pytest.raises(UnreadableInput, match="no file"):
        state_model(tmp_path)
