"""The folders of workers: gone with their server, however it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scanners.sandbox import scratch
from scanners.sandbox.scratch import Scratch, remove_abandoned


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_BEGINNING", 0)
    return tmp_path


def test_a_folder_in_use_stays_and_goes_with_its_content(own_folder: Path) -> None:
    mine = Scratch()
    (mine.path / "part").write_text("of a target")
    assert remove_abandoned() == 0
    assert mine.path.is_dir()
    mine.remove()
    mine.remove()
    assert list(own_folder.iterdir()) == []


def test_what_a_killed_server_left_is_removed(own_folder: Path) -> None:
    code = (
        "import tempfile, time; from scanners.sandbox.scratch import Scratch\n"
        f"tempfile.tempdir = {str(own_folder)!r}\n"
        "made = Scratch(); (made.path / 'part').write_text('of a target'); print(made.path, flush=True); time.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    left = Path(server.stdout.readline().strip())
    assert remove_abandoned() == 0
    server.send_signal(signal.SIGKILL)
    server.wait()
    assert (left / "part").exists()
    assert remove_abandoned() == 1
    assert not left.exists()


def test_what_is_no_folder_of_a_worker_stays(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = own_folder / "elsewhere"
    elsewhere.mkdir()
    (own_folder / "yumen-scan-link").symlink_to(elsewhere)
    (own_folder / "yumen-scan-file").write_text("")
    assert remove_abandoned() == 0
    (own_folder / "yumen-scan-other").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert remove_abandoned() == 0
    assert len(list(own_folder.iterdir())) == 4


def test_a_folder_that_was_made_a_moment_ago_stays(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "_BEGINNING", 60)
    (own_folder / "yumen-scan-new").mkdir()
    assert remove_abandoned() == 0


def test_a_place_that_cannot_be_listed_stops_nobody(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(own_folder / "gone"))
    assert remove_abandoned() == 0
