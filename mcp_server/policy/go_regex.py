"""Regular expressions of Go (RE2) for the embedded engine, whose library reads a few things differently.

Classes such as \\w are ASCII in Go and Unicode here; `&&` in a class and a `{` that counts nothing are just signs in Go;
and some syntax is an error there. https://pkg.go.dev/regexp/syntax
"""

from __future__ import annotations

import re
from functools import lru_cache

PATTERN = "_regex"
"""Name of the extension that is `go_pattern`."""
_CLASSES = {
    "d": "0-9",
    "s": r"\t\n\f\r ",
    "w": "0-9A-Za-z_",
}
_MOST_REPEATED = 1000
_REPETITION = re.compile(r"\{(\d+)(?:,(\d*))?\}", re.ASCII)
_GROUP = re.compile(r"\(\?(?:P?<[A-Za-z_][A-Za-z0-9_]*>|[imsU]*(?:-[imsU]+)?[:)])", re.ASCII)
_ESCAPES = re.compile(
    r"\\(?:[pP](?:\{\^?[A-Za-z0-9_]+\}|[A-Z])|x(?:\{[0-9A-Fa-f]{1,6}\}|[0-9A-Fa-f]{2})|[0-7]{1,3}|Q.*?(?:\\E|$)|"
    r"[dDsSwWbBAzaftnrv]|[^A-Za-z0-9\u0080-\U0010ffff])",
    re.DOTALL,
)


@lru_cache(maxsize=4096)
def go_pattern(pattern: str) -> str:
    """`pattern` as the engine has to be given it to match as Go does. Raises ValueError for what Go refuses."""
    if not isinstance(pattern, str):
        raise TypeError("a pattern is a string")
    parts: list[str] = []
    at, repeatable, repeated = 0, False, False
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            piece, at = _escape(pattern, at)
            parts.append(piece)
            repeatable, repeated = True, False
        elif sign == "[":
            piece, at = _class(pattern, at)
            parts.append(piece)
            repeatable, repeated = True, False
        elif sign in "*+?" or (sign == "{" and _REPETITION.match(pattern, at)):
            found = _REPETITION.match(pattern, at) if sign == "{" else None
            if found and any(int(number) > _MOST_REPEATED for number in found.groups() if number):
                raise ValueError("unsupported pattern: invalid repeat count")
            if not repeatable or repeated:
                raise ValueError("unsupported pattern: missing argument to repetition operator, or nested repetition")
            parts.append(found[0] if found else sign)
            at += len(parts[-1])
            if pattern.startswith("?", at):
                parts.append("?")
                at += 1
            repeated = True
        elif sign == "(":
            piece = "("
            if pattern.startswith("(?", at):
                group = _GROUP.match(pattern, at)
                if group is None:
                    raise ValueError("unsupported pattern: invalid Perl syntax")
                piece = group[0]
            parts.append(piece)
            at += len(piece)
            repeatable, repeated = False, False
        else:
            parts.append("\\" + sign if sign in "{}" else sign)
            at += 1
            repeatable, repeated = sign not in "|", False
    return "".join(parts)


def _escape(pattern: str, at: int) -> tuple[str, int]:
    found = _ESCAPES.match(pattern, at)
    if found is None:
        raise ValueError("unsupported pattern: invalid escape sequence")
    text = found[0]
    kind = text[1]
    if kind == "Q":
        inside = text[2:].removesuffix("\\E")
        piece = "".join("\\" + sign if sign in r"\.+*?()|[]{}^$-&~#" else sign for sign in inside)
        return piece, found.end()
    if kind.lower() in _CLASSES:
        return f"[{'^' if kind.isupper() else ''}{_CLASSES[kind.lower()]}]", found.end()
    if kind in "bB":
        return f"(?-u:{text})", found.end()
    if kind.isdigit():
        return _octal(text), found.end()
    return _plain(text), found.end()


def _plain(text: str) -> str:
    """An escape that both know, or the sign itself where only Go allows it to be escaped."""
    return text if text[1].isalnum() or text[1] in r"\.+*?()|[]{}^$-&~#" else text[1]


def _octal(text: str) -> str:
    if text[1] != "0" and len(text) < 3:
        raise ValueError("unsupported pattern: invalid escape sequence")  # \1 is no reference in RE2
    return f"\\x{{{int(text[1:], 8):x}}}"


def _class(pattern: str, at: int) -> tuple[str, int]:
    """A bracket expression from its '[' on."""
    here = at + 1
    parts = ["["]
    if pattern.startswith("^", here):
        parts.append("^")
        here += 1
    first = True
    while here < len(pattern) and (first or pattern[here] != "]"):
        first = False
        sign = pattern[here]
        if sign == "[":
            named = re.compile(r"\[:\^?[a-z]+:\]").match(pattern, here)
            if named:
                parts.append(named[0])
                here = named.end()
                continue
            parts.append("\\[")
            here += 1
        elif sign == "\\":
            piece, here = _in_class(pattern, here)
            parts.append(piece)
        else:
            parts.append("\\" + sign if sign in "]&~" else sign)
            here += 1
            if pattern.startswith("--", here):
                raise ValueError("unsupported pattern: invalid character class range")
    if here >= len(pattern):
        raise ValueError("unsupported pattern: missing closing ]")
    return "".join(parts) + "]", here + 1


def _in_class(pattern: str, at: int) -> tuple[str, int]:
    found = _ESCAPES.match(pattern, at)
    if found is None or found[0][1] in "bBAzQ":
        raise ValueError("unsupported pattern: invalid escape sequence")
    kind = found[0][1]
    if kind.lower() in _CLASSES:
        inside = _CLASSES[kind.lower()]
        return (f"[^{inside}]" if kind.isupper() else inside), found.end()
    return (_octal(found[0]) if kind.isdigit() else _plain(found[0])), found.end()
