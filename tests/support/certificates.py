"""Certificates of every kind, good and bad."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CODE = (ExtendedKeyUsageOID.CODE_SIGNING,)


@dataclass(frozen=True)
class Issued:
    """A certificate with the key it is of."""

    certificate: x509.Certificate
    key: Any


def issue(
    name: str,
    by: Issued | None = None,
    *,
    start: datetime.datetime,
    end: datetime.datetime,
    ca: bool = False,
    key: Any = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = CODE,
    digest: hashes.HashAlgorithm | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    path_length: int | None = None,
    may_sign: bool = True,
    cert_sign: bool = True,
    constrained: bool = True,
) -> Issued:
    """A certificate of `name`, issued by `by` or by itself; authorities have no purposes unless they are given some."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(may_sign, False, False, False, False, ca and cert_sign, ca, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(usage, critical=True)
    )
    if constrained:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    if purposes and not (ca and purposes is CODE):
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signer = by.key if by else key
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else digest or hashes.SHA256()
    return Issued(builder.sign(signer, algorithm), key)
