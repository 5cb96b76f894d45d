"""How random a string looks, and which strings only stand in for a secret."""

from __future__ import annotations

import math
import re
from collections import Counter

_PLACEHOLDER = re.compile(
    r"(?:x{4,}|\*{3,}|\.{3}|example|sample|placeholder|changeme|change[_-]me|your[_-]?|dummy|redacted|removed|insert|"
    r"replace[_-]?|todo|fixme|foobar|<[a-z_ -]+>|\$\{|\{\{|%\(|\$\(|process\.env|os\.environ|getenv|secrets?\.|vault:|env:|"
    r"file:|null|none|undefined|0000000|1234567890abcdef|abcdefghijkl)",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[a-z]+(?:[_.\-][a-z]+)+|[a-z]+(?:[A-Z][a-z]+)+|[A-Z]+(?:_[A-Z]+)+")


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values()) if total else 0.0


def random_looking(text: str) -> bool:
    """A key and not a word: enough different characters for its length, and no stand-in."""
    if stands_in(text):
        return False
    return entropy(text) >= (2.6 if len(text) < 20 else 3.0) and not _IDENTIFIER.fullmatch(text)


def stands_in(text: str) -> bool:
    """Whether the string only shows where a secret would be: `xxxx`, `<your-key>`, `${TOKEN}`."""
    return bool(_PLACEHOLDER.search(text)) or len(set(text)) < 4


def password_like(text: str) -> bool:
    """A value that somebody would use as a password: no stand-in, no type name, no call, no path to it."""
    if len(text) < 4 or stands_in(text) or _IDENTIFIER.fullmatch(text):
        return False
    if text.lower() in _NOT_PASSWORDS or text.endswith(_CODE_ENDS) or text.startswith(_CODE_STARTS):
        return False
    if text.isdigit() and len(text) < 6:
        return False
    return not text.isalpha() or (len(text) >= 8 and not text.islower() and not text.istitle())


_CODE_ENDS = ("()", "(", ";", "[")
_CODE_STARTS = ("$", "%", "{", "<", "&", "self.", "this.", "args.", "config.", "request.", "params.")
_NOT_PASSWORDS = frozenset(
    {
        *(
            "string",
            "str",
            "text",
            "bool",
            "boolean",
            "true",
            "false",
            "required",
            "optional",
            "hidden",
            "password",
            "passwd",
        ),
        *(
            "secret",
            "token",
            "input",
            "value",
            "field",
            "encrypted",
            "hashed",
            "invalid",
            "incorrect",
            "expired",
            "reset",
        ),
        *(
            "forgot",
            "protected",
            "manager",
            "policy",
            "length",
            "must",
            "should",
            "varchar",
            "char",
            "int",
            "any",
            "self",
        ),
    }
)
