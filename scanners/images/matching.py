"""Installed packages against the database: what is vulnerable, and what could not be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from itertools import count
from typing import Annotated, get_args

from pydantic import Field

from scanners.findings import Severity, Skipped
from scanners.images.distribution import Distribution
from scanners.images.outcomes import about, outcomes, paid_ecosystems
from scanners.images.packages import ECOSYSTEMS, OF_A_DISTRIBUTION, Package, printable
from scanners.vulnerabilities.database import Candidate, Database
from scanners.vulnerabilities.matcher import Match, Method, Undecided
from scanners.vulnerabilities.versions import UnparsableVersion, version_key

_REPOSITORIES = frozenset(ECOSYSTEMS.values())
"""Whose names may be followed by a repository's address."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
UNRATED: Severity = "high"
"""What an advisory that nobody rated counts as: not knowing is no reason to let it pass."""


@dataclass(frozen=True, slots=True)
class Vulnerable:
    """One installed package with one known vulnerability, whatever number of advisories describe it."""

    package: str
    version: str
    ecosystem: Annotated[str, Field(description="OSV ecosystem whose advisory matched")]
    purl: str
    advisory: Annotated[str, Field(description="The CVE where there is one, else the advisory's own id")]
    identifiers: Annotated[tuple[str, ...], Field(description="Every id under which it is known")]
    severity: Severity
    rated: Annotated[bool, Field(description="False: nobody rated it, and it counts as high")]
    fixed: Annotated[str | None, Field(description="The version that mends it; null: there is none yet")]
    path: Annotated[str, Field(description="The file that says that the package is installed")]
    layer: Annotated[str, Field(description="Digest of the layer that brought the package")]
    summary: str
    method: Annotated[Method, Field(description="How the version was matched")]
    advisory_digest: Annotated[str, Field(description="SHA-256 of the record that matched, hex")]
    references: tuple[str, ...]
    exploited: Annotated[
        str | None, Field(description="Since when it is known to be used in attacks (KEV); null: not known to be")
    ] = None
    probability: Annotated[
        float | None, Field(description="Forecast that it is used in attacks within 30 days (EPSS), 0 to 1")
    ] = None
    state: Annotated[
        str, Field(description="What its distribution says about mending it ('Will not fix'); empty: nothing")
    ] = ""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One step that mends several vulnerabilities."""

    package: str
    installed: str
    to: Annotated[str, Field(description="The lowest version that mends them all")]
    mends: Annotated[tuple[str, ...], Field(description="Identifiers of the vulnerabilities that it removes")]
    worst: Severity


@dataclass(frozen=True, slots=True)
class Matched:
    """The outcome for all packages."""

    vulnerabilities: tuple[Vulnerable, ...]
    skipped: tuple[Skipped, ...]
    data: dict[str, str]
    """Ecosystem -> date of its advisories' last update."""


def ecosystems_of(package: Package, distribution: Distribution | None) -> tuple[str, ...]:
    """Where the package's advisories would be, in OSV's names."""
    if package.type in OF_A_DISTRIBUTION:
        return distribution.ecosystems if distribution else ()
    return (ECOSYSTEMS[package.type],) if package.type in ECOSYSTEMS else ()


def match_packages(
    packages: Sequence[Package],
    layers: Sequence[str],
    distribution: Distribution | None,
    database: Database,
    *,
    maximum_age: int,
    today: date,
) -> Matched:
    """Look every package up. An ecosystem without data, or with data older than `maximum_age` days, is skipped
    in words; what the old data says is reported all the same."""
    skipped: list[Skipped] = []
    data: dict[str, str] = {}
    vulnerable: list[Vulnerable] = []
    missing: Counter[str] = Counter()
    found_under: dict[tuple[str, ...], list[str]] = {}
    for package in packages:
        expected = ecosystems_of(package, distribution)
        if expected not in found_under:
            found_under[expected] = [name for name in database.ecosystems if _is_among(name, expected)]
        ecosystems = found_under[expected]
        if package.type == "generic" and not any(
            database.candidates(name, package.source or package.name) for name in ecosystems
        ):
            # Bitnami follows some programs: of another it says nothing, and so nothing may be concluded.
            missing[f"the program {package.name} {package.version}"] += 1
            continue
        if not ecosystems:
            missing[" or ".join(expected) or _nowhere(package, distribution)] += 1
            continue
        data.update((name, database.ecosystems[name]) for name in ecosystems)
        matches: list[tuple[str, Match]] = []
        undecided: list[Undecided] = []
        for ecosystem, outcome in outcomes(
            package, ecosystems, paid_ecosystems(package, distribution, database), database
        ):
            if isinstance(outcome, Match):
                matches.append((ecosystem, outcome))
            else:
                undecided.append(outcome)
        if matches:
            purl = package.purl(*((distribution.id, distribution.version) if distribution else ()))
            layer = layers[package.layer]
            vulnerable.extend(_vulnerable(package, purl, layer, group, database) for group in _same(matches))
        if undecided:
            why = f"{undecided[0].why} ({undecided[0].advisory.id}{_and_more(len(undecided) - 1)})"
            skipped.append(Skipped(f"{package.name} {printable(package.version)[:80]}", why))
    for ecosystem, number in missing.items():
        skipped.append(Skipped(f"{number} packages", f"the database has no advisories for {ecosystem}"))
    skipped.extend(_stale(data, maximum_age, today))
    skipped.extend(
        Skipped(f"{source.refused} records of {source.name}", "they could not be read when the database was built")
        for source in database.sources()
        if source.refused
    )
    vulnerable.sort(key=lambda item: (SEVERITIES.index(item.severity), item.package, item.advisory, item.path))
    return Matched(tuple(vulnerable), tuple(skipped), data)


