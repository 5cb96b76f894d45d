"""The rules for credentials: by shape and by place. They run in the same gate as personal data."""

from __future__ import annotations

from scanners.personal_data.rules.rule import Rule, RuleSet
from scanners.secrets.placed import PLACED
from scanners.secrets.shapes import SHAPES
from scanners.secrets.stand_ins import random_looking

RULES = RuleSet(SHAPES + PLACED)

ENTROPY_RULE = Rule(
    id="secret.high_entropy",
    type="SECRET",
    pattern=r"(?<![A-Za-z0-9_\-])[A-Za-z0-9+/_\-]{24,128}={0,2}(?![A-Za-z0-9_\-])",
    gate=r"[A-Za-z0-9+/_\-]{24}",
    score=0.5,
    check=lambda text: (
        random_looking(text)
        and any(c.isdigit() for c in text)
        and any(c.isupper() for c in text)
        and any(c.islower() for c in text)
    ),
    refutable=True,
)
"""Off by default: digests, identifiers and compressed data look just as random."""
RULES_WITH_ENTROPY = RuleSet((*RULES, ENTROPY_RULE))
