"""A certificate vouches for a signer only along a whole chain of authorities to a root that the caller named."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from scanners.errors import UnreadableInput
from scanners.signatures.chains import Leaf, load_certificates, load_revocation_lists, require_chain
from scanners.signatures.outcomes import SignatureRejected
from scanners.signatures.strict_json import MalformedDocument

DAY = datetime.timedelta(days=1)
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
CONSTRAINED = x509.NameConstraints([x509.DNSName("example.com")], None)


def der(*issued: Any) -> list[bytes]:
    return [one.certificate.public_bytes(serialization.Encoding.DER) for one in issued]


def check(chain: list[Any], roots: list[Any], at: datetime.datetime, **more: Any) -> Leaf:
    return require_chain(der(*chain), [one.certificate for one in roots], at, **more)


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP521R1()),
    ],
)
def test_a_chain_of_any_length_and_key_holds(issue: Any, root: Any, now: datetime.datetime, key: Any) -> None:
    upper = issue("Upper", root, ca=True, key=key)
    lower = issue("Lower", upper, ca=True)
    leaf = issue("Signer", lower, key=key)
    found = check([leaf, lower, upper], [root], now)
    assert (found.names, found.root, found.unchecked_revocation) == (("CN=Signer",), "CN=Root", ())


def test_the_order_above_the_leaf_and_what_else_is_offered_do_not_matter(
    issue: Any, root: Any, now: datetime.datetime
) -> None:
    upper = issue("Upper", root, ca=True)
    lower = issue("Lower", upper, ca=True)
    leaf = issue("Signer", lower)
    check([leaf, root, upper, issue("Stranger", ca=True), lower], [issue("Other", ca=True), root], now)


def test_a_leaf_that_is_itself_a_root_is_pinned(issue: Any, now: datetime.datetime) -> None:
    leaf = issue("Signer")
    assert check([leaf], [leaf], now).root == "CN=Signer"


def test_a_second_path_is_tried_when_the_first_expired(issue: Any, root: Any, now: datetime.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    old = issue("Middle", root, ca=True, key=key, start=now - 9 * DAY, end=now - DAY)
    new = issue("Middle", root, ca=True, key=key)
    check([issue("Signer", new), old, new], [root], now)


Build = Callable[[Any, Any, datetime.datetime], list[Any]]
REJECTED: dict[str, tuple[str, Build]] = {
    "self-signed": ("untrusted", lambda i, r, n: [i("Signer")]),
    "another root of the same name": ("untrusted", lambda i, r, n: [i("Signer", i("Root", ca=True))]),
    "the bundle brings its own root": ("untrusted", lambda i, r, n: [i("Signer", other := i("O", ca=True)), other]),
    "missing middle": ("untrusted", lambda i, r, n: [i("Signer", i("Middle", r, ca=True))]),
    "issued by a leaf": ("untrusted", lambda i, r, n: [i("Signer", m := i("Middle", r)), m]),
    "issuer says nothing about being one": (
        "untrusted",
        lambda i, r, n: [i("Signer", m := i("Middle", r, ca=True, constrained=False)), m],
    ),
    "issuer may not sign certificates": (
        "untrusted",
        lambda i, r, n: [i("Signer", m := i("Middle", r, ca=True, cert_sign=False)), m],
    ),
    "issuer is for servers": (
        "untrusted",
        lambda i, r, n: [i("Signer", m := i("Middle", r, ca=True, purposes=SERVER)), m],
    ),
    "too many authorities": (
        "untrusted",
        lambda i, r, n: [
            i("Signer", b := i("B", a := i("A", r, ca=True, path_length=0), ca=True)),
            b,
            a,
        ],
    ),
    "leaf expired": ("expired", lambda i, r, n: [i("Signer", r, start=n - 9 * DAY, end=n - DAY)]),
    "leaf not yet valid": ("expired", lambda i, r, n: [i("Signer", r, start=n + DAY, end=n + 9 * DAY)]),
    "issuer expired": (
        "expired",
        lambda i, r, n: [i("Signer", m := i("M", r, ca=True, start=n - 9 * DAY, end=n - DAY)), m],
    ),
    "TLS leaf": ("untrusted", lambda i, r, n: [i("www.example.com", r, purposes=SERVER)]),
    "leaf for anything": (
        "untrusted",
        lambda i, r, n: [i("Signer", r, purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,))],
    ),
    "leaf for nothing in particular": ("untrusted", lambda i, r, n: [i("Signer", r, purposes=None)]),
    "leaf may not sign": ("untrusted", lambda i, r, n: [i("Signer", r, may_sign=False)]),
    "leaf has a strange critical extension": (
        "untrusted",
        lambda i, r, n: [i("Signer", r, extensions=[(STRANGE, True)])],
    ),
    "issuer limits names": (
        "untrusted",
        lambda i, r, n: [i("Signer", m := i("M", r, ca=True, extensions=[(CONSTRAINED, True)])), m],
    ),
    "leaf has a short key": (
        "untrusted",
        lambda i, r, n: [i("Signer", r, key=rsa.generate_private_key(65537, 1024))],
    ),
    "leaf has a curve nobody uses": (
        "untrusted",
        lambda i, r, n: [i("Signer", r, key=ec.generate_private_key(ec.SECP192R1()))],
    ),
}


@pytest.mark.parametrize("case", REJECTED)
def test_chains_that_do_not_hold_are_rejected(issue: Any, root: Any, now: datetime.datetime, case: str) -> None:
    reason, build = REJECTED[case]
    with pytest.raises(SignatureRejected) as rejected:
        check(build(issue, root, now), [root], now)
    assert rejected.value.reason == reason


def test_name_constraints_are_refused_even_when_not_critical(issue: Any, root: Any, now: datetime.datetime) -> None:
    middle = issue("M", root, ca=True, extensions=[(CONSTRAINED, False)])
    with pytest.raises(SignatureRejected):
        check([issue("Signer", middle), middle], [root], now)


class TestIdentity:
    def test_a_leaf_without_purpose_is_accepted_for_the_identity_that_was_named(
        self, issue: Any, root: Any, now: datetime.datetime
    ) -> None:
        leaf = issue("Signer", root, purposes=None)
        digest = "sha256:" + leaf.certificate.fingerprint(hashes.SHA256()).hex()
        for identity in ("CN=Signer", digest):
            check([leaf], [root], now, identity=identity)

    def test_a_tls_leaf_is_not_accepted_by_any_name(self, issue: Any, root: Any, now: datetime.datetime) -> None:
        leaf = issue("www.example.com", root, purposes=SERVER)
        with pytest.raises(SignatureRejected):
            check([leaf], [root], now, identity="CN=www.example.com")

    @pytest.mark.parametrize("identity", ["CN=Signe", "CN=signer", "", "team@example.co", "sha256:00"])
    def test_any_other_name_is_rejected(self, issue: Any, root: Any, now: datetime.datetime, identity: str) -> None:
        names = x509.SubjectAlternativeName([x509.RFC822Name("team@example.com")])
        leaf = issue("Signer", root, extensions=[(names, False)])
        check([leaf], [root], now, identity="team@example.com")
        with pytest.raises(SignatureRejected) as rejected:
            check([leaf], [root], now, identity=identity)
        assert rejected.value.reason == "untrusted"


class TestRevocation:
    POINT = x509.CRLDistributionPoints(
        [x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example/")], None, None, None)]
    )
    OCSP = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.example/")
            )
        ]
    )

    @staticmethod
    def revoke(root: Any, now: datetime.datetime, *leaves: Any, age: int = 0, key: Any = None) -> Any:
        start = now - (age + 1) * DAY
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(root.certificate.subject)
            .last_update(start)
            .next_update(start + 2 * DAY)
        )
        for leaf in leaves:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(leaf.certificate.serial_number)
                .revocation_date(start)
                .build()
            )
        return builder.sign(key or root.key, hashes.SHA256())

    @pytest.mark.parametrize("source", [POINT, OCSP])
    def test_revocation_that_was_not_looked_up_is_said(
        self, issue: Any, root: Any, now: datetime.datetime, source: Any
    ) -> None:
        leaf = issue("Signer", root, extensions=[(source, False)])
        assert check([leaf], [root], now).unchecked_revocation == ("CN=Signer",)
        clean = self.revoke(root, now, issue("Another", root))
        assert check([leaf], [root], now, revoked=[clean]).unchecked_revocation == ()

    def test_a_revoked_certificate_is_rejected(self, issue: Any, root: Any, now: datetime.datetime) -> None:
        leaf = issue("Signer", root)
        with pytest.raises(SignatureRejected) as rejected:
            check([leaf], [root], now, revoked=[self.revoke(root, now, leaf)])
        assert rejected.value.reason == "revoked"

    def test_an_old_or_forged_list_proves_nothing(self, issue: Any, root: Any, now: datetime.datetime) -> None:
        leaf = issue("Signer", root, extensions=[(self.POINT, False)])
        old = self.revoke(root, now, age=10)
        forged = self.revoke(root, now, key=ec.generate_private_key(ec.SECP256R1()))
        assert check([leaf], [root], now, revoked=[old, forged]).unchecked_revocation == ("CN=Signer",)


@pytest.mark.parametrize("raw", [b"", b"\x30\x00", b"hello", b"\x30\x84\xff\xff\xff\xff"])
def test_broken_certificates_in_a_bundle_are_malformed(root: Any, now: datetime.datetime, raw: bytes) -> None:
    with pytest.raises(MalformedDocument):
        require_chain([raw], [root.certificate], now)


@pytest.mark.parametrize("load", [load_certificates, load_revocation_lists])
@pytest.mark.parametrize("raw", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
                                 b"-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n"])  # fmt: skip
def test_broken_trust_files_are_errors(load: Any, raw: bytes) -> None:
    with pytest.raises(UnreadableInput):
        load(raw)


def test_a_certificate_with_an_extension_twice_or_of_no_version_is_broken(now: datetime.datetime) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - DAY, now + DAY)
    for number in ("1.2.3.4", "1.2.3.5"):
        strange = x509.UnrecognizedExtension(x509.ObjectIdentifier(number), b"\x05\x00")
        builder = builder.add_extension(strange, critical=False)
    made = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    twice = made.replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")
    unversioned = made.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x28", 1)
    for broken in (twice, unversioned):
        with pytest.raises(MalformedDocument, match="broken"):
            require_chain([broken], [], now)
