"""What kind of argument a call is given, in one letter: enough to tell a library's own call from another's.

`d` data (numbers, bytes, None and containers of them), `t` text or a container with text, `n` the name of a class or
function, `o` an object that something else made.
"""

from __future__ import annotations

from scanners.model_scan.pickle_values import Attribute, Blob, DictValue, Global, Module, SetValue, Value

_MAX_LOOKED_AT = 2000


def shape_of(value: Value) -> str:
    """The letters of `value`, alphabetically; a container has those of everything in it (`d` alone when empty)."""
    letters: set[str] = set()
    pending: list[Value] = [value]
    looked = 0
    while pending:
        item = pending.pop()
        looked += 1
        if looked > _MAX_LOOKED_AT:
            return "dnot"
        if isinstance(item, tuple | list):
            pending.extend(item[:_MAX_LOOKED_AT])
        elif isinstance(item, DictValue | SetValue):
            pending.extend(item.items[:_MAX_LOOKED_AT])
        else:
            letters.add(_letter(item))
    return "".join(sorted(letters)) or "d"


def fits(args: tuple[Value, ...], shape: str) -> bool:
    """Whether every argument is of a kind that `shape` (`n,d,dt`) has at its position, and there are no more of them."""
    positions = shape.split(",") if shape else []
    if len(args) > len(positions):
        return False
    return all(set(shape_of(item)) - {"d"} <= set(allowed) for item, allowed in zip(args, positions, strict=False))


def _letter(item: Value) -> str:
    if isinstance(item, str):
        return "t"
    if isinstance(item, Global | Module | Attribute):
        return "n"
    if isinstance(item, Blob):
        return "t" if item.text else "d"
    return "d" if item is None or isinstance(item, bool | int | float | bytes) else "o"
