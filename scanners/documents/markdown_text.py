"""Markdown (CommonMark) as text: its source without the marks that may stand inside a word or a number."""

from __future__ import annotations

import re

from scanners.documents.spliced import Picked

_MARK = re.compile(
    r"\*{1,3}|~~|`+|\\(?=[!-/:-@\[-`{-~])|</?(?:b|i|em|strong|code|span|u|s|sub|sup|wbr|mark)(?:\s[^<>]{0,200})?/?>",
    re.ASCII,
)
"""Emphasis, strike-through, code, backslash escapes, inline HTML. `_` is none of them: it is part of addresses and names."""


def pick(source: str) -> Picked:
    """The text of a Markdown source with its places. Whatever is no mark is text: addresses of links, HTML, front matter."""
    picked = Picked()
    done = 0
    for mark in _MARK.finditer(source):
        picked.add(done, mark.start(), source[done : mark.start()])
        done = mark.end()
    picked.add(done, len(source), source[done:])
    return picked
