"""Proofs as files that outlive the log: one record's inclusion, and one checkpoint's growth into another.

Formats: c2sp.org/tlog-proof for a record; for consistency the body of a c2sp.org/tlog-witness request, which is an old
size, the proof of RFC 6962 §2.1.2 and the newer signed checkpoint.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mcp_server.audit.errors import BadNote, LogDamaged, NoSuchRecord
from mcp_server.audit.frames import CHECKPOINT, BadFrame
from mcp_server.audit.merkle import consistency_proof, consistent, included, inclusion_proof, leaf_hash
from mcp_server.audit.notes import Checkpoint, VerifierKey, open_checkpoint, parse_checkpoint, parse_note
from mcp_server.audit.reading import acknowledged, record
from mcp_server.audit.segments import SegmentBytes, broken, list_segments
from mcp_server.audit.tailed import TailedHashes

PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_STEPS: Final = 63


@dataclass(frozen=True, slots=True)
class RecordProof:
    """Inclusion of the record at `index` under the checkpoint of a signed note."""

    index: int
    path: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The c2sp.org/tlog-proof form."""
        return "\n".join([PROOF_HEADER, f"index {self.index}", *map(_b64, self.path), "", self.note])

    @classmethod
    def parse(cls, text: str) -> RecordProof:
        """Raises BadNote."""
        head, separator, note = text.partition("\n\n")
        lines = head.split("\n")
        if not separator or lines[0] != PROOF_HEADER:
            raise BadNote("this is not a tlog-proof", remedy="'yumen audit prove' writes one")
        rest = [line for line in lines[1:] if not line.startswith("extra ")]
        return cls(_number(rest[0] if rest else "", "index "), _hashes(rest[1:]), note)

    def verify(self, envelope: bytes, keys: Mapping[bytes, VerifierKey]) -> Checkpoint:
        """The verified checkpoint that covers the record. Raises BadNote."""
        checkpoint = open_checkpoint(self.note, keys)
        if not included(leaf_hash(envelope), self.index, checkpoint.size, self.path, checkpoint.root):
            raise BadNote("the proof does not lead from this record to the checkpoint's root")
        return checkpoint


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """The log of `old` records is a prefix of the one that the signed note covers."""

    old: int
    path: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        return "\n".join([f"old {self.old}", *map(_b64, self.path), "", self.note])

    @classmethod
    def parse(cls, text: str) -> ConsistencyProof:
        """Raises BadNote."""
        head, separator, note = text.partition("\n\n")
        lines = head.split("\n")
        if not separator:
            raise BadNote("this is not a consistency proof")
        return cls(_number(lines[0], "old "), _hashes(lines[1:]), note)

    def verify(self, before: Checkpoint, keys: Mapping[bytes, VerifierKey]) -> Checkpoint:
        """The verified newer checkpoint, given the older one. Raises BadNote."""
        after = open_checkpoint(self.note, keys)
        if before.origin != after.origin or before.size != self.old:
            raise BadNote("the proof is about another checkpoint")
        if not consistent(before.size, before.root, after.size, after.root, self.path):
            raise BadNote("the newer checkpoint does not continue the older one: the log was rewritten")
        return after


def _b64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _number(line: str, prefix: str) -> int:
    digits = line.removeprefix(prefix)
    if not line.startswith(prefix) or not digits.isascii() or not digits.isdigit() or str(int(digits)) != digits:
        raise BadNote(f"a line {prefix.strip()!r} with a number is missing")
    return int(digits)


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    try:
        steps = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (ValueError, binascii.Error) as error:
        raise BadNote("a proof step is not base64") from error
    if len(steps) > MAX_STEPS or any(len(step) != 32 for step in steps):
        raise BadNote("a proof step is not a SHA-256 hash")
    return steps


def signed_note(directory: Path, size: int | None = None) -> str:
    """The log's signed checkpoint over exactly `size` records; the newest acknowledged one without it.

    Raises NoSuchRecord (no checkpoint of that size was ever signed), LogDamaged.
    """
    wanted = acknowledged(directory) if size is None else size
    nearest = 0
    for first, path in reversed(list_segments(directory)):
        if first > wanted:
            continue
        with SegmentBytes(path) as segment:
            try:
                start = segment.start()
                if start.first == wanted and start.checkpoint is not None:
                    return start.checkpoint
                for frame in segment.frames():
                    if frame.kind != CHECKPOINT:
                        continue
                    note = frame.payload.decode()
                    covered = parse_checkpoint(parse_note(note).text).size
                    if covered == wanted:
                        return note
                    if covered > wanted:
                        break
                    nearest = covered
            except (BadFrame, ValueError, BadNote) as error:
                raise broken(path, error) from error
        break
    raise NoSuchRecord(
        f"no checkpoint over exactly {wanted} records was signed", remedy=f"the nearest one before it covers {nearest}"
    )


def prove_record(directory: Path, index: int, *, size: int | None = None) -> tuple[RecordProof, bytes]:
    """The proof of a record, checked before it is handed out, and the record's envelope. Raises NoSuchRecord, LogDamaged."""
    envelope = record(directory, index).envelope
    note = signed_note(directory, size)
    checkpoint = parse_checkpoint(parse_note(note).text)
    hashes = TailedHashes(directory, checkpoint.size)
    try:
        path = tuple(inclusion_proof(index, checkpoint.size, hashes.node))
    except ValueError as error:
        raise NoSuchRecord(f"record {index} is not among the first {checkpoint.size}") from error
    finally:
        hashes.close()
    if not included(leaf_hash(envelope), index, checkpoint.size, path, checkpoint.root):
        raise LogDamaged(f"record {index} cannot be proved", remedy="run 'yumen audit verify'")
    return RecordProof(index, path, note), envelope


def prove_consistency(directory: Path, old: int, new: int | None = None) -> ConsistencyProof:
    """The proof that the log of `old` records became that of `new`. Raises NoSuchRecord, LogDamaged."""
    note = signed_note(directory, new)
    checkpoint = parse_checkpoint(parse_note(note).text)
    hashes = TailedHashes(directory, checkpoint.size)
    try:
        path = tuple(consistency_proof(old, checkpoint.size, hashes.node))
        before = hashes.root(old)
    except ValueError as error:
        raise NoSuchRecord(f"the log does not grow from {old} to {checkpoint.size} records") from error
    finally:
        hashes.close()
    if not consistent(old, before, checkpoint.size, checkpoint.root, path):
        raise LogDamaged("the file of tree hashes is not sound", remedy="run 'yumen audit verify'")
    return ConsistencyProof(old, path, note)
