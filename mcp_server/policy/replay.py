"""Recorded decisions, decided again under a changed pack: what would be different."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from mcp_server.policy.decision import ACCESS, read_decision, spelled
from mcp_server.policy.engine import PolicyEngine
from mcp_server.policy.errors import PolicyUnavailable, PolicyUndefined
from mcp_server.policy.memo import paths_read
from mcp_server.policy.packs import Pack
from scanners.errors import YumenError

Outcome = Literal["same", "changed", "undecidable"]


class DecisionLogUnreadable(YumenError):
    """A line of a decision log is no event."""

    code = "decision_log_unreadable"


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded decision."""

    decision_id: str
    entrypoint: str
    document: Any
    result: Any
    hidden: tuple[str, ...]
    """Pointers to what was erased or overwritten in the record."""


@dataclass(frozen=True, slots=True)
class Redecided:
    """What became of one recorded decision."""

    event: Event
    outcome: Outcome
    result: Any
    """The new result, None where undefined; for 'undecidable' the reason in words."""


def read_events(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events of a decision log. Raises DecisionLogUnreadable naming the line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            match orjson.loads(line):
                case {"path": str(path), **rest}:
                    hidden = (*_texts(rest.get("erased")), *_texts(rest.get("masked")))
                    yield Event(
                        str(rest.get("decision_id", number)),
                        "data." + path.strip("/").replace("/", "."),
                        rest.get("input", {}),
                        rest.get("result"),
                        hidden,
                    )
                case _:
                    raise ValueError("no path")
        except (ValueError, TypeError) as error:
            raise DecisionLogUnreadable(f"line {number} is no decision log event: {error}") from None


async def redecide(engine: PolicyEngine, pack: Pack, event: Event) -> Redecided:
    """Decide `event` again. A record from which something is missing that the policy may read cannot be."""
    paths = paths_read(pack, event.entrypoint)
    for pointer in event.hidden:
        parts = tuple(pointer.split("/")[2:])
        if pointer.startswith("/input") and (paths is None or any(_touch(parts, path) for path in paths)):
            return Redecided(event, "undecidable", f"{pointer} was masked, and the policy may read it")
        if pointer.startswith("/result"):
            return Redecided(event, "undecidable", f"{pointer} was masked")
    try:
        result = await engine.evaluate(event.entrypoint, event.document)
    except PolicyUndefined:
        result = None
    except PolicyUnavailable as error:
        return Redecided(event, "undecidable", error.message)
    if event.entrypoint == ACCESS and isinstance(result, dict):
        # As it is logged: names in order, without the scopes that a client is told to ask for.
        result = spelled(read_decision(result, ""))
    return Redecided(event, "same" if result == event.result else "changed", result)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _touch(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]
