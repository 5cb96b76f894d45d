"""An OSV record, from the bytes of a file to an `Advisory`; refused whole when it is not one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from scanners.errors import UnreadableInput
from scanners.findings import Severity
from scanners.vulnerabilities import cvss
from scanners.vulnerabilities.advisories import Advisory, Affected, Event, EventKind
from scanners.vulnerabilities.modularity import is_modular

MAXIMUM_AFFECTED = 20_000
MAXIMUM_EVENTS = 200_000
"""Over all ranges of a record, together with its versions: the largest real records stay far below."""

_NOTICE = re.compile(
    r"(?:D[SL]A|DTSA|ELA|[UL]SN|(?:RH|AL|RL|EL)[SBE]A|RXSA|OESA|MGASA|PHSA|ALAS\w*|SUSE|openSUSE)[-:\w]*-", re.ASCII
)
"""The id of a distribution's notice of an update: it may mend several vulnerabilities, whatever field names them."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:\-]{2,127}\Z")
_STREAM = re.compile(r"[?&]rpmmod=([^&#:%]+(?::|%3[Aa])[^&#:%]+)")
_TITLE = re.compile(r"(?:\A|\s)([a-z0-9][\w.+\-]*:[\w.+\-]+) (?:security|bug fix|enhancement)")
"""'Important: nodejs:18 security update', as Red Hat and its descendants title the notices of a module."""
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
_SUBSCRIPTION = re.compile(r"Available with [^:]{1,60}")
"""'Available with Ubuntu Pro (Infra-only): https://ubuntu.com/pro', as Ubuntu says who gets a fix."""


class NotAnAdvisory(UnreadableInput):
    """The record does not have the shape of the OSV schema."""

    code = "not_an_advisory"


def package_name(ecosystem: str, name: str) -> str:
    """The name as it is looked up: PyPI's in their normal form (PEP 503), NuGet's and Packagist's without case."""
    kind = ecosystem.partition(":")[0]
    if kind == "PyPI":
        return canonicalize_name(name)
    return name.lower() if kind in ("NuGet", "Packagist") else name


def is_withdrawn(record: Mapping[str, Any]) -> bool:
    """Whether its publisher took the record back."""
    return bool(record.get("withdrawn"))


def parse(record: object, raw: bytes) -> Advisory:
    """The advisory in a decoded record. Raises NotAnAdvisory."""
    fields = _mapping(record, "record")
    identity = fields.get("id")
    if not isinstance(identity, str) or not _ID.match(identity):
        raise NotAnAdvisory(f"an OSV record needs an 'id'; this one has {str(identity)[:60]!r}")
    summary = _text(fields.get("summary") or fields.get("details"), 300)
    affected = tuple(_decided(_affected(fields, summary)))
    vector, rating = _rating((fields,))
    if rating is None:
        vector, rating = _rating((fields, *_list(fields.get("affected"), MAXIMUM_AFFECTED, "affected")))
    aliases, upstream = _names(identity, fields)
    return Advisory(
        id=identity,
        modified=moment(fields.get("modified")),
        summary=summary,
        aliases=aliases,
        upstream=upstream,
        severity=rating,
        cvss=vector,
        references=tuple(_reference_urls(fields)),
        digest=hashlib.sha256(raw).hexdigest(),
        affected=affected,
    )


def _decided(entries: Iterable[Affected]) -> Iterator[Affected]:
    """Without the entries that name no versions of a package where another entry does."""
    listed = list(entries)
    clear = {(entry.ecosystem, entry.name) for entry in listed if not entry.unclear}
    return (entry for entry in listed if not entry.unclear or (entry.ecosystem, entry.name) not in clear)


def _affected(fields: Mapping[str, Any], summary: str) -> Iterator[Affected]:
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
        unclear = ""
        if not ranges and not versions:
            unclear = f"the advisory names {'only source commits, not' if commits else 'no'} versions"
        yield Affected(
            ecosystem,
            package_name(ecosystem, name),
            tuple(ranges),
            versions,
            unclear,
            module_stream(str(package.get("purl") or "")) or _titled_stream(summary, ranges),
            _rating((entry,))[1],
            _state(entry),
        )


def module_stream(purl: str) -> str:
    """'nodejs:18' of a package URL's 'rpmmod=nodejs:18:8090…:…'; empty where it names no module."""
    match = _STREAM.search(purl)
    return unquote(match[1]) if match else ""


def _titled_stream(summary: str, ranges: Sequence[Sequence[Event]]) -> str:
    """The stream in a notice's title, where its fixes were built in a module."""
    if any(kind == "fixed" and is_modular(version) for events in ranges for kind, version in events):
        return match[1] if (match := _TITLE.search(summary)) else ""
    return ""


def _names(identity: str, fields: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Other names of the same vulnerability, and the vulnerabilities that the record is about."""
    aliases, upstream = (tuple(_strings(fields.get(key), 10_000)) for key in ("aliases", "upstream"))
    if not _NOTICE.match(identity):
        return aliases, upstream
    about = (*upstream, *aliases)
    if not any("CVE-" in name for name in about):
        about += tuple(_strings(fields.get("related"), 10_000))
    return (), tuple(dict.fromkeys(about))


def _events(span: Mapping[str, Any]) -> Iterator[Event]:
    for item in _list(span.get("events"), MAXIMUM_EVENTS, "events"):
        for kind, version in _mapping(item, "event").items():
            if kind not in ("introduced", "fixed", "last_affected", "limit"):
                raise NotAnAdvisory(f"unknown range event {str(kind)[:40]!r}")
            yield cast(EventKind, kind), str(version)[:1024]


def _rating(holders: Sequence[Any]) -> tuple[str, Severity | None]:
    """The best CVSS vector of some parts of a record and the rating: by score, else by the word of the source."""
    vectors = [
        item["score"]
        for holder in holders
        if isinstance(holder, Mapping)
        for item in _list(holder.get("severity"), 32, "severity")
        if isinstance(item, Mapping) and isinstance(item.get("score"), str)
    ]
    scored = [(score, vector) for vector in vectors if (score := cvss.base_score(vector)) is not None]
    if scored:
        score, vector = max(scored)
        return vector, cvss.severity(score)
    vector = vectors[0][:200] if vectors else ""
    for holder in holders:
        for part in ("database_specific", "ecosystem_specific"):
            specific = holder.get(part) if isinstance(holder, Mapping) else None
            if isinstance(specific, Mapping):
                word = specific.get("severity") or specific.get("urgency")
                if isinstance(word, str) and (rated := severity_word(word)):
                    return vector, rated
    return vector, next((rated for word in vectors if (rated := severity_word(word))), None)


def severity_word(word: str) -> Severity | None:
    """The severity that a distribution's word stands for ('Important', 'low**'); None for other words."""
    return _WORDS.get(word.lower().strip("*"))


def _state(entry: Mapping[str, Any]) -> str:
    """Who gets the fix, where not everybody does."""
    specific = entry.get("ecosystem_specific")
    match = _SUBSCRIPTION.match(str(specific.get("availability"))) if isinstance(specific, Mapping) else None
    return match[0] if match else ""


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


def moment(value: object) -> str:
    """RFC 3339 text; YAML readers turn it into datetime. The year 1 is some sources' way to say nothing."""
    text = value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value or "")
    return "" if text.startswith("0001-") else text[:40]
