"""Text inside base64 (RFC 4648, both alphabets): what it decodes to is read as well, and the whole token is the entity."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_=\-])[A-Za-z0-9+/_\-]{16,8192}={0,2}(?![A-Za-z0-9+/_=\-])", re.ASCII)
_SHORTEST = 16
_URL_SAFE = str.maketrans("-_", "+/")
_BODY = bytes(1 if (chr(code).isalnum() and code < 128) or chr(code) in "+/_-" else 0 for code in range(256))
"""By byte, whether a token may hold it."""
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
    for token in _tokens(text):
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


def _tokens(text: str) -> Iterator[re.Match[str]]:
    """What looks like base64. Most words are too short: a run of bytes is looked for, far faster than a pattern."""
    marked = text.encode("ascii", "replace").translate(_BODY)
    run = b"\x01" * _SHORTEST
    end = 0
    while (found := marked.find(run, end)) >= 0:
        start = max(end, marked.rfind(b"\x00", end, found) + 1)
        end = marked.find(b"\x00", found)
        end = len(text) if end < 0 else end
        token = _TOKEN.match(text, start)
        if token is not None:
            yield token
