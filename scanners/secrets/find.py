"""Secrets alone, for scanners that look for nothing else (images, repositories)."""

from __future__ import annotations

from scanners.personal_data.entities import Entity, settled
from scanners.personal_data.find import with_hidden
from scanners.personal_data.matcher import matched
from scanners.personal_data.normalise import normalised
from scanners.secrets.rules import RULES, RULES_WITH_ENTROPY


def find_secrets(
    text: str, *, threshold: float = 0.5, entropy: bool = False, deadline: float | None = None
) -> tuple[Entity, ...]:
    """Credentials in `text`, and in what its base64 decodes to: the whole token is then the entity.

    With `entropy`, unknown strings that look random too.
    `deadline` is on the CPU clock of this thread; what lies behind it is not reported, so give one only where the caller
    notes that.
    """
    plain = normalised(text)
    rules = RULES_WITH_ENTROPY if entropy else RULES
    found = matched(plain.text, rules, threshold=threshold, deadline=deadline)
    found = with_hidden(plain.text, found, threshold=threshold, deadline=deadline, rules=rules)
    return tuple(
        Entity(entity.type, plain.start(entity.start), plain.end(entity.end), entity.score, entity.rule)
        for entity in settled(found.candidates)
    )
