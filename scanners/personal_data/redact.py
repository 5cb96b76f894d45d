"""Taking personal data out of text and of JSON, with nothing left at the seams."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from scanners.personal_data.entities import Entity
from scanners.personal_data.normalise import normalised
from scanners.personal_data.values import Json

Method = Literal["mask", "replace", "hash"]

WITHHELD = "<WITHHELD: NOT EXAMINED>"


Change = Callable[[str, str], str]
"""(entity type, original) -> what stands in its place."""


def simple_change(method: Method, key: bytes = b"") -> Change:
    """Mask, replace or hash. `hash` needs a key of at least 16 bytes: without one, ID numbers are found by trying all.

    Raises ValueError without it.
    """
    if method == "hash" and len(key) < 16:
        raise ValueError("hashing personal data needs a secret key of at least 16 bytes")
    if method == "mask":
        return lambda kind, original: "*" * len(original)
    if method == "replace":
        return lambda kind, original: f"<{kind}>"
    return lambda kind, original: f"<{kind}:{keyed_digest(kind, original, key)[:16]}>"


def redact_text(
    text: str, entities: Iterable[Entity], change: Change, *, unread: Sequence[tuple[int, int]] = ()
) -> str:
    """`text` with its entities changed; what was not examined is withheld.

    Overlapping spans become one, named by the widest, so that no character of any entity survives.
    """
    out: list[str] = []
    position = 0
    for start, end, replacement in edits(text, entities, change, unread=unread):
        out += (text[position:start], replacement)
        position = end
    out.append(text[position:])
    return "".join(out)


def edits(
    text: str, entities: Iterable[Entity], change: Change, *, unread: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int, str]]:
    """The same as (from, to, what stands there instead): disjoint and in order."""
    return [
        (start, end, WITHHELD if kind is None else change(kind, text[start:end]))
        for start, end, kind in _spans(entities, unread)
    ]


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


def keyed_digest(kind: str, original: str, key: bytes) -> str:
    """HMAC-SHA256 of the value as its reader sees it: `138 0013 8000` and `１３８００１３８０００` are one person's number."""
    canonical = "".join(character for character in normalised(original).text.upper() if character.isalnum())
    return hmac.new(key, f"{kind}\x00{canonical}".encode(), hashlib.sha256).hexdigest()


def redact_value(
    value: Json,
    entities: Iterable[Entity],
    change: Change,
    *,
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
    return _redacted(value, "", by_path, change, withheld)


def _redacted(
    value: Json, path: str, by_path: dict[str, list[Entity]], change: Change, withheld: frozenset[str]
) -> Json:
    if isinstance(value, dict):
        out: dict[str, Json] = {}
        for name, item in value.items():
            below = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            shown = name
            if f"{below}#key" in withheld:
                shown = WITHHELD
            elif f"{below}#key" in by_path:
                shown = redact_text(name, by_path[f"{below}#key"], change)
            number = 2
            while shown in out or (shown != name and shown in value):
                shown = f"{shown.rstrip('0123456789~')}~{number}"
                number += 1
            out[shown] = _redacted(item, below, by_path, change, withheld)
        return out
    if isinstance(value, list):
        return [_redacted(item, f"{path}/{n}", by_path, change, withheld) for n, item in enumerate(value)]
    if isinstance(value, bool) or value is None or (path not in by_path and path not in withheld):
        return value
    if isinstance(value, str):
        return WITHHELD if path in withheld else redact_text(value, by_path[path], change)
    return 0
