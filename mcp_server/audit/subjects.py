"""One key per data subject, kept outside the log. Destroying it makes everything sealed for that subject unreadable.

Envelopes name a subject only by a random pseudonym that lives in the same row as the key: with the row gone, nothing
links the records to the person any more, while every hash and proof stays as it is.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mcp_server.secrets import KeyUnusable

TABLE: Final = "subjects.db"
_NONCE: Final = 12


class SubjectKey:
    """The sealing key of one data subject (AES-256-GCM, NIST SP 800-38D: random 96-bit nonces, < 2^32 records a key)."""

    __slots__ = ("_cipher", "_pseudonym", "pseudonym")

    def __init__(self, pseudonym: str, key: bytes) -> None:
        self.pseudonym = pseudonym
        self._pseudonym = pseudonym.encode()
        self._cipher = AESGCM(key)

    def seal(self, content: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, content, self._pseudonym)

    def unseal(self, sealed: bytes) -> bytes:
        """Raises KeyUnusable when the bytes were not sealed with this key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._pseudonym)
        except (InvalidTag, ValueError) as error:
            raise KeyUnusable("sealed content does not open with its subject's key") from error


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What is left to say of a destroyed key: the pseudonym under which the records stay in the log."""

    pseudonym: str


class KeyTable(Protocol):
    """Where the keys are: rows of (lookup, pseudonym, key). Blocking, safe to use from several threads."""

    def by_lookup(self, lookup: bytes) -> tuple[str, bytes] | None: ...
    def by_pseudonym(self, pseudonym: str) -> tuple[str, bytes] | None: ...

    def add(self, lookup: bytes, pseudonym: str, key: bytes) -> None:
        """Durably, unless the lookup is there already."""
        ...

    def delete(self, pseudonym: str) -> None: ...
    def close(self) -> None: ...


class SqliteTable:
    """The key table of one machine: SQLite, which overwrites what it deletes."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._lock = threading.Lock()
        if read_only:
            self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS subjects (lookup BLOB PRIMARY KEY, pseudonym TEXT NOT NULL UNIQUE, key BLOB NOT NULL)"
        )

    def by_lookup(self, lookup: bytes) -> tuple[str, bytes] | None:
        with self._lock:
            row = self._db.execute("SELECT pseudonym, key FROM subjects WHERE lookup = ?", (lookup,)).fetchone()
        return (row[0], row[1]) if row else None

    def by_pseudonym(self, pseudonym: str) -> tuple[str, bytes] | None:
        with self._lock:
            row = self._db.execute("SELECT pseudonym, key FROM subjects WHERE pseudonym = ?", (pseudonym,)).fetchone()
        return (row[0], row[1]) if row else None

    def add(self, lookup: bytes, pseudonym: str, key: bytes) -> None:
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO subjects VALUES (?, ?, ?)", (lookup, pseudonym, key))

    def delete(self, pseudonym: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM subjects WHERE pseudonym = ?", (pseudonym,))

    def close(self) -> None:
        self._db.close()


class SubjectKeys:
    """The keys of data subjects. `read_only` for processes that may only look."""

    def __init__(
        self,
        path: Path,
        tenant_key: Callable[[str], bytes],
        *,
        read_only: bool = False,
        table: KeyTable | None = None,
    ) -> None:
        """Keys in the SQLite file at `path`, or in another `table`. Raises sqlite3.Error."""
        self._tenant_key = tenant_key
        self._table = table or SqliteTable(path, read_only=read_only)

    def close(self) -> None:
        self._table.close()

    def _lookup(self, tenant: str, subject: str) -> bytes:
        return hmac.digest(
            self._tenant_key(tenant), b"subject\x00" + subject.encode("utf-8", "backslashreplace"), "sha256"
        )

    def find(self, tenant: str, subject: str) -> SubjectKey | None:
        """The subject's key, if it has one (it was seen, and not erased since)."""
        row = self._table.by_lookup(self._lookup(tenant, subject))
        return SubjectKey(*row) if row else None

    def behind(self, pseudonym: str) -> SubjectKey | None:
        """The key of a pseudonym as it stands in an envelope; None once erased."""
        row = self._table.by_pseudonym(pseudonym)
        return SubjectKey(*row) if row else None

    def obtain(self, tenant: str, subject: str) -> SubjectKey:
        """The subject's key, made and durable before this returns. Raises KeyUnusable when it cannot be stored."""
        try:
            found = self.find(tenant, subject)
            if found is None:
                self._table.add(self._lookup(tenant, subject), secrets.token_hex(12), secrets.token_bytes(32))
                found = self.find(tenant, subject)
        except (OSError, sqlite3.Error) as error:
            raise KeyUnusable("the key table of data subjects cannot be written", detail=str(error)) from error
        if found is None:
            raise KeyUnusable("the subject's key was destroyed while it was being made")
        return found

    def destroy(self, tenant: str, subject: str) -> Destroyed | None:
        """Overwrite and delete the subject's key; None when there is none."""
        key = self.find(tenant, subject)
        if key is None:
            return None
        self._table.delete(key.pseudonym)
        return Destroyed(key.pseudonym)
