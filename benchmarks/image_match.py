"""How often the matcher is right, on labels derived from the distributions' and ecosystems' own data.

    python benchmarks/image_match.py FOLDER

FOLDER holds `alpine-secdb.zip` (Alpine's security database) and `osv-pypi.zip` (PyPA's). The labels need no comparison of
versions, so that the matcher is not judged by its own comparators:

alpine   A package's `secfixes` name the version that mends each vulnerability. Where all are plain numbers, numbers order them;
         other packages count where their plain ones stand in order. Each version there, and the revision before it, is affected
         by what only versions above it mend. A vulnerability that is mended twice says nothing and is left out.
pypi     A record lists the affected versions beside its ranges. The lists are taken away from the database, so that the
         ranges alone decide, and are the label for every version that any record of the package names. Records with a range
         without end are left out: their lists end where they were written. So are pre-releases: some lists have none.

A version that the matcher calls unknown (no PEP 440) is neither found nor clean, and is counted apart.
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import yaml

from scanners.images.distribution import from_release
from scanners.images.matching import match_packages
from scanners.images.packages import Package
from scanners.vulnerabilities.build import build_database
from scanners.vulnerabilities.database import Database

AS_OF = "2026-01-01T00:00:00Z"
_TODAY = date(2026, 1, 2)
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")
_PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*-r[0-9]+")
_FINAL = re.compile(r"[0-9]+(?:\.[0-9]+)*(?:\.post[0-9]+)?")
_REVISION = re.compile(r"(.+-r)([1-9][0-9]*)\Z")

Pair = tuple[str, str, str, str]
"""Where, package, version, vulnerability."""


@dataclass
class Score:
    """What was true of the pairs, and what was found."""

    truth: set[Pair] = field(default_factory=set)
    found: set[Pair] = field(default_factory=set)
    versions: int = 0
    unknown: int = 0
    """Versions about which the matcher says that it cannot tell."""
    omitted: int = 0
    """Packages or records that give no labels."""

    @property
    def recall(self) -> float:
        return len(self.found & self.truth) / len(self.truth)

    @property
    def precision(self) -> float:
        return len(self.found & self.truth) / len(self.found)

    def line(self, name: str) -> str:
        return (
            f"{name:<8} {self.versions:>7} versions {len(self.truth):>8} affected pairs   recall {self.recall:.4%}   "
            f"precision {self.precision:.4%}   missed {len(self.truth - self.found)}, too many {len(self.found - self.truth)}, "
            f"{self.unknown} versions unknown, {self.omitted} sources of labels left out"
        )


def newest_first(versions: list[str]) -> list[str] | None:
    """The versions by what order needs no knowledge of Alpine's: that of numbers, else that in which they are written."""
    plain = [version for version in versions if _PLAIN.fullmatch(version)]
    ordered = sorted(plain, key=_numbers, reverse=True)
    if len(plain) == len(versions):
        return ordered
    if len(plain) > 1 and plain in (ordered, ordered[::-1]):
        return versions if plain == ordered else versions[::-1]
    return None


def _numbers(version: str) -> tuple[list[int], int]:
    """Of a plain version: the numbers between dots, and the revision."""
    numbers, _, revision = version.partition("-r")
    return [int(number) for number in numbers.split(".")], int(revision)


def alpine_labels(branch: Mapping[str, Any]) -> Iterator[tuple[str, str, set[str], set[str]]]:
    """Package, version, what affects it, and what may be counted at all, for one file of Alpine's database.

    One without a version where a package gives no labels.
    """
    for item in branch.get("packages") or []:
        name = str(item["pkg"]["name"])
        given = {str(version): cves for version, cves in (item["pkg"].get("secfixes") or {}).items()}
        never = set(_CVE.findall(" ".join(map(str, given.pop("0", None) or ()))))
        order = newest_first(list(given))
        if order is None:
            yield name, "", set(), set()
            continue
        fixes = {version: given[version] for version in order}
        cells = {str(version): set(_CVE.findall(" ".join(map(str, cves or ())))) for version, cves in fixes.items()}
        count = Counter(cve for cves in cells.values() for cve in cves)
        once = {cve for cve, times in count.items() if times == 1} - never
        above: set[str] = set()
        for version, cves in cells.items():
            yield name, version, above & once, once
            above |= cves
            if before := _REVISION.match(version):
                yield name, f"{before[1]}{int(before[2]) - 1}", above & once, once


