"""`sprintf` where the embedded engine does not print what OPA does (fmt of Go).

It prints `%v` as OPA does. A call with any other verb in its format, or with a format that is not written out, is one of
our own, of the same length so that nothing moves. What that cannot print is refused by name when a pack is loaded.
"""

from __future__ import annotations

import re

PRINT = "_printf"
"""Name of the extension that is `go_format.sprintf`: as long as that one's."""
_TEXT = r'"(?:[^"\\\n]|\\.)*"|`[^`]*`'
_CALL_OR_OTHER = re.compile(rf"#[^\n]*|(?P<call>(?<![\w.])sprintf\(\s*(?P<format>{_TEXT})?)|{_TEXT}")
_VERB = re.compile(r"%(?P<how>[-+# 0-9.*\[\]]*)(?P<verb>[^-+# 0-9.*\[\]]|$)", re.DOTALL)


def printed(text: str) -> str:
    """The module `text` with each call of `sprintf` as one that prints the same as OPA."""
    return _CALL_OR_OTHER.sub(_call, text) if "sprintf" in text else text


def complaint(form: str) -> str:
    """What in a format cannot be printed as OPA prints it; empty if nothing."""
    for found in _VERB.finditer(form):
        how, verb = found["how"], found["verb"]
        if set(how) & set("*[]") or verb == "p" or (verb == "b" and how):
            return f"{found[0]} in a format is not supported: use %v, %s, %d, %q or %.2f"
    return ""


def _call(match: re.Match[str]) -> str:
    if match["call"] is None:
        return match[0]
    verbs = re.findall(r"%.?", match["format"] or "%", re.DOTALL)
    if set(verbs) <= {"%v", "%%"} and verbs.count("%v") == _listed(match.string, match.end()):
        return match[0]
    return PRINT + match["call"].removeprefix("sprintf")


def _listed(text: str, at: int) -> int:
    """How many arguments stand in the brackets behind a format; -1 if they are not written out."""
    begins = re.compile(r"\s*,\s*\[").match(text, at)
    if begins is None:
        return -1
    depth, commas, last = 1, 0, "["
    for found in _BRACKETS.finditer(text, begins.end()):
        piece = found[0]
        if piece.isspace() or piece.startswith("#"):
            continue
        depth += (piece in "([{") - (piece in ")]}") if len(piece) == 1 else 0
        if depth == 0:
            return 0 if last == "[" and not commas else commas + (last != ",")
        commas += depth == 1 and piece == ","
        last = piece
    return -1


_BRACKETS = re.compile(rf"#[^\n]*|{_TEXT}|[\[\](){{}},]|\s+|[^\s\[\](){{}},\"`#]+|.")
