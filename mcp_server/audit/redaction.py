"""What a record shows of a call's arguments: their shape, and values only of kinds that can do no harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from mcp_server.audit.records import JSON
from tools.registry import Tool

Redact = Callable[[JSON], JSON]
"""Makes the view of one argument value. Must never return free text, a secret or personal data."""

RULES: Final = "shape-1"
"""Version of the default rules, kept in every record."""

_DEPTH: Final = 5
_ITEMS: Final = 16
_PATH_CHARACTERS: Final = 512
_SMALL: Final = 1_000_000
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}")


def shape(value: JSON, depth: int = _DEPTH) -> JSON:
    """The default: lengths instead of text, digits instead of large numbers, names of plain keys only.

    >>> shape({"text": "call Ann at 555-0100", "limit": 5})
    {'text': {'text': 20}, 'limit': 5}
    """
    kind = type(value)
    if kind is str:
        return {"text": len(value)}  # type: ignore[arg-type]
    if value is None or kind is bool:
        return value
    if kind is int or kind is float:
        # A large number may be a telephone, card or identity number.
        return value if -_SMALL < value < _SMALL else {"number": len(str(value))}  # type: ignore[operator]
    if isinstance(value, dict):
        if depth == 0:
            return {"object": len(value)}
        view: dict[str, JSON] = {}
        for position, (key, inner) in enumerate(value.items()):
            if position == _ITEMS:
                view["…"] = len(value) - _ITEMS
                break
            plain = isinstance(key, str) and _KEY.fullmatch(key)
            view[key if plain else f"key {position}"] = shape(inner, depth - 1)
        return view
    if isinstance(value, list | tuple):
        if depth == 0 or len(value) > _ITEMS:
            return {"list": len(value)}
        return [shape(inner, depth - 1) for inner in value]
    return {"type": kind.__name__}


class ArgumentView:
    """The view of one tool's arguments: `target` paths and declared choices as they are, the rest through `redact`."""

    def __init__(self, tool: Tool | None, redact: Redact = shape) -> None:
        self._redact = redact
        self._targets = frozenset(tool.targets) if tool else frozenset[str]()
        self._choices = _choices(tool) if tool else {}

    def of(self, arguments: Mapping[str, JSON]) -> JSON:
        view: dict[str, JSON] = {}
        rest: dict[str, JSON] = {}
        for name, value in arguments.items():
            if name in self._targets and isinstance(value, str):
                view[name] = value[:_PATH_CHARACTERS]
            elif name in self._choices and isinstance(value, str) and value in self._choices[name]:
                view[name] = value
            else:
                rest[name] = value
        redacted = self._redact(rest)
        if isinstance(redacted, dict):
            view.update(redacted)
        return view


def _choices(tool: Tool) -> dict[str, frozenset[str]]:
    """The values that the tool's own schema lists for an argument: they say nothing about anybody."""
    properties = tool.input_schema.get("properties", {})
    found = {}
    for name, schema in properties.items():
        options = [schema, *schema.get("anyOf", ())]
        values = [value for option in options for value in (*option.get("enum", ()), option.get("const"))]
        listed = frozenset(value for value in values if isinstance(value, str))
        if listed:
            found[name] = listed
    return found
