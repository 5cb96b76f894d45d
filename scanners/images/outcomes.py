"""What the advisories say of one installed package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from scanners.images.distribution import Distribution
from scanners.images.packages import OF_A_DISTRIBUTION, Package
from scanners.vulnerabilities.candidates import Candidate
from scanners.vulnerabilities.database import Database
from scanners.vulnerabilities.matcher import Match, Undecided, judged, match
from scanners.vulnerabilities.minor_releases import is_own_fix, minor_release
from scanners.vulnerabilities.modularity import same_stream

Outcome = Match | Undecided


def outcomes(
    package: Package, ecosystems: Sequence[str], paid: Sequence[str], database: Database
) -> Iterator[tuple[str, Outcome]]:
    """Every advisory that affects the package, or may, with its ecosystem. `paid`: ecosystems of paid support."""
    if package.type == "rpm":
        yield from _of_rpm(package, ecosystems, database)
    else:
        for ecosystem in ecosystems:
            for name, version in package.names_in(ecosystem):
                yield from ((ecosystem, outcome) for outcome in match(database, ecosystem, name, version))
    if paid:
        yield from _left_to_payers(package, ecosystems, paid, database)
    for ecosystem in ecosystems:
        if package.type == "maven" and not package.certain:
            yield from ((ecosystem, outcome) for outcome in _guessed(package, ecosystem, database))


def _of_rpm(package: Package, ecosystems: Sequence[str], database: Database) -> Iterator[tuple[str, Outcome]]:
    """Of an RPM: what a build of its own minor release mends is mended, and what an advisory says of the package
    itself outweighs what it says of its source."""
    stream = dict(package.qualifiers).get("rpmmod", "")
    own = minor_release(package.version)
    found: list[tuple[str, str, Outcome]] = []
    silent: list[Candidate] = []
    for ecosystem in ecosystems:
        for name, version in package.names_in(ecosystem):
            for candidate, outcome in judged(database, ecosystem, name, version, stream=stream):
                if outcome is None:
                    silent.append(candidate)
                else:
                    found.append((ecosystem, name, outcome))
    if not found:
        return
    exonerated = {one.id for one in silent if one.exonerates and same_stream(package.version, stream, "", one.stream)}
    mended = {
        known
        for one in silent
        if own and any(is_own_fix(event, own) for span in one.spans for event in span)
        for names in one.vulnerabilities
        for known in names
    }
    for ecosystem, name, outcome in found:
        if name.endswith(".src") and outcome.advisory.id in exonerated:
            continue
        elsewhere = isinstance(outcome, Match) and not is_own_fix(("fixed", outcome.fixed or ""), own)
        if left := _without(outcome, mended) if elsewhere else outcome:
            yield ecosystem, left


def _left_to_payers(
    package: Package, ecosystems: Sequence[str], paid: Sequence[str], database: Database
) -> Iterator[tuple[str, Outcome]]:
    """Who has no paid support lacks only what the public's advisories do not speak of."""
    spoken_of = {
        name
        for public in ecosystems
        for source, _ in package.names_in(public)
        for advisory in database.candidates(public, source)
        for names in advisory.vulnerabilities
        for name in names
    }
    for ecosystem in paid:
        for name, version in package.names_in(ecosystem):
            for outcome in match(database, ecosystem, name, version):
                if left := _without(outcome, spoken_of):
                    yield ecosystem, left


def _without(outcome: Outcome, names: Set[str]) -> Outcome | None:
    """An outcome for the vulnerabilities that are not among those names; None where nothing is left."""
    if not names:
        return outcome
    meant = outcome.advisory.vulnerabilities
    left = [known for known in meant if names.isdisjoint(known)]
    if not left or len(left) == len(meant):
        return outcome if left else None
    return outcome._replace(advisory=outcome.advisory.about(left))


def paid_ecosystems(package: Package, distribution: Distribution | None, database: Database) -> list[str]:
    """Those of the distribution's paid support that the database has advisories for."""
    if distribution is None or package.type not in OF_A_DISTRIBUTION:
        return []
    return [name for name in distribution.paid if name in database.ecosystems]


def _guessed(package: Package, ecosystem: str, database: Database) -> Iterator[Outcome]:
    """An archive without Maven's own metadata: its manifest's name may be longer than its group, or not there."""
    hint, _, artifact = package.name.rpartition(":")
    for name in database.maven_names(artifact):
        group = name.partition(":")[0]
        if name == package.name:
            continue
        for outcome in match(database, ecosystem, name, package.version):
            if hint == group or hint.startswith(f"{group}."):
                yield outcome
            elif not hint:
                advisory = outcome.advisory
                yield Undecided(advisory, f"it may be {name}: the archive does not say its group")
