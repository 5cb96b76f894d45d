"""The envelope of a record: what is hashed into the tree, in one canonical form.

An envelope holds no floats and only ASCII keys, because then orjson's sorted output is RFC 8785 byte for byte. It
holds no personal content either: names and argument views lie beside it, sealed, bound by their digest.

    v       schema version                     kind    call | refusal | lifecycle
    log     origin of the log                  phase   intent | outcome | event
    seq     index in the tree                  parent  index of the intent that an outcome belongs to
    id      event id (UUIDv7)                  time, mono, boot, clock   see clock.py
    tenant, actor, trace, mcp, tool, arguments, policy, outcome, resources, class, retention, content
    reduced why a record holds less than was asked for
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

import orjson

from mcp_server.audit.clock import event_id, stamp
from mcp_server.audit.errors import AuditUnavailable

SCHEMA: Final = 1
MAX_ENVELOPE: Final = 0xFFFF
"""Entries of c2sp.org/tlog-tiles bundles carry their length in 16 bits."""

JSON: TypeAlias = "str | int | float | bool | Sequence[JSON] | Mapping[str, JSON] | None"
Envelope: TypeAlias = dict[str, JSON]
Rest: TypeAlias = "tuple[Mapping[str, JSON], bytes | None]"
"""Further fields of an envelope, and the sealed content that lies beside it."""
MakeRest: TypeAlias = Callable[[], Rest]
"""Makes the rest of a record when it is written and not before: many at once, in warm caches, cost half as much."""


class NotCanonical(ValueError):
    """A value that an envelope may not hold: a float, a key that is not ASCII, an integer beyond 2^53."""


class Checked(dict[str, JSON]):
    """A part that many envelopes share, checked once when it is made. Never changed afterwards. Raises NotCanonical."""

    def __init__(self, part: Mapping[str, JSON]) -> None:
        super().__init__(part)
        _check(part)


_SHORT: Final = frozenset(
    (
        "v",
        "log",
        "seq",
        "kind",
        "phase",
        "event",
        "parent",
        "id",
        "time",
        "mono",
        "boot",
        "clock",
        "tenant",
        "retention",
    )
)
_SHORT_TEXT: Final = 256
_SAFE: Final = 1 << 53
"""Integers within are the same in every JSON (RFC 8785 §3.2.2.3)."""

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


@dataclass(slots=True)
class Prepared:
    """A record as it will be written."""

    envelope: bytes
    content: bytes | None
    opens: Mapping[str, str] | None
    """For an intent: what its outcome.unknown record would need."""
    problem: AuditUnavailable | None = None
    """Why this is only what `_reduced` keeps of the record that was asked for."""


def prepared(event: Mapping[str, JSON], rest: MakeRest | None, *, limit: int, adds: int = 0) -> Prepared:
    """The bytes of a record, to whose envelope whoever orders it `adds` at most so many more. Never raises.

    What no envelope may hold, or is larger than `limit` bytes, is recorded in part and said to be: a place in the log
    that was promised is never empty.
    """
    envelope, content = dict(event), None
    try:
        if rest is not None:
            fields, content = rest()
            envelope.update(fields)
        if content is not None:
            envelope["content"] = sha256(content).hexdigest()
        data = canonical(envelope)
    except Exception as error:  # noqa: BLE001 - it is made in a batch, which one odd record must not keep from the disk
        said = str(error) if isinstance(error, NotCanonical) else type(error).__name__
        problem = AuditUnavailable("the call cannot be recorded as it is", detail=said)
        return Prepared(canonical(_reduced(envelope, "not canonical")), None, None, problem)
    size = len(data) + adds
    if size > MAX_ENVELOPE or size + len(content or b"") > limit:
        problem = AuditUnavailable(
            "the record of this call is too large", remedy="make the call smaller, or raise audit.max_record_bytes"
        )
        return Prepared(canonical(_reduced(envelope, "too large")), None, None, problem)
    return Prepared(data, content, open_intent(envelope))


def _reduced(event: Mapping[str, JSON], why: str) -> Envelope:
    """Who, what, when and how it ended: the short parts of an event, and why the others are missing."""
    kept: Envelope = {
        key: value
        for key, value in event.items()
        if key in _SHORT
        and (-_SAFE < value < _SAFE if isinstance(value, int) else isinstance(value, str) and len(value) <= _SHORT_TEXT)
    }
    for name, field in (("actor", "id"), ("tool", "name"), ("outcome", "status")):
        part = event.get(name)
        value = part.get(field) if isinstance(part, Mapping) else None
        if isinstance(value, str) and len(value) <= _SHORT_TEXT:
            kept[name] = {field: value}
    return {**kept, "reduced": why}


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
    """What an intent's `outcome.unknown` record would need, or None when the envelope is no intent.

    An intent that could not be recorded whole opens nothing: its call was refused.
    """
    if envelope.get("phase") != "intent" or "reduced" in envelope:
        return None
    actor, tool = envelope.get("actor"), envelope.get("tool")
    return {
        "id": str(envelope["id"]),
        "tenant": str(envelope.get("tenant", "")),
        "actor": str(actor.get("id", "")) if isinstance(actor, Mapping) else "",
        "tool": str(tool.get("name", "")) if isinstance(tool, Mapping) else "",
    }
