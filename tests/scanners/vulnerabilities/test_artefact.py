"""The database as a signed artefact: exactly these bytes, by exactly this key, or a typed refusal."""

from __future__ import annotations

import json
import sqlite3

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from scanners.errors import TargetMissing, UnreadableInput
from scanners.signatures.signing import sign, write_bundle
from scanners.vulnerabilities.artefact import (
    DatabaseNotTrusted,
    Seal,
    bundle_of,
    open_database,
    read_bundle_of,
    sign_database,
    verify_database,
)
from scanners.vulnerabilities.build import build_database


def public(key) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def key():
    return ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
def database(tmp_path, record):
    (tmp_path / "osv.json").write_text(json.dumps(record("OSV-1", "x", [{"introduced": "0"}])))
    return build_database((tmp_path / "osv.json",), tmp_path / "db.sqlite").path


def test_a_signed_database_is_verified_wherever_it_is_brought(database, key, tmp_path):
    bundle = sign_database(database, key)
    elsewhere = tmp_path / "site"
    elsewhere.mkdir()
    brought = database.rename(elsewhere / "vulnerabilities.sqlite")
    bundle.rename(bundle_of(brought))
    assert verify_database(brought, public(key)).startswith("sha256:")


def test_another_key_is_refused(database, key):
    sign_database(database, key)
    with pytest.raises(DatabaseNotTrusted, match="not made over this statement with the key"):
        verify_database(database, public(ed25519.Ed25519PrivateKey.generate()))


def test_another_database_is_refused(database, key):
    sign_database(database, key)
    with database.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(DatabaseNotTrusted, match="about another file"):
        verify_database(database, public(key))


@pytest.mark.parametrize("statement", [b"{}", b"[]", b'{"subject": [{"digest": {}}]}', b'{"a": 1, "a": 2}'])
def test_a_statement_about_something_else_by_the_same_key_is_refused(database, key, statement):
    bundle_of(database).write_bytes(write_bundle(sign(statement, key), key))
    with pytest.raises((DatabaseNotTrusted, UnreadableInput)):
        verify_database(database, public(key))


@pytest.mark.parametrize("bundle", [b"", b"{", b"[]", b"\xff", b'{"payload": 1}', b" " * (2**20 + 1)])
def test_a_bundle_that_is_none_is_a_typed_error(database, key, bundle):
    bundle_of(database).write_bytes(bundle)
    with pytest.raises(UnreadableInput):
        verify_database(database, public(key))


def test_a_database_without_a_signature_is_refused(database, key):
    with pytest.raises(TargetMissing):
        verify_database(database, public(key))


def seal_of(database, *keys) -> Seal:
    return Seal(read_bundle_of(database), tuple(public(key).decode() for key in keys))


def test_a_scan_opens_a_database_that_one_of_the_keys_signed(database, key):
    sign_database(database, key)
    other = ed25519.Ed25519PrivateKey.generate()
    for keys in ((key,), (other, key), (key, other)):
        with open_database(database, seal_of(database, *keys)) as opened:
            assert list(opened.ecosystems) == ["PyPI"]


def _unsigned(database, key):
    bundle_of(database).unlink()


def _by_a_stranger(database, key):
    sign_database(database, ed25519.Ed25519PrivateKey.generate())


def _built_again(database, key):
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM package")


def _no_bundle(database, key):
    bundle_of(database).write_bytes(b"{")


def _of_another_kind(database, key):
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "x", "predicate": {}}
    bundle_of(database).write_bytes(write_bundle(sign(json.dumps(statement).encode(), key), key))


@pytest.mark.parametrize("damage", [_unsigned, _by_a_stranger, _built_again, _no_bundle, _of_another_kind])
def test_any_other_database_is_refused_by_a_scan(database, key, damage):
    sign_database(database, key)
    damage(database, key)
    with pytest.raises(DatabaseNotTrusted), open_database(database, seal_of(database, key)):
        pass


def test_keys_that_are_none_open_nothing(database, key):
    sign_database(database, key)
    for keys in (("not a key",), ()):
        with pytest.raises(DatabaseNotTrusted), open_database(database, Seal(read_bundle_of(database), keys)):
            pass


def test_a_bundle_that_is_too_large_is_not_read(database):
    bundle_of(database).write_bytes(b" " * (2**20 + 1))
    with pytest.raises(UnreadableInput, match="too large"):
        read_bundle_of(database)
