"""Installed packages against the database: what is vulnerable, and what could not be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from scanners.findings import Skipped
from scanners.images.distribution import Distribution
from scanners.images.outcomes import outcomes, paid_ecosystems
from scanners.images.packages import ECOSYSTEMS, OF_A_DISTRIBUTION, Package, printable
from scanners.images.vulnerable import SEVERITIES, Group, Vulnerable, describe, grouped
from scanners.vulnerabilities.database import Database
from scanners.vulnerabilities.matcher import Match, Undecided

_REPOSITORIES = frozenset(ECOSYSTEMS.values())
"""Whose names may be followed by a repository's address."""


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
    question = _Question(distribution, database)
    vulnerable = describe(question.answers(packages), layers, distribution, database)
    vulnerable.sort(key=lambda item: (SEVERITIES.index(item.severity), item.package, item.advisory, item.path))
    skipped = [*question.skipped, *question.unanswered(), *_stale(question.data, maximum_age, today)]
    skipped.extend(
        Skipped(f"{source.refused} records of {source.name}", "they could not be read when the database was built")
        for source in database.sources()
        if source.refused
    )
    return Matched(tuple(vulnerable), tuple(skipped), question.data)


@dataclass(slots=True)
class _Question:
    """The database, asked about the packages of one image."""

    distribution: Distribution | None
    database: Database
    skipped: list[Skipped] = field(default_factory=list)
    """Packages about which some advisory leaves open whether it means them."""
    data: dict[str, str] = field(default_factory=dict)
    """Ecosystems that were looked at, with the date of their advisories."""
    _missing: Counter[str] = field(default_factory=Counter)
    _found_under: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def answers(self, packages: Iterable[Package]) -> Iterator[tuple[Package, list[Group]]]:
        """Each vulnerable package, with what it is vulnerable to."""
        for package in packages:
            matches: list[tuple[str, Match]] = []
            undecided: list[Undecided] = []
            ecosystems = self._ecosystems(package)
            paid = paid_ecosystems(package, self.distribution, self.database) if ecosystems else ()
            for ecosystem, outcome in outcomes(package, ecosystems, paid, self.database):
                if isinstance(outcome, Match):
                    matches.append((ecosystem, outcome))
                else:
                    undecided.append(outcome)
            if undecided:
                why = f"{undecided[0].why} ({undecided[0].advisory.id}{_and_more(len(undecided) - 1)})"
                self.skipped.append(Skipped(f"{package.name} {printable(package.version)[:80]}", why))
            if matches:
                yield package, grouped(matches)

    def _ecosystems(self, package: Package) -> Sequence[str]:
        """Those with advisories for the package; none is a gap."""
        expected = ecosystems_of(package, self.distribution)
        if expected not in self._found_under:
            self._found_under[expected] = [name for name in self.database.ecosystems if _is_among(name, expected)]
            self.data.update((name, self.database.ecosystems[name]) for name in self._found_under[expected])
        ecosystems = self._found_under[expected]
        if package.type == "generic" and not any(
            self.database.candidates(name, package.source or package.name) for name in ecosystems
        ):
            # Bitnami follows some programs: of another it says nothing, and so nothing may be concluded.
            self._missing[f"the program {package.name} {package.version}"] += 1
            return ()
        if not ecosystems:
            self._missing[" or ".join(expected) or _nowhere(package, self.distribution)] += 1
        return ecosystems

    def unanswered(self) -> Iterator[Skipped]:
        """Packages about which the database has nothing."""
        for ecosystem, number in self._missing.items():
            yield Skipped(f"{number} packages", f"the database has no advisories for {ecosystem}")


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
