"""A file that somebody else writes to while it is read is noticed, whichever way it is read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from scanners.errors import TargetRefused, UnreadableInput
from scanners.model_files import reading
from scanners.model_files.reading import WINDOW, SteadyFile

CONTENT = bytes(range(251)) * 4_000


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reading, "WINDOW", 1 << 16)
    monkeypatch.setattr(reading, "_BUFFER", 1 << 15)
    path = tmp_path / "weights.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=["mapped", "buffered"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "buffered":
        monkeypatch.setattr(reading, "_take_lease", lambda descriptor: False)
    return str(request.param)


@pytest.mark.parametrize(
    ("start", "end"), [(0, len(CONTENT)), (0, 0), (1, 70_000), (65_536, 131_072), (300_001, len(CONTENT))]
)
def test_any_range_comes_back_whole(file: Path, way: str, start: int, end: int) -> None:
    with SteadyFile.opened(file, "weights.bin") as steady:
        assert b"".join(bytes(window) for window in steady.windows(start, end)) == CONTENT[start:end]


CHANGES: dict[str, Callable[[Path], object]] = {
    "rewritten": lambda path: path.write_bytes(CONTENT[::-1]),
    "emptied": lambda path: os.truncate(path, 0),
    "cut": lambda path: os.truncate(path, 100_000),
    "grown": lambda path: path.open("ab").write(b"more"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_while_reading_is_named(file: Path, way: str, change: str) -> None:
    # A writer waits for the lease, so it must not be this thread.
    writer = threading.Thread(target=CHANGES[change], args=(file,))
    with (
        pytest.raises(UnreadableInput, match=r"weights\.bin.* was changed"),
        SteadyFile.opened(file, "weights.bin") as steady,
    ):
        for count, _ in enumerate(steady.windows(0, steady.size)):
            if count == 2:
                writer.start()
                if way == "buffered":
                    writer.join()
                else:
                    _wait_until_wanted(steady)
    writer.join()


def _wait_until_wanted(steady: SteadyFile) -> None:
    for _ in range(100_000):
        try:
            steady._require_lease()
        except UnreadableInput:
            return
        os.sched_yield()
    raise AssertionError("the writer never asked for the file")


def test_a_file_that_is_being_written_is_read_without_a_lease(file: Path) -> None:
    with file.open("r+b"), SteadyFile.opened(file, "weights.bin") as steady:
        assert b"".join(bytes(window) for window in steady.windows(0, steady.size)) == CONTENT


def test_links_are_not_followed(file: Path) -> None:
    (link := file.with_name("link")).symlink_to(file)
    with pytest.raises(TargetRefused), SteadyFile.opened(link, "link"):
        pass


def test_the_window_suits_every_page_size() -> None:
    assert WINDOW % (64 << 10) == 0
