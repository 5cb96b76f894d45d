"""A vulnerable package: the matches of one package, joined where they describe the same vulnerability, with their evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Annotated, get_args

from pydantic import Field

from scanners.findings import Severity
from scanners.images.distribution import Distribution
from scanners.images.packages import OF_A_DISTRIBUTION, Package, printable
from scanners.vulnerabilities.database import Database, Evidence
from scanners.vulnerabilities.matcher import Match, Method
from scanners.vulnerabilities.versions import UnparsableVersion, version_key

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
UNRATED: Severity = "high"
"""What an advisory that nobody rated counts as: not knowing is no reason to let it pass."""
_TOGETHER = 32
"""Packages whose evidence is fetched at once: with more, what is kept until then costs more than the fetching."""


@dataclass(slots=True)
class Vulnerable:
    """One installed package with one known vulnerability, whatever number of advisories describe it.

    Not frozen, though nobody changes one: to make a frozen one costs three times as much, and an image has thousands.
    """

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
    source: Annotated[str, Field(description="Source package, of a package of the distribution")] = ""
    in_base: Annotated[bool, Field(description="It came with the base image: a newer one may mend it")] = False
    os_owned: Annotated[bool, Field(description="A package of the distribution, which is who mends it")] = False


@dataclass(slots=True)
class Group:
    """Matches of one package that describe the same vulnerability."""

    names: set[str]
    """What it is called; two groups that share one are the same."""
    matches: list[tuple[str, Match]]
    """Each with its ecosystem."""
    notices: frozenset[str] = frozenset()
    """Notices that mend this vulnerability among others."""

    @property
    def cves(self) -> list[str]:
        """Every CVE by which it, or a notice about it, is known."""
        return [name for name in (*self.names, *self.notices) if name.startswith("CVE-")]


def grouped(matches: Iterable[tuple[str, Match]]) -> list[Group]:
    """Join advisories by vulnerability: those that share a name. A notice about several stands in several groups."""
    groups: dict[int, Group] = {}
    homes: dict[str, int] = {}
    numbers = count()
    for match in matches:
        advisory = match[1].advisory
        notices = frozenset(advisory.notices.split("\n") if advisory.notices else ())
        for names in advisory.vulnerabilities:
            group = Group(set(names), [match], notices)
            if not homes.keys().isdisjoint(names):
                for home in sorted({homes[name] for name in names if name in homes}):
                    other = groups.pop(home)
                    group.names |= other.names
                    group.notices |= other.notices
                    group.matches = other.matches + group.matches
            number = next(numbers)
            groups[number] = group
            homes.update(dict.fromkeys(group.names, number))
    return list(groups.values())


def describe(
    found: Iterable[tuple[Package, list[Group]]],
    layers: Sequence[str],
    distribution: Distribution | None,
    database: Database,
) -> list[Vulnerable]:
    """Every vulnerability that was found, with what the database says of it."""
    rest = iter(found)
    result: list[Vulnerable] = []
    while some := list(islice(rest, _TOGETHER)):
        proof = _Proof.of([group for _, groups in some for group in groups], database)
        for package, groups in some:
            purl = package.purl(*((distribution.id, distribution.version) if distribution else ()))
            version, layer = printable(package.version), layers[package.layer]
            for group in groups:
                result.append(_vulnerable(package, version, purl, layer, group, proof))
    return result


@dataclass(frozen=True, slots=True)
class _Proof:
    """What the database says of the advisories and vulnerabilities of some groups."""

    evidence: Mapping[int, Evidence]
    exploited: Mapping[str, str]
    probabilities: Mapping[str, float]

    @classmethod
    def of(cls, groups: Sequence[Group], database: Database) -> _Proof:
        cves = {cve for group in groups for cve in group.cves}
        numbers = {match.advisory.number for group in groups for _, match in group.matches}
        return cls(database.evidence(numbers), database.exploited(cves), database.probabilities(cves))


def _vulnerable(package: Package, version: str, purl: str, layer: str, group: Group, proof: _Proof) -> Vulnerable:
    """One that is used in attacks is at least high, whatever its score."""
    ecosystem, first = group.matches[0]
    identifiers = sorted(group.names | group.notices)
    cves = [name for name in identifiers if name.startswith("CVE-")]
    rest = group.matches[1:]
    ratings = [match.advisory.severity for _, match in group.matches if match.advisory.severity]
    severity = _worst(ratings) if ratings else UNRATED
    exploited = [proof.exploited[cve] for cve in cves if cve in proof.exploited]
    forecasts = [proof.probabilities[cve] for cve in cves if cve in proof.probabilities]
    evidence = proof.evidence[first.advisory.number]
    return Vulnerable(
        package=package.name,
        version=version,
        ecosystem=ecosystem,
        purl=purl,
        advisory=next((cve for cve in cves if cve in group.names), first.advisory.id) if cves else first.advisory.id,
        identifiers=tuple(identifiers),
        severity=_worst([severity, "high"]) if exploited else severity,
        rated=bool(ratings),
        fixed=_highest_fix(group.matches),
        path=package.path,
        layer=layer,
        summary=evidence.summary or _summary(group, proof),
        method=first.method,
        advisory_digest=evidence.digest,
        references=evidence.references,
        exploited=min(exploited) if exploited else None,
        probability=max(forecasts) if forecasts else None,
        state=next((match.state for _, match in group.matches if match.state), "") if rest else first.state,
        source=package.source,
        os_owned=package.type in OF_A_DISTRIBUTION,
    )


def _worst(ratings: Sequence[Severity]) -> Severity:
    return ratings[0] if len(ratings) == 1 else min(ratings, key=SEVERITIES.index)


def _summary(group: Group, proof: _Proof) -> str:
    summaries: Iterator[str] = (proof.evidence[match.advisory.number].summary for _, match in group.matches)
    return next(filter(None, summaries), "")


def _highest_fix(matches: Sequence[tuple[str, Match]]) -> str | None:
    """The version that satisfies every advisory of a group."""
    if len(matches) == 1:
        return matches[0][1].fixed
    fixes = []
    for ecosystem, item in matches:
        key = version_key(ecosystem)
        if item.fixed and key:
            try:
                fixes.append((key(item.fixed), item.fixed))
            except UnparsableVersion:
                continue
    return max(fixes)[1] if fixes else None
