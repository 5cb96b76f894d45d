"""What happens when a log is opened: find the last sound commit, cut only what was never acknowledged, refuse the rest.

The rules, in order:
1. Each segment says how long the one before it is; a missing, shortened or lengthened one is damage.
2. In the last segment, frames are read up to the last checkpoint whose root recomputes and whose signature verifies.
3. What follows may be cut only if it can be the torn last commit: nothing in it is below the remembered head, and no
   whole signed checkpoint follows the torn spot with more of the log behind it (a commit begins only after the
   one before it is on the disk).
4. Everything else is damage: nothing is touched, and the error names the segment and the byte.
"""

from __future__ import annotations

import contextlib
import os
import time
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from mcp_server.audit.base import Base, read_base
from mcp_server.audit.errors import BadNote, LogDamaged
from mcp_server.audit.frames import CHECKPOINT, HEADER_SIZE, RECORD, SEGMENT, BadFrame, decode
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.head import NAME as HEAD
from mcp_server.audit.head import Head, HeadFile, read_head
from mcp_server.audit.keys import Card, sync_directory, write_durably
from mcp_server.audit.merkle import EMPTY_ROOT, Frontier, leaf_hash
from mcp_server.audit.notes import Checkpoint, open_checkpoint, parse_checkpoint, parse_note
from mcp_server.audit.records import open_intent
from mcp_server.audit.segments import SegmentBytes, SegmentStart, broken, list_segments, records_in
from mcp_server.audit.writer import Position, create_segment

CUT_FOLDER = "cut"


@dataclass
class Tail:
    """The last segment as far as it is sound."""

    start: SegmentStart
    frontier: Frontier
    note: str | None
    end: int
    open: dict[int, Mapping[str, str]]
    stored: list[bytes] = field(default_factory=list)
    bad: BadFrame | None = None


def read_tail(data: memoryview, start: SegmentStart, card: Card, head: Head) -> Tail:
    """Read a segment up to its last sound checkpoint. Raises ValueError, BadNote, LogDamaged."""
    first = decode(data, 0)
    frontier = start.frontier(card)
    tail = Tail(start, frontier.copy(), start.checkpoint, first.end, dict(start.open))
    stored: list[bytes] = []
    held: list[tuple[int, bytes]] = []
    offset = first.end
    try:
        while offset < len(data):
            frame = decode(data, offset)
            if frame.kind == RECORD:
                held.append((frontier.size, frame.payload))
                frontier.append(leaf_hash(frame.payload), stored)
            elif frame.kind == CHECKPOINT:
                note = frame.payload.decode()
                if parse_checkpoint(parse_note(note).text) != Checkpoint(card.origin, frontier.size, frontier.root()):
                    raise BadFrame(offset, "checkpoint is not that of the records before it")
                if frontier.size == head.size and frontier.root() != head.root:
                    raise LogDamaged(
                        f"the log was rewritten: record {head.size - 1} and those before it are not the remembered ones"
                    )
                _track(tail.open, held)
                tail.frontier, tail.note, tail.end = frontier.copy(), note, frame.end
                tail.stored += stored
                stored, held = [], []
            elif frame.kind == SEGMENT:
                raise BadFrame(offset, "a second start frame inside a segment")
            offset = frame.end
    except BadFrame as bad:
        tail.bad = bad
    except (BadNote, UnicodeDecodeError) as error:
        tail.bad = BadFrame(offset, str(error))
    if tail.note is not None and open_checkpoint(tail.note, card.by_id).size != tail.frontier.size:
        raise ValueError("the last checkpoint is not that of its records")
    return tail


def _track(open_intents: dict[int, Mapping[str, str]], held: list[tuple[int, bytes]]) -> None:
    for index, envelope in held:
        if b'"phase":"intent"' in envelope:
            intent = open_intent(orjson.loads(envelope))
            if intent is not None:
                open_intents[index] = intent
        elif b'"parent":' in envelope:
            open_intents.pop(orjson.loads(envelope).get("parent", -1), None)


