"""Secrets by reference: configuration names where one is kept, `env:NAME` or `file:/path`, and never holds it.

A reference is followed each time it is used, so a short-lived credential that an agent renews in a file is always the
current one.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from scanners.errors import YumenError

KEY_BYTES = 32


class KeyUnusable(YumenError):
    """A key file or a reference to a secret that cannot be used."""

    code = "key_unusable"


def referenced(reference: str, what: str) -> bytes:
    """The 32 bytes behind env:NAME or file:/path, written in base64. Raises KeyUnusable."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if value is None:
            raise KeyUnusable(f"{what}: the environment has no {name}")
        return decoded(value, what)
    if kind != "file":
        raise KeyUnusable(f"{what}: a key is named as env:NAME or file:/path")
    return key_file(Path(name), what)


def text_secret(reference: str, what: str) -> str:
    """The text behind env:NAME or file:/path, without line ends. Raises KeyUnusable."""
    kind, _, name = reference.partition(":")
    try:
        if kind == "env":
            return os.environ[name].strip()
        if kind == "file":
            return Path(name).read_text().strip()
    except (KeyError, OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{what} cannot be read from {reference}") from error
    raise KeyUnusable(f"{what}: a secret is named as env:NAME or file:/path")


def key_file(path: Path, what: str) -> bytes:
    """The 32 bytes in a file that nobody else may read. Raises KeyUnusable."""
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{what} cannot be read", detail=str(error)) from error
    if mode & 0o077:
        raise KeyUnusable(f"{what} can be read by others", remedy=f"chmod 600 {path}")
    return decoded(text, what)


def decoded(text: str, what: str) -> bytes:
    """32 bytes from base64. Raises KeyUnusable."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error) as error:
        raise KeyUnusable(f"{what} is not base64", remedy="it must be 32 random bytes in base64") from error
    if len(key) != KEY_BYTES:
        raise KeyUnusable(
            f"{what} has {len(key)} bytes, not {KEY_BYTES}", remedy="make one with: openssl rand -base64 32"
        )
    return key
