"""The envelope of a record: what is hashed into the tree, in one canonical form.

An envelope holds no floats and only ASCII keys, because then orjson's sorted output is RFC 8785 byte for byte. It
holds no personal content either: names and argument views lie beside it, sealed, bound by their digest.

    v       schema version                     kind    call | refusal | lifecycle
    log     origin of the log                  phase   intent | outcome | event
    seq     index in the tree                  parent  index of the intent that an outcome belongs to
    id      event id (UUIDv7)                  time, mono, boot, clock   see clock.py
    tenant, actor, trace, mcp, tool, arguments, policy, outcome, resources, class, retention, content
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import orjson

from mcp_server.audit.clock import event_id, stamp
from mcp_server.audit.errors import AuditUnavailable

SCHEMA: Final = 1
MAX_ENVELOPE: Final = 0xFFFF
"""Entries of c2sp.org/tlog-tiles bundles carry their length in 16 bits."""

JSON: TypeAlias = "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"
Envelope: TypeAlias = dict[str, JSON]


class NotCanonical(ValueError):
    """A value that an envelope may not hold: a float, a key that is not ASCII, an integer beyond 2^53."""


class Checked(dict[str, JSON]):
    """A part that many envelopes share, checked once when it is made. Never changed afterwards. Raises NotCanonical."""

    def __init__(self, part: Mapping[str, JSON]) -> None:
        super().__init__(part)
        _check(part)


_LEAVES: Final = frozenset((str, int, bool, type(None), Checked))
_CONTAINERS: Final = frozenset((dict, list, tuple))
_KNOWN: Final = _LEAVES | _CONTAINERS
_STRICT: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
"""Integers within 53 bits, or RFC 8785 §3.2.2.3 would write them otherwise."""


def _check(value: JSON) -> None:
    """Raises NotCanonical for a float or what is not JSON. One look at the types in a container, for speed."""
    inside = value.values() if isinstance(value, dict) else value
    kinds = set(map(type, inside))  # type: ignore[arg-type]
    if kinds <= _LEAVES:
        return
    if not kinds <= _KNOWN:
        raise NotCanonical(f"a value of type {', '.join(sorted(kind.__name__ for kind in kinds - _KNOWN))}")
    for inner in inside:  # type: ignore[union-attr]
        if inner and type(inner) in _CONTAINERS:
            _check(inner)


def _check_keys(value: JSON) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not key.isascii():
                raise NotCanonical(f"key {key!r} is not ASCII")
            _check_keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check_keys(inner)


def canonical(envelope: dict[str, JSON]) -> bytes:
    """RFC 8785 bytes of an envelope. Raises NotCanonical; lone surrogates in strings are escaped first."""
    _check(envelope)
    try:
        data = orjson.dumps(envelope, option=_STRICT)
    except TypeError:
        data = _printed(envelope)
    if not data.isascii():
        _check_keys(envelope)
    return data


def _printed(envelope: Envelope) -> bytes:
    try:
        return orjson.dumps(printable(envelope), option=_STRICT)
    except TypeError as error:
        raise NotCanonical(str(error)) from error


def printable(value: JSON) -> JSON:
    """The same value with characters that UTF-8 cannot hold (lone surrogates) written as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {str(printable(key)): printable(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [printable(inner) for inner in value]
    return value


def recordable(envelope: dict[str, JSON], content: bytes | None, *, limit: int, adds: int = 0) -> bytes:
    """The canonical bytes of an envelope, to which whoever orders it `adds` at most so many. Raises AuditUnavailable."""
    try:
        data = canonical(envelope)
    except NotCanonical as error:
        raise AuditUnavailable("the call cannot be recorded as it is", detail=str(error)) from error
    size = len(data) + adds
    if size > MAX_ENVELOPE or size + len(content or b"") > limit:
        raise AuditUnavailable(
            "the record of this call is too large", remedy="make the call smaller, or raise audit.max_record_bytes"
        )
    return data


def dumps(value: JSON) -> bytes:
    """Sorted JSON of any value that came over the wire; never raises for odd strings or large integers."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return orjson.dumps(_narrow(value), option=orjson.OPT_SORT_KEYS)


def _narrow(value: JSON) -> JSON:
    """As `printable`, with integers beyond 64 bits as text and anything that is not JSON by its type's name."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 64 else str(value)
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {str(printable(str(key))): _narrow(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_narrow(inner) for inner in value]
    return f"<{type(value).__name__}>"


def lifecycle(kind: str, details: Mapping[str, JSON] | None = None) -> Envelope:
    """An event in the life of the log or the server itself: `log.started`, `log.recovered`, …"""
    return {
        "kind": "lifecycle",
        "phase": "event",
        "event": kind,
        "id": event_id(),
        **stamp(),
        "details": dict(details or {}),
    }


def clock_jumped(event: Mapping[str, JSON], by: int) -> Envelope:
    """That the wall clock was set by so many microseconds, stamped as the event that showed it."""
    return {**lifecycle("clock.jumped", {"by_us": by}), "time": event["time"], "mono": event["mono"]}


def unknown_outcome(parent: int, intent: Mapping[str, str]) -> Envelope:
    """What stands for the outcome that a crash kept from being written."""
    return {
        "kind": "call",
        "phase": "outcome",
        "event": "outcome.unknown",
        "parent": parent,
        "id": intent["id"],
        "tenant": intent["tenant"],
        "actor": {"id": intent["actor"]},
        "tool": {"name": intent["tool"]},
        "outcome": {"status": "unknown"},
        **stamp(),
    }


def open_intent(envelope: Mapping[str, JSON]) -> dict[str, str] | None:
    """What an intent's `outcome.unknown` record would need, or None when the envelope is no intent."""
    if envelope.get("phase") != "intent":
        return None
    actor, tool = envelope.get("actor"), envelope.get("tool")
    return {
        "id": str(envelope["id"]),
        "tenant": str(envelope.get("tenant", "")),
        "actor": str(actor.get("id", "")) if isinstance(actor, Mapping) else "",
        "tool": str(tool.get("name", "")) if isinstance(tool, Mapping) else "",
    }
