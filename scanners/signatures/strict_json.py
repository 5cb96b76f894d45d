"""JSON of hostile origin: bounded, and with one meaning only."""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_DEPTH = 32


class MalformedDocument(ValueError):
    """Not one well-formed document: `str()` says why, in words that are safe to show."""


def parse(raw: bytes) -> Any:
    """The document in `raw` (UTF-8), refusing what parsers disagree about: duplicate names, NaN, lone surrogates, depth.

    Raises MalformedDocument.
    """
    try:
        document = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object_of_unique_names, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise MalformedDocument("it is not UTF-8") from None
    except RecursionError:
        raise MalformedDocument("it is nested too deeply") from None
    except MalformedDocument:
        raise
    except ValueError as error:
        raise MalformedDocument(f"it is not JSON ({_short(error)})") from None
    _require_shallow(document)
    return document


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise MalformedDocument("an object in it has the same name twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise MalformedDocument(f"it holds {name}, which is not JSON")


def _require_shallow(document: Any) -> None:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list | str)
        ]
        if not level:
            return
    if any(isinstance(node, dict | list) for node in level):
        raise MalformedDocument(f"it is nested more than {MAX_DEPTH} deep")


def _short(error: ValueError) -> str:
    return f"{error.msg} at {error.pos}" if isinstance(error, json.JSONDecodeError) else "a number is out of bounds"
