"""Private keys that are no text: DER (PKCS #1, SEC 1, PKCS #8), PKCS #12 and Java's key stores.

A store of certificates that are trusted, as every Java runtime has, holds no key and is none of these.
"""

from __future__ import annotations

import struct

MAXIMUM = 2**20
"""Bytes of a file that may be a key or a store of keys."""
KEY, STORE = "secret.private_key", "secret.key_store"
_JKS, _JCEKS = b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_PKCS12_DATA = bytes.fromhex("06092a864886f70d0107")
"""The beginning of every content type in PKCS #12 (RFC 7292 §4: data, signedData, encryptedData)."""
_KEY_BAGS = (bytes.fromhex("060b2a864886f70d010c0a0101"), bytes.fromhex("060b2a864886f70d010c0a0102"))
"""keyBag and pkcs8ShroudedKeyBag (RFC 7292 §4.2): what encloses a key is itself not encrypted."""
_ENCRYPTIONS = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c01"))
"""Of PKCS #5 (PBES1, PBES2) and PKCS #12."""
_ALGORITHMS = tuple(
    bytes.fromhex(oid)
    for oid in (
        "2a864886f70d010101",
        "2a864886f70d01010a",
        "2a8648ce3d0201",
        "2b6570",
        "2b6571",
        "2b656e",
        "2b656f",
        "2a8648ce380401",
    )
)
"""RSA, RSA-PSS, EC, Ed25519, Ed448, X25519, X448, DSA."""


def may_be(head: bytes, size: int) -> bool:
    """Whether a file of this beginning and size is worth to be read as one."""
    if size > MAXIMUM:
        return False
    if head[0] == _SEQUENCE:
        body = _content(head, 0)
        return body is not None and body[0] + body[1] == size and head[body[0]] in (_INTEGER, _SEQUENCE)
    return head.startswith((_JKS, _JCEKS))


def kind(data: bytes) -> str:
    """The rule by which it is a key or a store with a key in it; empty for anything else."""
    if data.startswith((_JKS, _JCEKS)):
        return STORE if _java_keys(data) else ""
    outer = _content(data, 0)
    if outer is None or outer[0] + outer[1] != len(data):
        return ""
    at = outer[0]
    if data[at] == _SEQUENCE:
        return STORE if _is_encrypted_key(data, at) else ""
    number = _content(data, at)
    if number is None or number[1] != 1:
        return ""
    version, after = data[number[0]], number[0] + 1
    if version == 3 and data.find(_PKCS12_DATA, after, after + 32) >= 0:
        return STORE if any(bag in data for bag in _KEY_BAGS) else ""
    return KEY if _is_key(data, version, after) else ""


def _is_key(data: bytes, version: int, at: int) -> bool:
    following = _content(data, at)
    if following is None:
        return False
    start, length = following
    if data[at] == _SEQUENCE and version in (0, 1):  # PKCS #8 (RFC 5958): the algorithm, then the key
        oid = _content(data, start)
        return oid is not None and data[start] == 0x06 and data[oid[0] : oid[0] + oid[1]] in _ALGORITHMS
    if data[at] == _INTEGER and version == 0:  # PKCS #1 (RFC 8017 §A.1.2): the modulus, of 512 bits or more
        return length > 63
    return data[at] == _OCTETS and version == 1 and 20 <= length <= 66  # SEC 1 (RFC 5915)


def _is_encrypted_key(data: bytes, at: int) -> bool:
    algorithm = _content(data, at)
    if algorithm is None:
        return False
    oid = _content(data, algorithm[0])
    following = algorithm[0] + algorithm[1]
    named = oid is not None and data[algorithm[0]] == 0x06 and data[oid[0] : oid[0] + oid[1]].startswith(_ENCRYPTIONS)
    return named and following < len(data) and data[following] == _OCTETS


def _java_keys(data: bytes) -> bool:
    """Whether an entry of a Java key store (JKS, JCEKS) is a key: trusted certificates are of the kind 2."""
    try:
        _, count = struct.unpack_from(">II", data, 4)
        at = 12
        for _ in range(min(count, 10_000)):
            (entry,) = struct.unpack_from(">I", data, at)
            if entry != 2:
                return entry in (1, 3)
            at = _after_text(data, at + 4) + 8  # the alias, and a date
            at = _after_text(data, at)  # the certificate's type
            (length,) = struct.unpack_from(">I", data, at)
            at += 4 + length
    except struct.error:
        return False
    return False


def _after_text(data: bytes, at: int) -> int:
    (length,) = struct.unpack_from(">H", data, at)
    return at + 2 + int(length)


def _content(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the content of a DER value begins, and how long it says it is (X.690 §8.1.3)."""
    if at + 2 > len(data):
        return None
    first = data[at + 1]
    if first < 0x80:
        return at + 2, first
    count = first & 0x7F
    if not 1 <= count <= 4 or at + 2 + count >= len(data):
        return None
    return at + 2 + count, int.from_bytes(data[at + 2 : at + 2 + count], "big")