def _whole_checkpoints(data: memoryview, offset: int, card: Card) -> list[tuple[int, int]]:
    """(size, end) of every intact checkpoint frame, signed by this log, that lies somewhere after `offset`."""
    rest, origin, found = bytes(data[offset:]), card.origin.encode() + b"\n", []
    at = rest.find(origin)
    while at >= 0:
        if at >= HEADER_SIZE:
            with contextlib.suppress(BadFrame, BadNote):
                frame = decode(rest, at - HEADER_SIZE)
                if frame.kind == CHECKPOINT:
                    found.append((open_checkpoint(frame.payload, card.by_id).size, offset + frame.end))
        at = rest.find(origin, at + 1)
    return found


def _check_cut(path: Path, data: memoryview, tail: Tail, card: Card, head: Head) -> None:
    """Raises LogDamaged unless everything after `tail.end` can be a commit that was never acknowledged."""
    size = tail.frontier.size
    reason = tail.bad or BadFrame(tail.end, "the log ends here")
    if size < head.size:
        raise LogDamaged(
            f"segment {path.name}: {reason}; records {size} to {head.size - 1} were acknowledged and are not sound",
            remedy="nothing was cut; copy the directory, run 'yumen audit verify', and restore the missing bytes",
        )
    if tail.bad is not None:
        later = [(at, end) for at, end in _whole_checkpoints(data, tail.bad.offset, card) if at > size]
        if later and later != [(later[0][0], len(data))]:
            raise LogDamaged(
                f"segment {path.name}: {reason}; whole signed checkpoints follow it, so it is not a torn last write",
                remedy="nothing was cut; copy the directory, run 'yumen audit verify', and restore the damaged bytes",
            )


def _check_chain(segments: list[tuple[int, Path]], *, base: int) -> None:
    """Raises LogDamaged unless each segment follows on the one before it with nothing missing."""
    if segments[0][0] != base:
        raise LogDamaged(
            f"the segments before record {segments[0][0]} are missing", remedy="restore them from a backup"
        )
    for (previous, before), (_, path) in pairwise(segments):
        try:
            with SegmentBytes(path) as segment:
                start = segment.start()
        except (BadFrame, ValueError) as error:
            if path == segments[-1][1]:
                return  # a torn rotation, judged by the caller
            raise broken(path, error) from error
        if start.previous_first != previous:
            raise LogDamaged(
                f"a segment between {before.name} and {path.name} is missing", remedy="restore it from a backup"
            )
        if before.stat().st_size != start.previous_bytes:
            raise LogDamaged(
                f"segment {before.name} has {before.stat().st_size} bytes, it was closed with {start.previous_bytes}",
                remedy="restore it from a backup",
            )


def _without_pruned(segments: list[tuple[int, Path]], base: Base) -> list[tuple[int, Path]]:
    """The segments from the base on; those before it are removed, because a crash kept the pruning from ending.

    Raises LogDamaged unless the log itself holds the record of the pruning.
    """
    if base.record is None:
        return segments
    kept = [each for each in segments if each[0] >= base.first]
    position = bisect_right([first for first, _ in kept], base.record) - 1
    if position < 0 or not base.confirmed_by(_fields_at(*kept[position], base.record)):
        raise LogDamaged(
            f"base.json says that records before {base.first} were pruned, but the log does not",
            remedy="restore the segments and base.json from a backup",
        )
    for _, path in segments[: len(segments) - len(kept)]:
        path.unlink()
    return kept


def _fields_at(first: int, path: Path, index: int) -> dict[str, Any]:
    with SegmentBytes(path) as segment:
        try:
            for record in records_in(segment.frames(), first):
                if record.index == index:
                    return record.fields()
        except (BadFrame, ValueError) as error:
            raise broken(path, error) from error
    return {}


def remembered(directory: Path) -> Head | None:
    """The high-water mark. Raises LogDamaged when its file is not readable."""
    try:
        return read_head(directory / HEAD)
    except ValueError as error:
        raise LogDamaged(
            f"the remembered high-water mark is not readable: {error}", remedy="restore the file 'head'"
        ) from error


def _fresh(directory: Path, card: Card) -> tuple[Position, HeadFile]:
    head = HeadFile(directory / HEAD)
    head.remember(0, EMPTY_ROOT)
    head.remember(0, EMPTY_ROOT)
    head.sync()
    sync_directory(directory)
    length = create_segment(directory, SegmentStart(card.origin, 0, (), None))
    return Position(Frontier(), None, 0, length, {}), head


