"""API keys: made, listed, revoked and found in a SQLite file that any process on the machine may change at any time.

A key is `ymn_<id>_<secret>`: the id (80 random bits) finds the row and may be shown, the secret (256 bits) is kept only
as its scrypt hash. Every change is noted in the transaction that makes it, until a server has put it into its log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mcp_server.calls import Principal
from mcp_server.identity.errors import IdentityUnavailable
from mcp_server.identity.wal_index import WalIndex

ISSUER = "yumen:api-key"
"""Issuer of every principal that an API key proves."""

PREFIX = "ymn_"
_FORM = re.compile(r"ymn_([a-z2-7]{16})_([a-z2-7]{52})")
_COST = (1 << 14, 8, 1)
"""scrypt N, r, p: 16 MiB and about 50 ms. The secret has 256 random bits, so this is defence in depth."""

_SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS api_key (
    id TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, cost TEXT NOT NULL,
    label TEXT NOT NULL, tenant TEXT NOT NULL, roles TEXT NOT NULL, scopes TEXT NOT NULL,
    created REAL NOT NULL, expires REAL, revoked REAL, jurisdiction TEXT NOT NULL DEFAULT ''
) STRICT
""",
    """
CREATE TABLE IF NOT EXISTS key_change (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, change TEXT NOT NULL, at REAL NOT NULL,
    by INTEGER NOT NULL, recorded INTEGER NOT NULL DEFAULT 0
) STRICT
""",
)
_LATER = "ALTER TABLE api_key ADD COLUMN jurisdiction TEXT NOT NULL DEFAULT ''"
_COLUMNS = "id, salt, hash, cost, label, tenant, roles, scopes, jurisdiction, created, expires, revoked"


