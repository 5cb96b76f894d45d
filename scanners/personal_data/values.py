"""JSON values as text: every string and number laid out with its key as context, and the way back."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from scanners.errors import LimitReached
from scanners.personal_data.context import BARRIER
from scanners.personal_data.entities import Detection, Entity

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MAX_DEPTH = 128
INVISIBLE = "\u200b"
"""Stands for a NUL of the value itself, which is no wall."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One string or number of a document, or one key."""

    path: str
    text: str
    label: str
    """The keys above it in words, nearest last: its context."""


def leaves(value: Json, *, keys: bool = False) -> Iterator[Leaf]:
    """Every string and number in document order, and the object keys too when `keys`.

    Raises LimitReached past MAX_DEPTH levels.
    """
    yield from _leaves(value, "", "", keys, 0)


def _leaves(value: Json, path: str, label: str, keys: bool, depth: int) -> Iterator[Leaf]:
    if depth > MAX_DEPTH:
        raise LimitReached(f"the JSON value is nested deeper than {MAX_DEPTH} levels", remedy="send a flatter value")
    if isinstance(value, str):
        yield Leaf(path, value, label)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield Leaf(path, written(value), label)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            below = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if keys:
                yield Leaf(f"{below}#key", key, label)
            yield from _leaves(item, below, in_words(key), keys, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}/{number}", label, keys, depth + 1)


def written(number: int | float) -> str:
    """A number as its digits: an integral float without its '.0'."""
    return str(int(number)) if isinstance(number, float) and number.is_integer() and abs(number) < 1e17 else str(number)


def in_words(key: str) -> str:
    """`idCardNo`, `id_card_no` and `ID-CARD-NO` as 'id card no': what the rules know as context."""
    return " ".join(_WORD.findall(key))[:80]


class Search(Protocol):
    """What `in_one_text` searches with, such as `find`."""

    def __call__(self, text: str, *, walled: bool) -> Detection: ...


def in_one_text(items: list[Leaf], search: Search) -> Detection:
    """Search all leaves in one pass: each behind its label, walled off from its neighbours.

    The entities come back with offsets in their own leaf and its path; `unread` holds the numbers of leaves.
    """
    parts: list[str] = []
    starts: list[int] = []
    position = 0
    for leaf in items:
        label = f"{leaf.label}: " if leaf.label else ""
        starts.append(position + 1 + len(label))
        parts.append(BARRIER + f"{label}{leaf.text}".replace(BARRIER, INVISIBLE))
        position += 1 + len(label) + len(leaf.text)
    whole = search("".join(parts), walled=True)
    placed: list[Entity] = []
    for entity in whole.entities:
        number = bisect_right(starts, entity.end - 1) - 1
        if number < 0:
            continue
        origin, length = starts[number], len(items[number].text)
        start, end = max(entity.start - origin, 0), min(entity.end - origin, length)
        if end > start:
            placed.append(replace(entity, start=start, end=end, path=items[number].path))
    border = min((start for start, _ in whole.unread), default=position + 1)
    unread = tuple((n, n + 1) for n, leaf in enumerate(items) if starts[n] + len(leaf.text) > border)
    return Detection(tuple(placed), whole.skipped, unread, whole.characters)
