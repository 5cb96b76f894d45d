"""Models on disk, signers, and the other implementation of the signing format."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

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


@dataclass(frozen=True)
class Issued:
    """A certificate with the key it is of."""

    certificate: x509.Certificate
    key: PrivateKey


Purposes = Sequence[x509.ObjectIdentifier] | None
CODE = (ExtendedKeyUsageOID.CODE_SIGNING,)


def issue(
    name: str,
    by: Issued | None = None,
    *,
    ca: bool = False,
    key: PrivateKey | None = None,
    purposes: Purposes = CODE,
    start: datetime.datetime = NOW - DAY,
    end: datetime.datetime = NOW + DAY,
    digest: hashes.HashAlgorithm | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    path_length: int | None = None,
    signatures: bool = True,
) -> Issued:
    """A certificate of `name`, issued by `by` or by itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(x509.KeyUsage(signatures, False, False, False, False, ca, ca, False, False), critical=True)
    )
    if purposes is not None and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signer = by.key if by else key
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    return Issued(builder.sign(signer, algorithm), key)


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
    issue = staticmethod(issue)
    write_public_key = staticmethod(write_public_key)
    write_private_key = staticmethod(write_private_key)
    write_certificates = staticmethod(write_certificates)
