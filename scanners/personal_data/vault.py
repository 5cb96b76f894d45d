"""Keys that make tokens reversible: one a tenant, subject and version, each sealed under the tenant's own key.

A token holds its value, encrypted (AES-SIV, RFC 5297): equal values give equal tokens, and nothing but the key
brings them back. Destroying a subject's keys is therefore destroying the data, wherever the tokens went.
"""

from __future__ import annotations

import base64
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from scanners.errors import YumenError
from scanners.personal_data.keys import tenant_key

TOKEN = re.compile(r"<([A-Z][A-Z0-9_]{1,40})~([0-9a-f]{16})\.([A-Z2-7]{24,4096})>")
_SCHEMA = """
create table if not exists keys (
    id text primary key, tenant text not null, subject text not null, version integer not null,
    sealed blob, created real not null, erased real, unique (tenant, subject, version)
)
"""


class TokenUnreadable(YumenError):
    """A token that cannot be turned back: another tenant's, altered, or its subject's keys were destroyed."""

    code = "token_unreadable"


@dataclass(frozen=True, slots=True)
class VaultKey:
    """One key as it is used: its public id and its 64 secret bytes."""

    id: str
    secret: bytes

    def token(self, kind: str, value: str) -> str:
        """The token of a value; the same for the same key, kind and value."""
        sealed = AESSIV(self.secret).encrypt(value.encode("utf-8", "surrogatepass"), [kind.encode(), self.id.encode()])
        return f"<{kind}~{self.id}.{base64.b32encode(sealed).decode().rstrip('=')}>"


class Vault:
    """One tenant's keys in `<data_dir>/vault.sqlite`."""

    def __init__(self, data_dir: Path, tenant: str) -> None:
        self._path = data_dir / "vault.sqlite"
        self._tenant = tenant
        self._seal = AESGCM(tenant_key(data_dir, tenant, "vault"))

    def key(self, subject: str = "") -> VaultKey:
        """The newest key of a subject ('' is everyone without a subject), made on first use."""
        with self._open() as database:
            row = database.execute(
                "select id, sealed from keys where tenant = ? and subject = ? and erased is null order by version desc",
                (self._tenant, subject),
            ).fetchone()
            return self._opened(*row) if row else self._made(database, subject)

    def rotate(self, subject: str = "") -> VaultKey:
        """A new key for a subject from now on; tokens of the older ones can still be read."""
        with self._open() as database:
            return self._made(database, subject)

    def erase(self, subject: str) -> int:
        """Destroy every key of a subject: its tokens can never be read again. Returns how many keys there were."""
        with self._open() as database:
            database.execute("pragma secure_delete = on")
            done = database.execute(
                "update keys set sealed = null, erased = ? where tenant = ? and subject = ? and erased is null",
                (time.time(), self._tenant, subject),
            )
            return done.rowcount

    def restored(self, text: str) -> tuple[str, int]:
        """The text with its tokens turned back, and how many there were.

        Raises TokenUnreadable for the first one that cannot be.
        """
        keys: dict[str, VaultKey] = {}
        count = 0

        def original(match: re.Match[str]) -> str:
            nonlocal count
            kind, key_id, body = match.groups()
            key = keys.get(key_id) or keys.setdefault(key_id, self._known(key_id))
            count += 1
            try:
                raw = base64.b32decode(body + "=" * (-len(body) % 8))
                return (
                    AESSIV(key.secret).decrypt(raw, [kind.encode(), key_id.encode()]).decode("utf-8", "surrogatepass")
                )
            except (InvalidTag, ValueError) as error:
                raise TokenUnreadable(
                    f"the token <{kind}~{key_id}…> was altered", remedy="use it as it was given out"
                ) from error

        return TOKEN.sub(original, text), count

    def _known(self, key_id: str) -> VaultKey:
        with self._open() as database:
            row = database.execute(
                "select id, sealed from keys where id = ? and tenant = ?", (key_id, self._tenant)
            ).fetchone()
        if row is None:
            raise TokenUnreadable(f"no key {key_id} belongs to this tenant")
        if row[1] is None:
            raise TokenUnreadable(f"the key {key_id} was destroyed with its subject: the data is gone")
        return self._opened(*row)

    def _opened(self, key_id: str, sealed: bytes) -> VaultKey:
        try:
            return VaultKey(key_id, self._seal.decrypt(sealed[:12], sealed[12:], key_id.encode()))
        except InvalidTag as error:
            raise TokenUnreadable(f"the key {key_id} cannot be opened with this server's master key") from error

    def _made(self, database: sqlite3.Connection, subject: str) -> VaultKey:
        key = VaultKey(secrets.token_hex(8), AESSIV.generate_key(512))
        nonce = secrets.token_bytes(12)
        database.execute(
            "insert into keys (id, tenant, subject, version, sealed, created) values (?, ?, ?, "
            "(select coalesce(max(version), 0) + 1 from keys where tenant = ? and subject = ?), ?, ?)",
            (
                key.id,
                self._tenant,
                subject,
                self._tenant,
                subject,
                nonce + self._seal.encrypt(nonce, key.secret, key.id.encode()),
                time.time(),
            ),
        )
        return key

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection in one exclusive transaction; the file is its owner's alone."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            database.execute("pragma synchronous = full")
            database.execute("begin immediate")
            database.execute(_SCHEMA)
            yield database
            database.execute("commit")
        finally:
            database.close()
