"""Is the SIEM's copy of the log complete and unaltered? Every exported event is compared with its record in the ledger.

SIEMs wrap events and add fields of their own; what counts is that each field which Yumen sent is there with the value
that it sent. So every record is rendered again, in the format that the export shows, and looked for in the export.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from mcp_server.audit.events import Event, event_of
from mcp_server.audit.formats.ocsf import VERSION as OCSF_1_8
from mcp_server.audit.formats.rendering import DOCUMENTS, line
from mcp_server.audit.frames import RECORD, decode
from mcp_server.audit.keys import read_card
from mcp_server.audit.reading import acknowledged, record_at
from mcp_server.audit.segments import SegmentBytes, list_segments
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.audit.verify import Problem, verify

T = TypeVar("T")

_DEPTH: Final = 5
_LISTED: Final = 1000
_TEXT: Final = re.compile(r"(CEF:0\|.*|LEEF:2\.0\|.*)", re.DOTALL)


@dataclass
class Reconciliation:
    """What a comparison found. `complete` only if every record of the range is there once and as it was sent."""

    first: int
    until: int
    lines: int = 0
    matched: int = 0
    missing: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of records, end inclusive, that the export does not hold."""
    duplicated: int = 0
    """Events that came more than once: allowed, because delivery is at least once."""
    altered: list[tuple[int, str]] = field(default_factory=list)
    """(record, what differs)."""
    foreign: list[str] = field(default_factory=list)
    """Lines that claim to be of this log and are no record of it."""
    unreadable: int = 0
    """Lines without an event of Yumen in them."""
    ledger: list[Problem] = field(default_factory=list)
    """What is wrong with the log itself; then nothing is proved."""

    @property
    def complete(self) -> bool:
        return not (self.missing or self.altered or self.foreign or self.ledger)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one exported event says it is: which record of which log, in which format."""

    origin: str
    index: int
    format: str
    document: Mapping[str, Any] | str


class _Ledger:
    """Random access to the records of the log by index, without writing anything."""

    def __init__(self, directory: Path, until: int) -> None:
        self._directory = directory
        self._firsts: list[int] = []
        self._offsets = array("Q")
        self.start = 0
        for position, (first, path) in enumerate(list_segments(directory)):
            if position == 0:
                self.start = first
            self._firsts.append(first)
            with SegmentBytes(path) as segment:
                offset = 0
                while offset < segment.size and self.start + len(self._offsets) < until:
                    frame = decode(segment.data, offset)
                    if frame.kind == RECORD:
                        self._offsets.append(offset)
                    offset = frame.end

    def event(self, index: int, subjects: SubjectKeys | None) -> Event:
        first = max(each for each in self._firsts if each <= index)
        return event_of(record_at(self._directory, first, self._offsets[index - self.start], index), subjects)


def claim_in(text: str) -> Claim | None:
    """The event of Yumen in one exported line, however the SIEM wrapped it; None if there is none."""
    try:
        found = _search(orjson.loads(text), _DEPTH)
    except orjson.JSONDecodeError:
        found = None
    return found or _text_claim(text)


def _search(value: object, depth: int) -> Claim | None:
    if isinstance(value, str) and depth:
        if value.startswith("{"):
            try:
                return _search(orjson.loads(value), depth - 1)
            except orjson.JSONDecodeError:
                return None
        return _text_claim(value)
    if isinstance(value, dict):
        own = _document_claim(value)
        if own is not None:
            return own
        return _first(value.values(), depth)
    if isinstance(value, list):
        return _first(value, depth)
    return None


def _first(values: Iterable[object], depth: int) -> Claim | None:
    if depth:
        for inner in values:
            found = _search(inner, depth - 1)
            if found is not None:
                return found
    return None


def _document_claim(value: Mapping[str, Any]) -> Claim | None:
    if {"log", "seq", "leaf", "envelope"} <= value.keys():
        return _claim(value["log"], value["seq"], "json", value)
    yumen = value.get("yumen")
    if isinstance(yumen, dict) and {"log", "seq", "leaf"} <= yumen.keys():
        return _claim(yumen["log"], yumen["seq"], "ecs", value)
    metadata = value.get("metadata")
    if "class_uid" in value and isinstance(metadata, dict):
        name = "ocsf" if metadata.get("version") == OCSF_1_8 else "ocsf-1.9"
        return _claim(metadata.get("log_name"), metadata.get("sequence"), name, value)
    return None


def _claim(origin: object, index: object, name: str, document: Mapping[str, Any]) -> Claim | None:
    if isinstance(origin, str) and isinstance(index, int) and index >= 0:
        return Claim(origin, index, name, document)
    return None


def _text_claim(text: str) -> Claim | None:
    match = _TEXT.search(text)
    if match is None:
        return None
    name = "cef" if match[1].startswith("CEF") else "leef"
    pairs = _pairs(match[1].rstrip("\r\n"), name)
    index = pairs.get("cn1" if name == "cef" else "seq", "")
    origin = pairs.get("cs1" if name == "cef" else "log", "")
    return Claim(origin, int(index), name, match[1].rstrip("\r\n")) if index.isascii() and index.isdigit() else None


def _pairs(text: str, name: str) -> dict[str, str]:
    """Header and pairs of a CEF or LEEF line, for comparison field by field."""
    if name == "leef":
        head, _, rest = text.partition("|x09|")
        split = [pair.partition("=") for pair in rest.split("\t")]
        return {"": head} | {key: value for key, _, value in split}
    parts = re.split(r"(?<!\\)\|", text, maxsplit=7)
    keyed = re.findall(r"(\w+)=((?:\\.|[^\\=])*?)(?=\s\w+=|$)", parts[-1], re.DOTALL)
    return {"": "|".join(parts[:-1])} | dict(keyed)


def _difference(sent: object, kept: object, path: str = "") -> str | None:
    """Where `kept` does not hold what was sent; None if it does, whatever else it holds."""
    if isinstance(sent, Mapping):
        if not isinstance(kept, Mapping):
            return f"{path or 'event'} is not an object"
        for key, value in sent.items():
            if key not in kept:
                return f"{path}{key} is missing"
            found = _difference(value, kept[key], f"{path}{key}.")
            if found is not None:
                return found
        return None
    if isinstance(sent, list | tuple):
        if not isinstance(kept, list) or len(kept) != len(sent):
            return f"{path.rstrip('.')} was changed"
        problems = (_difference(one, other, path) for one, other in zip(sent, kept, strict=True))
        return next((problem for problem in problems if problem), None)
    return None if sent == kept else f"{path.rstrip('.')} was changed"


def _compare(claim: Claim, event: Event) -> str | None:
    def against(candidate: Event) -> str | None:
        if isinstance(claim.document, str):
            text = line(candidate, "cef" if claim.format == "cef" else "leef")
            return _difference(_pairs(text, claim.format), _pairs(claim.document, claim.format))
        return _difference(orjson.loads(orjson.dumps(DOCUMENTS[claim.format](candidate))), claim.document)

    problem = against(event)
    if problem is None or event.content is None:
        return problem
    # A sink may be configured to send pseudonyms only: then the content is rightly absent, but never changed.
    bare = Event(event.index, event.leaf, event.fields, None)
    return problem if _has_content(claim, event) else against(bare)


def _has_content(claim: Claim, event: Event) -> bool:
    if isinstance(claim.document, str):
        return "suser=" in claim.document or bool(event.subject and event.subject in claim.document)
    if claim.format == "json":
        return "content" in claim.document
    return bool(event.subject and event.subject in orjson.dumps(dict(claim.document)).decode())


def reconcile(
    directory: Path,
    export: Iterable[str],
    subjects: SubjectKeys | None,
    *,
    first: int | None = None,
    until: int | None = None,
) -> Reconciliation:
    """Compare an export, a line an event, with the records from `first` to before `until` (default: all).

    The log itself is verified first: a copy can be no better than its original. Raises LogDamaged as `verify` does.
    """
    checked = verify(directory)
    end = acknowledged(directory) if until is None else min(until, acknowledged(directory))
    if checked.problems:
        return Reconciliation(first or 0, end, ledger=checked.problems)
    ledger = _Ledger(directory, end)
    result = Reconciliation(max(first or 0, ledger.start), end)
    card = read_card(directory)
    origin = card.origin if card else ""
    seen = bytearray(max(0, end - result.first))
    for text in export:
        if not text.strip():
            continue
        result.lines += 1
        claim = claim_in(text)
        if claim is None:
            result.unreadable += 1
        elif claim.origin != origin or claim.index >= acknowledged(directory):
            _note(result.foreign, f"record {claim.index} of {claim.origin}")
        elif result.first <= claim.index < end:
            problem = _compare(claim, ledger.event(claim.index, subjects))
            if problem is not None:
                _note(result.altered, (claim.index, problem))
                seen[claim.index - result.first] |= 2
            else:
                result.duplicated += seen[claim.index - result.first] & 1
                result.matched += not seen[claim.index - result.first] & 1
                seen[claim.index - result.first] |= 1
    result.missing = list(_gaps(seen, result.first))
    return result


def _note(into: list[T], what: T) -> None:
    if len(into) < _LISTED:
        into.append(what)


def _gaps(seen: bytearray, first: int) -> Iterator[tuple[int, int]]:
    at = seen.find(0)
    while at >= 0:
        end = at
        while end + 1 < len(seen) and not seen[end + 1]:
            end += 1
        yield first + at, first + end
        at = seen.find(0, end + 1)
