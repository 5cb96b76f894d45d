"""What the abstract pickle machine keeps on its stack: real constants, and stand-ins for everything else.

Strings, bytes, numbers, booleans and None stand for themselves; tuples and lists are Python's own and hold values.
No stand-in has behaviour: nothing of the scanned file can run through them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

MAX_RENDERED = 300
_MAX_RENDER_DEPTH = 5
_MAX_LOOKUP = 20_000
_MAX_RENDER_ITEMS = 8


@dataclass(slots=True, eq=False)
class Global:
    """`module.name` as the stream asked for it, before anything was resolved."""

    module: str
    name: str
    offset: int


@dataclass(slots=True, eq=False)
class Module:
    """A module object, as `__import__` or a re-export would give it."""

    name: str


@dataclass(slots=True, eq=False)
class Result:
    """What calling `function` with these arguments would give."""

    function: Value
    args: tuple[Value, ...]
    kwargs: Mapping_ = None
    offset: int = 0
    state: Value = None
    extent: int = 0
    """How long it is, where that was measured (see `pickle_extents`)."""
    parts: int = 1
    """How many parts there are when everything in it is gone through."""


@dataclass(slots=True, eq=False)
class Attribute:
    """`owner.name` of something whose attributes are not known."""

    owner: Value
    name: str


@dataclass(slots=True, eq=False)
class Blob:
    """A long string or bytes that stays where it is in the file: `length` bytes at `offset`."""

    offset: int
    length: int
    text: bool


@dataclass(slots=True, eq=False)
class SetValue:
    """A set or frozenset; items may repeat, for nothing is compared."""

    items: list[Value] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class DictValue:
    """A dict as its keys and values in turn, in the order of insertion; later ones win."""

    items: list[Value] = field(default_factory=list)

    def get(self, key: str | int) -> Value:
        for index in range(len(self.items) - 2, max(-1, len(self.items) - _MAX_LOOKUP), -2):
            found = self.items[index]
            if type(found) is type(key) and found == key:
                return self.items[index + 1]
        return None


@dataclass(slots=True, eq=False)
class Persistent:
    """An object that the loader fetches by a persistent id (torch's storages)."""

    key: Value


@dataclass(slots=True, eq=False)
class Unknown:
    """A value that cannot be computed, and why."""

    why: str


Value: TypeAlias = (
    bool
    | int
    | float
    | str
    | bytes
    | tuple["Value", ...]
    | list["Value"]
    | Global
    | Module
    | Result
    | Attribute
    | Blob
    | SetValue
    | DictValue
    | Persistent
    | Unknown
    | None
)
Mapping_: TypeAlias = DictValue | None


def render(value: Value, depth: int = _MAX_RENDER_DEPTH) -> str:
    """`value` as Python would write it, short and printable: evidence for a person, never input to anything."""
    return _clip(_rendered(value, depth), MAX_RENDERED)


def render_call(function: Value, args: Value, kwargs: Value = None) -> str:
    """A call as Python would write it, e.g. `os.system("id")`."""
    if isinstance(args, tuple):
        inside = ", ".join(_rendered(item, _MAX_RENDER_DEPTH - 1) for item in args[:_MAX_RENDER_ITEMS])
        if len(args) > _MAX_RENDER_ITEMS:
            inside += ", …"
    else:
        inside = "*" + _rendered(args, _MAX_RENDER_DEPTH - 1)
    if kwargs is not None:
        inside += (", " if inside else "") + "**" + _rendered(kwargs, _MAX_RENDER_DEPTH - 1)
    return _clip(f"{_rendered(function, _MAX_RENDER_DEPTH)}({inside})", MAX_RENDERED)


def _rendered(value: Value, depth: int) -> str:
    if depth <= 0:
        return "…"
    match value:
        case str():
            return _quoted(value)
        case bytes():
            return _clip(repr(value[:120]), 120)
        case bool() | None | float():
            return repr(value)
        case int():
            return repr(value) if value.bit_length() < 256 else "…"
        case tuple():
            return "(" + _sequence(value, depth) + ("," if len(value) == 1 else "") + ")"
        case list():
            return "[" + _sequence(value, depth) + "]"
        case SetValue():
            return "{" + _sequence(value.items, depth) + "}"
        case DictValue():
            pairs = zip(
                value.items[: 2 * _MAX_RENDER_ITEMS : 2], value.items[1 : 2 * _MAX_RENDER_ITEMS : 2], strict=False
            )
            return "{" + ", ".join(f"{_rendered(k, depth - 1)}: {_rendered(v, depth - 1)}" for k, v in pairs) + "}"
        case Global():
            return _printable(f"{value.module}.{value.name}")
        case Module():
            return _printable(value.name)
        case Result():
            inside = ", ".join(_rendered(item, depth - 1) for item in value.args[:_MAX_RENDER_ITEMS])
            return _clip(f"{_rendered(value.function, depth - 1)}({inside})", MAX_RENDERED)
        case Attribute():
            return f"{_rendered(value.owner, depth - 1)}.{_printable(value.name)}"
        case Blob():
            return f"<{value.length} {'characters' if value.text else 'bytes'}>"
        case Persistent():
            return f"<persistent {_rendered(value.key, depth - 1)}>"
        case Unknown():
            return f"<{value.why}>"


def _sequence(items: tuple[Value, ...] | list[Value], depth: int) -> str:
    shown = ", ".join(_rendered(item, depth - 1) for item in items[:_MAX_RENDER_ITEMS])
    return shown + (", …" if len(items) > _MAX_RENDER_ITEMS else "")


def _quoted(text: str) -> str:
    shown = _printable(text[:200]).replace('"', '\\"')
    return f'"{shown}"' if len(text) <= 200 else f'"{shown}…"'


def _printable(text: str) -> str:
    if text.isprintable():
        return text[:MAX_RENDERED]
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text[:MAX_RENDERED]
    )


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
