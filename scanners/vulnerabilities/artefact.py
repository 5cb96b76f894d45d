"""The database as a signed artefact, for sites without a network: a DSSE bundle beside the file vouches for its bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson

from scanners.errors import TargetMissing, UnreadableInput, YumenError
from scanners.signatures.bundle import UnsupportedBundle, read_bundle
from scanners.signatures.dsse import IN_TOTO
from scanners.signatures.keys import load_public_key, require_signature
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
    place = bundle_of(database)
    if not database.is_file() or not place.is_file():
        raise TargetMissing(f"there is no {place.name} beside the database", remedy="bring it with the database")
    if place.stat().st_size > MAXIMUM_BUNDLE:
        raise UnreadableInput(f"{place.name} is too large to be a signature")
    key = load_public_key(public_key)
    try:
        bundle = read_bundle(place.read_bytes())
        require_signature(bundle.envelope, key)
        stated = parse(bundle.envelope.payload)
    except SignatureRejected as error:
        raise DatabaseNotTrusted(error.message, remedy=error.remedy) from None
    except (MalformedDocument, UnsupportedBundle) as error:
        raise UnreadableInput(f"{place.name} cannot be read: {error}") from None
    digest = _sha256(database)
    if bundle.envelope.payload_type != IN_TOTO or not _is_about(stated, digest):
        raise DatabaseNotTrusted(
            f"the signature is about another file than {database.name}", remedy="bring database and signature together"
        )
    return f"sha256:{digest}"


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