Row = tuple[object, ...]
Version = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is stored of a key: everything but the secret."""

    id: str
    salt: bytes
    hash: bytes
    cost: tuple[int, int, int]
    label: str
    tenant: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    jurisdiction: str
    created: float
    """Unix seconds, as `expires` and `revoked`."""
    expires: float | None
    revoked: float | None

    def state(self, now: float) -> str:
        """'active', 'revoked' or 'expired'."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "active"

    def principal(self) -> Principal:
        """Who the key speaks for. Its subject is the id, so that two keys with one label stay two principals."""
        return Principal(
            subject=f"key:{self.id}",
            issuer=ISSUER,
            method="api_key",
            tenant=self.tenant,
            roles=self.roles,
            scopes=frozenset(self.scopes),
            client=self.label or None,
            expires=self.expires,
            jurisdiction=self.jurisdiction,
        )


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One change of a key that is not in the log yet."""

    number: int
    """Counts up; a change that was taken back never gives its number to another."""
    change: Literal["created", "revoked"]
    at: float
    """Unix seconds, by the clock of the process that changed it."""
    by: int
    """The user of the operating system who changed it (uid)."""
    key: ApiKey


def split_key(key: str) -> tuple[str, str] | None:
    """Id and secret of a well-formed key, else None."""
    match = _FORM.fullmatch(key)
    return (match[1], match[2]) if match else None


def secret_matches(secret: str, stored: ApiKey | None) -> bool:
    """The slow comparison. For a key that does not exist it does the same work and answers False."""
    salt, expected, (n, r, p) = (stored.salt, stored.hash, stored.cost) if stored else (b"\0" * 16, b"\0" * 32, _COST)
    actual = _scrypt(secret, salt, (n, r, p))
    return hmac.compare_digest(actual, expected) and stored is not None


def _scrypt(secret: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(secret.encode("ascii"), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def _random(size: int) -> str:
    return base64.b32encode(secrets.token_bytes(size)).decode("ascii").rstrip("=").lower()


class ApiKeyStore:
    """The key file, mode 0600. Not thread-safe; several processes may use the same file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._open()
        self._looked = clock()

    def _open(self) -> None:
        try:
            self._make_private()
            self._database = sqlite3.connect(self._path, timeout=2.0, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            for table in _SCHEMA:
                self._database.execute(table)
            self._complete()
            self._inode = self._file()
            self._index = WalIndex(self._path)
        except (sqlite3.Error, OSError) as error:
            raise IdentityUnavailable("key_store", detail=f"{self._path}: {error}") from error

    def _complete(self) -> None:
        """Give a file from before callers had a jurisdiction the column for it; another process may be doing the same."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            columns = {row[1] for row in self._database.execute("PRAGMA table_info(api_key)")}
            if "jurisdiction" not in columns:
                self._database.execute(_LATER)
        finally:
            self._database.execute("COMMIT")

    def _make_private(self) -> None:
        """The file, made before SQLite does so that it never exists with a wider mode; -wal and -shm take its mode over.

        A file that is there already is not opened: closing any descriptor of it would drop the locks that another
        connection of this process holds on it (POSIX fcntl locks belong to the process).
        """
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            if not stat.S_ISREG(os.lstat(self._path).st_mode):
                raise
            os.chmod(self._path, 0o600)

    def _file(self) -> tuple[int, int]:
        status = os.stat(self._path)
        return status.st_dev, status.st_ino

    def create(
        self,
        *,
        label: str,
        tenant: str,
        roles: Iterable[str],
        scopes: Iterable[str] = (),
        jurisdiction: str = "",
        lifetime: float | None = None,
        now: float | None = None,
    ) -> tuple[str, ApiKey]:
        """Make a key. The first value is the key itself and exists nowhere else afterwards. `lifetime` is in seconds."""
        created = time.time() if now is None else now
        identifier, secret, salt = _random(10), _random(32), secrets.token_bytes(16)
        stored = ApiKey(
            id=identifier,
            salt=salt,
            hash=_scrypt(secret, salt, _COST),
            cost=_COST,
            label=label,
            tenant=tenant,
            roles=tuple(dict.fromkeys(roles)),
            scopes=tuple(sorted(set(scopes))),
            jurisdiction=jurisdiction,
            created=created,
            expires=None if lifetime is None else created + lifetime,
            revoked=None,
        )
        row = (
            stored.id, stored.salt, stored.hash, json.dumps(stored.cost), stored.label, stored.tenant,
            json.dumps(stored.roles), json.dumps(stored.scopes), stored.jurisdiction,
            stored.created, stored.expires, stored.revoked,
        )  # fmt: skip
        self._change(
            f"INSERT INTO api_key ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            row,
            (stored.id, "created", created),
        )
        return f"{PREFIX}{identifier}_{secret}", stored

    def all(self) -> tuple[ApiKey, ...]:
        """Every key ever made, oldest first, revoked and expired ones too."""
        return tuple(key_of(row) for row in self._run(f"SELECT {_COLUMNS} FROM api_key ORDER BY created, id"))  # noqa: S608

    def revoke(self, identifier: str, now: float | None = None) -> ApiKey | None:
        """End a key now, for every process. None when there is no such key; revoking twice keeps the first time."""
        moment = time.time() if now is None else now
        self._change(
            "UPDATE api_key SET revoked = ? WHERE id = ? AND revoked IS NULL",
            (moment, identifier),
            (identifier, "revoked", moment),
        )
        return self.find(identifier)

    def find(self, identifier: str) -> ApiKey | None:
        """The key as it is in the file at this moment."""
        row = self.row(identifier)
        return None if row is None else key_of(row)

    def row(self, identifier: str) -> Row | None:
        """The stored row as it is at this moment; two equal rows are the same key in the same state."""
        rows = self._run(f"SELECT {_COLUMNS} FROM api_key WHERE id = ?", (identifier,))  # noqa: S608
        return rows[0] if rows else None

    def version(self) -> Version:
        """Differs from what it was as soon as any process has changed any key. Under a microsecond.

        A file that was replaced (restored from a backup) or taken away is noticed within a second.
        """
        now = self._clock()
        if now - self._looked >= 1.0:
            self._look()
            self._looked = now
        return (self._index.header(), self._inode)

    def _look(self) -> None:
        try:
            if self._file() != self._inode:
                self._database.close()
                self._open()
        except OSError as error:
            raise IdentityUnavailable("key_store", detail=f"{self._path}: {error}") from error

    def unrecorded(self, most: int = 100) -> tuple[KeyChange, ...]:
        """The oldest changes that no server has put into its log yet."""
        rows = self._run(
            f"SELECT number, change, at, by, {_COLUMNS} FROM key_change JOIN api_key ON api_key.id = key_change.key"  # noqa: S608
            " WHERE NOT recorded ORDER BY number LIMIT ?",
            (most,),
        )
        return tuple(_change_of(row) for row in rows)

    def recorded(self, change: KeyChange) -> None:
        """The change is in a log."""
        self._run("UPDATE key_change SET recorded = 1 WHERE number = ?", (change.number,))

    def close(self) -> None:
        self._database.close()

    def _change(self, statement: str, values: Row, note: Row) -> None:
        """Change a key and note it, or neither. A statement that changes nothing leaves no note."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            with self._database:
                if self._database.execute(statement, values).rowcount:
                    self._database.execute(
                        "INSERT INTO key_change (key, change, at, by) VALUES (?, ?, ?, ?)", (*note, os.getuid())
                    )
        except sqlite3.Error as error:
            raise IdentityUnavailable("key_store", detail=f"{self._path}: {error}") from error

    def _run(self, statement: str, values: Row = ()) -> list[Row]:
        try:
            with closing(self._database.execute(statement, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise IdentityUnavailable("key_store", detail=f"{self._path}: {error}") from error


def key_of(row: Row) -> ApiKey:
    """A stored row as a key."""
    (identifier, salt, digest, cost, label, tenant, roles, scopes, jurisdiction, created, expires, revoked) = row
    n, r, p = json.loads(str(cost))
    return ApiKey(
        id=str(identifier),
        salt=bytes(salt),  # type: ignore[call-overload]
        hash=bytes(digest),  # type: ignore[call-overload]
        cost=(n, r, p),
        label=str(label),
        tenant=str(tenant),
        roles=tuple(json.loads(str(roles))),
        scopes=tuple(json.loads(str(scopes))),
        jurisdiction=str(jurisdiction),
        created=float(created),  # type: ignore[arg-type]
        expires=expires if isinstance(expires, float) else None,
        revoked=revoked if isinstance(revoked, float) else None,
    )


def _change_of(row: Row) -> KeyChange:
    number, change, at, by = row[:4]
    return KeyChange(
        number=int(number),  # type: ignore[call-overload]
        change="revoked" if change == "revoked" else "created",
        at=float(at),  # type: ignore[arg-type]
        by=int(by),  # type: ignore[call-overload]
        key=key_of(row[4:]),
    )
