"""Whether a version is affected: the evaluation algorithm of the OSV schema, with a third answer, unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

from scanners.vulnerabilities.advisories import Event
from scanners.vulnerabilities.database import Candidate, Database
from scanners.vulnerabilities.minor_releases import own_spans
from scanners.vulnerabilities.modularity import same_stream
from scanners.vulnerabilities.osv import package_name
from scanners.vulnerabilities.versions import UnparsableVersion, VersionKey, alike, rpm, version_key

Method = Literal["range", "version-list", "all-versions"]


@dataclass(frozen=True, slots=True)
class Match:
    """A package version that an advisory names as affected."""

    advisory: Candidate
    method: Method
    fixed: str | None
    """The lowest version that mends it on the same line of releases; None where there is no fix."""
    state: str = ""
    """What the publisher says about mending it, in its words; empty where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """An advisory names the package, and whether this version is affected cannot be told."""

    advisory: Candidate
    why: str


def match(
    database: Database, ecosystem: str, name: str, version: str, *, stream: str = ""
) -> Iterator[Match | Undecided]:
    """Every advisory for the package that affects the version, or may. `stream`: of an RPM from a module."""
    for _, outcome in judged(database, ecosystem, name, version, stream=stream):
        if outcome is not None:
            yield outcome


def judged(
    database: Database, ecosystem: str, name: str, version: str, *, stream: str = ""
) -> tuple[tuple[Candidate, Match | Undecided | None], ...]:
    """Every advisory that names the package, with what it says of the version; None: not affected."""
    name = package_name(ecosystem, name)
    question = (ecosystem, name, version, stream)
    return database.remember(question, lambda: tuple(_judged(database, *question)))


def _judged(
    database: Database, ecosystem: str, name: str, version: str, stream: str
) -> Iterator[tuple[Candidate, Match | Undecided | None]]:
    key = version_key(ecosystem)
    for candidate in database.candidates(ecosystem, name):
        outcome = judge(candidate, version, key, stream)
        yield candidate, _with_standing(outcome, database, ecosystem, name) if isinstance(outcome, Match) else outcome


def _with_standing(found: Match, database: Database, ecosystem: str, name: str) -> Match | Undecided:
    """A match, with what the distribution says of its state; undecided where it has not looked yet."""
    standing = None
    if found.fixed is None:
        named = (found.advisory.id, *found.advisory.upstream)
        standings = (database.standing(ecosystem, name, cve) for cve in named if cve.startswith("CVE-"))
        standing = next((item for item in standings if item), None)
    if standing is not None and not standing.evaluated:
        return Undecided(found.advisory, "the distribution has not evaluated whether this package is affected")
    state = (standing.state if standing else "") or found.advisory.state
    return replace(found, state=state) if state else found


def judge(candidate: Candidate, version: str, key: VersionKey | None, stream: str = "") -> Match | Undecided | None:
    """One advisory against one version; None: not affected."""
    if candidate.unclear:
        # A stream of a module that is not known says nothing of other streams.
        foreign = key is rpm.key and candidate.stream and not same_stream(version, stream, "", candidate.stream)
        return None if foreign else Undecided(candidate, candidate.unclear)
    if version in candidate.versions:
        return _matched(candidate, "version-list", version, key)
    if key is None:
        return _without_order(candidate)
    try:
        installed = key(version)
    except UnparsableVersion as error:
        return Undecided(candidate, str(error))
    trouble = ""
    for events in own_spans(candidate.ranges, version) if key is rpm.key else candidate.ranges:
        if key is rpm.key and not _is_for(events, candidate, version, stream):
            continue
        try:
            inside, fix = _inside(events, installed, key)
        except UnparsableVersion as error:
            trouble = f"the advisory is unreadable here: {error}"
            continue
        if inside:
            bounded = any(kind != "introduced" for kind, _ in events)
            return Match(candidate, "range" if bounded else "all-versions", fix or _next_fix(candidate, installed, key))
    if candidate.versions and _is_listed(candidate.versions, version, installed, key):
        return Match(candidate, "version-list", _next_fix(candidate, installed, key))
    return Undecided(candidate, trouble) if trouble else None


def _matched(candidate: Candidate, method: Method, version: str, key: VersionKey | None) -> Match:
    """A match that needs no order; with a fix, where there is an order and the version has a place in it."""
    try:
        return Match(candidate, method, _next_fix(candidate, key(version), key) if key else None)
    except UnparsableVersion:
        return Match(candidate, method, None)


def _without_order(candidate: Candidate) -> Match | Undecided | None:
    """What can be said without comparing: a range without end holds every version, a list only those in it."""
    if any(events == (("introduced", "0"),) for events in candidate.ranges):
        return Match(candidate, "all-versions", None)
    return (
        Undecided(candidate, "the order of this ecosystem's versions is not known to Yumen")
        if candidate.ranges
        else None
    )


def _inside(events: tuple[Event, ...], installed: Any, key: VersionKey) -> tuple[bool, str | None]:
    """Whether the events, walked in version order, leave the version affected; and what ends that."""
    if len(events) == 2 and events[0][0] == "introduced" and events[1][0] == "fixed":
        (_, low), (_, high) = events  # the form of nearly all; the general walk below answers the same
        below, end = _place("introduced", low, key), _place("fixed", high, key)
        if below < end:
            return (True, high) if below <= (1, installed) < end else (False, None)
    limits = [version for kind, version in events if kind == "limit"]
    if limits and not any("*" in version or installed < key(version) for version in limits):
        return False, None
    placed = sorted(
        ((_place(kind, version, key), kind, version) for kind, version in events if kind != "limit"),
        key=lambda event: event[0],
    )
    affected = False
    for (known, where), together in groupby(placed, key=lambda event: event[0]):
        at_once = {kind: version for _, kind, version in together}
        if not known or installed >= where:
            begins = "introduced" in at_once
            ends = "fixed" in at_once or ("last_affected" in at_once and installed > where)
            # What begins and ends at one version changes nothing: an empty range, or two that touch.
            affected = begins if begins != ends else affected
        elif affected and "fixed" in at_once:
            return True, at_once["fixed"]
    return affected, None


def _place(kind: str, version: str, key: VersionKey) -> tuple[int, Any]:
    # Introduced in '0' is before all versions, also where '0' could not be one (OSV schema, 'Special values').
    return (0, 0) if kind == "introduced" and version == "0" else (1, key(version))


def _is_for(events: tuple[Event, ...], candidate: Candidate, version: str, stream: str) -> bool:
    """Whether a range is about the stream of an RPM; one without an end is about all, unless it names its own."""
    bound = next((where for kind, where in events if kind in ("fixed", "last_affected")), "")
    if not bound and not candidate.stream:
        return True
    return same_stream(version, stream, bound, candidate.stream)


def _is_listed(versions: tuple[str, ...], version: str, installed: Any, key: VersionKey) -> bool:
    """Whether a version is in a list, maybe written another way ('1.0' for '1.0.0')."""
    for listed in versions if key is rpm.key else alike(versions, version):
        try:
            if key(listed) == installed:
                return True
        except UnparsableVersion:
            continue
    return False


def _next_fix(candidate: Candidate, installed: Any, key: VersionKey) -> str | None:
    """The lowest fixed version above the installed one, for a match that no range with a fix contains."""
    above = []
    for events in candidate.ranges:
        for kind, version in events:
            try:
                if kind == "fixed" and key(version) > installed:
                    above.append((key(version), version))
            except UnparsableVersion:
                continue
    return min(above, key=lambda item: item[0])[1] if above else None
