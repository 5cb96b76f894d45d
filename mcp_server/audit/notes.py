"""Signed notes and checkpoints in the C2SP formats (c2sp.org/signed-note, c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mcp_server.audit.errors import BadNote

_NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
MAX_NOTE: Final = 64 << 10


def check_name(name: str) -> str:
    """A key name may hold neither spaces nor '+' (c2sp.org/signed-note). Raises BadNote."""
    if not _NAME.fullmatch(name):
        raise BadNote(f"{name!r} is not a usable origin", remedy="use a name such as logs.example.org/yumen")
    return name


class NoteKey(Protocol):
    """A public key that can verify a signature line, of whatever kind."""

    @property
    def name(self) -> str: ...
    @property
    def id(self) -> bytes: ...

    def verify(self, text: bytes, signature: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A public key with its name, as c2sp.org/signed-note has it; a subclass is one signature type."""

    TYPE: ClassVar[bytes]
    BYTES: ClassVar[int] = 32
    KIND: ClassVar[str]

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.TYPE + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The form 'name+id+key'."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self.TYPE + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadNote."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise BadNote("a verifier key is not in the form name+id+key") from error
        if raw[:1] != cls.TYPE or len(raw) != 1 + cls.BYTES:
            raise BadNote(f"a verifier key is not an {cls.KIND} key")
        key = cls(check_name(name), raw[1:])
        if key.id.hex() != key_id:
            raise BadNote("a verifier key's id does not match its key")
        return key


@dataclass(frozen=True, slots=True)
class VerifierKey(NamedKey):
    """The Ed25519 key that a log signs its notes with."""

    TYPE = b"\x01"
    KIND = "Ed25519"

    def verify(self, text: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """An Ed25519 private key that signs notes under a name."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(check_name(name), self._private.public_key().public_bytes_raw())
        self._prefix = f"\u2014 {name} "
        self._id = self.verifier.id

    def raw(self, message: bytes) -> bytes:
        """The bare Ed25519 signature over `message`, which must begin like no note does."""
        return self._private.sign(message)

    def line(self, text: str) -> str:
        """The signature line for a note text, which must end in a newline."""
        signature = self._private.sign(text.encode())
        return f"{self._prefix}{base64.b64encode(self._id + signature).decode()}\n"

    def sign(self, text: str) -> str:
        """The whole note: text, empty line, signature."""
        return f"{text}\n{self.line(text)}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: a log of this origin has this many leaves under this root."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def short(self) -> str:
        """'origin size base64root', on one line, for answers and receipts."""
        return f"{self.origin} {self.size} {base64.b64encode(self.root).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing in it is verified."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]
    """(key name, key id, signature), in the order of the note."""


def parse_note(data: bytes | str) -> Note:
    """Take a signed note apart. Raises BadNote."""
    try:
        note = data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError as error:
        raise BadNote("a signed note is not UTF-8") from error
    text, separator, tail = note.rpartition("\n\n")
    if not separator or len(note) > MAX_NOTE or not tail.endswith("\n"):
        raise BadNote("a signed note is cut off or has no signature")
    signatures = []
    for line in tail[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise BadNote("a signature line is not base64") from error
        if dash != "\u2014" or not name or len(raw) < 5:
            raise BadNote("a signature line is malformed")
        signatures.append((name, raw[:4], raw[4:]))
    return Note(text + "\n", tuple(signatures))


def parse_checkpoint(text: str) -> Checkpoint:
    """The three lines of a checkpoint body; extension lines are kept out. Raises BadNote."""
    lines = text.split("\n")
    try:
        origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError, binascii.Error) as error:
        raise BadNote("a checkpoint does not have origin, size and root") from error
    if not origin or not size.isascii() or not size.isdigit() or str(int(size)) != size or len(root) != 32:
        raise BadNote("a checkpoint's origin, size or root is malformed")
    return Checkpoint(origin, int(size), root)


def open_checkpoint(data: bytes | str, keys: Mapping[bytes, NoteKey]) -> Checkpoint:
    """The checkpoint in a note that one of `keys` (by key id) signed with Ed25519. Raises BadNote.

    Signatures by unknown keys are passed over, one by a known key that does not verify is fatal (signed-note §Verifying).
    """
    note = parse_note(data)
    verified = 0
    for name, key_id, signature in note.signatures:
        key = keys.get(key_id)
        if key is None or key.name != name:
            continue
        if not key.verify(note.text.encode(), signature):
            raise BadNote("a checkpoint's signature is forged or its text was changed")
        verified += isinstance(key, VerifierKey)
    if not verified:
        raise BadNote("a checkpoint is not signed by a key of this log")
    return parse_checkpoint(note.text)
