"""Whether a version is affected: the evaluation algorithm of the OSV schema, with a third answer, unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from scanners.vulnerabilities.advisories import Event
from scanners.vulnerabilities.database import Candidate, Database
from scanners.vulnerabilities.osv import package_name
from scanners.vulnerabilities.versions import UnparsableVersion, VersionKey, version_key

Method = Literal["range", "version-list", "all-versions"]


@dataclass(frozen=True, slots=True)
class Match:
    """A package version that an advisory names as affected."""

    advisory: Candidate
    method: Method
    fixed: str | None
    """The lowest version that mends it on the same line of releases; None where there is no fix."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """An advisory names the package, and whether this version is affected cannot be told."""

    advisory: Candidate
    why: str


def match(database: Database, ecosystem: str, name: str, version: str) -> Iterator[Match | Undecided]:
    """Every advisory for the package that affects the version, or may."""
    key = version_key(ecosystem)
    for candidate in database.candidates(ecosystem, package_name(ecosystem, name)):
        outcome = judge(candidate, version, key)
        if outcome is not None:
            yield outcome


def judge(candidate: Candidate, version: str, key: VersionKey | None) -> Match | Undecided | None:
    """One advisory against one version; None: not affected."""
    if candidate.commits_only:
        return Undecided(candidate, "the advisory names only source commits, not versions")
    fixes: str | None = None
    trouble = ""
    affected: Method | None = "version-list" if version in candidate.versions else None
    if key is None:
        if affected:
            return Match(candidate, affected, None)
        return Undecided(candidate, "the order of this ecosystem's versions is not known to Yumen")
    try:
        installed = key(version)
    except UnparsableVersion as error:
        return Match(candidate, affected, None) if affected else Undecided(candidate, str(error))
    for events in candidate.ranges:
        try:
            inside, fix = _inside(events, installed, key)
        except UnparsableVersion as error:
            trouble = f"the advisory is unreadable here: {error}"
            continue
        if inside:
            affected = affected or ("range" if fix or _is_bounded(events) else "all-versions")
            fixes = fixes or fix
    if not affected and _is_listed(candidate.versions, installed, key):
        affected = "version-list"
    if affected:
        return Match(candidate, affected, fixes or _next_fix(candidate, installed, key))
    if trouble:
        return Undecided(candidate, trouble)
    if not candidate.ranges and not candidate.versions:
        # OSV schema, `affected`: neither ranges nor versions means every version.
        return Match(candidate, "all-versions", None)
    return None


def _inside(events: tuple[Event, ...], installed: Any, key: VersionKey) -> tuple[bool, str | None]:
    """Whether the events, walked in version order, leave the version affected; and what ends that."""
    # At the same version what ends an affected stretch comes before what begins one.
    placed = sorted((*_order(version, key), kind == "introduced", kind, version) for kind, version in events)
    affected = False
    for known, where, _, kind, version in placed:
        here = not known or installed >= where
        if kind == "introduced" and here:
            affected = True
        elif kind in ("fixed", "limit"):
            if here:
                affected = False
            elif affected:
                return True, version if kind == "fixed" else None
        elif kind == "last_affected" and known and installed > where:
            affected = False
    return affected, None


def _order(version: str, key: VersionKey) -> tuple[int, Any]:
    # '0' is before all versions, also where it could not be one (OSV schema, `events`).
    return (0, 0) if version == "0" else (1, key(version))


def _is_bounded(events: tuple[Event, ...]) -> bool:
    return any(kind != "introduced" for kind, _ in events)


def _is_listed(versions: tuple[str, ...], installed: Any, key: VersionKey) -> bool:
    for listed in versions:
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
    return min(above)[1] if above else None
