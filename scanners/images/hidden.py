"""Credentials in the files of every layer, also of those that a later layer deleted: they can still be pulled.

A fast pass over the bytes finds where a key of a known shape may be, in any text; where one is, the exact rules are run
around it. Files that people write, and not a package, are read with every rule, passwords in assignments included.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import hyperscan

from scanners.patterns import Patterns, compiled_once
from scanners.personal_data.matcher import places
from scanners.personal_data.rules.rule import Rule
from scanners.secrets.find import find_secrets
from scanners.secrets.rules import RULES

CHUNK = 2**20
"""Bytes searched at a time."""
OVERLAP = 8 * 2**10
"""Bytes of a chunk that are searched again with the next; longer than any key."""
WINDOW = 4 * 2**10
"""Bytes around a candidate in which the exact rules decide."""
MAXIMUM_HITS = 100_000
"""Places in one chunk where a key might begin, that are tried; a list of URLs has a third of it."""
MAXIMUM_CANDIDATES = 200
"""Places in one chunk where there is one; a file with more is no configuration."""
CONFIGURATION = 256 * 2**10
"""Bytes up to which a file is read with every rule."""

_SHAPES = tuple(rule for rule in RULES if rule.score >= 0.88 and rule.id != "secret.bearer")
_EICAR = rb"X5O!P%@AP\[4\\PZX54\(P\^\)7CC\)7\}\$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!\$H\+H\*"
_PROMISING = re.compile(
    r"(?:.*/)?(?:\.env(?:\.[\w.]+)?|\.npmrc|\.yarnrc|\.pypirc|pip\.conf|\.netrc|_netrc|\.git-credentials|\.pgpass|\.my\.cnf"
    r"|\.dockercfg|\.docker/config\.json|\.aws/(?:credentials|config)|\.kube/config|kubeconfig|\.htpasswd|credentials(?:\.json)?"
    r"|secrets?\.(?:ya?ml|json|toml|ini|properties)|application[\w\-]*\.(?:ya?ml|properties)|settings\.xml|\.bash_history)\Z"
)
_OF_A_PACKAGE = re.compile(
    r"(?:.*/)?(?:site-packages|dist-packages|node_modules|vendor|gems|pkg/mod|testdata|tests?|examples?|fixtures)/|usr/share/doc/"
)
_INSTALLED = re.compile(
    r"(?:usr/(?!src/|local/)|usr/local/go/|lib\d*/|s?bin/|boot/|var/(?:lib|cache)/|etc/(?:ssl|ca-certificates|pki)/)"
    r"|(?:.*/)?(?:share|include|libexec|lib\d*/(?:python|ruby|perl|node|jvm|R|php|gcc)[\w.\-]*)/"
)
"""Where files of the distribution and of languages lie (Filesystem Hierarchy Standard 3.0)."""

_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

Kind = Literal["secret", "eicar"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A credential, or a malware test string, in a file of a layer. What it is, and never its text."""

    kind: Kind
    path: str
    layer: int
    entry: int
    rule: str
    line: int
    length: int

    @property
    def of_a_package(self) -> bool:
        """Whether the file lies where libraries keep their own samples and tests."""
        return _OF_A_PACKAGE.match(self.path) is not None


def is_text(head: bytes) -> bool:
    """Whether a file's first bytes may be those of a text; with a byte order mark, also of one in UTF-16."""
    if head.startswith(tuple(_UTF_16)):
        return True
    return b"\0" not in head and not head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff"))


def promises_credentials(path: str) -> bool:
    """Whether people keep credentials in files of this name."""
    return _PROMISING.match(path) is not None


def written_by_people(path: str) -> bool:
    """Whether a file lies where an application or its configuration does, not what was installed for it."""
    return _INSTALLED.match(path) is None and _OF_A_PACKAGE.match(path) is None


def search(
    path: str, layer: int, entry: int, chunks: Iterator[bytes], size: int, flooded: Callable[[], None]
) -> Iterator[Hidden]:
    """Every credential in a file. `chunks` are its bytes in pieces of any length.

    `flooded` is called where a file holds more places that might be one than are tried.
    """
    threshold = _threshold(path) if size <= CONFIGURATION else None
    line, tail, reported = 1, b"", set()
    for chunk in _readable(chunks):
        data = tail + chunk
        for kind, rule, at, length in _found(data, threshold, flooded):
            here = line + data.count(b"\n", 0, at)
            if (rule, here) not in reported:
                reported.add((rule, here))
                yield Hidden(kind, path, layer, entry, rule, here, length)
        tail = data[-OVERLAP:]
        line += data.count(b"\n", 0, len(data) - len(tail))


def _readable(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes as they are, of UTF-16 as UTF-8: so does PowerShell write what is sent to a file."""
    first = next(chunks, b"")
    if (encoding := _UTF_16.get(first[:2])) is None:
        yield first
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chain((first[2:],), chunks):
        yield decoder.decode(chunk).encode("utf-8", "replace")


def _threshold(path: str) -> float | None:
    """How sure every rule must be of what it finds in a file; None: only keys of a known shape are looked for."""
    if promises_credentials(path):
        return 0.7
    return 0.85 if written_by_people(path) else None


def _found(data: bytes, threshold: float | None, flooded: Callable[[], None]) -> Iterator[tuple[Kind, str, int, int]]:
    if threshold is not None:
        yield from _exact(data, 0, len(data), threshold)
    done, tried = 0, 0
    hits = _hits(data)
    if len(hits) >= MAXIMUM_HITS:
        flooded()
    for number, end in hits:
        if number == len(_SHAPES):
            yield "eicar", "eicar", end - 68, 68
        elif threshold is None and end > done and tried < MAXIMUM_CANDIDATES and _is_one(_SHAPES[number], data, end):
            tried += 1
            start, done = max(0, end - WINDOW), min(len(data), end + WINDOW)
            yield from _exact(data, start, done, 0.85)


def _is_one(rule: Rule, data: bytes, end: int) -> bool:
    """Whether the rule itself matches around the place of a hit, of which far most are nothing."""
    low = end + rule.begins[0] if rule.begins else end - 512
    text = data[max(0, low - 64) : end + rule.reach].decode("utf-8", "replace")
    return any(True for _ in places(rule, text, 0, len(text)))


def _exact(data: bytes, start: int, end: int, threshold: float) -> Iterator[tuple[Kind, str, int, int]]:
    text = data[start:end].decode("utf-8", "replace")
    for entity in find_secrets(text, threshold=threshold):
        before = len(text[: entity.start].encode("utf-8", "replace"))
        yield "secret", entity.rule, start + before, entity.end - entity.start


def _hits(data: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []

    def saw(number: int, start: int, end: int, flags: int, context: object) -> bool | None:
        found.append((number, end))
        return True if len(found) >= MAXIMUM_HITS else None

    with contextlib.suppress(hyperscan.ScanTerminated):
        _shapes().scan(data, saw)
    return sorted(found, key=lambda item: item[1])


@compiled_once
def _shapes() -> Patterns:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    expressions = [rule.gate.removeprefix("(?i)").encode() for rule in _SHAPES] + [_EICAR]
    flags = [hyperscan.HS_FLAG_CASELESS if rule.gate.startswith("(?i)") or rule.ignore_case else 0 for rule in _SHAPES]
    database.compile(expressions=expressions, ids=list(range(len(expressions))), flags=[*flags, 0])
    return Patterns(database)
