"""What a call of a function that nobody judged is for, told by the words of its name and by what it is given.

Honest pickles call classes and functions that restore a value. A function whose name holds a verb of acting, one that is
given a place on disk or on the network, or the name of something dangerous, restores nothing. Classes are not judged by
their names: many are called after what they only describe.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from scanners.model_scan.callables import STDLIB, canonical, named_in_document, standing
from scanners.model_scan.limits import Budget
from scanners.model_scan.regex_costs import may_never_end
from scanners.model_scan.vocabulary import words

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_ACTING = words("telling_calls.acting")
"""Verbs and things of acting on the outside: of one word of a function's name, whatever else is in it."""
_FETCHES = re.compile(
    r"_*(?:safe_|lazy_)?(?:open|read|load|save|write|dump|log|export|import|restore)(?:_[a-z0-9_]+)?\Z|"
    r"[a-z0-9_]*(?:from|to)_(?:file|disk|path|url|uri|hub|pretrained)\Z"
)
"""Functions that by their names read, write or fetch what a text says: no object is restored that way."""
_PLACE = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}://|/[\w.-]+/|~/|(?:\.\./){2}|[A-Za-z]:[\\/]|\\\\)[^\n]{0,4000}\Z", re.S)
"""An absolute path, one that climbs, or a URL."""
_DOTTED = re.compile(r"[A-Za-z_]\w{0,60}(?:\.\w{1,60}){0,8}(?::\w{1,60})?")

_ENGINES = frozenset(("re", "regex"))
_ARRAYS = frozenset(("numpy", "torch", "scipy", "cupy", "jax"))
_MAX_ELEMENTS = 1 << 36
_MAX_WAIT = 60
"""Seconds."""


def acts(path: str, texts: Sequence[str]) -> bool:
    """Whether the name of a function, or the texts that it is given, tell that it reaches outside."""
    name = path.rpartition(".")[2]
    if not name.lstrip("_")[:1].islower():
        return names_danger(texts)
    return (
        not _ACTING.isdisjoint(words_of(name))
        or (bool(texts) and _FETCHES.match(name) is not None)
        or any(_PLACE.match(text) for text in texts)
        or names_danger(texts)
    )


def words_of(name: str) -> set[str]:
    """The words of a name in snake case or camel case, in lower case."""
    return {word.lower() for word in _WORD.findall(name)}


def names_danger(texts: Sequence[str]) -> bool:
    """Whether a text, or two in turn as module and name, name something dangerous of the standard library."""
    for index, text in enumerate(texts):
        if _DOTTED.fullmatch(text) is None:
            continue
        if text.partition(".")[0].partition(":")[0] not in STDLIB:
            continue
        if ("." in text or ":" in text) and named_in_document(text).kind == "dangerous":
            return True
        name = texts[index + 1] if index + 1 < len(texts) else ""
        if _DOTTED.fullmatch(name) and standing(*canonical(text, name)).kind == "dangerous":
            return True
    return False


def takes_too_much(path: str, args: Sequence[object], budget: Budget) -> bool:
    """Whether a call would wait for minutes, match without end, or fill an array that no machine holds."""
    if path == "time.sleep":
        return any(isinstance(item, int | float) and item > _MAX_WAIT for item in args[:1])
    if path.partition(".")[0] in _ENGINES:
        return any(isinstance(item, str) and may_never_end(item, budget) for item in args[:1])
    if path.partition(".")[0] not in _ARRAYS:
        return False
    shapes = [item for item in args[:2] if isinstance(item, tuple) and all(type(size) is int for size in item)]
    return any(math.prod(shape) > _MAX_ELEMENTS for shape in shapes if shape and min(shape) > 0)