def _set_aside(directory: Path, path: Path, data: bytes) -> None:
    """Keep what is cut: it was never acknowledged, but somebody may want to look at it."""
    folder = directory / CUT_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    write_durably(folder / f"{path.stem}-{time.time_ns()}", data)


def recover(directory: Path, card: Card, hashes: StoredHashes) -> tuple[Position, HeadFile, int]:
    """The position to go on from, the head file, and how many unacknowledged bytes were cut. Raises LogDamaged."""
    segments = list_segments(directory)
    head = remembered(directory)
    if not segments:
        if head is not None and head.size > 0:
            raise LogDamaged(
                f"every segment is gone; {head.size} records were acknowledged", remedy="restore the segments"
            )
        hashes.cut(0)
        return *_fresh(directory, card), 0
    if head is None:
        raise LogDamaged("the remembered high-water mark (file 'head') is gone", remedy="restore it from a backup")
    base = read_base(directory)
    segments = _without_pruned(segments, base)
    _check_chain(segments, base=base.first)
    cut = 0
    torn: bytes | None = None
    first, path = segments[-1]
    with SegmentBytes(path) as segment:
        try:
            segment.start()
        except (BadFrame, ValueError) as error:
            # A crash while a new segment was being begun: nothing in it can have been acknowledged.
            if head.size > first or segment.size > 1 << 20:
                raise broken(path, error) from error
            torn = bytes(segment.data)
    if torn is not None:
        _set_aside(directory, path, torn)
        path.unlink()
        sync_directory(path.parent)
        cut = len(torn)
        if len(segments) == 1:
            hashes.cut(0)
            return *_fresh(directory, card), cut
        first, path = segments[-2]
    with SegmentBytes(path) as segment:
        try:
            start = segment.start()
            tail = read_tail(segment.data, start, card, head)
        except (BadFrame, ValueError, BadNote) as error:
            raise broken(path, error, after=first) from error
        _check_cut(path, segment.data, tail, card, head)
        surplus = bytes(segment.data[tail.end :])
    if surplus:
        _set_aside(directory, path, surplus)
        with path.open("r+b") as file:
            file.truncate(tail.end)
            os.fsync(file.fileno())
        cut += len(surplus)
    restore_hashes(directory, card, hashes, tail)
    if head.size and hashes.root(head.size) != head.root:
        raise LogDamaged(
            f"the log was rewritten: record {head.size - 1} and those before it are not the remembered ones",
            remedy="restore the directory from a backup whose checkpoint verifies",
        )
    return Position(tail.frontier, tail.note, first, tail.end, tail.open), HeadFile(directory / HEAD), cut


def restore_hashes(directory: Path, card: Card, hashes: StoredHashes, tail: Tail) -> None:
    """Bring the hash file in line with the segments; rebuilt from all of them when it is not sound before the tail."""
    first = tail.start.first
    before = Frontier(first, tail.start.peaks)
    if not hashes.covers(first) or hashes.root(first) != before.root():
        rebuild_hashes(directory, card, hashes, until=first)
    hashes.cut(first)
    hashes.write(first, tail.stored)
    hashes.sync()


def rebuild_hashes(directory: Path, card: Card, hashes: StoredHashes, *, until: int) -> None:
    """Write the hash file anew from the segments that begin before record `until`. Raises LogDamaged."""
    frontier = Frontier()
    for position, (first, path) in enumerate(list_segments(directory)):
        if first >= until:
            break
        with SegmentBytes(path) as segment:
            try:
                begins = segment.start().frontier(card)
                if position == 0:
                    frontier = begins
                    hashes.place(begins)
                if begins.root() != frontier.root():
                    raise ValueError("does not continue the tree of the segments before it")
                stored: list[bytes] = []
                for record in records_in(segment.frames(), first):
                    frontier.append(leaf_hash(record.envelope), stored)
            except (BadFrame, ValueError, BadNote) as error:
                raise broken(path, error, after=frontier.size) from error
        hashes.write(first, stored)
