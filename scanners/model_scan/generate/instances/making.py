"""How objects of a library are made where its version can make them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Made = Iterator[tuple[str, Any]]
"""Names, and the objects that go by them."""


def trying(maker: Callable[[], Any]) -> list[Any]:
    """What `maker` gives, as a list; empty when this version of the library cannot make it."""
    try:
        return [maker()]
    except Exception:  # noqa: BLE001 - any failure of any library means: not in this version
        return []


def defaults(module: Any, *arguments: tuple[Any, ...]) -> Made:
    """Every public class of `module`, made with the first of `arguments` that it takes."""
    for name in dir(module):
        found = getattr(module, name, None)
        if name.startswith("_") or not isinstance(found, type):
            continue
        for given in ((), *arguments):
            made = trying(lambda found=found, given=given: found(*given))
            if made:
                yield f"{module.__name__}.{name}", made[0]
                break
