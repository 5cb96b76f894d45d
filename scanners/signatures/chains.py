"""Certificate chains up to roots that the caller names: never the web's roots, never by the chain's own word.

RFC 5280 §6 for what code signing needs. Whatever is critical and not understood refuses the chain (§4.2).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ExtensionOID

from scanners.errors import UnreadableInput
from scanners.signatures.keys import PublicKey, weakness
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument

E = TypeVar("E", bound=x509.ExtensionType)

MAX_LENGTH = 8
_WEAK_DIGESTS = frozenset({"md5", "sha1"})
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CERTIFICATE_POLICIES,
    }
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A signing certificate whose chain holds at the time it was checked for."""

    key: PublicKey
    names: tuple[str, ...]
    """What the certificate says its holder is: alternative names, then the subject."""
    fingerprint: str
    """'sha256:<hex>' over its DER."""
    root: str
    """The subject of the root it leads to."""
    unchecked_revocation: tuple[str, ...]
    """Subjects of certificates that name a place to ask for revocation, when no list covered them."""


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """Every certificate in `pem`. Raises UnreadableInput if there is none or one is broken."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise UnreadableInput(
            "the root certificates are not PEM",
            remedy="give a file with one or more '-----BEGIN CERTIFICATE-----' blocks",
            detail=str(error),
        ) from None


def load_revocation_lists(pem: bytes) -> list[x509.CertificateRevocationList]:
    """Every revocation list in `pem`. Raises UnreadableInput if there is none or one is broken."""
    mark = b"-----BEGIN X509 CRL-----"
    try:
        found = [x509.load_pem_x509_crl(mark + block) for block in pem.split(mark)[1:]]
    except ValueError as error:
        raise UnreadableInput("a revocation list is broken", detail=str(error)) from None
    if not found:
        raise UnreadableInput(
            "the file holds no PEM revocation list", remedy=f"give a file with {mark.decode()!r} blocks"
        )
    return found


def require_chain(
    chain: Sequence[bytes],
    roots: Sequence[x509.Certificate],
    at: datetime.datetime,
    *,
    identity: str | None = None,
    revoked: Sequence[x509.CertificateRevocationList] = (),
    revoked_at: datetime.datetime | None = None,
) -> Leaf:
    """The first certificate of `chain` (DER), proven to lead to one of `roots` at the time `at` and to be for signing.

    `identity` is an alternative name, the subject (RFC 4514) or the 'sha256:<hex>' fingerprint that the leaf must have.
    Revocation lists must be current at `revoked_at`, or at `at` if it is None: now, even where a timestamp puts `at` into
    the past. A leaf must be for code signing; one that does not say what it is for is accepted only with an `identity`.

    Raises SignatureRejected, MalformedDocument.
    """
    try:
        certificates = [x509.load_der_x509_certificate(der) for der in chain]
        leaf, offered = certificates[0], certificates[1:]
        names = _names(leaf)
        _require_for_signing(leaf, identity)
        path = _best_path(leaf, offered, roots, at)
        if identity is not None and identity not in (*names, _fingerprint(leaf)):
            raise SignatureRejected(
                "untrusted",
                f"the certificate is of {names[0]!r} and not of {identity!r}",
                "Ask who signed the model; if they are to be trusted, name them as the identity.",
            )
        unchecked = _require_not_revoked(path, revoked, revoked_at or at)
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        if isinstance(error, MalformedDocument):
            raise
        raise MalformedDocument("a certificate in it is broken") from None
    return Leaf(
        key=leaf.public_key(),  # type: ignore[arg-type]  # _require_link proved its kind
        names=names,
        fingerprint=_fingerprint(leaf),
        root=path[-1].subject.rfc4514_string(),
        unchecked_revocation=unchecked,
    )


def _best_path(
    leaf: x509.Certificate,
    offered: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime.datetime,
) -> list[x509.Certificate]:
    """The first path that holds; if none does, the reason of the one that came closest."""
    rejection: SignatureRejected | None = None
    for path in _paths([leaf], offered, roots):
        try:
            for depth, certificate in enumerate(path):
                _require_link(certificate, depth, at)
        except SignatureRejected as found:
            rejection = rejection or found
        else:
            return path
    raise rejection or SignatureRejected(
        "untrusted",
        f"the certificate of {leaf.subject.rfc4514_string()!r} does not lead to any of the given roots",
        "Give the root certificate of the authority that the signer uses, obtained from them and not from the bundle.",
    )


def _paths(
    path: list[x509.Certificate], offered: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]
) -> Iterator[list[x509.Certificate]]:
    last = path[-1]
    if last in roots:
        yield path
        return
    if len(path) >= MAX_LENGTH:
        return
    for issuer in (*roots, *offered):
        if issuer not in path and issuer.subject == last.issuer and _issued(issuer, last):
            yield from _paths([*path, issuer], offered, roots)


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _require_link(certificate: x509.Certificate, depth: int, at: datetime.datetime) -> None:
    """What every certificate of a path must be: in its time, strong, understood; above the leaf an authority too."""
    name = certificate.subject.rfc4514_string()
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SignatureRejected(
            "expired",
            f"the certificate of {name!r} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} "
            f"to {certificate.not_valid_after_utc:%Y-%m-%d}, not at {at:%Y-%m-%d %H:%M} UTC",
            "Have the model signed again with a valid certificate.",
        )
    digest = certificate.signature_hash_algorithm
    problem = weakness(certificate.public_key())
    if digest is not None and digest.name in _WEAK_DIGESTS:
        problem = f"it is signed over {digest.name}"
    # Name constraints bind even where the issuer forgot to mark them critical (§4.2.1.10 demands the mark).
    strange = [
        extension.oid.dotted_string
        for extension in certificate.extensions
        if (extension.critical or extension.oid == ExtensionOID.NAME_CONSTRAINTS) and extension.oid not in _UNDERSTOOD
    ]
    if strange:
        problem = f"it has extensions that bind and are not understood here: {', '.join(strange)}"
    if depth > 0:
        problem = problem or _not_an_authority(certificate, depth)
    if problem is not None:
        raise SignatureRejected("untrusted", f"the certificate of {name!r} cannot be relied on: {problem}")


def _not_an_authority(certificate: x509.Certificate, depth: int) -> str | None:
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return "it is not of a certificate authority"
    if constraints.path_length is not None and depth - 1 > constraints.path_length:
        return "it allows fewer authorities below it"
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return "it may not sign certificates"
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    wanted = {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes is not None and not wanted & set(purposes):
        return "it is not an authority for code signing"
    return None


def _require_for_signing(leaf: x509.Certificate, identity: str | None) -> None:
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise SignatureRejected("untrusted", "the certificate's key usage does not allow signatures")
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    if purposes is None and identity is None:
        raise SignatureRejected(
            "untrusted",
            "the certificate does not say that it is for code signing",
            "Name the identity that you expect, or have the model signed with a code-signing certificate.",
        )
    if purposes is not None and ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        raise SignatureRejected(
            "untrusted",
            "the certificate is not for code signing (a TLS certificate proves a host name and nothing about a model)",
            "Have the model signed with a code-signing certificate.",
        )


def _require_not_revoked(
    path: Sequence[x509.Certificate], lists: Sequence[x509.CertificateRevocationList], at: datetime.datetime
) -> tuple[str, ...]:
    """Subjects that name a source of revocation which no current list covers. Raises SignatureRejected."""
    unchecked = []
    for certificate, issuer in pairwise(path):
        current = [
            found
            for found in lists
            if found.issuer == issuer.subject
            and found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
            and found.last_update_utc <= at
            and (found.next_update_utc is None or at <= found.next_update_utc)
        ]
        for found in current:
            if found.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                raise SignatureRejected(
                    "revoked",
                    f"the certificate of {certificate.subject.rfc4514_string()!r} was revoked by its issuer",
                    "Do not use the model until it was signed again with a certificate that holds.",
                )
        asks = (x509.CRLDistributionPoints, x509.AuthorityInformationAccess)
        if not current and any(_names_revocation(_extension(certificate, kind)) for kind in asks):
            unchecked.append(certificate.subject.rfc4514_string())
    return tuple(unchecked)


def _names_revocation(extension: x509.ExtensionType | None) -> bool:
    if isinstance(extension, x509.AuthorityInformationAccess):
        return any(entry.access_method == AuthorityInformationAccessOID.OCSP for entry in extension)
    return extension is not None


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    alternative = _extension(leaf, x509.SubjectAlternativeName)
    named = (
        []
        if alternative is None
        else [
            str(name.value)
            for name in alternative
            if isinstance(name, x509.DNSName | x509.RFC822Name | x509.UniformResourceIdentifier)
        ]
    )
    return (*named, leaf.subject.rfc4514_string())


def _fingerprint(certificate: x509.Certificate) -> str:
    return f"sha256:{certificate.fingerprint(SHA256()).hex()}"
