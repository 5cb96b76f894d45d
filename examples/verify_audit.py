#!/usr/bin/env python3
"""Verify evidence from a Yumen audit log without Yumen: the standard library and `cryptography` are all it needs.

    verify_audit.py record   NAME.tlog-proof NAME.json --key VKEY     one record is in the log
    verify_audit.py grown    OLD.checkpoint NEW.consistency --key VKEY  the log only grew between two checkpoints
    verify_audit.py tiles    DIR --key VKEY                            every record of an exported log
    verify_audit.py segments DIR --key VKEY                            every frame of a log's own segment files

VKEY is the log's first public key in the C2SP form 'name+id+key', obtained from somebody other than whoever gave you
the evidence. With `tiles` and `segments`, later keys are accepted as rotation records, or the log.json beside the segments,
introduce them.
With `--second-key VKEY`, the log's ML-DSA-44 key, the checkpoint must carry its signature, too; that needs
`cryptography` 47 or newer with ML-DSA, and without it nothing is verified.
Exit code 0: verified. 1: not. Nothing in here was written by the authors of the evidence but the evidence.

Formats: RFC 6962 §2.1 (tree), c2sp.org/signed-note, /tlog-checkpoint, /tlog-cosignature, /tlog-proof, /tlog-tiles.
"""

from __future__ import annotations

import argparse
import base64
import json
import struct
import sys
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Unverified(Exception):
    """The evidence does not hold; the message says why."""


# -- signed notes ------------------------------------------------------------------------------------------------------


class Keys:
    """Trusted public keys by id, and the ML-DSA-44 key that must have signed as well, if one is asked for."""

    def __init__(self, first: str, second: str | None = None) -> None:
        self.known: dict[bytes, tuple[str, Ed25519PublicKey]] = {}
        self.second = second
        self.add(first)

    def add(self, vkey: str) -> bytes:
        name, key_id, encoded = vkey.strip().split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        if raw[:1] != b"\x01" or sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != key_id:
            raise Unverified(f"not an Ed25519 verifier key: {vkey}")
        self.known[bytes.fromhex(key_id)] = (name, Ed25519PublicKey.from_public_bytes(raw[1:]))
        return bytes.fromhex(key_id)


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Text, and (name, key id, signature) of each signature line."""
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise Unverified("a signed note is cut off")
    lines = []
    for line in tail[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        raw = base64.b64decode(encoded, validate=True)
        if dash != "\u2014" or len(raw) < 5:
            raise Unverified("a signature line is malformed")
        lines.append((name, raw[:4], raw[4:]))
    return text + "\n", lines


def signers(note: str, keys: Keys) -> tuple[str, set[bytes]]:
    """The text of a note and the ids of the trusted keys that signed it."""
    text, lines = split_note(note)
    good = set()
    for name, key_id, signature in lines:
        if keys.known.get(key_id, ("", None))[0] == name:
            try:
                keys.known[key_id][1].verify(signature, text.encode())
            except InvalidSignature:
                raise Unverified("a signature by a trusted key does not verify") from None
            good.add(key_id)
    return text, good


def checkpoint(note: str, keys: Keys) -> tuple[str, int, bytes]:
    """(origin, size, root) of a checkpoint that a trusted key signed, and the second key, if one is asked for."""
    text, good = signers(note, keys)
    if not good:
        raise Unverified("a checkpoint is not signed by a trusted key")
    origin, size, root, *_ = text.split("\n")
    said = origin, int(size), base64.b64decode(root, validate=True)
    if keys.second is not None:
        second_signature(note, keys.second, *said)
    return said


def second_signature(note: str, vkey: str, origin: str, size: int, root: bytes) -> None:
    """ML-DSA-44 over the whole tree (c2sp.org/tlog-cosignature §ML-DSA-44 signed message)."""
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        raise Unverified("the second signature cannot be checked: this 'cryptography' has no ML-DSA") from None
    name, key_id, encoded = vkey.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if raw[:1] != b"\x06" or sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != key_id:
        raise Unverified(f"not an ML-DSA-44 verifier key: {vkey[:60]}…")
    for signer, signed_id, signature in split_note(note)[1]:
        if (signer, signed_id.hex()) != (name, key_id):
            continue
        names = [bytes([len(each.encode())]) + each.encode() for each in (name, origin)]
        message = b"subtree/v1\n\0" + names[0] + signature[:8] + names[1] + struct.pack(">QQ", 0, size) + root
        try:
            MLDSA44PublicKey.from_public_bytes(raw[1:]).verify(signature[8:], message)
        except InvalidSignature:
            raise Unverified("the second signature does not verify") from None
        except UnsupportedAlgorithm:
            raise Unverified("the second signature cannot be checked: this 'cryptography' has no ML-DSA") from None
        return
    raise Unverified("the checkpoint does not carry the second signature")


def take_rotations(directory: Path, keys: Keys) -> None:
    """Trust the keys that the log's name card introduces: the records that did so may be pruned."""
    card = directory / "log.json"
    if card.is_file():
        said = json.loads(card.read_bytes())
        for note in said.get("rotations", ()):
            take_statement(note, said["origin"], keys)


