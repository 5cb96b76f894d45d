"""Secrets alone, for scanners that look for nothing else (images, repositories)."""

from __future__ import annotations

from scanners.personal_data.entities import Entity, settled
from scanners.personal_data.matcher import matched
from scanners.personal_data.normalise import normalised
from scanners.secrets.rules import RULES, RULES_WITH_ENTROPY


def find_secrets(
    text: str, *, threshold: float = 0.5, entropy: bool = False, deadline: float | None = None
) -> tuple[Entity, ...]:
    """Credentials in `text`; with `entropy`, unknown strings that look random too.

    `deadline` is on the CPU clock of this thread; what lies behind it is not reported, so give one only where the caller
    notes that.
    """
    plain = normalised(text)
    found = matched(plain.text, RULES_WITH_ENTROPY if entropy else RULES, threshold=threshold, deadline=deadline)
    return tuple(
        Entity(entity.type, plain.start(entity.start), plain.end(entity.end), entity.score, entity.rule)
        for entity in settled(found.candidates)
    )
