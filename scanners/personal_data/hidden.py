"""Text inside base64 (RFC 4648, both alphabets): what it decodes to is read as well, and the whole token is the entity."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_=\-])[A-Za-z0-9+/_\-]{16,8192}={0,2}(?![A-Za-z0-9+/_=\-])", re.ASCII)
_URL_SAFE = str.maketrans("-_", "+/")
MAX_DECODED = 1_000_000
"""Characters decoded in one text; past it the rest is read as it stands."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A token of a text and the readable text that it decodes to."""

    start: int
    end: int
    text: str


def hidden(text: str) -> Iterator[Hidden]:
    """Every base64 token that decodes to readable UTF-8, once: base64 in base64 is not followed."""
    left = MAX_DECODED
    for token in _TOKEN.finditer(text):
        body = token[0].rstrip("=")
        if len(body) % 4 == 1 or body.isdigit() or (body.isalpha() and body.islower()):
            continue
        try:
            decoded = base64.b64decode(body.translate(_URL_SAFE) + "=" * (-len(body) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if not all(character.isprintable() or character in "\t\r\n" for character in decoded):
            continue
        left -= len(decoded)
        if left < 0:
            return
        yield Hidden(token.start(), token.end(), decoded)
