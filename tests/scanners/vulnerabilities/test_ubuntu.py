"""Ubuntu's feeds, as a scan understands them: OSV records say what is affected, VEX how far Ubuntu is with it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from scanners.images.distribution import from_release
from scanners.images.matching import match_packages
from scanners.images.packages import Package
from scanners.vulnerabilities.build import build_database
from scanners.vulnerabilities.database import Database

FOCAL, PRO, JAMMY = "Ubuntu:20.04:LTS", "Ubuntu:Pro:20.04:LTS", "Ubuntu:22.04:LTS"


def affected(ecosystem: str, name: str = "curl", fixed: str = "", availability: str = "") -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "ecosystem_specific": {"availability": availability} if availability else {},
    }


def osv(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "UBUNTU-CVE-2024-0001",
        "upstream": ["CVE-2024-0001"],
        "modified": "2026-01-02T03:04:05Z",
        "severity": [{"type": "Ubuntu", "score": "medium"}],
        "affected": list(entries),
        **more,
    }


def vex(status: str, words: str, *series: str, name: str = "curl", cve: str = "CVE-2024-0001") -> dict[str, Any]:
    field = {"affected": "action_statement", "under_investigation": "status_notes", "fixed": "status_notes"}
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "author": "Canonical Ltd.",
        "timestamp": "2026-01-02T04:00:00Z",
        "statements": [
            {
                "vulnerability": {"name": cve},
                "products": [
                    {"@id": f"pkg:deb/ubuntu/{name}@7.68.0-1ubuntu2?{query}"}
                    for where in series
                    for query in (f"arch=source&distro={where}", f"arch=amd64&distro={where}")
                ],
                "status": status,
                field.get(status, "impact_statement"): words,
            }
        ],
    }


@pytest.fixture
def scanned(tmp_path):
    def scan(*documents: Any, version: str = "7.68.0-1ubuntu2") -> Any:
        for number, item in enumerate(documents):
            (tmp_path / f"{number}.json").write_text(json.dumps(item))
        built = build_database(tuple(tmp_path / f"{n}.json" for n in range(len(documents))), tmp_path / "db")
        assert [refusal.why for refusal in built.refusals] == []
        package = Package("deb", "libcurl4", version, "status", 0, source="curl", source_version=version)
        with Database(built.path) as database:
            return match_packages(
                [package], ["sha256:0"], from_release("ubuntu", "20.04"), database, maximum_age=99, today=date(2026, 1, 3)
            )  # fmt: skip

    return scan


OPEN = osv(affected(FOCAL))
NEEDED = "This package (for the given release) is vulnerable to the CVE, and the package needs fixing."
IGNORED = (
    "This package (for the given release) is vulnerable to the CVE, the problem is understood, but the Ubuntu Security"
    " Team decided to not fix it. CVE Notes / justification: too intrusive"
)
ENDED = "This package (for the given release) is no longer supported. Please upgrade your system."
DEFERRED = "This package (for the given release) is vulnerable, but fixing it is deferred as of 2024-01-01."
TRIAGE = "The vulnerability of this package (for the given release) is not known and needs to be evaluated."


def test_a_fix_for_everybody(scanned):
    record = osv(affected(FOCAL, fixed="7.68.0-1ubuntu2.1", availability="No subscription required"))
    (found,) = scanned(record).vulnerabilities
    assert (found.advisory, found.fixed, found.state) == ("CVE-2024-0001", "7.68.0-1ubuntu2.1", "")
    assert scanned(record, version="7.68.0-1ubuntu2.1").vulnerabilities == ()


def test_a_fix_for_payers_is_none_for_others_and_said_to_be_so(scanned):
    record = osv(
        affected(PRO, fixed="7.68.0-1ubuntu2+esm1", availability="Available with Ubuntu Pro: https://ubuntu.com/pro"),
        affected(JAMMY),
        affected(FOCAL, name="other"),
    )
    (found,) = scanned(record).vulnerabilities
    assert (found.ecosystem, found.fixed, found.state) == (PRO, "7.68.0-1ubuntu2+esm1", "Available with Ubuntu Pro")
    assert scanned(record, version="7.68.0-1ubuntu2+esm1").vulnerabilities == ()


def test_packages_of_certified_kernels_are_not_those_of_the_release(scanned):
    record = osv(
        affected("Ubuntu:Pro:FIPS:20.04:LTS"), affected("Ubuntu:Pro:FIPS-updates:20.04:LTS"), affected(FOCAL, "x")
    )
    assert scanned(record).vulnerabilities == ()


def test_what_is_not_affected_is_not_in_the_record(scanned):
    outcome = scanned(osv(affected(JAMMY), affected(FOCAL, name="other")))
    assert (outcome.vulnerabilities, outcome.skipped) == ((), ())


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        (vex("affected", NEEDED, "focal"), ""),
        (vex("affected", IGNORED, "focal"), "Ubuntu will not fix it"),
        (vex("affected", ENDED, "focal"), "this release is no longer supported"),
        (vex("under_investigation", DEFERRED, "focal"), "fix deferred"),
        (vex("affected", IGNORED, "jammy", "esm-infra/focal"), ""),
        (vex("affected", IGNORED, "focal", name="other"), ""),
        (vex("affected", IGNORED, "focal", cve="CVE-2024-0002"), ""),
        (vex("under_investigation", TRIAGE, "fips/focal"), ""),
        ({"metadata": {k: v for k, v in vex("affected", IGNORED, "focal").items() if k != "statements"},
          "statements": vex("affected", IGNORED, "focal")["statements"]}, "Ubuntu will not fix it"),
    ],
)  # fmt: skip
def test_why_there_is_no_fix(scanned, statement, state):
    for documents in ((OPEN, statement), (statement, OPEN)):
        (found,) = scanned(*documents).vulnerabilities
        assert (found.advisory, found.fixed, found.state) == ("CVE-2024-0001", None, state)


def test_what_ubuntu_has_not_evaluated_is_unknown(scanned):
    outcome = scanned(OPEN, vex("under_investigation", TRIAGE, "focal"))
    assert outcome.vulnerabilities == ()
    assert "has not evaluated" in outcome.skipped[0].why


def test_a_fix_that_came_after_the_evaluation_counts(scanned):
    fixed = osv(affected(FOCAL, fixed="7.68.0-1ubuntu2.1"))
    (found,) = scanned(fixed, vex("under_investigation", TRIAGE, "focal")).vulnerabilities
    assert found.fixed == "7.68.0-1ubuntu2.1"


def test_the_newer_statement_counts(scanned):
    old, new = vex("under_investigation", TRIAGE, "focal"), vex("affected", IGNORED, "focal")
    new["timestamp"] = "2026-01-02T05:00:00Z"
    for documents in ((OPEN, old, new), (OPEN, new, old)):
        (found,) = scanned(*documents).vulnerabilities
        assert found.state == "Ubuntu will not fix it"


def test_withdrawn(scanned):
    assert (
        scanned(
            osv(affected(FOCAL), withdrawn="2026-01-02T03:04:05Z"), osv(affected(FOCAL, "x"), id="U-2")
        ).vulnerabilities
        == ()
    )


@pytest.mark.parametrize(
    "damage",
    [
        {"statements": {}},
        {"statements": ["CVE-2024-0001"]},
        {"statements": [{"vulnerability": {"name": "CVE-2024-0001"}, "products": "all", "status": "affected"}]},
        {"statements": [{"vulnerability": "CVE-2024-0001", "products": [], "status": "affected"}]},
        {"statements": [{"vulnerability": {"name": "CVE-2024-0001"}, "products": [], "status": "mended"}]},
    ],
)
def test_a_damaged_document_is_refused_whole(tmp_path, damage):
    (tmp_path / "bad.json").write_text(json.dumps(vex("affected", IGNORED, "focal") | damage))
    assert build_database((tmp_path / "bad.json",), tmp_path / "db").sources[0].refused == 1
