"""Verify a log from its first byte to its last, without writing anything; a server may be running on it meanwhile.

`python -m mcp_server.audit.verify DIRECTORY` prints the result as JSON: the server verifies itself in a process of its
own, so that a long log does not slow its calls.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson

from mcp_server.audit.base import read_base
from mcp_server.audit.errors import BadNote, LogDamaged
from mcp_server.audit.frames import CHECKPOINT, CONTENT, RECORD, BadFrame, Frame, decode
from mcp_server.audit.head import Head
from mcp_server.audit.keys import Card, read_card
from mcp_server.audit.merkle import Frontier, leaf_hash
from mcp_server.audit.notes import Checkpoint, open_checkpoint, parse_checkpoint, parse_note
from mcp_server.audit.recovery import remembered
from mcp_server.audit.rotation import read_rotation, rotation_in
from mcp_server.audit.segments import SegmentBytes, SegmentStart, list_segments


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was written, in words, with the place: segment, byte, record."""

    what: str
    segment: str = ""
    offset: int | None = None
    record: int | None = None

    def __str__(self) -> str:
        place = [
            f"segment {self.segment}" if self.segment else "",
            f"byte {self.offset}" if self.offset is not None else "",
            f"record {self.record}" if self.record is not None else "",
        ]
        where = ", ".join(part for part in place if part)
        return f"{where}: {self.what}" if where else self.what


