"""Segment files: how they are named, how each begins, and how they are read in order.

A segment is named by the index of its first record. It begins with a frame that carries the tree so far (size, peaks,
the last signed checkpoint), the length of the segment before it, and the intents that are still open, so that a
segment can be checked and continued without reading the ones before it.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mcp_server.audit.errors import BadNote, LogDamaged
from mcp_server.audit.frames import CONTENT, RECORD, SEGMENT, BadFrame, Frame, decode, encode, scan
from mcp_server.audit.keys import Card
from mcp_server.audit.merkle import Frontier
from mcp_server.audit.notes import Checkpoint, open_checkpoint

FOLDER = "segments"
SUFFIX = ".seg"


def segment_path(directory: Path, first: int) -> Path:
    return directory / FOLDER / f"{first:020d}{SUFFIX}"


def list_segments(directory: Path) -> list[tuple[int, Path]]:
    """(first index, path) of every segment, in order. Raises LogDamaged for a file that does not belong."""
    folder = directory / FOLDER
    found = []
    for entry in os.scandir(folder) if folder.is_dir() else ():
        stem, suffix = os.path.splitext(entry.name)
        if suffix != SUFFIX or len(stem) != 20 or not stem.isdigit() or not entry.is_file(follow_symlinks=False):
            raise LogDamaged(
                f"{FOLDER}/{entry.name} is not a segment",
                remedy="move it out of the log's directory and look at who put it there",
            )
        found.append((int(stem), Path(entry.path)))
    return sorted(found)


@dataclass(frozen=True, slots=True)
class SegmentStart:
    """The first frame of a segment: where it continues from."""

    origin: str
    first: int
    peaks: tuple[bytes, ...]
    checkpoint: str | None
    """The signed note that covers everything before; None for the first segment of a log."""
    previous_first: int | None = None
    previous_bytes: int = 0
    open: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Intents without an outcome yet: index -> what their outcome.unknown record needs."""

    def encode(self) -> bytes:
        card = {
            "format": 1,
            "origin": self.origin,
            "first": self.first,
            "peaks": [peak.hex() for peak in self.peaks],
            "checkpoint": self.checkpoint,
            "previous": [self.previous_first, self.previous_bytes],
            "open": {str(index): dict(intent) for index, intent in self.open.items()},
        }
        return encode(SEGMENT, orjson.dumps(card, option=orjson.OPT_SORT_KEYS))

    @classmethod
    def decode(cls, payload: bytes) -> SegmentStart:
        """Raises ValueError."""
        try:
            card: dict[str, Any] = json.loads(payload)
            if card["format"] != 1:
                raise ValueError("unknown segment format")
            return cls(
                origin=card["origin"],
                first=card["first"],
                peaks=tuple(bytes.fromhex(peak) for peak in card["peaks"]),
                checkpoint=card["checkpoint"],
                previous_first=card["previous"][0],
                previous_bytes=card["previous"][1],
                open={int(index): intent for index, intent in card["open"].items()},
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(f"malformed segment start: {error}") from error

    def frontier(self, card: Card) -> Frontier:
        """The tree before this segment, checked against the signed checkpoint. Raises ValueError, BadNote."""
        frontier = Frontier(self.first, self.peaks)
        if self.origin != card.origin:
            raise ValueError(f"segment belongs to the log {self.origin!r}")
        if self.checkpoint is None:
            if self.first != 0:
                raise ValueError("segment does not carry the checkpoint before it")
            return frontier
        before = open_checkpoint(self.checkpoint, card.by_id)
        if before != Checkpoint(card.origin, self.first, frontier.root()):
            raise ValueError("segment's tree is not the one its checkpoint signs")
        return frontier


class SegmentBytes:
    """The bytes of one segment, mapped for reading."""

    def __init__(self, path: Path, *, limit: int | None = None) -> None:
        self.path = path
        with path.open("rb") as file:
            self.size = os.fstat(file.fileno()).st_size if limit is None else limit
            self._map = mmap.mmap(file.fileno(), self.size, access=mmap.ACCESS_READ) if self.size else None
        self.data: memoryview = memoryview(self._map) if self._map is not None else memoryview(b"")

    def __enter__(self) -> SegmentBytes:
        return self

    def __exit__(self, *_: object) -> None:
        self.data.release()
        if self._map is not None:
            self._map.close()

    def start(self) -> SegmentStart:
        """The parsed first frame. Raises BadFrame, ValueError."""
        frame = decode(self.data, 0)
        if frame.kind != SEGMENT:
            raise BadFrame(0, "a segment does not begin with its start frame")
        return SegmentStart.decode(frame.payload)

    def frames(self) -> Iterator[Frame]:
        """Every frame after the first. Raises BadFrame."""
        return scan(self.data, decode(self.data, 0).end)

    def frames_from(self, offset: int) -> Iterator[Frame]:
        """Every frame from a known frame's place on. Raises BadFrame."""
        return scan(self.data, offset)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record as it lies in a segment: its index, its canonical envelope, and its sealed content, if any."""

    index: int
    envelope: bytes
    content: bytes | None
    offset: int

    def fields(self) -> dict[str, Any]:
        parsed: dict[str, Any] = orjson.loads(self.envelope)
        return parsed


def records_in(frames: Iterator[Frame], first: int) -> Iterator[StoredRecord]:
    """Group the frames of a segment into records, starting at index `first`."""
    index, held = first, None
    for frame in frames:
        if frame.kind == CONTENT and held is not None:
            yield StoredRecord(index, held.payload, frame.payload, held.offset)
            index, held = index + 1, None
            continue
        if held is not None:
            yield StoredRecord(index, held.payload, None, held.offset)
            index, held = index + 1, None
        if frame.kind == RECORD:
            held = frame
    if held is not None:
        yield StoredRecord(index, held.payload, None, held.offset)


def broken(path: Path, error: BadFrame | ValueError | BadNote, *, after: int | None = None) -> LogDamaged:
    """A LogDamaged that names the segment and the frame."""
    place = f"segment {path.name}"
    last = f"; the last sound record is {after - 1}" if after else ""
    return LogDamaged(
        f"{place}: {error}{last}",
        remedy="nothing was changed; copy the directory, run 'yumen audit verify', and restore what is damaged",
    )
