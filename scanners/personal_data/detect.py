"""Detection with all that is configured: what the worker runs for `pii_detect` and `pii_redact`."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from scanners.documents.document import Part
from scanners.errors import LimitReached
from scanners.findings import Skipped
from scanners.personal_data.entities import Detection
from scanners.personal_data.find import DEFAULT_THRESHOLD, detection, find, with_hidden
from scanners.personal_data.normalise import normalised
from scanners.personal_data.values import Leaf, in_one_text, in_words, leaves

Language = Literal["auto", "zh", "en", "de"]

MAX_CHARACTERS = 20_000_000
SECONDS_A_MEGABYTE = 10.0
LEAST_SECONDS = 2.0
"""The time a text may take: 10 s a million characters (1 s per 100 KB), and never less than two."""


def detect(
    text: str,
    *,
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    language: Language = "auto",
    seconds: float | None = None,
    recognizers: Path | None = None,
    entity_model: Path | None = None,
    walled: bool = False,
) -> Detection:
    """Personal data in a text, by Yumen's rules and, where the operator has recognisers or a model of his own, Presidio.

    Presidio with no recogniser but ours finds what the rules find, and its import costs 1.5 s: it is loaded for theirs.

    Offsets are code points of `text`. `language` is accepted for callers that know it; the rules read all of theirs
    at once. Past `seconds` (default: in proportion to the length) the rest is reported unread, never as clean.
    `recognizers` is a team's own Presidio recogniser file; one of its patterns that runs out of time leaves that
    stretch unread. `entity_model` is the operator's `entity_model.yaml`.
    Raises LimitReached for more than MAX_CHARACTERS, RecognizersUnusable, EntityModelUnusable.
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitReached(
            f"the text has {len(text)} characters; at most {MAX_CHARACTERS} are examined in one call",
            remedy="split the text, or scan the file with `yumen dataset scan`",
        )
    if seconds is None:
        seconds = max(LEAST_SECONDS, len(text) / 1_000_000 * SECONDS_A_MEGABYTE)
    if recognizers is None and entity_model is None:
        return find(text, entities=entities, threshold=threshold, seconds=seconds, walled=walled)
    from scanners.personal_data.engine import Extras, analysed, engine_with

    extras = Extras(recognizers, entity_model)
    engine_with(extras)  # the clock starts when the engine is ready
    plain = normalised(text, walled=walled)
    deadline = time.thread_time() + seconds
    found = analysed(plain.text, threshold=threshold, deadline=deadline, extras=extras)
    found = with_hidden(plain.text, found, threshold=threshold, deadline=deadline)
    return detection(plain, found, entities)


def check_entity_model(file: Path) -> tuple[str, ...]:
    """The entity types that the model of `entity_model.yaml` finds, once it is loaded. Raises EntityModelUnusable."""
    from scanners.personal_data.engine import Extras, engine_with
    from scanners.personal_data.entity_recognizer import ModelRecognizer

    using = engine_with(Extras(entity_model=file))
    return tuple(
        kind
        for one in using.analyzer.registry.recognizers
        if isinstance(one, ModelRecognizer)
        for kind in one.supported_entities
    )


def detect_parts(
    parts: tuple[Part, ...],
    *,
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    language: Language = "auto",
    recognizers: Path | None = None,
    entity_model: Path | None = None,
) -> Detection:
    """Personal data in the parts of a document.

    Each entity carries the place of its part, with the line where there are several, and offsets inside the part.
    """
    items = [Leaf(str(number), part.text, in_words(part.label)) for number, part in enumerate(parts)]
    found = in_one_text(
        items,
        partial(
            detect,
            entities=entities,
            threshold=threshold,
            language=language,
            recognizers=recognizers,
            entity_model=entity_model,
        ),
    )
    placed = tuple(
        replace(entity, path=_placed(parts[int(entity.path or 0)], entity.start)) for entity in found.entities
    )
    skipped = tuple(
        Skipped(parts[first].place, "the time limit was reached; not examined") for first, _ in found.unread
    )
    return replace(found, entities=placed, skipped=skipped or found.skipped)


def _placed(part: Part, start: int) -> str:
    line = part.text.count("\n", 0, start) + 1
    return f"{part.place}, line {line}" if line > 1 or "\n" in part.text.rstrip("\n") else part.place


def detect_value(
    value: JsonValue,
    *,
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    language: Language = "auto",
    keys: bool = True,
    seconds: float | None = None,
    recognizers: Path | None = None,
    entity_model: Path | None = None,
) -> Detection:
    """Personal data in the strings, numbers and (with `keys`) object keys of a JSON value.

    Each entity carries the RFC 6901 pointer of its value and offsets inside it; the key is context.
    """
    items = list(leaves(value, keys=keys))
    return in_one_text(
        items,
        partial(
            detect,
            entities=entities,
            threshold=threshold,
            language=language,
            seconds=seconds,
            recognizers=recognizers,
            entity_model=entity_model,
        ),
    )
