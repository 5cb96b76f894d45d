"""The database as a signed artefact, for sites without a network: a DSSE bundle beside the file vouches for its bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field

from scanners.errors import TargetMissing, UnreadableInput, YumenError
from scanners.signatures.bundle import UnsupportedBundle, read_bundle
from scanners.signatures.dsse import IN_TOTO, Envelope
from scanners.signatures.keys import PublicKey, load_public_key, require_signature
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.signing import PrivateKey, sign, write_bundle
from scanners.signatures.strict_json import MalformedDocument, parse
from scanners.vulnerabilities.database import Database

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://yumen.example/ns/vulnerability-database/v1"
MAXIMUM_BUNDLE = 2**20


class DatabaseNotTrusted(YumenError):
    """The database is not what the holder of the key signed."""

    code = "database_not_trusted"


@dataclass(frozen=True, slots=True)
class Seal:
    """The signature that a database must carry to be used."""

    bundle: Annotated[str | None, Field(description="Text of the bundle beside the database; null: there is none")]
    public_keys: Annotated[tuple[str, ...], Field(description="PEM; the holder of one of them must have signed")]


def bundle_of(database: Path) -> Path:
    """Where the signature of a database is kept."""
    return database.with_name(f"{database.name}.sigstore.json")


def sign_database(database: Path, key: PrivateKey) -> Path:
    """Write the bundle beside the database. Raises TargetMissing, UnreadableInput."""
    with Database(database) as opened:
        predicate = {
            "records": opened.digest,
            "built": opened.meta["built"],
            "sources": {source.name: source.last_update for source in opened.sources()},
        }
    subject = [{"name": database.name, "digest": {"sha256": _sha256(database)}}]
    statement = {"_type": STATEMENT, "subject": subject, "predicateType": PREDICATE, "predicate": predicate}
    place = bundle_of(database)
    unfinished = place.with_name(f".{place.name}")
    unfinished.write_bytes(write_bundle(sign(orjson.dumps(statement), key), key))
    unfinished.replace(place)
    return place


def verify_database(database: Path, public_key: bytes) -> str:
    """The 'sha256:<hex>' of the database, whose bytes the holder of `public_key` (PEM) signed.

    Raises DatabaseNotTrusted, TargetMissing, UnreadableInput.
    """
    bundle = read_bundle_of(database)
    if not database.is_file() or bundle is None:
        raise TargetMissing(
            f"there is no {bundle_of(database).name} beside the database", remedy="bring it with the database"
        )
    return _verify(database, bundle.encode(), (public_key,))


def read_bundle_of(database: Path) -> str | None:
    """The text of the bundle beside a database; None where there is none. Raises UnreadableInput."""
    place = bundle_of(database)
    if not place.is_file():
        return None
    if place.stat().st_size > MAXIMUM_BUNDLE:
        raise UnreadableInput(f"{place.name} is too large to be a signature")
    return place.read_bytes().decode("utf-8", "replace")


@contextmanager
def open_database(database: Path, seal: Seal | None) -> Iterator[Database]:
    """The database, opened for reading; with a seal, only if it carries one that holds.

    Raises DatabaseNotTrusted, and what `Database` raises.
    """
    if seal is None:
        with Database(database) as opened:
            yield opened
        return
    if seal.bundle is None:
        raise DatabaseNotTrusted(
            f"{database.name} is not signed, and [vulnerabilities] says who must have signed it",
            remedy=f"bring {bundle_of(database).name} with it, or sign it: yumen db sign",
        )
    before = _identity(database)
    try:
        _verify(database, seal.bundle.encode(), tuple(key.encode() for key in seal.public_keys))
    except UnreadableInput as error:
        raise DatabaseNotTrusted(error.message, remedy=error.remedy) from None
    with Database(database) as opened:
        if _identity(database) != before:
            raise DatabaseNotTrusted(
                f"{database.name} was changed while its signature was verified", remedy="try again"
            )
        yield opened


def _identity(path: Path) -> tuple[int, ...]:
    """What changes when the file is written, or another is put in its place. Raises TargetMissing."""
    try:
        found = os.stat(path)
    except OSError:
        raise TargetMissing(f"there is no vulnerability database at {path.name}", remedy="bring one") from None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _verify(database: Path, text: bytes, public_keys: Sequence[bytes]) -> str:
    """'sha256:<hex>' of the database, if the holder of one of the keys signed it. Raises DatabaseNotTrusted, …"""
    name = bundle_of(database).name
    keys = [load_public_key(key) for key in public_keys]
    try:
        bundle = read_bundle(text)
        _require_one(bundle.envelope, keys)
        stated = parse(bundle.envelope.payload)
    except SignatureRejected as error:
        raise DatabaseNotTrusted(error.message, remedy=error.remedy) from None
    except (MalformedDocument, UnsupportedBundle) as error:
        raise UnreadableInput(f"{name} cannot be read: {error}") from None
    digest = _sha256(database)
    if bundle.envelope.payload_type != IN_TOTO or not _is_about(stated, digest):
        raise DatabaseNotTrusted(
            f"the signature is about another file than {database.name}", remedy="bring database and signature together"
        )
    return f"sha256:{digest}"


def _require_one(envelope: Envelope, keys: Sequence[PublicKey]) -> None:
    for number, key in enumerate(keys, 1):
        try:
            require_signature(envelope, key)
            return
        except SignatureRejected:
            if number == len(keys):
                raise
    raise DatabaseNotTrusted("no key is trusted to sign databases")


def _is_about(stated: object, digest: str) -> bool:
    """Whether a signed statement is one about a database of that digest."""
    if not isinstance(stated, dict) or (stated.get("_type"), stated.get("predicateType")) != (STATEMENT, PREDICATE):
        return False
    subject = stated.get("subject")
    if not isinstance(subject, list) or len(subject) != 1 or not isinstance(subject[0], dict):
        return False
    return bool(subject[0].get("digest") == {"sha256": digest})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