def take_rotation(envelope: dict, keys: Keys) -> None:
    """Trust the key that a rotation record introduces."""
    if envelope.get("event") == "log.key-rotated":
        take_statement(envelope["details"]["statement"], envelope["log"], keys)


def take_statement(note: str, origin: str, keys: Keys) -> None:
    """Trust the new key of a rotation statement that an already trusted key and the new key signed."""
    lines = split_note(note)[0].split("\n")
    if lines[0] != "yumen audit key rotation v1" or lines[1] != origin:
        raise Unverified("a key rotation is not of this log")
    trial = Keys(lines[2])
    old = next(iter(trial.known))
    new = trial.add(lines[3])
    if old not in keys.known or signers(note, trial)[1] != {old, new}:
        raise Unverified("a key rotation is not signed by a trusted key and the new one")
    keys.add(lines[3])


# -- the tree ----------------------------------------------------------------------------------------------------------


def leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """Grows leaf by leaf; knows its root at any moment."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, digest: bytes) -> None:
        count = self.size
        while count & 1:
            digest = node(self.peaks.pop(), digest)
            count >>= 1
        self.peaks.append(digest)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return sha256(b"").digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node(peak, root)
        return root


def climb(index: int, size: int, steps: list[bytes], digest: bytes) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.2)."""
    at, last = index, size - 1
    for step in steps:
        if last == 0:
            raise Unverified("the proof is too long")
        if at & 1 or at == last:
            digest = node(step, digest)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = node(digest, step)
        at, last = at >> 1, last >> 1
    if last:
        raise Unverified("the proof is too short")
    return digest


