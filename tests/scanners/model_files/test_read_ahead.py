"""Reading ahead brings every byte into memory, says what cannot be read, and ends with its user."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scanners.errors import UnreadableInput
from scanners.model_files import reading
from scanners.model_files.read_ahead import ReadAhead
from scanners.model_files.reading import SteadyFile

STEP = 1 << 16
SIZE = 10 * STEP + 123


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(os.urandom(SIZE))
    with opened(path) as descriptor:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return path


def readers() -> int:
    return sum(thread.name == "read-ahead" for thread in threading.enumerate())


def test_what_was_waited_for_is_in_memory(file: Path) -> None:
    with opened(file) as descriptor, ReadAhead(descriptor, 0, SIZE, STEP) as ahead:
        for position in (0, 1, STEP - 1, STEP, 7 * STEP, SIZE - 1, 5):
            ahead.wait_for(position)
            assert ahead._in_memory(position, position + 1)


def test_it_stops_with_its_user_however_far_that_one_came(file: Path) -> None:
    for waited in (None, 0, 3 * STEP, SIZE - 1):
        with opened(file) as descriptor, ReadAhead(descriptor, 0, SIZE, STEP) as ahead:
            if waited is not None:
                ahead.wait_for(waited)
    assert readers() == 0


def test_a_file_that_is_cut_meanwhile_keeps_nobody_waiting(file: Path) -> None:
    with opened(file) as descriptor, ReadAhead(descriptor, 0, SIZE, STEP) as ahead:
        ahead.wait_for(0)
        os.truncate(file, STEP // 2)
        ahead.wait_for(SIZE - 1)


def test_what_cannot_be_read_is_said_where_it_is_waited_for() -> None:
    # The first page of a process is never mapped: the kernel answers with a real I/O error.
    with (
        opened(Path("/proc/self/mem")) as descriptor,
        ReadAhead(descriptor, 0, SIZE, STEP) as ahead,
        pytest.raises(OSError, match="Input/output error"),
    ):
        ahead.wait_for(0)


def test_a_file_that_cannot_be_read_is_unreadable_input_and_no_crash(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", STEP)
    with opened(Path("/proc/self/mem")) as broken, SteadyFile.opened(file, "weights.bin") as steady:
        monkeypatch.setattr(reading, "ReadAhead", lambda _, *rest: ReadAhead(broken, *rest))
        with pytest.raises(UnreadableInput, match=r"weights\.bin.* cannot be read: Input/output error"):
            list(steady.windows(0, steady.size))
    assert readers() == 0


def test_a_user_who_leaves_early_leaves_no_thread(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WINDOW", STEP)
    with SteadyFile.opened(file, "weights.bin") as steady:
        windows = steady.windows(0, steady.size)
        next(windows)
        windows.close()
    assert readers() == 0
