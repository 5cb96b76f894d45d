"""What only stands in for a secret, or for anything at all: placeholders, templates, references, names, paths."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

_PLACEHOLDER = re.compile(
    r"(?:x{4,}|\*{3,}|#{3,}|\.{3}|example|sample|placeholder|changeme|change[_-]me|your[_-]?|dummy|redacted|removed|insert|"
    r"replace[_-]?|todo|fixme|foobar|here$|<[a-z_ :-]+>|^\[[a-z_ -]+\]$|"
    r"\$\{|\{\{|#\{|%\{|\{[a-z_.]{1,30}\}|%\(|\$\(|%[sdv]\b|process\.env|os\.environ|"
    r"getenv|secrets?\.|vault:|env:|file:|null|none|undefined|0000000)",
    re.IGNORECASE,
)
"""Words and marks with which people say that something belongs here; templates of shells, Jinja, Ruby, Terraform, Python."""
_LETTERS = re.compile(r"_*[A-Za-z]+(?:[_.\-]+[A-Za-z]+)*_*[0-9]{0,2}")
_CODE = re.compile(
    r"(?:[A-Za-z_][a-z0-9_]*\.)+[A-Za-z_]+|_?[a-z]+[0-9]?(?:_[a-z]+[0-9]?){2,}|[a-z]+(?:[A-Z][a-z]+[0-9]?){3,}|"
    r"[A-Za-z0-9_]+\.(?:[A-Z][a-z]+){2,}|[A-Z][A-Z0-9]*(?:_[A-Z]{2,})+[0-9]?|[A-Za-z][A-Za-z0-9]*:(?:[A-Z][a-z]+){3,}"
)
"""Names of code: `rfc8017.PrivateKey`, `credSourceEc2Metadata`, `Api_V2.GetToken`, `S2A_ACCESS_TOKEN`, `ns:TypeOfThing`."""
_REPEATED = re.compile(r"(?<![A-Za-z0-9])([0-9]{3,12})([\-_.:/])\1\2\1(?![A-Za-z0-9])")
"""One number three times in a row: `xoxp-1234-1234-1234-…`."""
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_REFERENCE = re.compile(
    r"(?:arn:|urn:|projects/|op://|ssm:|kms:|ref\+|sha[0-9]{1,3}[:\-]|md5:|#[0-9a-f]{3,8}$|[a-z][a-z0-9+.\-]{1,20}://[^:@]*$|[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"|.*\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|toml|txt|env|conf|py|js|ts|go|java|html?|md|sh)$"
    r"|[a-z][a-z.:_\-]{1,60}-v?[0-9]{1,4}(?:\.[0-9]{1,4}){1,3}(?:[.\-][a-z]{1,12})?$"
    r"|[a-z0-9\-]{1,40}(?:\.[a-z0-9\-]{1,40})*\.[a-z]{2,10}$|[0-9]{1,6}:[0-9]{1,6}$|.*/aws4_request$"
    r"|(?:~|\.{1,2})?(?:/[a-z0-9_.\-]{1,20})+/?$|[./~]{0,2}[a-z_\-]{2,}(?:/[a-z_.\-]{2,})+/?$|.*:$"
    r"|![a-z]{2,30}$|[0-9]{1,4}[\-~][0-9]{1,4}$",
    re.IGNORECASE | re.ASCII,
)
"""Where a secret is kept, a digest, an address, a host, a line and column, AWS's credential scope, a date, a version, a path,
a label, a tag of YAML, or a range: not the secret."""
_TYPED = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*=(?:.{0,3}|[A-Za-z]+)$")
"""`str=None`: what stands behind a colon in a signature."""
_NUMBERED_NOUN = re.compile(
    r"(?:my_?|test_?|some_?|new_?|old_?)?(?:token|value|string|text|key|field|item|name)[_\-]?[0-9a-c]{0,2}",
    re.IGNORECASE,
)
"""`token1`, `some_value`: one of several in a test."""
SHORT = 16
"""Characters under which a value is too short to be called opaque."""


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values()) if total else 0.0


def stands_in(text: str) -> bool:
    """Whether the string only shows where a secret would be: `xxxx`, `<your-key>`, `${TOKEN}`, `AIzaaaaaaaaaaaa`."""
    if len(set(text)) < 4 or _PLACEHOLDER.search(text) or _counted(text) or _REPEATED.search(text):
        return True
    return len(text) >= 12 and max(Counter(text).values()) > 0.6 * len(text)


def _counted(text: str) -> bool:
    """Typed along the alphabet or the digits: `abc123xyz-456def789ghij`, `1234567890abcdef`."""
    run = longest = steps = 0
    for a, b in pairwise(text.lower()):
        run = run + 1 if b.isalnum() and (ord(b) - ord(a) == 1 or a + b == "90") else 0
        steps += run > 0
        longest = max(longest, run)
    return longest >= 11 and steps >= 0.5 * len(text)


def named(text: str) -> bool:
    """A name of code and not a secret: `db_password`, `rfc8017.PrivateKey`, `AWSSecretKey`, `__root__`, `private_key2`."""
    if _CODE.fullmatch(text):
        return True
    words = _HUMP.findall(text)
    if not _LETTERS.fullmatch(text) or max(map(len, words)) > 14:
        return False
    return "_" in text if len(words) == 1 else sum(map(len, words)) >= 3 * len(words)


def random_looking(text: str) -> bool:
    """A key and not a word: enough different characters for its length, and no stand-in."""
    return not stands_in(text) and entropy(text) >= (2.6 if len(text) < 20 else 3.0)


def unnamed(text: str) -> bool:
    """The same, and no name of code: for what has no vendor's mark."""
    return random_looking(text) and not named(text)


