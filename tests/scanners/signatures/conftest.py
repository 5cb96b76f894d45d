"""Certificates of every kind."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate with the key it is of."""

    certificate: x509.Certificate
    key: Any


def _issue(
    name: str,
    by: Issued | None = None,
    *,
    ca: bool = False,
    key: Any = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = (),
    start: datetime.datetime = NOW - DAY,
    end: datetime.datetime = NOW + DAY,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    path_length: int | None = None,
    may_sign: bool = True,
    cert_sign: bool = True,
    constrained: bool = True,
) -> Issued:
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
    )
    usage = x509.KeyUsage(may_sign, False, False, False, False, ca and cert_sign, ca, False, False)
    builder = builder.add_extension(usage, critical=True)
    if constrained:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    if purposes == () and not ca:
        purposes = (ExtendedKeyUsageOID.CODE_SIGNING,)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signer = by.key if by else key
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Issued(builder.sign(signer, algorithm), key)


@pytest.fixture(scope="session")
def issue() -> Callable[..., Issued]:
    return _issue


@pytest.fixture(scope="session")
def now() -> datetime.datetime:
    return NOW


@pytest.fixture(scope="session")
def root(issue: Callable[..., Issued]) -> Issued:
    return issue("Root", ca=True, start=NOW - 30 * DAY, end=NOW + 30 * DAY)
