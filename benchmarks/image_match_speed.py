"""How long it takes to match 1,000 packages with the vulnerability database, beside merely fetching them.

    python benchmarks/image_match_speed.py FOLDER [--rounds N]

FOLDER holds `osv-pypi.zip`, `osv-go.zip` and `alpine-secdb.zip`. Every figure is CPU time of this process, with a database just
opened and no version seen before, the least of the rounds. `rows` asks SQLite for every advisory about the packages,
decodes it and does nothing with it: the limit.

pypi, go     1,000 packages that have advisories, each in a version that the database itself names
alpine       1,000 packages of v3.10 in the version of their oldest fix
red hat      made up, a worst case: 1,000 RPMs, 18 advisories about each, and forecasts; `clean` in versions that no advisory
             affects, `open` in ones that 12 of the 18 affect
debian       made up: one kernel with 3,000 advisories, 1,000 of them open, and 999 packages with two each that are mended
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scanners.images.distribution import Distribution, from_release  # noqa: E402
from scanners.images.matching import ecosystems_of, match_packages  # noqa: E402
from scanners.images.packages import Package, PackageType  # noqa: E402
from scanners.vulnerabilities.build import build_database  # noqa: E402
from scanners.vulnerabilities.database import Database  # noqa: E402
from scanners.vulnerabilities.versions import apk, dpkg, pypi, rpm, semver  # noqa: E402

PACKAGES = 1000
BAR = 150.0
"""Milliseconds for 1,000 packages."""
AS_OF = "2026-01-01T00:00:00Z"
_TODAY = date(2026, 1, 2)
_NAMES = "SELECT DISTINCT name FROM package WHERE ecosystem = ? ORDER BY name LIMIT ?"
_RED_HAT = "Red Hat:enterprise_linux:9::baseos"


@dataclass(frozen=True)
class Load:
    """One input."""

    name: str
    database: Path
    packages: list[Package]
    distribution: Distribution | None = None


def published(folder: Path, work: Path) -> Iterator[Load]:
    """Packages out of published advisories."""
    database = work / "published.sqlite"
    build_database(
        tuple(folder / name for name in ("osv-pypi.zip", "osv-go.zip", "alpine-secdb.zip")), database, as_of=AS_OF
    )
    for name, kind, ecosystem, distribution in (
        ("pypi", "pypi", "PyPI", None),
        ("go", "golang", "Go", None),
        ("alpine", "apk", "Alpine:v3.10", from_release("alpine", "3.10.0")),
    ):
        yield Load(name, database, list(_named(database, ecosystem, kind)), distribution)


def _named(path: Path, ecosystem: str, kind: Any) -> Iterator[Package]:
    with Database(path) as database, sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute(_NAMES, (ecosystem, PACKAGES))]
        listed = [min(orjson.dumps(one.spans) for one in database.candidates(ecosystem, name)) for name in names]
    for number in range(PACKAGES):
        name, ranges = names[number % len(names)], listed[number % len(names)]
        versions = [version for events in orjson.loads(ranges) for _, version in events if version != "0"]
        yield Package(kind, name, versions[0] if versions else "1.0", f"{number}", 0, source=name)


def made_up(work: Path) -> Iterator[Load]:
    """The worst cases."""
    red_hat = _records(
        work / "red-hat.zip",
        (
            ("RHSA", _RED_HAT, f"package{number}", f"0:1.{advisory}.0-{advisory}.el9_{advisory % 5}", advisory)
            for number in range(PACKAGES)
            for advisory in range(18)
        ),
    )
    debian = _records(
        work / "debian.zip",
        (
            ("CVE", "Debian:12", name, f"1.{advisory}-1" if name != "linux" else f"6.1.{advisory}-1", advisory)
            for name in ("linux", *(f"package{number}" for number in range(PACKAGES - 1)))
            for advisory in range(3000 if name == "linux" else 2)
        ),
    )
    rhel, bookworm = from_release("rhel", "9.4"), from_release("debian", "12")
    clean = _packages("rpm", "0:2.0-1.el9")
    yield Load("red hat, clean", red_hat, clean, rhel)
    yield Load("red hat, open", red_hat, _packages("rpm", "0:1.5.5-1.el9"), rhel)
    kernel = Package("deb", "linux-libc-dev", "6.1.1999-1", "status", 0, source="linux")
    yield Load("debian", debian, [kernel, *_packages("deb", "2.0-1")[1:]], bookworm)


def _packages(kind: PackageType, version: str) -> list[Package]:
    """Each with a version of its own, as in an image."""
    return [
        Package(kind, f"package{number}", f"{version}.{number}", "database", 0, source=f"package{number}")
        for number in range(PACKAGES)
    ]


def _records(archive: Path, about: Iterator[tuple[str, str, str, str, int]]) -> Path:
    with zipfile.ZipFile(archive, "w") as files:
        for count, (prefix, ecosystem, name, fixed, advisory) in enumerate(about):
            record = {
                "id": f"{prefix}-2025:{count}" if prefix == "RHSA" else f"CVE-2025-{count:05}",
                "modified": AS_OF,
                "summary": "A flaw was found in a package, by which an attacker could do what they should not",
                "upstream": [f"CVE-2024-{count:05}"],
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
                "references": [{"type": "WEB", "url": f"https://example.org/{advisory}/{n}"} for n in range(4)],
                "affected": [
                    {
                        "package": {"ecosystem": ecosystem, "name": name},
                        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
                    }
                ],
            }
            files.writestr(f"{count}.json", orjson.dumps(record))
    forecasts = archive.with_suffix(".csv")
    lines = (f"CVE-{year}-{number:05},0.1,0.5\n" for year in (2024, 2025) for number in range(18000))
    forecasts.write_text(
        "#model_version:v2025.03.14,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\n" + "".join(lines)
    )
    database = archive.with_suffix(".sqlite")
    build_database((archive, forecasts), database, as_of=AS_OF)
    return database


def matched(load: Load) -> int:
    """Number of vulnerabilities found."""
    with Database(load.database) as database:
        return len(
            match_packages(
                load.packages, ["sha256:0"], load.distribution, database, maximum_age=30, today=_TODAY
            ).vulnerabilities
        )


def fetched(load: Load) -> int:
    """Number of advisories about the packages, decoded."""
    count = 0
    with sqlite3.connect(load.database) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM ecosystem")]
        for package in load.packages:
            expected = ecosystems_of(package, load.distribution)
            for ecosystem in (name for name in names if name.startswith(expected)):
                rows = connection.execute(
                    "SELECT advisories FROM package WHERE ecosystem = ? AND name = ?", (ecosystem, package.source)
                ).fetchall()
                count += sum(len(orjson.loads(text)) for (text,) in rows)
    return count


def _milliseconds(what: Callable[[Load], int], load: Load) -> tuple[float, int]:
    for order in (apk, dpkg, pypi, rpm, semver):
        order.key.cache_clear()
    gc.collect()
    began = time.process_time()
    count = what(load)
    return (time.process_time() - began) * 1000, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for load in (*published(arguments.folder, Path(name)), *made_up(Path(name))):
            rounds = [(_milliseconds(matched, load), _milliseconds(fetched, load)) for _ in range(arguments.rounds)]
            (match, found), (rows, count) = min(one for one, _ in rounds), min(one for _, one in rounds)
            print(
                f"{load.name:<16} {match:7.1f} ms (bar {BAR:.0f}: {BAR / match:5.2f} of it left)   rows {rows:6.1f} ms, "
                f"ratio {match / rows:5.1f}   {count} advisories, {found} vulnerabilities"
            )


if __name__ == "__main__":
    main()
