"""The keys of the log: what signs its checkpoints and what keys its digests; and the log's name card, `log.json`."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from mcp_server.audit.errors import BadNote, LogDamaged
from mcp_server.audit.mldsa import SecondKey, SecondSigner
from mcp_server.audit.notes import Checkpoint, NoteKey, Signer, VerifierKey
from mcp_server.audit.settings import AuditSettings
from mcp_server.secrets import KEY_BYTES, KeyUnusable, key_file, referenced

CARD = "log.json"
KEYS = "keys"


def write_durably(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a whole file so that after a power cut it is either the old one or the new one."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def own_or_referenced(reference: str, own: Path, what: str, *, create: bool) -> bytes:
    """The 32 bytes behind a reference or, without one, in the log's own key file, made on first start. Raises KeyUnusable."""
    if reference:
        return referenced(reference, what)
    if create and not own.exists():
        own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(own, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return key_file(own, what)


@dataclass(frozen=True, slots=True)
class Card:
    """What the directory says it is: the log's origin and the public keys that sign its checkpoints, oldest first."""

    origin: str
    keys: tuple[VerifierKey, ...]
    mirror: bool = False
    """Whether the directory is a replica's copy of a log in PostgreSQL."""
    second: tuple[SecondKey, ...] = ()
    """ML-DSA-44 keys that sign checkpoints, too."""
    rotations: tuple[str, ...] = ()
    """The statements that introduced every key but the first: records of the log, kept here for when those are pruned."""

    @property
    def by_id(self) -> dict[bytes, NoteKey]:
        every: tuple[NoteKey, ...] = (*self.keys, *self.second)
        return {key.id: key for key in every}

    def write(self, directory: Path) -> None:
        card = {"format": 1, "origin": self.origin, "keys": [key.text for key in self.keys]}
        card |= {"mirror": True} if self.mirror else {}
        card |= {"second": [key.text for key in self.second]} if self.second else {}
        card |= {"rotations": list(self.rotations)} if self.rotations else {}
        write_durably(directory / CARD, json.dumps(card, indent=2).encode() + b"\n", mode=0o644)


def read_card(directory: Path) -> Card | None:
    """The name card, or None where there is no log yet. Raises LogDamaged."""
    try:
        raw = json.loads((directory / CARD).read_bytes())
        keys = tuple(VerifierKey.parse(text) for text in raw["keys"])
        second = tuple(SecondKey.parse(text) for text in raw.get("second", ()))
        rotations = tuple(map(str, raw.get("rotations", ())))
        card = Card(str(raw["origin"]), keys, raw.get("mirror") is True, second, rotations)
        if raw["format"] != 1 or not keys:
            raise ValueError("unknown format")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, BadNote) as error:
        raise LogDamaged(
            "log.json, which names the log and its keys, is not readable",
            remedy="restore it from a backup",
            detail=str(error),
        ) from error
    return card


def check_store(directory: Path, *, mirror: bool) -> None:
    """Raises LogDamaged where a copy would be written as if it were the log, or the other way round."""
    card = read_card(directory)
    if card is None or card.mirror == mirror:
        return
    if card.mirror:
        raise LogDamaged(
            "this directory is a replica's copy of a log in PostgreSQL, which nothing else may write",
            remedy="name the server's yumen.toml with --config, or set audit.postgres",
        )
    raise LogDamaged(
        "this directory holds a log of its own, not a copy of one in PostgreSQL",
        remedy="give each replica a new data directory, or unset audit.postgres",
    )


@dataclass(frozen=True, slots=True)
class LogKeys:
    """Everything secret that the log's writer needs."""

    signer: Signer
    digest_key: bytes
    second: SecondSigner | None = None

    def sign_checkpoint(self, checkpoint: Checkpoint) -> str:
        """The signed note of a checkpoint, with one signature or, where it is configured, two."""
        note = self.signer.sign(checkpoint.body)
        return note + self.second.line(checkpoint) if self.second else note

    def tenant_key(self, tenant: str) -> bytes:
        """The key of one tenant's digests, so that equal values of two tenants cannot be matched."""
        return hmac.digest(self.digest_key, b"yumen/digest/v1\x00" + tenant.encode(), "sha256")


def open_keys(directory: Path, settings: AuditSettings) -> tuple[LogKeys, Card]:
    """The log's keys and card, made on first start. Raises KeyUnusable, LogDamaged."""
    card = read_card(directory)
    first = card is None
    keys = directory / KEYS
    origin = card.origin if card else settings.origin or f"yumen.local/{secrets.token_hex(6)}"
    if settings.origin and settings.origin != origin:
        raise LogDamaged(
            f"this directory holds the log {origin!r}, not {settings.origin!r}",
            remedy="correct audit.origin, or begin a new directory",
        )
    seed = own_or_referenced(settings.signing_key, keys / "signing.key", "the log's signing key", create=first)
    digest_key = own_or_referenced(settings.digest_key, keys / "digest.key", "the log's digest key", create=first)
    signer = Signer(origin, seed)
    if card is None:
        card = Card(origin, (signer.verifier,), mirror=bool(settings.postgres))
        card.write(directory)
    elif signer.verifier not in card.keys:
        raise KeyUnusable(
            "the signing key is not one of this log's keys",
            remedy="restore the key, or rotate it with 'yumen audit rotate-key'",
        )
    second = SecondSigner(origin, referenced(settings.mldsa_key, "the ML-DSA-44 key")) if settings.mldsa_key else None
    return LogKeys(signer, digest_key, second), card


def introduce_second(directory: Path, keys: LogKeys, card: Card) -> Card:
    """The card with the key of the second signature on it: whoever writes the log says under which key it signs."""
    if keys.second is None or keys.second.verifier in card.second:
        return card
    card = replace(card, second=(*card.second, keys.second.verifier))
    card.write(directory)
    return card
