"""Key rotation where replicas share a log: the statements lie in the database, and every replica learns the keys from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mcp_server.audit.errors import BadNote
from mcp_server.audit.keys import Card, LogKeys, introduce_second, open_keys, read_card
from mcp_server.audit.notes import VerifierKey
from mcp_server.audit.postgres.schema import Connection
from mcp_server.audit.rotation import keys_in, read_rotation
from mcp_server.audit.settings import AuditSettings


def read_rotations(connection: Connection, log: str) -> tuple[str, ...]:
    """The rotation statements of a log, oldest first. Raises psycopg.Error."""
    rows = connection.execute("SELECT statement FROM yumen_audit_rotations WHERE log = %s ORDER BY id", (log,))
    return tuple(row[0] for row in rows)


def with_rotations(card: Card, statements: Sequence[str]) -> Card:
    """The card with every key that a key on it vouches for, oldest first.

    Trust goes both ways, for both keys signed each statement: an old replica learns the new key, and a new one, which was
    given the newest key, those that signed the log before it. A statement that does neither is passed over.
    """
    every = dict.fromkeys((*card.rotations, *statements))
    sound = [(each, *pair) for each in every if (pair := _signed_by_both(each, card.origin)) is not None]
    keys, known = list(card.keys), 0
    while known < len(keys):
        known = len(keys)
        for _, old, new in sound:
            if old in keys and new not in keys:
                keys.insert(keys.index(old) + 1, new)
            elif new in keys and old not in keys:
                keys.insert(keys.index(new), old)
    used = tuple(each for each, old, new in sound if old in keys and new in keys)
    return replace(card, keys=tuple(keys), rotations=used)


def _signed_by_both(statement: str, origin: str) -> tuple[VerifierKey, VerifierKey] | None:
    """The old and the new key of a rotation of this log that carries the signatures of both, whoever trusts them."""
    try:
        old, new = keys_in(statement)
        read_rotation(statement, origin, {old.id: old})
    except (BadNote, ValueError):
        return None
    return old, new


def learn(connection: Connection, directory: Path, card: Card) -> Card:
    """The card with what the database's statements add to it, kept. Raises psycopg.Error."""
    learnt = with_rotations(card, read_rotations(connection, card.origin))
    if learnt != card:
        learnt.write(directory)
    return learnt


def open_shared_keys(connection: Connection, directory: Path, settings: AuditSettings) -> tuple[LogKeys, Card]:
    """The keys of the settings and the card of a replica's directory, made on its first start.

    Raises KeyUnusable, LogDamaged, psycopg.Error.
    """
    card = read_card(directory)
    if card is not None:
        learn(connection, directory, card)  # the configured key may be newer than what this replica has seen
    keys, card = open_keys(directory, settings)
    return keys, introduce_second(directory, keys, learn(connection, directory, card))