def _is_among(ecosystem: str, expected: Sequence[str]) -> bool:
    """The ecosystem itself, or a part of it: Red Hat's have the product's part after the release
    ('Red Hat:enterprise_linux:9::baseos'), Maven's and Packagist's may have a repository. A distribution without
    a release is no part: what follows its name would be another release."""
    return any(
        ecosystem == name
        or (ecosystem.startswith(f"{name}:") and (":" in name or name in _REPOSITORIES))
        or fnmatchcase(ecosystem, name)
        for name in expected
    )


@dataclass(slots=True)
class _Group:
    """Advisories that describe the same vulnerability."""

    names: set[str]
    """What it is called; two groups that share one are the same."""
    matches: list[tuple[str, Match]]
    notices: set[str] = field(default_factory=set)
    """Notices that mend this vulnerability among others."""


def _same(matches: Iterable[tuple[str, Match]]) -> Iterator[_Group]:
    """Group advisories by vulnerability: those that share a name. A notice about several stands in several groups."""
    groups: dict[int, _Group] = {}
    homes: dict[str, int] = {}
    numbers = count()
    for ecosystem, item in matches:
        for names, notices in about(item.advisory):
            group = _Group(set(names), [(ecosystem, item)], set(notices))
            for home in sorted({homes[name] for name in names if name in homes}):
                other = groups.pop(home)
                group.names |= other.names
                group.notices |= other.notices
                group.matches = other.matches + group.matches
            number = next(numbers)
            groups[number] = group
            homes.update(dict.fromkeys(group.names, number))
    yield from groups.values()


def _vulnerable(package: Package, purl: str, layer: str, found: _Group, database: Database) -> Vulnerable:
    """One that is used in attacks is at least high, whatever its score."""
    group = found.matches
    advisories = [item.advisory for _, item in group]
    names = sorted(found.names | found.notices)
    ratings = [advisory.severity for advisory in advisories if advisory.severity]
    first = group[0][1]
    severity = min(ratings, key=SEVERITIES.index) if ratings else UNRATED
    cves = [name for name in names if name.startswith("CVE-")]
    since = min(filter(None, map(database.exploited, cves)), default=None)
    return Vulnerable(
        package=package.name,
        version=printable(package.version),
        ecosystem=group[0][0],
        purl=purl,
        advisory=next((cve for cve in cves if cve in found.names), advisories[0].id),
        identifiers=tuple(names),
        severity=min(severity, "high", key=SEVERITIES.index) if since else severity,
        rated=bool(ratings),
        fixed=_highest_fix(group),
        path=package.path,
        layer=layer,
        summary=_summary(advisories),
        method=first.method,
        advisory_digest=first.advisory.digest,
        references=advisories[0].references,
        exploited=since,
        probability=max((value for cve in cves if (value := database.probability(cve)) is not None), default=None),
        state=next((item.state for _, item in group if item.state), ""),
    )


def upgrades(vulnerabilities: Iterable[Vulnerable]) -> tuple[Upgrade, ...]:
    """The fixes, grouped: one upgrade of a package to the highest of its fix versions; those that mend most first."""
    groups: dict[str, list[Vulnerable]] = {}
    for found in vulnerabilities:
        if found.fixed:
            groups.setdefault(found.purl, []).append(found)
    result = []
    for group in groups.values():
        first = group[0]
        key = version_key(first.ecosystem)
        versions = {found.fixed for found in group if found.fixed}
        to = max(versions, key=key) if key else sorted(versions)[-1]
        worst = min((found.severity for found in group), key=SEVERITIES.index)
        result.append(Upgrade(first.package, first.version, to, tuple(found.advisory for found in group), worst))
    return tuple(
        sorted(result, key=lambda upgrade: (SEVERITIES.index(upgrade.worst), -len(upgrade.mends), upgrade.package))
    )


def _highest_fix(group: list[tuple[str, Match]]) -> str | None:
    """The version that satisfies every advisory of a group."""
    if len(group) == 1:
        return group[0][1].fixed
    fixes = []
    for ecosystem, item in group:
        key = version_key(ecosystem)
        if item.fixed and key:
            try:
                fixes.append((key(item.fixed), item.fixed))
            except UnparsableVersion:
                continue
    return max(fixes)[1] if fixes else None


def _summary(advisories: list[Candidate]) -> str:
    return next((advisory.summary for advisory in advisories if advisory.summary), "")


def _nowhere(package: Package, distribution: Distribution | None) -> str:
    if package.type not in OF_A_DISTRIBUTION:
        return f"{package.type} packages"
    if distribution is None:
        return f"{package.type} packages of a distribution that the image does not name"
    return f"{distribution.name} ({package.type} packages)"


def _stale(data: dict[str, str], maximum_age: int, today: date) -> Iterator[Skipped]:
    for ecosystem, moment in sorted(data.items()):
        if not moment:
            yield Skipped(f"{ecosystem} advisories", "their source does not say how old they are")
            continue
        age = (today - date.fromisoformat(moment[:10])).days
        if age > maximum_age:
            yield Skipped(
                f"{ecosystem} advisories since {moment[:10]}",
                f"the data was last updated {age} days ago; more than {maximum_age} days is too old for a pass",
            )


def _and_more(count: int) -> str:
    return f" and {count} more" if count else ""
