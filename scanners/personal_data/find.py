"""Finding personal data in one text with Yumen's own rules: the fast path, without Presidio."""

from __future__ import annotations

import time
from collections.abc import Collection

from scanners.findings import Skipped
from scanners.personal_data.context import words
from scanners.personal_data.entities import Detection, Entity, settled
from scanners.personal_data.gate import gate
from scanners.personal_data.matcher import matched
from scanners.personal_data.normalise import Normalised, normalised
from scanners.personal_data.rules import all_rules

DEFAULT_THRESHOLD = 0.5


def find(
    text: str,
    *,
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    seconds: float | None = None,
    gated: bool = True,
) -> Detection:
    """Personal data in `text`, by rule; after `seconds` the rest is left unread and named.

    The clock starts when the rules are ready: compiling them once a process is not the text's fault.
    """
    gate(all_rules())
    words(all_rules())
    deadline = None if seconds is None else time.thread_time() + seconds
    plain = normalised(text)
    found = matched(plain.text, all_rules(), threshold=threshold, deadline=deadline, gated=gated)
    return detection(plain, settled(found.candidates), found.read, entities)


def detection(plain: Normalised, chosen: Collection[Entity], read: int, entities: tuple[str, ...] | None) -> Detection:
    """Entities of the normalised text as entities of the original, with the unread rest."""
    placed = tuple(
        Entity(entity.type, plain.start(entity.start), plain.end(entity.end), round(entity.score, 4), entity.rule)
        for entity in chosen
        if entities is None or entity.type in entities
    )
    if read >= len(plain.text):
        return Detection(placed, characters=plain.original_length)
    border = plain.start(read)
    return Detection(
        entities=placed,
        skipped=(
            Skipped(f"characters {border} to {plain.original_length}", "the time limit was reached; not examined"),
        ),
        unread=((border, plain.original_length),),
        characters=border,
    )
