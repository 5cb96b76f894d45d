"""Text that is planted in prompts: instructions against the user, and characters that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HIDDEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\U000e0000-\U000e007f]")
_INSTRUCTIONS = re.compile(
    r"(ignore|disregard|forget|override)\s+(all\s+|any\s+)?(of\s+)?(the\s+|your\s+)?(previous|prior|above|earlier|system)\s+(instruction|prompt|message|rule|guideline)|"
    r"(send|post|upload|exfiltrate|forward)\b.{0,60}\b(to\s+)?https?://|<\s*script\b|(curl|wget)\s+(-\w+\s+)*https?://",
    re.I | re.S,
)
_OUTPUT = re.compile(
    r"(?<!not )(?<!never )(?<!n't )\b(?:reveal|repeat|print|leak|disclose|(?:reply|respond|answer)\s+with)\b[^.]{0,60}"
    r"\b(?:system\s+prompt|api[ _-]?keys?|passwords?|credentials|secrets|private\s+keys?)\b|"
    r"\b(?:always|must|add|append|insert|recommend|include)\b[^.]{0,80}https?://|"
    r"\b(?:ignore|disregard)\s+(?:what\s+)?(?:the|every|any|all)\s+users?\b",
    re.I | re.S,
)
"""What to answer whatever was asked: a template only lays out what others say."""
_SECRECY = re.compile(
    r"do\s+not\s+(tell|inform|reveal\s+to|mention\s+(this\s+)?to)\s+the\s+user|without\s+(telling|informing)\s+the\s+user",
    re.I | re.S,
)
"""Odd in a template, which the user never reads; a persona's description may honestly say so."""


def planted(text: str, *, persona: bool = False) -> Iterator[str]:
    """What is planted in a text of a template, or in the description of a `persona` (a system message)."""
    if (hidden := _HIDDEN.search(text)) is not None:
        yield f"hidden character U+{ord(hidden.group()):04X}"
    if (instruction := _INSTRUCTIONS.search(text)) is not None:
        yield instruction.group()[:160]
    if not persona and (output := _OUTPUT.search(text)) is not None:
        yield output.group()[:160]
    if not persona and (secret := _SECRECY.search(text)) is not None:
        yield secret.group()[:160]
