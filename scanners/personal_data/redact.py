"""Taking personal data out: mask, replace or keyed hash, on text and on JSON, with nothing left at the seams."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from scanners.personal_data.entities import Entity
from scanners.personal_data.normalise import normalised
from scanners.personal_data.values import Json, written

Method = Literal["mask", "replace", "hash"]

WITHHELD = "<WITHHELD: NOT EXAMINED>"


def redact_text(
    text: str,
    entities: Iterable[Entity],
    method: Method,
    *,
    key: bytes = b"",
    unread: Sequence[tuple[int, int]] = (),
) -> str:
    """`text` without its entities; what was not examined is withheld.

    Overlapping and touching spans of one type become one; of several types, the text is cut where they meet, so that
    no character of any entity survives. `hash` needs a key of at least 16 bytes: without one, hashes of ID numbers
    are undone by trying them all.
    """
    if method == "hash" and len(key) < 16:
        raise ValueError("hashing personal data needs a secret key of at least 16 bytes")
    out: list[str] = []
    position = 0
    for start, end, kind in _spans(entities, unread):
        out.append(text[position:start])
        out.append(WITHHELD if kind is None else _replaced(kind, text[start:end], method, key))
        position = end
    out.append(text[position:])
    return "".join(out)


def _spans(entities: Iterable[Entity], unread: Sequence[tuple[int, int]]) -> list[tuple[int, int, str | None]]:
    """Disjoint spans in order; where several overlap, the widest names the union."""
    marked: list[tuple[int, int, str | None]] = [(entity.start, entity.end, entity.type) for entity in entities]
    marked += [(start, end, None) for start, end in unread]
    merged: list[tuple[int, int, str | None, int]] = []
    for start, end, kind in sorted(marked, key=lambda span: (span[0], -span[1])):
        if end <= start:
            continue
        if merged and start < merged[-1][1]:
            first, last, name, width = merged[-1]
            if kind is None or name is None:
                name = None
            elif end - start > width:
                name, width = kind, end - start
            merged[-1] = (first, max(last, end), name, width)
        else:
            merged.append((start, end, kind, end - start))
    return [(start, end, kind) for start, end, kind, _ in merged]


def _replaced(kind: str, original: str, method: Method, key: bytes) -> str:
    if method == "mask":
        return "*" * len(original)
    if method == "replace":
        return f"<{kind}>"
    return f"<{kind}:{keyed_digest(kind, original, key)[:16]}>"


def keyed_digest(kind: str, original: str, key: bytes) -> str:
    """HMAC-SHA256 of the value as its reader sees it: `138 0013 8000` and `１３８００１３８０００` are one person's number."""
    canonical = "".join(character for character in normalised(original).text.upper() if character.isalnum())
    return hmac.new(key, f"{kind}\x00{canonical}".encode(), hashlib.sha256).hexdigest()


Rewrite = Callable[[str, str, list[Entity]], str]
"""(path, text, its entities) -> the text without them."""


def redact_value(
    value: Json,
    entities: Iterable[Entity],
    method: Method,
    *,
    key: bytes = b"",
    withheld: frozenset[str] = frozenset(),
) -> Json:
    """A JSON value of the same shape without the entities found in it.

    A string stays a string, a number stays a number (0 stands for one that was personal data); keys are replaced in
    place and kept apart when two become equal. `withheld` are the paths of leaves that were not examined.
    """
    by_path: dict[str, list[Entity]] = {}
    for entity in entities:
        by_path.setdefault(entity.path or "", []).append(entity)
    if not by_path and not withheld:
        return value
    return _redacted(value, "", by_path, method, key, withheld)


def _redacted(
    value: Json, path: str, by_path: dict[str, list[Entity]], method: Method, key: bytes, withheld: frozenset[str]
) -> Json:
    if isinstance(value, dict):
        out: dict[str, Json] = {}
        for name, item in value.items():
            below = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            shown = name
            if f"{below}#key" in withheld:
                shown = WITHHELD
            elif f"{below}#key" in by_path:
                shown = redact_text(name, by_path[f"{below}#key"], method, key=key)
            number = 2
            while shown in out or (shown != name and shown in value):
                shown = f"{shown.rstrip('0123456789~')}~{number}"
                number += 1
            out[shown] = _redacted(item, below, by_path, method, key, withheld)
        return out
    if isinstance(value, list):
        return [_redacted(item, f"{path}/{n}", by_path, method, key, withheld) for n, item in enumerate(value)]
    if isinstance(value, bool) or value is None or (path not in by_path and path not in withheld):
        return value
    if isinstance(value, str):
        return WITHHELD if path in withheld else redact_text(value, by_path[path], method, key=key)
    return 0 if path in withheld or written(value) else value