def alpine(archive: Path, work: Path, only: str = "") -> Score:
    """Alpine's branches whose folder begins with `only`, matched with the database of all of them."""
    built = build_database((archive,), work / "alpine.sqlite", as_of=AS_OF)
    score = Score()
    with zipfile.ZipFile(archive) as files, Database(built.path) as database:
        branches = [
            yaml.load(files.read(name), yaml.CSafeLoader) for name in sorted(files.namelist()) if name.endswith(".yaml")
        ]
        homes = Counter((b["distroversion"], item["pkg"]["name"]) for b in branches for item in b.get("packages") or [])
        for branch in branches:
            where = str(branch["distroversion"])
            if not where.startswith(only):
                continue
            distribution = from_release("alpine", where.removeprefix("v") + ".0")
            for name, version, affected, counted in alpine_labels(branch):
                if homes[where, name] > 1 or not version:
                    score.omitted += 1
                    continue  # in two repositories of one branch: the versions of both are mixed in the database
                package = Package("apk", name, version, "installed", 0, source=name, source_version=version)
                outcome = match_packages([package], ["sha256:0"], distribution, database, maximum_age=30, today=_TODAY)
                names = {one for item in outcome.vulnerabilities for one in item.identifiers}
                score.versions += 1
                if outcome.skipped:
                    score.unknown += 1
                    continue
                score.truth |= {(where, name, version, cve) for cve in affected}
                score.found |= {(where, name, version, cve) for cve in names & counted}
    return score


def pypi(archive: Path, work: Path, every: int = 1) -> Score:
    """PyPI's records that list versions and give ranges; each `every`-th of the packages."""
    score = Score()
    labels: dict[str, dict[str, set[str]]] = defaultdict(dict)
    stripped = work / "pypi.zip"
    with zipfile.ZipFile(archive) as files, zipfile.ZipFile(stripped, "w") as without:
        for name in sorted(name for name in files.namelist() if name.endswith(".yaml")):
            record = yaml.load(files.read(name), yaml.CSafeLoader)
            if record.get("withdrawn"):
                continue
            for affected in record.get("affected") or []:
                listed = affected.pop("versions", None)
                ranges = [part["events"] for part in affected.get("ranges") or [] if part["type"] == "ECOSYSTEM"]
                if listed and not _bounded(ranges):
                    score.omitted += 1
                elif listed and affected["package"]["ecosystem"] == "PyPI":
                    labels[affected["package"]["name"]][record["id"]] = {str(version) for version in listed}
            without.writestr(f"{record['id']}.json", orjson.dumps(record, default=str))
    built = build_database((stripped,), work / "pypi.sqlite", as_of=AS_OF)
    with Database(built.path) as database:
        for name, records in sorted(labels.items())[::every]:
            for version in sorted(filter(_FINAL.fullmatch, set().union(*records.values()))):
                package = Package("pypi", name, version, "METADATA", 0)
                outcome = match_packages([package], ["sha256:0"], None, database, maximum_age=30, today=_TODAY)
                names = {one for item in outcome.vulnerabilities for one in (item.advisory, *item.identifiers)}
                score.versions += 1
                if outcome.skipped:
                    score.unknown += 1
                    continue
                score.truth |= {
                    ("PyPI", name, version, one) for one, versions in records.items() if version in versions
                }
                score.found |= {("PyPI", name, version, one) for one in names & records.keys()}
    return score


def _bounded(ranges: list[list[dict[str, str]]]) -> bool:
    """Whether there are ranges, and each of them ends."""
    return bool(ranges) and all({"fixed", "last_affected"} & events[-1].keys() for events in ranges)


def main() -> None:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        for what, judge in (("alpine", alpine), ("pypi", pypi)):
            archive = folder / ("alpine-secdb.zip" if what == "alpine" else "osv-pypi.zip")
            score = judge(archive, Path(name))
            print(score.line(what))
            for pair in sorted(score.truth ^ score.found)[:20]:
                print("   ", "missed  " if pair in score.truth else "too many", *pair)


if __name__ == "__main__":
    main()
