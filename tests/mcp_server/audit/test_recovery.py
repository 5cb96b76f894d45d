"""What a restart finds: torn commits are cut, everything acknowledged is kept, damage is refused and named."""

from __future__ import annotations

import os
import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from killed_logs import killed_under_load, reopened

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.frames import CHECKPOINT, scan
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.head import HeadFile
from mcp_server.audit.reading import records
from mcp_server.audit.verify import verify


def commits(path: Path) -> list[tuple[int, int]]:
    """(end offset, tree size) of each commit of a segment."""
    return [
        (frame.end, int(frame.payload.split(b"\n")[1])) for frame in scan(path.read_bytes()) if frame.kind == CHECKPOINT
    ]


def remember(directory: Path, size: int) -> None:
    """Set the high-water mark as it was when the log had `size` records."""
    hashes = StoredHashes(directory / "hashes")
    (directory / "head").unlink()
    head = HeadFile(directory / "head")
    head.remember(size, hashes.root(size))
    head.remember(size, hashes.root(size))
    head.close()
    hashes.close()


@pytest.fixture
def torn(directory: Path, write_log) -> tuple[Path, bytes, int, int]:
    """A log whose last commit is not yet acknowledged: directory, segment bytes, start of that commit, size before it."""
    write_log(directory, commits=2, each=2)
    segment = next((directory / "segments").iterdir())
    before, last = commits(segment)[-2:]
    remember(directory, before[1])
    data = segment.read_bytes()
    assert last[0] == len(data)
    return directory, data, before[0], before[1]


def test_a_commit_cut_at_every_byte_is_recovered_to_the_one_before(torn) -> None:
    directory, data, start, size = torn
    segment = next((directory / "segments").iterdir())
    for end in range(start, len(data)):
        segment.write_bytes(data[:end])
        assert reopened(directory) == size
        assert segment.read_bytes() == data[:start]
    segment.write_bytes(data)
    assert reopened(directory) > size


def test_a_commit_whose_sectors_arrived_out_of_order_is_recovered(torn) -> None:
    directory, data, start, size = torn
    segment = next((directory / "segments").iterdir())
    for hole in range(start, len(data) - 8, 7):
        segment.write_bytes(data[:hole] + bytes(8) + data[hole + 8 :])
        assert reopened(directory) == size


def test_what_is_cut_is_kept_aside(torn) -> None:
    directory, data, start, _ = torn
    segment = next((directory / "segments").iterdir())
    segment.write_bytes(data[:-1])
    reopened(directory)
    assert [path.read_bytes() for path in (directory / "cut").iterdir()] == [data[start:-1]]


def test_below_the_remembered_head_nothing_is_cut_and_nothing_touched(directory: Path, write_log, digest_of) -> None:
    write_log(directory)
    segment = next((directory / "segments").iterdir())
    data = segment.read_bytes()
    for end in range(commits(segment)[0][0], len(data), 97):
        segment.write_bytes(data[:end])
        before = digest_of(directory / "segments")
        with pytest.raises(LogDamaged, match=r"segment 0{20}\.seg: .*acknowledged"):
            reopened(directory)
        assert digest_of(directory / "segments") == before
        assert not verify(directory).sound


def test_every_flipped_bit_is_refused_at_start_and_named_by_verify(directory: Path, write_log) -> None:
    write_log(directory)
    segment = next((directory / "segments").iterdir())
    data = segment.read_bytes()
    chosen = random.Random(7)
    for _ in range(300):
        position = chosen.randrange(len(data))
        flipped = bytearray(data)
        flipped[position] ^= 1 << chosen.randrange(8)
        segment.write_bytes(bytes(flipped))
        with pytest.raises(LogDamaged):
            reopened(directory)
        result = verify(directory)
        assert not result.sound
        assert result.problems[0].offset is not None
        assert result.problems[0].offset <= position


