"""The database as a signed artefact: exactly these bytes, by exactly this key, or a typed refusal."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from scanners.errors import TargetMissing, UnreadableInput
from scanners.signatures.signing import sign, write_bundle
from scanners.vulnerabilities.artefact import DatabaseNotTrusted, bundle_of, sign_database, verify_database
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