@dataclass
class Verification:
    """What a verification found. Without problems, `size` records lie under the signed `root`."""

    origin: str = ""
    size: int = 0
    root: str = ""
    segments: int = 0
    checkpoints: int = 0
    unacknowledged: int = 0
    """Bytes after the last checkpoint: a commit on its way, or one torn by a crash."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems


class _Walk:
    """One pass over the log, carrying the tree from segment to segment."""

    def __init__(self, directory: Path, card: Card, head: Head | None, known: Sequence[Checkpoint]) -> None:
        self.result = Verification(origin=card.origin)
        self._directory = directory
        self._card = card
        self._head = head
        self._frontier = Frontier()
        self._signed = 0
        self._rotations: list[str] = []
        self._base = read_base(directory)
        self._confirmations: set[int] = set()
        self._roots = {checkpoint.size: checkpoint.root for checkpoint in known if checkpoint.size >= self._base.first}
        if head is not None:
            self._roots.setdefault(head.size, head.root)

    def run(self) -> Verification:
        segments = list_segments(self._directory)
        if self._base.first and segments:
            self._begin_pruned(*segments[0])
        for position, (first, path) in enumerate(segments):
            if not self._segment(first, path, last=position == len(segments) - 1):
                break
        result, frontier = self.result, self._frontier
        result.size, result.root = self._signed, frontier.root().hex()
        if result.sound:
            self._ending()
            self._keys()
            self._pruning()
        return result

    def _begin_pruned(self, first: int, path: Path) -> None:
        """Go on from the signed tree that the first kept segment carries; that it was pruned is checked at the end."""
        with contextlib.suppress(BadFrame, ValueError, BadNote), SegmentBytes(path) as segment:
            if first == self._base.first:
                self._frontier = segment.start().frontier(self._card)
                self._signed = first

    def _pruning(self) -> None:
        if self._base.record is not None and self._base.record not in self._confirmations:
            self.result.problems.append(Problem("base.json names a pruning that the log does not record"))

    def _problem(self, what: str, path: Path, offset: int | None = None, record: int | None = None) -> bool:
        self.result.problems.append(Problem(what, path.name, offset, record))
        return False

    def _segment(self, first: int, path: Path, *, last: bool) -> bool:
        self.result.segments += 1
        with SegmentBytes(path) as segment:
            try:
                start = segment.start()
                offset = decode(segment.data, 0).end
                before = start.frontier(self._card)
            except (BadFrame, ValueError, BadNote) as error:
                return self._problem(str(error), path, 0, first)
            if first != self._frontier.size or start.first != first:
                return self._problem(
                    f"begins at record {start.first}, but the log so far ends before record {self._frontier.size}: "
                    "a segment is missing or shortened", path, 0, self._frontier.size
                )  # fmt: skip
            if before.root() != self._frontier.root():
                return self._problem("does not continue the tree of the segments before it", path, 0, first)
            return self._frames(segment, start, path, offset, last=last)

    def _frames(self, segment: SegmentBytes, start: SegmentStart, path: Path, offset: int, *, last: bool) -> bool:
        frontier, sound, note = self._frontier.copy(), offset, start.checkpoint
        bound: str | None = None
        try:
            while offset < segment.size:
                frame = decode(segment.data, offset)
                if bound is not None and frame.kind != CONTENT:
                    raise BadFrame(offset, "the content of the record before it is missing")
                if frame.kind == RECORD:
                    bound = self._record(frame, frontier.size)
                    frontier.append(leaf_hash(frame.payload))
                    if frontier.size in self._roots and self._roots[frontier.size] != frontier.root():
                        raise BadFrame(
                            offset,
                            f"the first {frontier.size} records are not those of a known checkpoint",
                        )
                elif frame.kind == CONTENT:
                    if sha256(frame.payload).hexdigest() != bound:
                        raise BadFrame(offset, "content is not the one that its record names")
                    bound = None
                elif frame.kind == CHECKPOINT:
                    note = self._checkpoint(frame, frontier)
                    sound, self._frontier, self._signed = frame.end, frontier.copy(), frontier.size
                else:
                    raise BadFrame(offset, "a second start frame inside a segment")
                offset = frame.end
        except BadFrame as error:
            floor = self._head.size if self._head else 0
            if not (last and self._signed >= floor and frontier.size >= floor):
                return self._problem(error.reason, path, error.offset, frontier.size)
        if note is not None:
            try:
                open_checkpoint(note, self._card.by_id)
            except BadNote as error:
                return self._problem(f"last checkpoint: {error}", path, record=self._signed - 1)
        if sound != segment.size:
            if not last:
                return self._problem(
                    "records without a checkpoint at the end of a closed segment", path, sound, self._signed
                )
            self.result.unacknowledged = segment.size - sound
        return True

    def _record(self, frame: Frame, index: int) -> str | None:
        try:
            envelope = orjson.loads(frame.payload)
            named, origin, content = envelope["seq"], envelope["log"], envelope.get("content")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadFrame(frame.offset, "record is not a JSON envelope") from error
        if named != index or origin != self._card.origin:
            raise BadFrame(frame.offset, f"record {named} of {origin} stands in the place of record {index}")
        if self._base.confirmed_by(envelope):
            self._confirmations.add(index)
        rotation = rotation_in(envelope)
        if rotation is not None:
            self._rotations.append(rotation)
        return str(content) if content is not None else None

    def _checkpoint(self, frame: Frame, frontier: Frontier) -> str:
        try:
            note = frame.payload.decode()
            said = parse_checkpoint(parse_note(note).text)
        except (BadNote, UnicodeDecodeError) as error:
            raise BadFrame(frame.offset, f"malformed checkpoint: {error}") from error
        if said != Checkpoint(self._card.origin, frontier.size, frontier.root()):
            raise BadFrame(
                frame.offset,
                f"checkpoint over {said.size} records is not that of the {frontier.size} records before it",
            )
        self.result.checkpoints += 1
        return note

    def _keys(self) -> None:
        """Every key after the first must have been introduced by one that was trusted before it."""
        trusted = {self._card.keys[0].id: self._card.keys[0]}
        try:
            for note in (*self._card.rotations, *self._rotations):
                new = read_rotation(note, self._card.origin, trusted)
                trusted[new.id] = new
        except BadNote as error:
            self.result.problems.append(Problem(str(error)))
        strangers = [key.id.hex() for key in self._card.keys if key.id not in trusted]
        if strangers:
            what = f"log.json names the key {strangers[0]}, which no rotation record introduces"
            self.result.problems.append(Problem(what))

    def _ending(self) -> None:
        for size in sorted(self._roots):
            if size > self._signed:
                self.result.problems.append(
                    Problem(f"the log was cut: it ends with record {self._signed - 1}, but {size} records were acknowledged",
                            record=self._signed)
                )  # fmt: skip
                return
        if self._head is None:
            self.result.problems.append(Problem("the remembered high-water mark (file 'head') is missing"))


def verify(directory: Path, *, known: Sequence[Checkpoint] = (), card: Card | None = None) -> Verification:
    """Verify every frame, every digest and every checkpoint. `known`: verified checkpoints kept outside the log.

    Raises LogDamaged where there is nothing to verify: no log, or no readable name card or head.
    """
    named = read_card(directory)
    if named is None:
        raise LogDamaged(f"there is no audit log in {directory.name}", remedy="name the directory that holds log.json")
    # The head first: what it remembers is already in the segments, whatever is appended while this reads them.
    try:
        head = remembered(directory)
    except LogDamaged as error:
        return Verification(origin=named.origin, problems=[Problem(str(error))])
    try:
        return _Walk(directory, card or named, head, known).run()
    except LogDamaged as error:
        return Verification(origin=named.origin, problems=[Problem(str(error))])


def from_json(text: bytes) -> Verification:
    """The result that a verifying process printed."""
    raw = json.loads(text)
    return Verification(**{**raw, "problems": [Problem(**problem) for problem in raw["problems"]]})


if __name__ == "__main__":
    print(json.dumps(asdict(verify(Path(sys.argv[1])))))
