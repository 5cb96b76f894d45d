"""Finding personal data in one text with Yumen's own rules: the fast path, without Presidio."""

from __future__ import annotations

import time
from dataclasses import replace

from scanners.findings import Skipped
from scanners.personal_data.context import words
from scanners.personal_data.entities import Detection, Entity, settled
from scanners.personal_data.gate import gate
from scanners.personal_data.hidden import hidden
from scanners.personal_data.matcher import Found, matched
from scanners.personal_data.normalise import Normalised, normalised
from scanners.personal_data.rules import all_rules
from scanners.personal_data.rules.rule import RuleSet

DEFAULT_THRESHOLD = 0.5


def find(
    text: str,
    *,
    entities: tuple[str, ...] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    seconds: float | None = None,
    gated: bool = True,
    walled: bool = False,
) -> Detection:
    """Personal data in `text`, by rule; after `seconds` the rest is left unread and named.

    `walled`: the text is many values with a NUL before each (`values.in_one_text`). The clock starts when the rules
    are ready: compiling them once a process is not the text's fault.
    """
    gate(all_rules())
    words(all_rules())
    deadline = None if seconds is None else time.thread_time() + seconds
    plain = normalised(text, walled=walled)
    found = matched(plain.text, all_rules(), threshold=threshold, deadline=deadline, gated=gated)
    found = with_hidden(plain.text, found, threshold=threshold, deadline=deadline, gated=gated)
    return detection(plain, found, entities)


def with_hidden(
    text: str,
    found: Found,
    *,
    threshold: float,
    deadline: float | None,
    gated: bool = True,
    rules: RuleSet | None = None,
) -> Found:
    """What was found, and what the base64 in the text decodes to; a token that is not read in time ends the reading.

    `rules` are all of them by default.
    """
    rules = rules or all_rules()
    candidates = list(found.candidates)
    for token in hidden(text[: found.read]):
        shown = normalised(token.text).text
        inside = matched(shown, rules, threshold=threshold, deadline=deadline, gated=gated)
        if inside.read < len(shown):
            return replace(found, candidates=candidates, read=token.start)
        candidates += [
            replace(entity, start=token.start, end=token.end) for entity in inside.candidates if entity.type != "URL"
        ]
    return replace(found, candidates=candidates)


def detection(plain: Normalised, found: Found, entities: tuple[str, ...] | None) -> Detection:
    """What was found in the normalised text as entities of the original, with all that was left unread."""
    placed = tuple(
        Entity(entity.type, plain.start(entity.start), plain.end(entity.end), round(entity.score, 4), entity.rule)
        for entity in settled(found.candidates)
        if entities is None or entity.type in entities
    )
    unread = [(plain.start(start), plain.end(end)) for start, end in found.unread]
    skipped = [Skipped(f"characters {start} to {end}", "a team's recogniser ran out of time") for start, end in unread]
    length = plain.original_length
    if found.read < len(plain.text):
        border = plain.start(found.read)
        unread.append((border, length))
        skipped.append(Skipped(f"characters {border} to {length}", "the time limit was reached; not examined"))
    examined = length - sum(end - start for start, end in unread)
    return Detection(placed, tuple(skipped), tuple(unread), examined)
