"""Read records of a log that another process may be writing: one by index, or all from an index on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from mcp_server.audit.errors import NoSuchRecord
from mcp_server.audit.frames import CONTENT, RECORD, BadFrame, decode
from mcp_server.audit.recovery import remembered
from mcp_server.audit.segments import SegmentBytes, StoredRecord, broken, list_segments, records_in, segment_path

FOLDER = "audit"
"""The log's directory inside the server's data directory."""


def acknowledged(directory: Path) -> int:
    """How many records the log has promised; later ones may still be on their way to the disk."""
    head = remembered(directory)
    return head.size if head else 0


def records(directory: Path, start: int = 0, *, until: int | None = None) -> Iterator[StoredRecord]:
    """Every acknowledged record from index `start` on, in order. Raises LogDamaged at a frame that is not sound."""
    end = acknowledged(directory) if until is None else until
    segments = list_segments(directory)
    position = max(0, bisect_right([first for first, _ in segments], start) - 1)
    for first, path in segments[position:]:
        if first >= end:
            return
        with SegmentBytes(path) as segment:
            try:
                for record in records_in(segment.frames(), first):
                    if record.index >= end:
                        return
                    if record.index >= start:
                        yield record
            except BadFrame as error:
                raise broken(path, error) from error


class Tailer:
    """Reads a log forward from an index on, a bounded batch at a time, going on where it stopped."""

    def __init__(self, directory: Path, start: int) -> None:
        self._directory = directory
        self._segment = -1
        self._offset = 0
        self._at = start
        """Index of the record at `_offset`, once `_segment` is known; before that, where to begin."""

    def read(self, until: int, limit: int) -> list[StoredRecord]:
        """At most `limit` records before index `until`. Raises LogDamaged at a frame that is not sound."""
        found: list[StoredRecord] = []
        while self._at < until and len(found) < limit:
            if self._segment < 0 and not self._place():
                break
            if not self._take(found, until, limit):
                self._segment = -1
        return found

    def _place(self) -> bool:
        """Find the segment that holds the next record, and the record in it."""
        segments = list_segments(self._directory)
        position = bisect_right([first for first, _ in segments], self._at) - 1
        if position < 0:
            return False
        first, path = segments[position]
        with SegmentBytes(path) as segment:
            try:
                offset, index = decode(segment.data, 0).end, first
                while index < self._at and offset < segment.size:
                    frame = decode(segment.data, offset)
                    index += frame.kind == RECORD
                    offset = frame.end
            except BadFrame as error:
                raise broken(path, error) from error
        self._segment, self._offset = first, offset
        return True

    def _take(self, found: list[StoredRecord], until: int, limit: int) -> bool:
        """Take records from the current segment; False when it has no more of them."""
        path = segment_path(self._directory, self._segment)
        with SegmentBytes(path) as segment:
            try:
                offset, last = self._offset, 0
                while offset < segment.size and self._at < until and len(found) < limit:
                    frame = decode(segment.data, offset)
                    if frame.kind == RECORD:
                        content = None
                        end = frame.end
                        beside = decode(segment.data, end) if end < segment.size else None
                        if beside is not None and beside.kind == CONTENT:
                            content, end = beside.payload, beside.end
                        found.append(StoredRecord(self._at, frame.payload, content, offset))
                        self._at += 1
                        frame_end, last = end, 1
                    else:
                        frame_end = frame.end
                    self._offset = offset = frame_end
            except BadFrame as error:
                raise broken(path, error) from error
        return bool(last)


def record(directory: Path, index: int) -> StoredRecord:
    """One acknowledged record. Raises NoSuchRecord, LogDamaged."""
    for found in records(directory, index):
        return found
    raise NoSuchRecord(f"the log has no record {index}")


_LONGEST_CALL = 3_600_000_000
"""Microseconds from the beginning of a call to the last of its records, at most."""


def records_of_call(directory: Path, call: str) -> list[StoredRecord]:
    """The records of the call with this id, in order. Raises NoSuchRecord, LogDamaged.

    The id is a UUIDv7, which begins with the time (RFC 9562 §5.7): segments that were begun later are not looked at.
    """
    try:
        began = (UUID(call).int >> 80) * 1000
    except ValueError:
        raise NoSuchRecord(f"{call!r:.80} is neither the index of a record nor the id of a call") from None
    start = 0
    for first, _ in list_segments(directory):
        head = next(iter(records(directory, first)), None)
        if head is not None and head.fields()["time"] <= began:
            start = first
    found = []
    for each in records(directory, start):
        fields = each.fields()
        if fields["id"] == call:
            found.append(each)
        elif fields["time"] > began + _LONGEST_CALL:
            break
    if not found:
        raise NoSuchRecord(f"the log has no record of the call {call}")
    return found


def record_at(directory: Path, segment_first: int, offset: int, index: int) -> StoredRecord:
    """One record whose place is known. Raises NoSuchRecord when something else is there."""
    path = segment_path(directory, segment_first)
    try:
        with SegmentBytes(path) as segment:
            frame = decode(segment.data, offset)
            if frame.kind != RECORD:
                raise NoSuchRecord(f"record {index} is not where the index says")
            content = None
            if frame.end < segment.size:
                beside = decode(segment.data, frame.end)
                content = beside.payload if beside.kind == CONTENT else None
    except (FileNotFoundError, BadFrame) as error:
        raise NoSuchRecord(f"record {index} is not where the index says") from error
    found = StoredRecord(index, frame.payload, content, offset)
    if found.fields().get("seq") != index:
        raise NoSuchRecord(f"record {index} is not where the index says")
    return found
