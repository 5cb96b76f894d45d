"""Installed packages with known answers: from changelogs and security databases of distributions, and each trap alone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.image_match import alpine, newest_first, pypi
from scanners.images.distribution import Distribution, from_release
from scanners.images.matching import match_packages
from scanners.images.packages import Package
from scanners.images.purls import from_purl
from scanners.vulnerabilities.build import build_database
from scanners.vulnerabilities.database import Database

LABELLED = Path(__file__).parent / "labelled"
DATA = Path(__file__).parents[4] / "shared" / "data"
TODAY = date(2026, 1, 2)
AFFECTED, CLEAN, UNKNOWN = "affected", "clean", "unknown"


def known(path: Path) -> dict[str, tuple[str, list[tuple[str, list[str]]]]]:
    """Source package -> a binary of it, and its versions, newest first, with what each mends for the only time."""
    sources = {}
    for source, entry in yaml.safe_load(path.read_text()).items():
        count = Counter(cve for cves in entry["versions"].values() for cve in cves)
        versions = [(version, [c for c in cves if count[c] == 1]) for version, cves in entry["versions"].items()]
        sources[source] = (entry["binary"], versions)
    return sources


def debian_tracker(sources: dict[str, Any]) -> dict[str, Any]:
    return {
        source: {
            cve: {"releases": {"bookworm": {"status": "resolved", "fixed_version": version}}}
            for version, cves in versions
            for cve in cves
        }
        for source, (_, versions) in sources.items()
    }


def alpine_secdb(sources: dict[str, Any]) -> dict[str, Any]:
    packages = [{"pkg": {"name": source, "secfixes": dict(versions)}} for source, (_, versions) in sources.items()]
    return {"distroversion": "v3.11", "reponame": "main", "packages": packages}


@pytest.mark.parametrize(
    ("name", "package_type", "feed", "release"),
    [
        ("debian", "deb", debian_tracker, ("debian", "12")),
        ("alpine", "apk", alpine_secdb, ("alpine", "3.11.6")),
    ],
)
def test_recall_and_precision_on_the_history_of_a_distribution(tmp_path, name, package_type, feed, release):
    sources = known(LABELLED / f"{name}.yaml")
    (tmp_path / "feed.json").write_text(json.dumps(feed(sources)))
    built = build_database((tmp_path / "feed.json",), tmp_path / "db", as_of="2026-01-01T00:00:00Z")
    assert built.sources[0].refused == 0
    found, truth = set(), set()
    with Database(built.path) as database:
        for source, (binary, versions) in sources.items():
            unmended: set[str] = set()
            for version, cves in versions:
                package = Package(package_type, binary, version, "status", 0, source=source, source_version=version)
                truth |= {(binary, version, cve) for cve in unmended}
                unmended.update(cves)
                outcome = answer(database, package, from_release(*release))
                assert outcome.skipped == ()
                found |= {(binary, version, item.advisory) for item in outcome.vulnerabilities}
    recall, precision = len(found & truth) / len(truth), len(found & truth) / len(found)
    assert (len(truth) > 500, recall, precision) == (True, 1.0, 1.0), sorted(truth ^ found)[:20]


@pytest.mark.skipif(not DATA.is_dir(), reason="the advisory snapshots are not here")
@pytest.mark.parametrize(
    ("judge", "archive", "part"),
    [(alpine, "alpine-secdb.zip", {"only": "v3.7"}), (pypi, "osv-pypi.zip", {"every": 40})],
)
def test_recall_and_precision_on_published_advisories(tmp_path, judge, archive, part):
    score = judge(DATA / archive, tmp_path, **part)
    assert len(score.truth) > 1000
    assert (score.recall >= 0.99, score.precision >= 0.99) == (True, True), sorted(score.truth ^ score.found)[:20]


def test_labels_come_from_an_order_that_needs_no_comparator():
    assert newest_first(["1.2-r0", "1.10-r0", "1.2-r1"]) == ["1.10-r0", "1.2-r1", "1.2-r0"]
    assert newest_first(["1.0_rc1-r0", "0.9-r0", "0.8-r0"]) == ["1.0_rc1-r0", "0.9-r0", "0.8-r0"]
    assert newest_first(["0.8-r0", "0.9-r0", "1.0_rc1-r0"]) == ["1.0_rc1-r0", "0.9-r0", "0.8-r0"]
    assert newest_first(["1.0_rc1-r0", "0.8-r0", "0.9-r0", "0.7-r0"]) is None


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("CVE-2017-17434-1", {"CVE-2017-17434"}),
        ("CVE-2017-8073.patch", {"CVE-2017-8073"}),
        (
            "CVE-2017-5753 CVE-2017-5715, CVE-2017-5754 XSA-254 XPTI",
            {"CVE-2017-5753", "CVE-2017-5715", "CVE-2017-5754"},
        ),
        ("CVE-2016-6258 XSA-182", {"CVE-2016-6258"}),
        ("XSA-246", {"ALPINE-XSA-246"}),
    ],
)
def test_cells_of_alpine_name_one_flaw_or_several_also_where_another_branch_names_fewer(tmp_path, cell, names):
    feeds = [
        {"distroversion": branch, "packages": [{"pkg": {"name": "xen", "secfixes": {"4.9-r1": [cells]}}}]}
        for branch, cells in (("v3.10", cell.split()[0]), ("v3.11", cell))
    ]
    for number, feed in enumerate(feeds):
        (tmp_path / f"{number}.json").write_text(json.dumps(feed))
    built = build_database(tuple(sorted(tmp_path.glob("*.json"))), tmp_path / "db", as_of="2026-01-01T00:00:00Z")
    with Database(built.path) as database:
        package = Package("apk", "xen", "4.9-r0", "installed", 0, source="xen", source_version="4.9-r0")
        outcome = answer(database, package, from_release("alpine", "3.11.6"))
    assert {item.advisory for item in outcome.vulnerabilities} == names


def answer(database: Database, package: Package, distribution: Distribution | None) -> Any:
    return match_packages([package], ["sha256:0"], distribution, database, maximum_age=30, today=TODAY)


def osv(identity: str, ecosystem: str, name: str, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    package = {"ecosystem": ecosystem, "name": name} | ({"purl": more.pop("purl")} if "purl" in more else {})
    affected: dict[str, Any] = {"package": package, "versions": more.pop("versions", [])}
    if events:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    return {"id": identity, "modified": "2026-01-01T00:00:00Z", "affected": [affected], **more}


def fixed(version: str, since: str = "0") -> tuple[dict[str, str], dict[str, str]]:
    return {"introduced": since}, {"fixed": version}


MODULE = "1.module+el8.9.0+1+aaaaaaaa"
ALMA, RHEL = "AlmaLinux:8", "Red Hat:enterprise_linux:8::appstream"
UBUNTU, PRO = "Ubuntu:20.04:LTS", "Ubuntu:Pro:20.04:LTS"

TRAPS = {
    # name: (advisories, package, what is true)
    "a fix of another release is none of this one": (
        [osv("D-1", "Debian:11", "bash", *fixed("5.1-2+deb11u9")), osv("D-2", "Debian:12", "zsh", *fixed("9"))],
        "pkg:deb/debian/bash@5.1-2?distro=debian-12", CLEAN),
    "an advisory about every release": (
        [osv("D-1", "Debian", "bash", *fixed("5.2"))], "pkg:deb/debian/bash@5.1-2?distro=debian-12", AFFECTED),
    "a back-port is below upstream's fix": (
        [osv("D-1", "Debian:12", "openssl", *fixed("3.0.15-1~deb12u1"))],
        "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?upstream=openssl&distro=debian-12", CLEAN),
    "a binary is not the source of its name": (
        [osv("D-1", "Debian:12", "python3", *fixed("9"))],
        "pkg:deb/debian/python3@3.11.2-1?upstream=python3-defaults&distro=debian-12", CLEAN),
    "a rebuilt binary has its source's version": (
        [osv("D-1", "Debian:12", "zlib", *fixed("1:1.2.13.dfsg-1"))],
        "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1%2Bb1?upstream=zlib@1:1.2.13.dfsg-1&distro=debian-12", CLEAN),
    "a binary with an epoch that its source has not": (
        [osv("D-1", "Debian:12", "gcc-defaults", *fixed("1.204"))],
        "pkg:deb/debian/cpp@4:12.2.0-3?upstream=gcc-defaults@1.203&distro=debian-12", AFFECTED),
    "an epoch outweighs every number": (
        [osv("D-1", "Debian:12", "vim", *fixed("2:8.2-1"))], "pkg:deb/debian/vim@9.0-1?distro=debian-12", AFFECTED),
    "testing is the release to come": (
        [osv("D-1", "Debian:14", "bash", *fixed("9"))], "pkg:deb/debian/bash@5.2-1?distro=debian-14", AFFECTED),
    "only paid support mends it": (
        [osv("UBUNTU-CVE-2024-0001", PRO, "x", *fixed("1.0+esm1"), upstream=["CVE-2024-0001"]),
         osv("U-2", UBUNTU, "y", *fixed("1"))],
        "pkg:deb/ubuntu/x@1.0?distro=ubuntu-20.04", AFFECTED),
    "the public has the fix, paid support a later one": (
        [osv("UBUNTU-CVE-2024-0001", PRO, "x", *fixed("1.2+esm1"), upstream=["CVE-2024-0001"]),
         osv("USN-1-1", UBUNTU, "x", *fixed("1.1"), upstream=["CVE-2024-0001"])],
        "pkg:deb/ubuntu/x@1.1?distro=ubuntu-20.04", CLEAN),
    "a fix in an interim release is none of the long-term one": (
        [osv("U-1", "Ubuntu:24.10", "x", *fixed("2")), osv("U-2", UBUNTU, "y", *fixed("1"))],
        "pkg:deb/ubuntu/x@1?distro=ubuntu-20.04", CLEAN),
    "a sub-package of Alpine has its origin's flaws": (
        [osv("A-1", "Alpine:v3.20", "busybox", *fixed("1.36.1-r30"))],
        "pkg:apk/alpine/ssl_client@1.36.1-r29?upstream=busybox&distro=alpine-3.20.1", AFFECTED),
    "Wolfi names packages": (
        [osv("W-1", "Wolfi", "py3.12-pip", *fixed("25.0-r1"))],
        "pkg:apk/wolfi/py3.12-pip@25.0-r0?upstream=py3-pip&distro=wolfi-20230201", AFFECTED),
    "a stream of a module is mended on its own": (
        [osv("ALSA-1", ALMA, "nodejs", *fixed(f"1:18.19.1-{MODULE}"), summary="Important: nodejs:18 security update")],
        f"pkg:rpm/almalinux/nodejs@16.20.2-{MODULE}?epoch=1&rpmmod=nodejs:16:8090:abc&distro=almalinux-8.9", CLEAN),
    "a companion of a module's stream too": (
        [osv("ALSA-1", ALMA, "nodejs-nodemon", *fixed(f"3.0.1-{MODULE}"), summary="Important: nodejs:18 security update")],
        f"pkg:rpm/almalinux/nodejs-nodemon@2.0.20-{MODULE}?rpmmod=nodejs:16:8090:abc&distro=almalinux-8.9", CLEAN),
    "the same stream": (
        [osv("ALSA-1", ALMA, "nodejs-nodemon", *fixed(f"3.0.1-{MODULE}"), summary="Important: nodejs:18 security update")],
        f"pkg:rpm/almalinux/nodejs-nodemon@2.0.20-{MODULE}?rpmmod=nodejs:18:8090:abc&distro=almalinux-8.9", AFFECTED),
    "outside of modules": (
        [osv("ALSA-1", ALMA, "perl", *fixed(f"4:5.30.1-{MODULE}"), summary="Moderate: perl:5.30 security update")],
        "pkg:rpm/almalinux/perl@5.26.3-422.el8?epoch=4&distro=almalinux-8.9", CLEAN),
    "a sub-package of RPM has its source's flaws": (
        [osv("SUSE-SU-1", "SUSE:Linux Enterprise Module for Basesystem 15 SP5", "openssl-1_1", *fixed("1.1.1l-150500.17.2"))],
        "pkg:rpm/sles/libopenssl1_1@1.1.1l-150500.17.1?upstream=openssl-1_1-1.1.1l-150500.17.1.src.rpm&distro=sles-15.5",
        AFFECTED),
    "the same product's other service pack": (
        [osv("SUSE-SU-1", "SUSE:Linux Enterprise Server 15 SP4", "x", *fixed("2-1")),
         osv("SUSE-SU-2", "SUSE:Linux Enterprise Server 15 SP5", "y", *fixed("2-1"))],
        "pkg:rpm/sles/x@1-1?distro=sles-15.5", CLEAN),
    "a part of Red Hat's product": (
        [osv("RHSA-2024:1", RHEL, "curl", *fixed("0:7.61.1-33.el8_9.5"))],
        "pkg:rpm/redhat/curl@7.61.1-33.el8?distro=rhel-8.9", AFFECTED),
    "an epoch of Red Hat's": (
        [osv("RHSA-2024:1", RHEL, "openssl-libs", *fixed("1:1.1.1k-12.el8_9"))],
        "pkg:rpm/redhat/openssl-libs@1.1.1k-12.el8_9?epoch=1&distro=rhel-8.9", CLEAN),
    "events in no order": (
        [osv("G-1", "PyPI", "x", {"fixed": "2.5"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"introduced": "0"})],
        "pkg:pypi/x@2.1", AFFECTED),
    "between two ranges": (
        [osv("G-1", "PyPI", "x", {"fixed": "2.5"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"introduced": "0"})],
        "pkg:pypi/x@1.5", CLEAN),
    "the last that is affected": (
        [osv("G-1", "npm", "x", {"introduced": "1.0.0"}, {"last_affected": "1.4.0"})], "pkg:npm/x@1.4.0", AFFECTED),
    "the one after it": (
        [osv("G-1", "npm", "x", {"introduced": "1.0.0"}, {"last_affected": "1.4.0"})], "pkg:npm/x@1.4.1", CLEAN),
    "a limit": ([osv("G-1", "npm", "x", {"introduced": "0"}, {"limit": "2.0.0"})], "pkg:npm/x@2.0.0", CLEAN),
    "no limit": ([osv("G-1", "npm", "x", {"introduced": "0"}, {"limit": "*"})], "pkg:npm/x@2.0.0", AFFECTED),
    "a version by name, beside ranges that do not hold it": (
        [osv("G-1", "npm", "x", *fixed("1.0.0"), versions=["3.0.0"])], "pkg:npm/x@3.0.0", AFFECTED),
    "taken back": (
        [osv("G-1", "npm", "x", *fixed("9.0.0"), withdrawn="2026-01-01T00:00:00Z"), osv("G-2", "npm", "y", *fixed("1.0.0"))],
        "pkg:npm/x@1.0.0", CLEAN),
    "a pre-release of the fix": ([osv("G-1", "npm", "x", *fixed("1.2.0"))], "pkg:npm/x@1.2.0-rc.1", AFFECTED),
    "Go's pre-release fix": ([osv("G-1", "Go", "stdlib", *fixed("1.21.0-rc.4"))], "pkg:golang/stdlib@1.21.0", CLEAN),
    "a pseudo-version before the fix's tag": (
        [osv("G-1", "Go", "example.org/m", *fixed("0.1.0"))],
        "pkg:golang/example.org/m@v0.0.0-20200101000000-aaaaaaaaaaaa", AFFECTED),
    "a local build of the fixed version": (
        [osv("G-1", "PyPI", "torch", *fixed("2.6.0"))], "pkg:pypi/torch@2.6.0%2Bcu118", CLEAN),
    "a local build of the last version affected": (
        [osv("G-1", "PyPI", "torch", {"introduced": "0"}, {"last_affected": "2.5.1"})],
        "pkg:pypi/torch@2.5.1%2Bcu118", AFFECTED),
    "a name that is written otherwise": (
        [osv("G-1", "PyPI", "zope-interface", *fixed("6"))], "pkg:pypi/Zope.Interface@5.0", AFFECTED),
    "a repository of Maven's": (
        [osv("G-1", "Maven:https://maven.google.com", "g:a", *fixed("2.0"))], "pkg:maven/g/a@1.0", AFFECTED),
    "Maven's final is the release": ([osv("G-1", "Maven", "g:a", *fixed("4.1.94"))], "pkg:maven/g/a@4.1.94.Final", CLEAN),
    "a branch has no place in an order": (
        [osv("G-1", "Packagist", "a/b", *fixed("2.0"))], "pkg:composer/a/b@dev-main", UNKNOWN),
    "a version that nobody can read": ([osv("G-1", "Go", "m.example/x", *fixed("1.0.0"))], "pkg:golang/m.example/x@(devel)",
                                      UNKNOWN),
    "a version that nobody can read, of a package without advisories": (
        [osv("G-1", "Go", "m.example/x", *fixed("1.0.0"))], "pkg:golang/m.example/y@(devel)", CLEAN),
    "Elixir, before the fix": ([osv("G-1", "Hex", "phoenix", *fixed("1.7.14"))], "pkg:hex/phoenix@1.7.9", AFFECTED),
    "Elixir, the fix": ([osv("G-1", "Hex", "phoenix", *fixed("1.7.14"))], "pkg:hex/phoenix@1.7.14", CLEAN),
    "Dart, before the fix": ([osv("G-1", "Pub", "http", *fixed("0.13.3"))], "pkg:pub/http@0.13.2", AFFECTED),
    "Dart, mended by a build": ([osv("G-1", "Pub", "http", *fixed("0.13.3+1"))], "pkg:pub/http@0.13.3", AFFECTED),
    "Dart, the build that mends": ([osv("G-1", "Pub", "http", *fixed("0.13.3+1"))], "pkg:pub/http@0.13.3%2B2", CLEAN),
    "an advisory that names no versions": ([osv("G-1", "npm", "x")], "pkg:npm/x@1.0.0", UNKNOWN),
    "an advisory that cannot be read for another line": (
        [osv("G-1", "npm", "x", *fixed("not a version"))], "pkg:npm/x@1.0.0", UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_traps(tmp_path, trap):
    records, purl, expected = TRAPS[trap]
    for record in records:
        (tmp_path / f"{record['id']}.json").write_text(json.dumps(record))
    package, release = from_purl(purl, "bill.json")
    assert package is not None
    identity, _, version = release.rpartition("-")
    with Database(build_database((tmp_path,), tmp_path / "db").path) as database:
        outcome = answer(database, package, from_release(identity, version) if release else None)
    seen = AFFECTED if outcome.vulnerabilities else UNKNOWN if outcome.skipped else CLEAN
    assert seen == expected


@pytest.mark.parametrize(
    ("records", "findings"),
    [
        ([osv("PYSEC-1", "PyPI", "x", *fixed("2"), aliases=["CVE-2024-0001"]), osv("GHSA-1", "PyPI", "x", *fixed("3"),
          aliases=["CVE-2024-0001"])], {("CVE-2024-0001", "3")}),
        ([osv("PYSEC-1", "PyPI", "x", *fixed("2"), aliases=["GHSA-1"]), osv("GHSA-1", "PyPI", "x", *fixed("2"))],
         {("GHSA-1", "2")}),
        ([osv("PYSEC-1", "PyPI", "x", *fixed("2"), related=["GHSA-1"]), osv("GHSA-1", "PyPI", "x", *fixed("2"))],
         {("PYSEC-1", "2"), ("GHSA-1", "2")}),
        ([osv("RHSA-2024:1", "PyPI", "x", *fixed("2"), upstream=["CVE-2024-0001", "CVE-2024-0002"]),
          osv("RHSA-2024:2", "PyPI", "x", *fixed("3"), upstream=["CVE-2024-0002"])],
         {("CVE-2024-0001", "2"), ("CVE-2024-0002", "3")}),
        ([osv("ALSA-2024:1", "PyPI", "x", *fixed("2"), related=["CVE-2024-0001", "CVE-2024-0002"])],
         {("CVE-2024-0001", "2"), ("CVE-2024-0002", "2")}),
        ([osv("UBUNTU-CVE-2024-0001", "PyPI", "x", *fixed("2")), osv("USN-1-1", "PyPI", "x", *fixed("2"),
          upstream=["CVE-2024-0001", "UBUNTU-CVE-2024-0001"])], {("CVE-2024-0001", "2")}),
    ],
)  # fmt: skip
def test_a_finding_is_one_vulnerability_whatever_number_of_records_speak_of_it(tmp_path, records, findings):
    for record in records:
        (tmp_path / f"{record['id'].replace(':', '-')}.json").write_text(json.dumps(record))
    with Database(build_database((tmp_path,), tmp_path / "db").path) as database:
        outcome = answer(database, Package("pypi", "x", "1", "METADATA", 0), None)
    assert {(found.advisory, found.fixed) for found in outcome.vulnerabilities} == findings
    assert len(outcome.vulnerabilities) == len(findings)