def test_a_flip_before_later_commits_is_refused_even_with_an_old_head(directory: Path, write_log) -> None:
    """After a power cut the head may be a second old; signed checkpoints behind the flip show that it is no torn write."""
    write_log(directory)
    segment = next((directory / "segments").iterdir())
    ends = commits(segment)
    remember(directory, ends[0][1])
    data = bytearray(segment.read_bytes())
    data[ends[1][0] + 30] ^= 4
    segment.write_bytes(bytes(data))
    with pytest.raises(LogDamaged, match="not a torn last write"):
        reopened(directory)


@pytest.fixture
def segmented(directory: Path, write_log) -> Path:
    write_log(directory, commits=40, each=1, segment_bytes=4096)
    assert len(list((directory / "segments").iterdir())) >= 4
    return directory


def _segments(directory: Path) -> list[Path]:
    return sorted((directory / "segments").iterdir())


@pytest.mark.parametrize(
    "tamper",
    [
        lambda d: _segments(d)[0].unlink(),
        lambda d: _segments(d)[1].unlink(),
        lambda d: _segments(d)[-1].unlink(),
        lambda d: [path.unlink() for path in _segments(d)],
        lambda d: os.truncate(_segments(d)[1], _segments(d)[1].stat().st_size - 1),
        lambda d: _segments(d)[0].write_bytes(_segments(d)[1].read_bytes()),
        lambda d: (d / "segments" / "stray").write_bytes(b""),
        lambda d: (d / "head").unlink(),
        lambda d: (d / "head").write_bytes(bytes(1024)),
        lambda d: (d / "log.json").write_text("{}"),
    ],
    ids=["first segment deleted", "middle segment deleted", "last segment deleted", "all segments deleted",
         "closed segment cut", "segment replaced by another", "stray file", "head deleted", "head zeroed", "card emptied"],
)  # fmt: skip
def test_a_deleted_or_changed_file_is_refused(segmented: Path, tamper) -> None:
    tamper(segmented)
    with pytest.raises(LogDamaged):
        reopened(segmented)
    with suppress(LogDamaged):
        assert not verify(segmented).sound


def test_a_rotation_torn_at_any_byte_is_recovered(segmented: Path) -> None:
    *_, last = _segments(segmented)
    size = int(last.stem)
    hashes = StoredHashes(segmented / "hashes")
    root = hashes.root(size)
    hashes.close()
    (segmented / "head").unlink()
    head = HeadFile(segmented / "head")
    head.remember(size, root)
    head.close()
    start = last.read_bytes()[: next(scan(last.read_bytes())).end]
    for length in range(0, len(start), 5):
        last.write_bytes(start[:length])
        assert reopened(segmented) == size


def test_a_lost_or_spoilt_hash_file_is_rebuilt(segmented: Path) -> None:
    good = (segmented / "hashes").read_bytes()
    size = reopened(segmented)
    for bad in (b"", good[:100], bytes(len(good))):
        (segmented / "hashes").write_bytes(bad)
        assert reopened(segmented) == size
        assert (segmented / "hashes").read_bytes() == good


def test_a_log_signed_by_another_key_is_refused(tmp_path: Path, write_log) -> None:
    write_log(tmp_path / "a", origin="log.example/one")
    write_log(tmp_path / "b", origin="log.example/one")
    shutil.copy(tmp_path / "b" / "log.json", tmp_path / "a" / "log.json")
    with pytest.raises(LogDamaged, match="not signed by a key of this log"):
        reopened(tmp_path / "a")
    assert not verify(tmp_path / "a").sound


@pytest.mark.parametrize("rounds", [5, pytest.param(100, marks=(pytest.mark.slow, pytest.mark.timeout(600)))])
def test_a_killed_process_loses_no_acknowledged_record(directory: Path, rounds: int) -> None:
    acknowledged = killed_under_load(directory, rounds)
    size = reopened(directory)
    held = {record.index: record.fields()["id"] for record in records(directory, until=size)}
    assert verify(directory).sound
    assert acknowledged
    assert {index: held.get(index) for index in acknowledged} == acknowledged
