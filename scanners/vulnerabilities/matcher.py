"""Whether a version is affected: the evaluation algorithm of the OSV schema, with a third answer, unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

from scanners.vulnerabilities.candidates import Candidate, Span
from scanners.vulnerabilities.database import Database
from scanners.vulnerabilities.minor_releases import minor_release, own_spans
from scanners.vulnerabilities.modularity import same_stream
from scanners.vulnerabilities.osv import package_name
from scanners.vulnerabilities.versions import UnparsableVersion, VersionKey, alike, rpm, version_key

Method = Literal["range", "version-list", "all-versions"]


class Match(NamedTuple):
    """A package version that an advisory names as affected."""

    advisory: Candidate
    method: Method
    fixed: str | None
    """The lowest version that mends it on the same line of releases; None where there is no fix."""
    state: str = ""
    """What the publisher says about mending it, in its words; empty where there is nothing to say."""


class Undecided(NamedTuple):
    """An advisory names the package, and whether this version is affected cannot be told."""

    advisory: Candidate
    why: str


@dataclass(frozen=True, slots=True)
class Installed:
    """A package version that advisories are compared with."""

    version: str
    stream: str
    """Of an RPM from a module; empty where nobody says."""
    key: VersionKey | None
    """The order of its ecosystem; None where Yumen does not know it."""
    place: Any = None
    """Where the version stands in that order."""
    trouble: str = ""
    """Why it has no place there."""
    minor: tuple[str, str] | None = None
    """The minor release that an RPM was built for, where it says."""

    @classmethod
    def of(cls, ecosystem: str, version: str, stream: str = "") -> Installed:
        """A version in an ecosystem's order."""
        key = version_key(ecosystem)
        if key is None:
            return cls(version, stream, None)
        try:
            place = key(version)
        except UnparsableVersion as error:
            return cls(version, stream, key, trouble=str(error))
        return cls(version, stream, key, place, minor=minor_release(version) if key is rpm.key else None)


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
    candidates = database.candidates(ecosystem, name)
    if not candidates:
        return
    installed = Installed.of(ecosystem, version, stream)
    for candidate in candidates:
        outcome = judge(candidate, installed)
        yield candidate, _with_standing(outcome, database, ecosystem, name) if isinstance(outcome, Match) else outcome


def _with_standing(found: Match, database: Database, ecosystem: str, name: str) -> Match | Undecided:
    """A match, with what the distribution says of its state; undecided where it has not looked yet."""
    standing = None
    if found.fixed is None and database.has_standings:
        named = (cve for names in found.advisory.vulnerabilities for cve in names if cve.startswith("CVE-"))
        standing = next(filter(None, (database.standing(ecosystem, name, cve) for cve in named)), None)
    if standing is not None and not standing.evaluated:
        return Undecided(found.advisory, "the distribution has not evaluated whether this package is affected")
    state = (standing.state if standing else "") or found.advisory.state
    return found._replace(state=state) if state else found


def judge(candidate: Candidate, installed: Installed) -> Match | Undecided | None:
    """One advisory against one version; None: not affected."""
    key, version = installed.key, installed.version
    if candidate.unclear:
        # A stream of a module that is not known says nothing of other streams.
        foreign = candidate.stream and not same_stream(version, installed.stream, "", candidate.stream)
        return None if key is rpm.key and foreign else Undecided(candidate, candidate.unclear)
    if candidate.versions and f"\n{version}\n" in candidate.versions:
        return Match(candidate, "version-list", _next_fix(candidate, installed))
    if key is None:
        return _without_order(candidate)
    if installed.trouble:
        return Undecided(candidate, installed.trouble)
    trouble = ""
    spans = candidate.spans
    if key is rpm.key:
        spans = [span for span in own_spans(spans, installed.minor) if _is_for(span, candidate, installed)]
    for span in spans:
        try:
            inside, fix = _inside(span, installed.place, key)
        except UnparsableVersion as error:
            trouble = f"the advisory is unreadable here: {error}"
            continue
        if inside:
            bounded = fix is not None or any(kind != "introduced" for kind, _ in span)
            return Match(candidate, "range" if bounded else "all-versions", fix or _next_fix(candidate, installed))
    if candidate.versions and _is_listed(candidate.versions, installed):
        return Match(candidate, "version-list", _next_fix(candidate, installed))
    return Undecided(candidate, trouble) if trouble else None


