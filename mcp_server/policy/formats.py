"""`sprintf` where the embedded engine does not print what OPA does (fmt of Go): mended where it can be, refused by name else.

It prints `%d` of -1 as "--1", and of a number with a fraction not at all; `%v` prints numbers as OPA does, so `%d` is read as
`%v`. Widths, flags and the verbs that it does not know, or prints in its own way, are refused when a pack is loaded.
"""

from __future__ import annotations

import re

_TEXT = r'"(?:[^"\\\n]|\\.)*"|`[^`]*`'
_CALL_OR_OTHER = re.compile(rf"#[^\n]*|(?P<call>\bsprintf\(\s*)(?P<format>{_TEXT})|{_TEXT}")
_VERB = re.compile(r"%(?P<how>[-+# 0-9.]*)(?P<verb>[^-+# 0-9.]|$)", re.DOTALL)
_PLAIN = frozenset("%dqsv")
"""Verbs that both print the same way, without a width."""


def mended(text: str) -> str:
    """The module `text` with every `%d` of a written-out format as `%v`; nothing moves."""
    if "sprintf" not in text:
        return text
    return _CALL_OR_OTHER.sub(_mended_call, text)


def complaint(form: str) -> str:
    """What in a format the embedded engine cannot print as OPA does; empty if nothing."""
    for found in _VERB.finditer(form):
        plain = not found["how"] and found["verb"] in _PLAIN
        fraction = found["verb"] == "f" and re.fullmatch(r"\.[0-9]+", found["how"])
        if not plain and not fraction:
            return f"{found[0]} in a format is not supported: use %v, %s, %d, %q or %.2f"
    return ""


def _mended_call(match: re.Match[str]) -> str:
    if match["call"] is None:
        return match[0]
    return str(match["call"]) + re.sub(r"%(%|d)", lambda verb: "%%" if verb[1] == "%" else "%v", match["format"])
