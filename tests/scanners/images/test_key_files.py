"""Private keys that are no text, as real tools write them; and what only looks like one."""

from __future__ import annotations

import datetime
import random
import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from scanners.images import key_files
from scanners.images.observing import observe_image

DER, CLEAR = serialization.Encoding.DER, serialization.NoEncryption()
PKCS8, OLD = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())


def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, RSA.public_key(), 1, day, day + datetime.timedelta(days=9))
    return builder.sign(RSA, hashes.SHA256())


CERTIFICATE = certificate()
KEYS = {
    "RSA, PKCS 1": RSA.private_bytes(DER, OLD, CLEAR),
    "RSA, PKCS 8": RSA.private_bytes(DER, PKCS8, CLEAR),
    "EC, SEC 1": EC.private_bytes(DER, OLD, CLEAR),
    "EC, PKCS 8": EC.private_bytes(DER, PKCS8, CLEAR),
    "P-521": ec.generate_private_key(ec.SECP521R1()).private_bytes(DER, OLD, CLEAR),
    "Ed25519": ed25519.Ed25519PrivateKey.generate().private_bytes(DER, PKCS8, CLEAR),
    "DSA": dsa.generate_private_key(1024).private_bytes(DER, PKCS8, CLEAR),
}
STORES = {
    "encrypted PKCS 8": RSA.private_bytes(DER, PKCS8, serialization.BestAvailableEncryption(b"x")),
    "PKCS 12": pkcs12.serialize_key_and_certificates(
        b"x", RSA, CERTIFICATE, None, serialization.BestAvailableEncryption(b"x")
    ),
    "PKCS 12 in clear": pkcs12.serialize_key_and_certificates(b"x", RSA, CERTIFICATE, None, CLEAR),
}
NONE = {
    "certificate": CERTIFICATE.public_bytes(DER),
    "public key": RSA.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    "public key, PKCS 1": RSA.public_key().public_bytes(DER, serialization.PublicFormat.PKCS1),
    "PKCS 12 of trust": pkcs12.serialize_key_and_certificates(
        b"x", None, CERTIFICATE, None, serialization.BestAvailableEncryption(b"x")
    ),
    "cut off": RSA.private_bytes(DER, OLD, CLEAR)[:-1],
    "a sequence of nothing": b"\x30\x0e" + bytes(14),
    "an absurd length": b"\x30\x84\xff\xff\xff\xff" + bytes(10),
    "a short store": b"\xfe\xed\xfe\xed\x00\x00\x00\x02\xff\xff\xff\xff" + bytes(8),
}


def found(image, layer, data: bytes) -> list[tuple[str, str]]:
    observed, _ = observe_image(image(layer().file("opt/app/file", data)), None, None, None)
    return [
        (finding.severity, finding.evidence.partition(";")[0])
        for finding in observed.findings
        if finding.rule == "image.secret"
    ]


@pytest.mark.parametrize("name", KEYS)
def test_keys(image, layer, name):
    assert found(image, layer, KEYS[name]) == [("high", key_files.KEY)]


@pytest.mark.parametrize("name", STORES)
def test_stores_of_keys(image, layer, name):
    assert found(image, layer, STORES[name]) == [("medium", key_files.STORE)]


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_key(image, layer, name):
    assert found(image, layer, NONE[name]) == []


@pytest.mark.parametrize("kind", ["JKS", "JCEKS", "PKCS12"])
@pytest.mark.skipif(shutil.which("keytool") is None, reason="Java's own tool makes these stores")
def test_stores_by_java(image, layer, tmp_path, kind):
    def keytool(store: str, *arguments: str) -> bytes:
        common = ["-keystore", store, "-storetype", kind, "-storepass", "changeit", "-alias", "x", "-noprompt"]
        subprocess.run(["keytool", *arguments, *common], cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / store).read_bytes()

    keys = keytool("keys", "-genkeypair", "-keyalg", "RSA", "-dname", "CN=x", "-keypass", "changeit")
    (tmp_path / "c.der").write_bytes(CERTIFICATE.public_bytes(DER))
    trust = keytool("trust", "-importcert", "-file", "c.der")
    assert found(image, layer, keys) == [("medium", key_files.STORE)]
    assert key_files.kind(trust) == ""


def test_no_bytes_do_anything_but_be_judged():
    chance = random.Random(1)
    for data in (*KEYS.values(), *STORES.values(), *NONE.values()):
        for _ in range(200):
            at = chance.randrange(len(data))
            key_files.kind(data[:at] + chance.randbytes(1) + data[at + 1 :])
            key_files.kind(data[:at])
            if at > 15:
                key_files.may_be(data[:16], at)
