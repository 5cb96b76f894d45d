"""A remembered digest stands for a file only as long as the file looks exactly the same."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from scanners.model_files import reading
from scanners.model_files.hashing import HashedModel, hash_model
from scanners.model_files.memory import DigestMemory


@pytest.fixture
def first(model: Path, monkeypatch: pytest.MonkeyPatch) -> HashedModel:
    monkeypatch.setattr(reading, "_SETTLED", -1.0)
    return hash_model(model)


def reused(model: Path, first: HashedModel, **more: str) -> int:
    return hash_model(model, known=first.fresh, **more).report.coverage.examined.get("digests_reused", 0)


def test_what_did_not_change_is_not_read_again(model: Path, first: HashedModel) -> None:
    again = hash_model(model, known=first.fresh)
    assert again.report.subject == first.report.subject
    assert reused(model, first) == 3


def test_whatever_changes_a_file_is_noticed(model: Path, first: HashedModel) -> None:
    status = (model / "config.json").stat()
    (model / "config.json").write_text('{"layers": 3}')
    os.utime(model / "config.json", ns=(status.st_atime_ns, status.st_mtime_ns))
    content = (model / "weights.bin").read_bytes()
    (model / "weights.bin").unlink()
    (model / "weights.bin").write_bytes(content)
    assert reused(model, first) == 1


def test_another_algorithm_or_cut_is_computed(model: Path, first: HashedModel) -> None:
    assert reused(model, first, algorithm="blake3") == 0
    assert reused(model, first, method="shards") == 0


def test_a_file_that_changed_a_moment_ago_is_not_remembered(model: Path) -> None:
    assert hash_model(model).fresh == ()


def test_the_memory_keeps_what_lies_below_a_target(model: Path, first: HashedModel, tmp_path: Path) -> None:
    memory = DigestMemory(tmp_path / "data" / "digests.sqlite")
    assert memory.recall(model) == ()
    other = replace(first.fresh[0], path=f"{model}-other/config.json")
    memory.remember((*first.fresh, other))
    memory.remember(first.fresh)
    assert sorted(memory.recall(model), key=lambda one: one.path) == sorted(first.fresh, key=lambda one: one.path)
    assert [one.path for one in memory.recall(model / "config.json")] == [str(model / "config.json")]
