"""Named lists of words from `data/vocabulary.json`: data that a reader of the code should not have to scroll past."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def _lists() -> dict[str, str | dict[str, str]]:
    text = files("scanners.model_scan").joinpath("data", "vocabulary.json").read_text(encoding="utf-8")
    loaded: dict[str, str | dict[str, str]] = json.loads(text)
    return loaded


def words(name: str) -> frozenset[str]:
    """The list of this name."""
    found = _lists()[name]
    if not isinstance(found, str):
        raise KeyError(name)
    return frozenset(found.split())


def grouped(name: str) -> dict[str, frozenset[str]]:
    """The lists of this name, by group."""
    found = _lists()[name]
    if isinstance(found, str):
        raise KeyError(name)
    return {group: frozenset(text.split()) for group, text in found.items()}
