"""The table of faults in docs/audit-faults.md, made by trying them: YUMEN_WRITE_FAULT_TABLE=1 writes it anew."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from killed_logs import killed_under_load, reopened

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.frames import CHECKPOINT, CONTENT, RECORD, encode, scan
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.head import HeadFile
from mcp_server.audit.reading import records
from mcp_server.audit.verify import verify

TABLE = Path(__file__).parents[3] / "docs" / "audit-faults.md"
WRITE = os.environ.get("YUMEN_WRITE_FAULT_TABLE") == "1"


@dataclass
class Row:
    """What came of one kind of fault."""

    fault: str
    tried: int = 0
    acknowledged: int = 0
    lost: int = 0
    must_detect: int = 0
    refused: int = 0
    named: int = 0

    def line(self) -> str:
        """One line of the table: `refused` at start, `named` by verify."""
        found = (
            f"{self.refused} / {self.must_detect} | {self.named} / {self.must_detect}" if self.must_detect else "– | –"
        )
        return f"| {self.fault} | {self.tried} | {self.acknowledged} | {self.lost} | {found} |"

    @property
    def good(self) -> bool:
        return self.lost == 0 and self.refused == self.must_detect and self.named == self.must_detect


def killed(directory: Path, rounds: int) -> Row:
    row = Row("process killed (SIGKILL) under load", tried=rounds)
    acknowledged = killed_under_load(directory, rounds)
    size = reopened(directory)
    held = {record.index: record.fields()["id"] for record in records(directory, until=size)}
    row.acknowledged = len(acknowledged)
    row.lost = sum(held.get(index) != event for index, event in acknowledged.items())
    assert verify(directory).sound
    return row


def power_cuts(directory: Path, write_log: Callable[..., object]) -> Row:
    """The disk holds any prefix of the last commit, which nobody was told about yet; everything before it must stay."""
    write_log(directory, commits=3, each=4)
    segment = next((directory / "segments").iterdir())
    data = segment.read_bytes()
    ends = [(frame.end, int(frame.payload.split(b"\n")[1])) for frame in scan(data) if frame.kind == CHECKPOINT]
    (start, size), _ = ends[-2], ends[-1]
    hashes = StoredHashes(directory / "hashes")
    root = hashes.root(size)
    hashes.close()
    row = Row("power cut at every byte of a commit", acknowledged=size)
    for end in range(start, len(data)):
        segment.write_bytes(data[:end])
        (directory / "head").unlink()
        head = HeadFile(directory / "head")
        head.remember(size, root)
        head.close()
        row.tried += 1
        row.lost += size - min(size, reopened(directory))
    return row


def tampered(directory: Path, name: str, changes: Iterator[Callable[[], None]]) -> Row:
    """Each change is made to a sound copy; start must refuse it, verify must name it."""
    row = Row(name, acknowledged=verify(directory).size)
    sound = directory.with_name("sound")
    shutil.copytree(directory, sound)
    for change in changes:
        change()
        row.tried += 1
        row.must_detect += 1
        result = verify(directory)
        row.named += bool(result.problems and str(result.problems[0]))
        try:
            reopened(directory)
        except LogDamaged:
            row.refused += 1
        shutil.rmtree(directory)
        shutil.copytree(sound, directory)
    shutil.rmtree(sound)
    return row


def flips(directory: Path, count: int) -> Iterator[Callable[[], None]]:
    chosen = random.Random(2)
    segment = next((directory / "segments").iterdir())
    data = segment.read_bytes()
    for _ in range(count):
        position, bit = chosen.randrange(len(data)), chosen.randrange(8)

        def flip(position: int = position, bit: int = bit) -> None:
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            segment.write_bytes(bytes(changed))

        yield flip


def rewrites(directory: Path, kind: str) -> Iterator[Callable[[], None]]:
    """Changes made with care: frames whole and checksums right, as somebody who knows the format would."""
    segment = next((directory / "segments").iterdir())
    frames = list(scan(segment.read_bytes()))
    places = [number for number, frame in enumerate(frames) if frame.kind == RECORD]
    for first, second in pairwise(places):

        def write(order: list[int]) -> None:
            segment.write_bytes(b"".join(encode(frames[at].kind, frames[at].payload) for at in order))

        whole = list(range(len(frames)))
        with_content = {first, first + 1} if frames[first + 1].kind == CONTENT else {first}
        if kind == "deleted":
            rest = [at for at in whole if at not in with_content]
            yield lambda rest=rest: write(rest)  # type: ignore[misc]
        elif kind == "swapped":
            order = list(whole)
            order[first], order[second] = order[second], order[first]
            yield lambda order=order: write(order)  # type: ignore[misc]
        else:

            def edit(at: int = first) -> None:
                payload = frames[at].payload.replace(b'"kind":"lifecycle"', b'"kind":"lifecycla"')
                segment.write_bytes(
                    b"".join(encode(f.kind, payload if n == at else f.payload) for n, f in enumerate(frames))
                )

            yield edit


def files(directory: Path) -> Iterator[Callable[[], None]]:
    def at(number: int) -> Path:
        return sorted((directory / "segments").iterdir())[number]

    for number in range(len(list((directory / "segments").iterdir()))):
        yield lambda number=number: at(number).unlink()  # type: ignore[misc]
        yield lambda number=number: os.truncate(at(number), at(number).stat().st_size - 1)  # type: ignore[misc]
        yield lambda number=number: at(number).write_bytes(at(number).read_bytes() + b"\x00")  # type: ignore[misc]
    yield lambda: (directory / "head").unlink()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_fault_is_survived_or_detected(tmp_path: Path, write_log) -> None:
    rows = [killed(tmp_path / "killed", 100 if WRITE else 25), power_cuts(tmp_path / "cut", write_log)]
    for name, make in (
        ("one bit flipped, at random", lambda d: flips(d, 1000 if WRITE else 300)),
        ("record edited, checksum made right", lambda d: rewrites(d, "edited")),
        ("record deleted, file made whole", lambda d: rewrites(d, "deleted")),
        ("two records swapped", lambda d: rewrites(d, "swapped")),
    ):
        directory = tmp_path / name.split(",")[0].replace(" ", "-")
        write_log(directory, commits=12, each=3)
        rows.append(tampered(directory, name, make(directory)))
    directory = tmp_path / "files"
    write_log(directory, commits=40, each=1, segment_bytes=4096)
    rows.append(tampered(directory, "segment or head deleted, cut or lengthened", files(directory)))
    assert [row for row in rows if not row.good and not row.fault.startswith("segment")] == []
    segments = rows[-1]
    # A zero byte behind the last segment is a torn write that nobody was told about: it is cut, and nothing is lost.
    assert (segments.refused, segments.named) == (segments.must_detect - 1, segments.must_detect - 1)
    segments.must_detect -= 1
    if WRITE:
        head = [
            "# Faults tried against the audit log",
            "",
            "Made by `YUMEN_WRITE_FAULT_TABLE=1 pytest tests/mcp_server/audit/test_fault_table.py`. Acknowledged: records that a",
            "caller had been told are kept. Refused: the log did not open. Named: `yumen audit verify` said what and where.",
            "A byte added behind the last segment is no damage but a torn write: it is cut off, and not counted as to detect.",
            "",
            "| fault | tried | acknowledged | lost | refused at start | named by verify |",
            "|---|---|---|---|---|---|",
        ]
        TABLE.write_text("\n".join([*head, *(row.line() for row in rows)]) + "\n")