def mixed(text: str) -> bool:
    """Random-looking, of letters and digits: `s.makeKubeConfigController` is code."""
    return any(c.isdigit() for c in text) and any(c.isalpha() for c in text) and unnamed(text)


def opaque(text: str) -> bool:
    """A long value that means nothing to a reader: what counts where the name beside it says little."""
    return len(text) >= SHORT and mixed(text) and not _REFERENCE.match(text) and not worded(text)


def credential_like(text: str) -> bool:
    """What stands in an Authorization header: neither a word nor a placeholder."""
    return not text.isalpha() and unnamed(text) and not _REFERENCE.match(text)


def password_like(text: str) -> bool:
    """A value that somebody would use as a password: no stand-in, no type name, no call, no path or reference to it."""
    if text.endswith((".", ",")) and not text.endswith(".."):  # of the sentence; an ellipsis is a placeholder
        return password_like(text[:-1])
    if len(text) < 4 or stands_in(text) or named(text) or _REFERENCE.match(text) or _TYPED.match(text):
        return False
    if (
        text.strip("*_~").lower() in _NOT_PASSWORDS
        or _NUMBERED_NOUN.fullmatch(text)
        or text.endswith(_CODE_ENDS)
        or text.startswith(_CODE_STARTS)
    ):
        return False
    if text.isdigit() and len(text) < 6:
        return False
    return not text.isalpha() or (len(text) >= 8 and not (text.islower() or text.istitle() or text.isupper()))


def worded(text: str) -> bool:
    """Mostly words: `my-service-account-2`, `us-east-1-prod-cluster`."""
    words = re.findall(r"[a-z]{3,}|[A-Z]{3,}", text)
    return (
        len(words) >= 2
        and sum(map(len, words)) >= 0.7 * len(text)
        and not re.search(r"[0-9][A-Za-z]|[a-z][A-Z]{2}", text)
    )


_CODE_ENDS = ("()", "(", ";", "[", ">")
_CODE_STARTS = (
    "$",
    "%",
    "{",
    "<",
    "&",
    "self.",
    "this.",
    "args.",
    "config.",
    "request.",
    "params.",
    "var.",
    "data.",
    "local.",
)
_NOT_PASSWORDS = frozenset(
    """
    string str text bool boolean true false required optional hidden password passwd secret token input value field encrypted
    hashed invalid incorrect expired reset forgot protected manager policy length must should varchar char int any self not
    """.split()  # noqa: SIM905 - a list of words
)
