"""Format-preserving encryption: FF1 of NIST SP 800-38G, on digits (radix 10) or digits and letters (radix 36)."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_ROUNDS = 10
LEAST_DOMAIN = 1_000_000
"""SP 800-38G revision 1: fewer possible texts than this can be tried out."""


def encrypt(key: bytes, tweak: bytes, text: str, radix: int = 10) -> str:
    """The text of the same length and alphabet. Raises ValueError when its domain is below LEAST_DOMAIN."""
    return _feistel(key, tweak, text, radix, range(_ROUNDS), 1)


def decrypt(key: bytes, tweak: bytes, text: str, radix: int = 10) -> str:
    """The inverse of `encrypt` under the same key and tweak."""
    return _feistel(key, tweak, text, radix, range(_ROUNDS - 1, -1, -1), -1)


def _feistel(key: bytes, tweak: bytes, text: str, radix: int, rounds: range, sign: int) -> str:
    n = len(text)
    if radix**n < LEAST_DOMAIN:
        raise ValueError(f"{n} characters of radix {radix} are too few to encrypt in their own format")
    u = n // 2
    v = n - u
    a, b = int(text[:u], radix), int(text[u:], radix)
    width = -(-((radix**v - 1).bit_length()) // 8)
    d = 4 * -(-width // 4) + 4
    head = (
        bytes([1, 2, 1])
        + radix.to_bytes(3, "big")
        + bytes([10, u % 256])
        + n.to_bytes(4, "big")
        + len(tweak).to_bytes(4, "big")
    )
    padding = bytes(-(len(tweak) + width + 1) % 16)
    for i in rounds:
        m = u if i % 2 == 0 else v
        source = b if sign > 0 else a
        q = tweak + padding + bytes([i]) + source.to_bytes(width, "big")
        r = _cbc_mac(key, head + q)
        s = r
        for j in range(1, -(-d // 16)):
            s += _cbc_mac(key, bytes(x ^ y for x, y in zip(r, j.to_bytes(16, "big"), strict=True)))
        y = int.from_bytes(s[:d], "big")
        if sign > 0:
            a, b = b, (a + y) % radix**m
        else:
            a, b = (b - y) % radix**m, a
    return _written(a, u, radix) + _written(b, v, radix)


def _cbc_mac(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(bytes(16))).encryptor()
    return (encryptor.update(data) + encryptor.finalize())[-16:]


def _written(number: int, length: int, radix: int) -> str:
    out = []
    for _ in range(length):
        number, digit = divmod(number, radix)
        out.append(_ALPHABET[digit])
    return "".join(reversed(out))
