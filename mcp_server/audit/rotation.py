"""Key rotation: a statement signed by the old key and the new one, kept as a record of the log itself."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mcp_server.audit.errors import BadNote
from mcp_server.audit.keys import KEYS, read_card, write_durably
from mcp_server.audit.log import AuditLog
from mcp_server.audit.notes import Signer, VerifierKey, parse_note
from mcp_server.audit.reading import FOLDER
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings

EVENT: Final = "log.key-rotated"
_HEADER: Final = "yumen audit key rotation v1"


def rotation_statement(origin: str, old: Signer, new: Signer) -> str:
    """The signed note by which one key hands a log over to another."""
    statement = f"{_HEADER}\n{origin}\n{old.verifier.text}\n{new.verifier.text}\n"
    return old.sign(statement) + new.line(statement)


def keys_in(note: str) -> tuple[VerifierKey, VerifierKey]:
    """The old key and the new one that a rotation statement names, whoever signed it. Raises BadNote."""
    lines = parse_note(note).text.split("\n")
    if len(lines) != 5 or lines[0] != _HEADER:
        raise BadNote("this is not a key rotation")
    return VerifierKey.parse(lines[2]), VerifierKey.parse(lines[3])


def read_rotation(note: str, origin: str, trusted: Mapping[bytes, VerifierKey]) -> VerifierKey:
    """The new key in a rotation statement that a trusted key and the new key itself both signed. Raises BadNote."""
    old, new = keys_in(note)
    parsed = parse_note(note)
    if parsed.text.split("\n")[1] != origin:
        raise BadNote("this is not a key rotation of this log")
    if trusted.get(old.id) != old or new.name != origin:
        raise BadNote("a key rotation names an unknown old key")
    signed = {key_id for _, key_id, signature in parsed.signatures for key in (old, new)
              if key.id == key_id and key.verify(parsed.text.encode(), signature)}  # fmt: skip
    if signed != {old.id, new.id}:
        raise BadNote("a key rotation is not signed by both keys")
    return new


def rotation_in(fields: Mapping[str, Any]) -> str | None:
    """The rotation statement that a record's envelope carries, if it is one."""
    if fields.get("event") != EVENT:
        return None
    note = fields.get("details", {}).get("statement")
    return note if isinstance(note, str) else None


async def rotate(data_dir: Path, settings: AuditSettings, seed: bytes | None = None) -> VerifierKey:
    """Replace the signing key of a log that no server is running on; the new public key.

    With a `seed` the key lies elsewhere (`audit.signing_key`) and the operator puts it there; without one, the log's own
    key file is replaced. Raises LogBusy while a server runs, and whatever opening the log raises.
    """
    new_seed, directory = seed or secrets.token_bytes(32), data_dir / FOLDER
    log = await AuditLog.open(directory, settings)
    try:
        old = log.keys.signer
        new = Signer(log.origin, new_seed)
        note = rotation_statement(log.origin, old, new)
        await log.append(lifecycle(EVENT, {"statement": note}))
    finally:
        await log.close()
    card = read_card(directory)
    if card is None:
        raise BadNote("the log lost its name card")
    # The card first: with both keys in it, the log opens whichever of them is in place when power fails here.
    replace(card, keys=(*card.keys, new.verifier), rotations=(*card.rotations, note)).write(directory)
    if seed is None:
        write_durably(directory / KEYS / "signing.key", base64.b64encode(new_seed) + b"\n")
    return new.verifier