def _without_order(candidate: Candidate) -> Match | Undecided | None:
    """What can be said without comparing: a range without end holds every version, a list only those in it."""
    if any(span == [("introduced", "0")] for span in candidate.spans):
        return Match(candidate, "all-versions", None)
    return (
        Undecided(candidate, "the order of this ecosystem's versions is not known to Yumen")
        if candidate.ranges
        else None
    )


def _inside(span: Span, place: Any, key: VersionKey) -> tuple[bool, str | None]:
    """Whether the events, walked in version order, leave the version affected; and what ends that."""
    return answer if (answer := _inside_turns(span, place, key)) is not None else _inside_any(span, place, key)


def _inside_turns(span: Span, place: Any, key: VersionKey) -> tuple[bool, str | None] | None:
    """The same for the form of nearly all: introduced and fixed by turns, ascending; None for another form."""
    begun, fix, before = False, None, None
    for number, (kind, version) in enumerate(span):
        if kind != ("fixed" if number % 2 else "introduced"):
            return None
        if number or version != "0":
            where = key(version)
            if before is not None and not before < where:
                return None
            before = where
            if number % 2 == 0:
                begun = fix is None and where <= place
            elif begun and place < where:
                begun, fix = False, version
            else:
                begun = False
        else:
            begun = True
    return begun or fix is not None, fix


def _inside_any(span: Span, place: Any, key: VersionKey) -> tuple[bool, str | None]:
    limits = [version for kind, version in span if kind == "limit"]
    if limits and not any("*" in version or place < key(version) for version in limits):
        return False, None
    placed = sorted(
        ((_place(kind, version, key), kind, version) for kind, version in span if kind != "limit"),
        key=lambda event: event[0],
    )
    affected = False
    for (known, where), together in groupby(placed, key=lambda event: event[0]):
        at_once = {kind: version for _, kind, version in together}
        if not known or place >= where:
            begins = "introduced" in at_once
            ends = "fixed" in at_once or ("last_affected" in at_once and place > where)
            # What begins and ends at one version changes nothing: an empty range, or two that touch.
            affected = begins if begins != ends else affected
        elif affected and "fixed" in at_once:
            return True, at_once["fixed"]
    return affected, None


def _place(kind: str, version: str, key: VersionKey) -> tuple[int, Any]:
    # Introduced in '0' is before all versions, also where '0' could not be one (OSV schema, 'Special values').
    return (0, 0) if kind == "introduced" and version == "0" else (1, key(version))


def _is_for(span: Span, candidate: Candidate, installed: Installed) -> bool:
    """Whether a range is about the stream of an RPM; one without an end is about all, unless it names its own."""
    bound = ""
    for kind, where in span:
        if kind in ("fixed", "last_affected"):
            bound = where
            break
    if not bound and not candidate.stream:
        return True
    return same_stream(installed.version, installed.stream, bound, candidate.stream)


def _is_listed(versions: str, installed: Installed) -> bool:
    """Whether a version is in a list, maybe written another way ('1.0' for '1.0.0')."""
    for listed in versions.split("\n") if installed.key is rpm.key else alike(versions, installed.version):
        try:
            if installed.key and installed.key(listed) == installed.place:
                return True
        except UnparsableVersion:
            continue
    return False


def _next_fix(candidate: Candidate, installed: Installed) -> str | None:
    """The lowest fixed version above the installed one, for a match that no range with a fix contains."""
    key, place = installed.key, installed.place
    if key is None or place is None:
        return None
    above = []
    for span in candidate.spans:
        for kind, version in span:
            try:
                if kind == "fixed" and (where := key(version)) > place:
                    above.append((where, version))
            except UnparsableVersion:
                continue
    return min(above, key=lambda item: item[0])[1] if above else None
