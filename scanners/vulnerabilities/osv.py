"""An OSV record, from the bytes of a file to an `Advisory`; refused whole when it is not one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from packaging.utils import canonicalize_name

from scanners.errors import UnreadableInput
from scanners.findings import Severity
from scanners.vulnerabilities import cvss
from scanners.vulnerabilities.advisories import Advisory, Affected, Event, EventKind

MAXIMUM_AFFECTED = 20_000
MAXIMUM_EVENTS = 200_000
"""Over all ranges of a record, together with its versions: the largest real records stay far below."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{2,127}\Z")
_WORDS: dict[str, Severity] = {
    "critical": "critical",
    "high": "high",
    "important": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
    "negligible": "info",
    "unimportant": "info",
    "none": "info",
}


class NotAnAdvisory(UnreadableInput):
    """The record does not have the shape of the OSV schema."""

    code = "not_an_advisory"


def package_name(ecosystem: str, name: str) -> str:
    """The name as it is looked up: PyPI's in their normal form (PEP 503), NuGet's and Packagist's without case."""
    if ecosystem == "PyPI":
        return canonicalize_name(name)
    return name.lower() if ecosystem in ("NuGet", "Packagist") else name


def is_withdrawn(record: Mapping[str, Any]) -> bool:
    """Whether its publisher took the record back."""
    return bool(record.get("withdrawn"))


def parse(record: object, raw: bytes) -> Advisory:
    """The advisory in a decoded record. Raises NotAnAdvisory."""
    fields = _mapping(record, "record")
    identity = fields.get("id")
    if not isinstance(identity, str) or not _ID.match(identity):
        raise NotAnAdvisory(f"an OSV record needs an 'id'; this one has {str(identity)[:60]!r}")
    affected = tuple(_affected(fields))
    vector, rating = _rating(fields)
    return Advisory(
        id=identity,
        modified=_moment(fields.get("modified")),
        summary=_text(fields.get("summary") or fields.get("details"), 300),
        aliases=tuple(_strings(fields.get("aliases"), 64) + _strings(fields.get("upstream"), 64)),
        severity=rating,
        cvss=vector,
        references=tuple(_reference_urls(fields)),
        digest=hashlib.sha256(raw).hexdigest(),
        affected=affected,
    )


def _affected(fields: Mapping[str, Any]) -> Iterator[Affected]:
    budget = MAXIMUM_EVENTS
    for item in _list(fields.get("affected"), MAXIMUM_AFFECTED, "affected"):
        entry = _mapping(item, "affected")
        if "package" not in entry:
            continue  # a record about git commits only names no package
        package = _mapping(entry["package"], "package")
        ecosystem, name = package.get("ecosystem"), package.get("name")
        if not isinstance(ecosystem, str) or not isinstance(name, str) or not ecosystem or not name:
            raise NotAnAdvisory("an affected package needs 'ecosystem' and 'name'")
        versions = tuple(_strings(entry.get("versions"), MAXIMUM_EVENTS))
        ranges, commits = [], False
        for range_item in _list(entry.get("ranges"), MAXIMUM_EVENTS, "ranges"):
            span = _mapping(range_item, "range")
            if span.get("type") == "GIT":
                commits = True
                continue
            events = tuple(_events(span))
            budget -= len(events)
            ranges.append(events)
        budget -= len(versions) + len(ranges)
        if budget < 0:
            raise NotAnAdvisory(f"the record names more than {MAXIMUM_EVENTS} versions and events")
        only_commits = commits and not ranges and not versions
        yield Affected(ecosystem, package_name(ecosystem, name), tuple(ranges), versions, only_commits)


def _events(span: Mapping[str, Any]) -> Iterator[Event]:
    for item in _list(span.get("events"), MAXIMUM_EVENTS, "events"):
        for kind, version in _mapping(item, "event").items():
            if kind not in ("introduced", "fixed", "last_affected", "limit"):
                raise NotAnAdvisory(f"unknown range event {str(kind)[:40]!r}")
            yield cast(EventKind, kind), str(version)[:1024]


def _rating(fields: Mapping[str, Any]) -> tuple[str, Severity | None]:
    """The best CVSS vector and the rating: by score, else by the word of the source."""
    vectors = [
        item["score"]
        for holder in (fields, *_list(fields.get("affected"), MAXIMUM_AFFECTED, "affected"))
        if isinstance(holder, Mapping)
        for item in _list(holder.get("severity"), 32, "severity")
        if isinstance(item, Mapping) and isinstance(item.get("score"), str)
    ]
    scored = [(score, vector) for vector in vectors if (score := cvss.base_score(vector)) is not None]
    if scored:
        score, vector = max(scored)
        return vector, cvss.severity(score)
    vector = vectors[0][:200] if vectors else ""
    for holder in (fields, *_list(fields.get("affected"), MAXIMUM_AFFECTED, "affected")):
        for part in ("database_specific", "ecosystem_specific"):
            specific = holder.get(part) if isinstance(holder, Mapping) else None
            if isinstance(specific, Mapping):
                word = specific.get("severity") or specific.get("urgency")
                if isinstance(word, str) and word.lower().strip("*") in _WORDS:
                    return vector, _WORDS[word.lower().strip("*")]
    return vector, next((_WORDS[word.lower()] for word in vectors if word.lower() in _WORDS), None)


def _reference_urls(fields: Mapping[str, Any]) -> Iterator[str]:
    for item in _list(fields.get("references"), 1000, "references")[:8]:
        url = item.get("url") if isinstance(item, Mapping) else None
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            yield url[:500]


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise NotAnAdvisory(f"{what} must be an object, not {type(value).__name__}")
    return value


def _list(value: object, limit: int, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise NotAnAdvisory(f"{what} must be a list, not {type(value).__name__}")
    if len(value) > limit:
        raise NotAnAdvisory(f"{what} has {len(value)} entries; at most {limit} are read")
    return value


def _strings(value: object, limit: int) -> list[str]:
    return [str(item)[:1024] for item in _list(value, limit, "list")]


def _text(value: object, limit: int) -> str:
    return " ".join(str(value or "").split())[:limit]


def _moment(value: object) -> str:
    """RFC 3339 text; YAML readers turn it into datetime. The year 1 is some sources' way to say nothing."""
    text = value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value or "")
    return "" if text.startswith("0001-") else text[:40]
