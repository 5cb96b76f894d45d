"""A sigstore trusted root: the authorities and logs of a deployment, each with the time for which it counts."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from scanners.errors import UnreadableInput
from scanners.signatures.bundle import base64_field, mapping, text
from scanners.signatures.keys import PublicKey, weakness
from scanners.signatures.strict_json import MalformedDocument, parse

MAXIMUM = 4 * 2**20
_PUBLIC_GOOD = "_store/https%3A%2F%2Ftuf-repo-cdn.sigstore.dev/trusted_root.json"
_ALWAYS = datetime.datetime.max.replace(tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when something counts."""

    begins: datetime.datetime
    ends: datetime.datetime

    def holds(self, at: datetime.datetime) -> bool:
        return self.begins <= at <= self.ends


@dataclass(frozen=True, slots=True)
class Log:
    """A transparency log, or a log of certificates."""

    identity: bytes
    """SHA-256 of its key (RFC 6962 §3.2)."""
    key: PublicKey
    valid: Span


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its certificates, the root last."""

    certificates: tuple[x509.Certificate, ...]
    valid: Span


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """Whom a deployment of sigstore trusts."""

    authorities: tuple[Authority, ...]
    logs: tuple[Log, ...]
    certificate_logs: tuple[Log, ...]


def read_trusted_root(path: Path | None) -> TrustedRoot:
    """The trusted root in a file (JSON); None: the public good one that the installed sigstore package carries.

    Raises UnreadableInput.
    """
    try:
        source = files("sigstore").joinpath(_PUBLIC_GOOD) if path is None else path
        raw = source.read_bytes()
        if len(raw) > MAXIMUM:
            raise MalformedDocument("it is too large")
        document = parse(raw)
        return TrustedRoot(
            tuple(_authorities(document)), tuple(_logs(document, "tlogs")), tuple(_logs(document, "ctlogs"))
        )
    except (OSError, ValueError) as error:
        raise UnreadableInput(
            "the trusted root is not a sigstore trusted root",
            remedy="give the trusted_root.json of the deployment",
            detail=str(error),
        ) from None


def _authorities(document: Any) -> Iterator[Authority]:
    for item in _listed(document, "certificateAuthorities"):
        chain = _listed(mapping(item, "certChain"), "certificates")
        certificates = tuple(x509.load_der_x509_certificate(base64_field(link, "rawBytes")) for link in chain)
        if not certificates:
            raise MalformedDocument("an authority without certificates")
        yield Authority(certificates, _span(item))


def _logs(document: Any, name: str) -> Iterator[Log]:
    for item in _listed(document, name):
        public = mapping(item, "publicKey")
        raw = base64_field(public, "rawBytes")
        try:
            key = serialization.load_der_public_key(raw)
        except UnsupportedAlgorithm:
            continue
        if weakness(key) is None:
            yield Log(hashlib.sha256(raw).digest(), key, _span(public))  # type: ignore[arg-type]


def _span(holder: Any) -> Span:
    valid = mapping(holder, "validFor")
    return Span(_moment(text(valid, "start")), _moment(text(valid, "end")) if valid.get("end") else _ALWAYS)


def _moment(written: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise MalformedDocument("a time without its zone")
    return moment


def _listed(holder: Any, name: str) -> list[Any]:
    found = holder.get(name, []) if isinstance(holder, dict) else None
    if not isinstance(found, list):
        raise MalformedDocument(f"{name!r} is not a list")
    return found