def grown(old: int, old_root: bytes, new: int, new_root: bytes, steps: list[bytes]) -> bool:
    """RFC 9162 §2.1.4.2."""
    if old in (0, new):
        return not steps and (old == 0 or old_root == new_root)
    path = ([old_root] if old & (old - 1) == 0 else []) + steps
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not path or old > new:
        return False
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(step, first), node(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


# -- what can be verified ----------------------------------------------------------------------------------------------


def verify_record(proof: Path, record: Path, keys: Keys) -> str:
    head, gap, note = proof.read_text().partition("\n\n")
    lines = [line for line in head.split("\n") if not line.startswith("extra ")]
    if not gap or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise Unverified("this is not a tlog-proof")
    index = int(lines[1].split(" ")[1])
    origin, size, root = checkpoint(note, keys)
    envelope = record.read_bytes()
    if (
        not 0 <= index < size
        or climb(index, size, [base64.b64decode(line) for line in lines[2:]], leaf(envelope)) != root
    ):
        raise Unverified("the proof does not lead from this record to the signed root")
    said = json.loads(envelope)
    if said["seq"] != index or said["log"] != origin:
        raise Unverified("the record is not the one that the proof is about")
    return f"record {index} is in the log {origin} of {size} records"


def verify_grown(old: Path, new: Path, keys: Keys) -> str:
    origin, size, root = checkpoint(old.read_text(), keys)
    head, gap, note = new.read_text().partition("\n\n")
    lines = head.split("\n")
    newer, new_size, new_root = checkpoint(note, keys)
    if not gap or lines[0] != f"old {size}" or newer != origin:
        raise Unverified("the proof is about another checkpoint")
    if not grown(size, root, new_size, new_root, [base64.b64decode(line) for line in lines[1:]]):
        raise Unverified("the newer log does not continue the older one: it was rewritten")
    return f"the log {origin} grew from {size} to {new_size} records, and nothing before was changed"


def tile_path(level: str, index: int, width: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(parts)}" + (f".p/{width}" if width < 256 else "")


def verify_tiles(directory: Path, keys: Keys) -> str:
    note = (directory / "checkpoint").read_text()
    size = int(note.split("\n")[1])
    tree = Tree()
    for bundle in range((size + 255) // 256):
        width = min(256, size - bundle * 256)
        data = (directory / tile_path("entries", bundle, width)).read_bytes()
        leaves, at = [], 0
        while at < len(data):
            (length,) = struct.unpack_from(">H", data, at)
            entry = data[at + 2 : at + 2 + length]
            at += 2 + length
            envelope = json.loads(entry)
            if envelope["seq"] != tree.size:
                raise Unverified(f"entry {tree.size} calls itself {envelope['seq']}")
            take_rotation(envelope, keys)
            leaves.append(leaf(entry))
            tree.append(leaves[-1])
        if b"".join(leaves) != (directory / tile_path("0", bundle, width)).read_bytes():
            raise Unverified(f"tile {bundle} does not hold the hashes of its entries")
    return _signed(note, tree, keys)


def continue_pruned(path: Path, tree: Tree, keys: Keys) -> str:
    """Of a pruned log, go on from the tree that the first kept segment carries under a signed checkpoint."""
    data = path.read_bytes()
    start = json.loads(data[9 : 9 + struct.unpack_from("<I", data)[0]])
    tree.size, tree.peaks = start["first"], [bytes.fromhex(peak) for peak in start["peaks"]]
    _signed(start["checkpoint"], tree, keys)
    return start["checkpoint"]


def verify_segments(directory: Path, keys: Keys) -> str:
    folder = directory / "segments" if (directory / "segments").is_dir() else directory
    take_rotations(directory, keys)
    tree, note, covered = Tree(), None, Tree()
    for position, path in enumerate(sorted(folder.glob("*.seg"))):
        if position == 0 and int(path.stem):
            note = continue_pruned(path, tree, keys)
            covered.size = tree.size
        if int(path.stem) != covered.size:
            raise Unverified(f"{path.name}: the records before it are missing")
        data, at, content = path.read_bytes(), 0, None
        while at < len(data):
            if len(data) - at < 9:
                raise Unverified(f"{path.name}, byte {at}: cut off")
            length, checksum, kind = struct.unpack_from("<IIB", data, at)
            payload = data[at + 9 : at + 9 + length]
            if len(payload) != length or crc32(payload, crc32(struct.pack("<IB", length, kind))) != checksum:
                raise Unverified(f"{path.name}, byte {at}, record {tree.size}: cut off or changed")
            at += 9 + length
            if kind == 2:
                envelope = json.loads(payload)
                if envelope["seq"] != tree.size:
                    raise Unverified(f"{path.name}: record {envelope['seq']} stands in the place of {tree.size}")
                take_rotation(envelope, keys)
                tree.append(leaf(payload))
                content = envelope.get("content")
            elif kind == 3 and sha256(payload).hexdigest() != content:
                raise Unverified(f"{path.name}, record {tree.size - 1}: its content was changed")
            elif kind == 4:
                note = payload.decode()
                lines = note.split("\n")
                if int(lines[1]) != tree.size or base64.b64decode(lines[2]) != tree.root():
                    raise Unverified(f"{path.name}, byte {at}: the checkpoint is not that of the records before it")
                covered.size = tree.size
        if covered.size != tree.size:
            raise Unverified(f"{path.name}: records at its end are under no checkpoint")
    if note is None:
        raise Unverified("there is no checkpoint")
    return _signed(note, tree, keys)


def _signed(note: str, tree: Tree, keys: Keys) -> str:
    origin, size, root = checkpoint(note, keys)
    if size != tree.size or root != tree.root():
        raise Unverified(f"the {tree.size} records do not have the signed root")
    return f"all {size} records of the log {origin} are under its signed root {root.hex()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    for name, function, files in (
        ("record", verify_record, ("PROOF", "RECORD")),
        ("grown", verify_grown, ("OLD", "NEW")),
        ("tiles", verify_tiles, ("DIR",)),
        ("segments", verify_segments, ("DIR",)),
    ):
        verb = verbs.add_parser(name)
        for file in files:
            verb.add_argument(file, type=Path)
        verb.add_argument("--key", required=True, metavar="VKEY", help="the log's first public key")
        verb.add_argument("--second-key", metavar="VKEY", help="the log's ML-DSA-44 key, which must have signed, too")
        verb.set_defaults(function=function, files=files)
    arguments = parser.parse_args()
    try:
        keys = Keys(arguments.key, arguments.second_key)
        said = arguments.function(*(getattr(arguments, file) for file in arguments.files), keys)
    except (Unverified, OSError, ValueError, KeyError, IndexError, TypeError) as problem:
        print(f"NOT VERIFIED: {problem}")
        return 1
    print(f"VERIFIED: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
