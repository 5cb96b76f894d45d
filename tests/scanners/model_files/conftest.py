"""Models on disk, signers, and the other implementation of the signing format."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import certificates
import pytest
from certificates import Issued
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from scanners.model_files.inventory import take_inventory
from scanners.model_files.manifest import Serialization, build_manifest
from scanners.model_files.statement import SignedManifest, write_statement
from scanners.signatures.signing import PrivateKey, sign, write_bundle

PUBLISHED = Path(__file__).parent / "published"
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_text('{"layers": 2}')
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 10_000)
    (folder / "onnx" / "model.onnx").write_bytes(b"graph")
    return folder


@pytest.fixture(scope="session")
def keys() -> dict[str, PrivateKey]:
    return {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
        "RSA": rsa.generate_private_key(65537, 2048),
    }


@pytest.fixture(scope="session")
def key(keys: dict[str, PrivateKey]) -> PrivateKey:
    return keys["P-256"]


@pytest.fixture
def public_key(tmp_path: Path, key: PrivateKey) -> Path:
    return write_public_key(tmp_path / "signer.pub", key)


def write_public_key(path: Path, key: PrivateKey) -> Path:
    path.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return path


def write_private_key(path: Path, key: PrivateKey) -> Path:
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def signed(
    model: Path,
    key: PrivateKey,
    serialization: Serialization | None = None,
    chain: Sequence[x509.Certificate] = (),
    ignored: tuple[str, ...] = (),
) -> bytes:
    """A bundle that vouches for `model` as it is now."""
    files = [file for file in take_inventory(model).files if file.name not in ignored]
    manifest = build_manifest(files, serialization or Serialization())
    statement = write_statement(SignedManifest(manifest, False, ignored, model.name))
    return write_bundle(sign(statement, key), key, chain)


def write_certificates(path: Path, *issued: Issued) -> Path:
    path.write_bytes(b"".join(one.certificate.public_bytes(serialization.Encoding.PEM) for one in issued))
    return path


@pytest.fixture
def builders() -> type[Builders]:
    return Builders


class Builders:
    """What the tests of this folder build their inputs with."""

    published = PUBLISHED
    SERVER = ExtendedKeyUsageOID.SERVER_AUTH
    purposes = staticmethod(lambda *purposes: x509.ExtendedKeyUsage(purposes))
    now = NOW
    day = DAY
    signed = staticmethod(signed)
    issue = staticmethod(partial(certificates.issue, start=NOW - DAY, end=NOW + DAY))
    write_public_key = staticmethod(write_public_key)
    write_private_key = staticmethod(write_private_key)
    write_certificates = staticmethod(write_certificates)
