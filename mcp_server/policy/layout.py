"""Rego that the embedded engine cannot read as it is laid out, said so that it can. No line moves.

A parenthesis that begins a line is no call of what ends the line before; and a body behind a body (`} {`, Rego before
OPA 1.0) is one more rule with the same head.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?P<name>[A-Za-z_]\w*)|(?P<sign>[\[\](){}])|(?P<space>\s+)|[^\s]', re.ASCII
)
_KEYWORDS = frozenset(
    ["as", "contains", "default", "else", "every", "if", "import", "in", "not", "package", "some", "with"]
)
_OPEN, _CLOSE = "([{", ")]}"


def apart(text: str) -> str:
    """`text` with a ';' before each line break that would make the parenthesis behind it a call."""
    if not re.search(r"\n[ \t]*\(", text):
        return text
    parts: list[str] = []
    ends, broken = -1, False
    for found in _TOKEN.finditer(text):
        if found["space"] is not None or found[0].startswith("#"):
            broken = broken or "\n" in found[0]
        else:
            if found[0] == "(" and broken and ends >= 0:
                parts.insert(ends, ";")
            name = found["name"]
            ends = len(parts) + 1 if (name and name not in _KEYWORDS) or found[0] in ("]", ")") else -1
            broken = False
        parts.append(found[0])
    return "".join(parts)


def unchained(text: str) -> str:
    """`text` with the head of a rule before each further body of it."""
    parts: list[str] = []
    depth, begun, last = 0, -1, ""
    head = ""
    """Of the rule whose body was closed last; empty before a body, after `else`, and behind a term in braces."""
    closing = ""
    for found in _TOKEN.finditer(text):
        piece = found[0]
        if found["space"] is None and not piece.startswith("#"):
            if depth == 0 and piece == "{":
                if last == "}" and head:
                    parts.append(head)
                elif last != "=":
                    closing = " ".join(text[begun : found.start()].split()) + " " if begun >= 0 else ""
                else:
                    closing = ""
            elif depth == 0 and found["name"]:
                head = ""
                if piece == "else":
                    begun = -1
                elif text[: found.start()].endswith(("\n", "\r")):
                    begun = found.start()
            if found["sign"]:
                depth += (piece in _OPEN) - (piece in _CLOSE)
                head = closing if depth == 0 and piece == "}" else head
            last = piece
        parts.append(piece)
    return "".join(parts)
