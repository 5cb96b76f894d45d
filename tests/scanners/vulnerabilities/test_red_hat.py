"""Red Hat's CSAF documents, as a scan understands them."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scanners.images.distribution import from_release
from scanners.images.matching import match_packages
from scanners.images.packages import Package
from scanners.vulnerabilities.build import build_database
from scanners.vulnerabilities.database import Database

FEEDS = Path(__file__).parent / "feeds"
RHEL8, RHEL9, EUS = (
    "cpe:/o:redhat:enterprise_linux:8",
    "cpe:/a:redhat:enterprise_linux:9::appstream",
    "cpe:/a:redhat:rhel_eus:9.2::appstream",
)
RHEL10 = "cpe:/o:redhat:enterprise_linux:10.1"
CLEAN, AFFECTED, UNKNOWN = "clean", "affected", "unknown"


def document(
    *stated: tuple[str, str, str], identity: str = "CVE-2024-0001", remedies: dict[str, str] | None = None
) -> dict[str, Any]:
    """A document that says (status, CPE of the product, package URL) …; remedies: category -> details, for all."""
    products: dict[str, dict[str, str]] = {}
    relations, statuses = [], {}
    for status, cpe, purl in stated:
        product, component = cpe.removeprefix("cpe:/"), purl.removeprefix("pkg:rpm/redhat/")
        products[product], products[component] = {"cpe": cpe}, {"purl": purl}
        whole = f"{product}:{component}"
        relations.append(
            {
                "category": "default_component_of",
                "full_product_name": {"name": whole, "product_id": whole},
                "product_reference": component,
                "relates_to_product_reference": product,
            }
        )
        statuses.setdefault(status, []).append(whole)
    every = [relation["full_product_name"]["product_id"] for relation in relations]
    branches = [
        {"category": "product_version", "name": name, "product": {
            "name": name, "product_id": name, "product_identification_helper": helper}}
        for name, helper in products.items()
    ]  # fmt: skip
    return {
        "document": {
            "category": "csaf_vex" if identity.startswith("CVE") else "csaf_security_advisory",
            "publisher": {"name": "Red Hat Product Security", "namespace": "https://www.redhat.com"},
            "title": "thing: a flaw",
            "tracking": {"id": identity, "status": "final", "current_release_date": "2026-01-02T03:04:05+00:00"},
        },
        "product_tree": {
            "branches": [{"category": "vendor", "name": "Red Hat", "branches": branches}],
            "relationships": relations,
        },
        "vulnerabilities": [
            {
                "cve": identity if identity.startswith("CVE") else "CVE-2024-0001",
                "product_status": statuses,
                "threats": [{"category": "impact", "details": "Moderate", "product_ids": every}],
                "remediations": [
                    {"category": kind, "details": details, "product_ids": every}
                    for kind, details in (remedies or {}).items()
                ],
            }
        ],
    }


def rpm(name: str, version: str, source: str = "", stream: str = "") -> Package:
    return Package(
        "rpm", name, version, "rpmdb.sqlite", 0, source=source or name, source_version=version,
        qualifiers=(("rpmmod", stream),) if stream else (),
    )  # fmt: skip


@pytest.fixture
def scanned(tmp_path):
    def scan(package: Package, *documents: Any, release: tuple[str, str] = ("rhel", "9.2")) -> Any:
        for number, item in enumerate(documents):
            (tmp_path / f"{number}.json").write_text(json.dumps(item))
        built = build_database(tuple(tmp_path / f"{number}.json" for number in range(len(documents))), tmp_path / "db")
        assert [refusal.why for refusal in built.refusals] == []
        with Database(built.path) as database:
            return match_packages(
                [package], ["sha256:0"], from_release(*release), database, maximum_age=99, today=date(2026, 1, 3)
            )  # fmt: skip

    return scan


OTHER = document(("fixed", RHEL9, "pkg:rpm/redhat/other@1-1.el9?arch=src"),
                 ("fixed", RHEL8, "pkg:rpm/redhat/other@1-1.el8?arch=src"), identity="CVE-2024-0009")  # fmt: skip
"""So that the database has advisories of both releases."""
MODULE = "1.module%2Bel8.9.0%2B1%2Baaaaaaaa"
MODULAR = "1.module+el8.9.0+1+aaaaaaaa"

STATUSES = {
    # name: (what is stated, package, release, what is true)
    "older than the fix": (
        [("fixed", RHEL9, "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?arch=x86_64")], rpm("curl", "7.76.1-26.el9"), "9.3",
        AFFECTED),
    "the fix": (
        [("fixed", RHEL9, "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?arch=x86_64")], rpm("curl", "7.76.1-26.el9_3.2"),
        "9.3", CLEAN),
    "an epoch": (
        [("fixed", RHEL9, "pkg:rpm/redhat/openssl-libs@3.0.7-25.el9_3?arch=x86_64&epoch=1")],
        rpm("openssl-libs", "1:3.0.7-25.el9_3", "openssl"), "9.3", CLEAN),
    "another minor release has a later fix": (
        [("fixed", RHEL9, "pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=src"),
         ("fixed", RHEL9, "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?arch=src")],
        rpm("libcurl", "7.76.1-23.el9_2.4", "curl"), "9.2", CLEAN),
    "a build between the fixes of two minor releases": (
        [("fixed", RHEL9, "pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=src"),
         ("fixed", RHEL9, "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?arch=src")],
        rpm("libcurl", "7.76.1-26.el9_3.1", "curl"), "9.3", AFFECTED),
    "a fix of extended support is none of the release": (
        [("fixed", EUS, "pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=src"),
         ("known_affected", RHEL9, "pkg:rpm/redhat/curl?arch=src")],
        rpm("libcurl", "7.76.1-23.el9_2.4", "curl"), "9.2", AFFECTED),
    "a fix of extended support only": (
        [("fixed", EUS, "pkg:rpm/redhat/curl@7.76.1-23.el9_2.4?arch=src")], rpm("curl", "7.76.1-23.el9"), "9.2", CLEAN),
    "the tenth release, whose name has its minor release": (
        [("fixed", RHEL10, "pkg:rpm/redhat/curl@8.12.1-4.el10_1?arch=src")], rpm("libcurl", "8.12.1-2.el10", "curl"), "10.1",
        AFFECTED),
    "the tenth release, mended": (
        [("fixed", RHEL10, "pkg:rpm/redhat/curl@8.12.1-4.el10_1?arch=src")], rpm("libcurl", "8.12.1-4.el10_1", "curl"),
        "10.1", CLEAN),
    "the first release is not the tenth": (
        [("fixed", RHEL10, "pkg:rpm/redhat/curl@8.12.1-4.el10_1?arch=src")], rpm("libcurl", "7.1-1.el9", "curl"), "9.2",
        CLEAN),
    "affected, by its source": (
        [("known_affected", RHEL9, "pkg:rpm/redhat/vim?arch=src")], rpm("vim-minimal", "8.2-21.el9", "vim"), "9.2",
        AFFECTED),
    "affected, whatever version the package URL has": (
        [("known_affected", RHEL9, "pkg:rpm/redhat/vim@rhel9?arch=src")], rpm("vim-minimal", "8.2-21.el9", "vim"),
        "9.2", AFFECTED),
    "a source is not the package of its name": (
        [("known_affected", RHEL9, "pkg:rpm/redhat/python3?arch=src")], rpm("python3", "3.9.18-3.el9", "python3.9"),
        "9.2", CLEAN),
    "without an architecture: a source": (
        [("known_affected", RHEL8, "pkg:rpm/redhat/samba")], rpm("libwbclient", "4.18-1.el8", "samba"), "8.9", AFFECTED),
    "another release": (
        [("known_affected", RHEL8, "pkg:rpm/redhat/vim?arch=src")], rpm("vim-minimal", "8.2-21.el9", "vim"), "9.2",
        CLEAN),
    "not affected": (
        [("known_not_affected", RHEL9, "pkg:rpm/redhat/vim?arch=src")], rpm("vim-minimal", "8.2-21.el9", "vim"), "9.2",
        CLEAN),
    "not affected, though its source is": (
        [("fixed", RHEL9, "pkg:rpm/redhat/bind@9.16-20.el9?arch=src&epoch=32"),
         ("known_not_affected", RHEL9, "pkg:rpm/redhat/bind-devel@9.16-20.el9?arch=x86_64&epoch=32")],
        rpm("bind-devel", "32:9.16-1.el9", "bind"), "9.2", CLEAN),
    "its sibling": (
        [("fixed", RHEL9, "pkg:rpm/redhat/bind@9.16-20.el9?arch=src&epoch=32"),
         ("known_not_affected", RHEL9, "pkg:rpm/redhat/bind-devel@9.16-20.el9?arch=x86_64&epoch=32")],
        rpm("bind-libs", "32:9.16-1.el9", "bind"), "9.2", AFFECTED),
    "under investigation": (
        [("under_investigation", RHEL9, "pkg:rpm/redhat/vim?arch=src")], rpm("vim-minimal", "8.2-21.el9", "vim"), "9.2",
        UNKNOWN),
    "a stream": (
        [("fixed", RHEL8, f"pkg:rpm/redhat/nodejs@18.19.1-{MODULE}?arch=x86_64&epoch=1&rpmmod=nodejs:18:8090020240301:a7")],
        rpm("nodejs", f"1:18.18.0-{MODULAR}", stream="nodejs:18:8090020230101:bb"), "8.9", AFFECTED),
    "another stream": (
        [("fixed", RHEL8, f"pkg:rpm/redhat/nodejs@18.19.1-{MODULE}?arch=x86_64&epoch=1&rpmmod=nodejs:18:8090020240301:a7")],
        rpm("nodejs", f"1:16.20.0-{MODULAR}", stream="nodejs:16:8090020230101:bb"), "8.9", CLEAN),
    "a stream without a fix": (
        [("known_affected", RHEL8, "pkg:rpm/redhat/nodejs?arch=src&rpmmod=nodejs:16")],
        rpm("nodejs-docs", f"1:16.20.0-{MODULAR}", "nodejs", "nodejs:16:8090020230101:bb"), "8.9", AFFECTED),
    "another stream without a fix": (
        [("known_affected", RHEL8, "pkg:rpm/redhat/nodejs?arch=src&rpmmod=nodejs:16")],
        rpm("nodejs-docs", f"1:18.20.0-{MODULAR}", "nodejs", "nodejs:18:8090020230101:bb"), "8.9", CLEAN),
    "another stream under investigation": (
        [("under_investigation", RHEL8, "pkg:rpm/redhat/nodejs?arch=src&rpmmod=nodejs:16")],
        rpm("nodejs", f"1:18.20.0-{MODULAR}", stream="nodejs:18:8090020230101:bb"), "8.9", CLEAN),
}  # fmt: skip


@pytest.mark.parametrize("name", STATUSES)
def test_what_a_status_means(scanned, name):
    stated, package, release, expected = STATUSES[name]
    outcome = scanned(package, document(*stated), OTHER, release=("rhel", release))
    seen = AFFECTED if outcome.vulnerabilities else UNKNOWN if outcome.skipped else CLEAN
    assert seen == expected


def test_a_package_of_a_module_by_relations_that_are_nested(scanned):
    made = document(("fixed", RHEL8, f"pkg:rpm/redhat/nodejs@18.19.1-{MODULE}?arch=x86_64&epoch=1"))
    tree = made["product_tree"]
    (relation,) = tree["relationships"]
    module = {"name": "m", "product_id": "nodejs:18:8090020240301110609:a75119d5"}
    inside = {"name": "x", "product_id": "AppStream-8.9:nodejs:18:8090020240301110609:a75119d5"}
    tree["branches"].append({"category": "product_version", "name": "m", "product": module})
    tree["relationships"].append(
        {"full_product_name": inside, "product_reference": module["product_id"],
         "relates_to_product_reference": relation["relates_to_product_reference"]}
    )  # fmt: skip
    relation["relates_to_product_reference"] = inside["product_id"]
    for stream, expected in (("nodejs:18:1:a", 1), ("nodejs:16:1:a", 0)):
        package = rpm("nodejs", f"1:16.0.0-{MODULAR}", stream=stream)
        assert len(scanned(package, made, OTHER, release=("rhel", "8.9")).vulnerabilities) == expected


def test_a_finding_says_what_red_hat_says(scanned):
    made = document(
        ("known_affected", RHEL9, "pkg:rpm/redhat/vim?arch=src"), remedies={"no_fix_planned": "Will not fix"}
    )
    made["vulnerabilities"][0]["scores"] = [
        {"cvss_v3": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, "products": []}
    ]
    (found,) = scanned(rpm("vim-minimal", "8.2-21.el9", "vim"), made).vulnerabilities
    assert (found.advisory, found.severity, found.fixed, found.state) == (
        "CVE-2024-0001",
        "medium",
        None,
        "Will not fix",
    )
    assert found.references == ("https://access.redhat.com/security/cve/CVE-2024-0001",)


def test_vex_and_notice_are_one_finding(scanned):
    stated = [("fixed", RHEL9, "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?arch=src")]
    (found,) = scanned(
        rpm("curl", "7.76.1-1.el9"), document(*stated), document(*stated, identity="RHSA-2024:1234")
    ).vulnerabilities
    assert (found.advisory, found.fixed) == ("CVE-2024-0001", "7.76.1-26.el9_3.2")
    assert set(found.identifiers) >= {"CVE-2024-0001", "RHSA-2024:1234"}


def test_notices_for_two_minor_releases(scanned):
    older = document(("fixed", RHEL9, "pkg:rpm/redhat/python3.9@3.9.18-3.el9_4.5?arch=src"), identity="RHSA-2024:6163")
    newer = document(("fixed", RHEL9, "pkg:rpm/redhat/python3.9@3.9.19-8.el9_5?arch=src"), identity="RHSA-2024:9371")
    for version, count in (
        ("3.9.18-3.el9_4.4", 1),
        ("3.9.18-3.el9_4.5", 0),
        ("3.9.19-7.el9_5", 1),
        ("3.9.19-8.el9_5", 0),
    ):
        assert len(scanned(rpm("python3", version, "python3.9"), older, newer).vulnerabilities) == count, version


def test_of_a_notice_about_several_each_has_its_own_products(scanned):
    made = document(
        ("fixed", RHEL9, "pkg:rpm/redhat/bind@9.16-20.el9?arch=src"),
        ("known_not_affected", RHEL9, "pkg:rpm/redhat/bind-devel@9.16-20.el9?arch=x86_64"),
        identity="RHSA-2024:1234",
    )
    whole = copy.deepcopy(made["vulnerabilities"][0]) | {"cve": "CVE-2024-0002"}
    whole["product_status"] = {"fixed": [name for names in whole["product_status"].values() for name in names]}
    made["vulnerabilities"].append(whole)
    found = scanned(rpm("bind-devel", "9.16-1.el9", "bind"), made).vulnerabilities
    assert [item.advisory for item in found] == ["CVE-2024-0002"]
    assert len(scanned(rpm("bind", "9.16-1.el9"), made).vulnerabilities) == 2


def test_a_deleted_document_takes_back_what_it_said(scanned):
    stated = [("known_affected", RHEL9, "pkg:rpm/redhat/vim?arch=src")]
    gone = document(*stated)
    gone["document"]["tracking"] |= {"status": "deleted", "current_release_date": "2026-01-02T04:00:00+00:00"}
    for documents in ((document(*stated), gone, OTHER), (gone, document(*stated), OTHER)):
        assert scanned(rpm("vim-minimal", "8.2-21.el9", "vim"), *documents).vulnerabilities == ()


def test_a_document_that_calls_everything_unaffected_shows_how_new_the_data_is(tmp_path):
    made = document(("known_not_affected", RHEL9, "pkg:rpm/redhat/vim?arch=src"))
    (tmp_path / "vex.json").write_text(json.dumps(made))
    (source,) = build_database((tmp_path / "vex.json",), tmp_path / "db").sources
    assert (source.advisories, source.refused, source.last_update) == (0, 0, "2026-01-02T03:04:05+00:00")


GONE = object()


def _with(path: str, value: Any) -> dict[str, Any]:
    """A good document but for one place."""
    made = document(("fixed", RHEL9, "pkg:rpm/redhat/curl@1-1.el9?arch=src"))
    holder: Any = made
    *where, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in where:
        holder = holder[step]
    if value is GONE:
        del holder[last]
    else:
        holder[last] = value
    return made


def _deep(levels: int) -> dict[str, Any]:
    branch: dict[str, Any] = {}
    for _ in range(levels):
        branch = {"branches": [branch]}
    return branch


@pytest.mark.parametrize(
    "bad",
    [
        _with("document.publisher", {"name": "SUSE", "namespace": "https://www.suse.com/"}),
        _with("document.publisher", "Red Hat"),
        _with("document.tracking.id", "../../etc"),
        _with("document.tracking", GONE),
        _with("product_tree", GONE),
        _with("vulnerabilities", GONE),
        _with("vulnerabilities", {}),
        _with("vulnerabilities.0", "CVE-2024-0001"),
        _with("vulnerabilities.0.cve", GONE),
        _with("vulnerabilities.0.cve", "CVE-1"),
        _with("vulnerabilities.0.product_status", {"fixed": ["nothing:curl"]}),
        _with("vulnerabilities.0.product_status", {"fixed": [7]}),
        _with("vulnerabilities.0.product_status", {"fixed": "all"}),
        _with("vulnerabilities.0.product_status", {"mended": []}),
        _with("product_tree.relationships", "none"),
        _with("product_tree.relationships", [7]),
        _with("product_tree.relationships.0.product_reference", "nowhere"),
        _with("product_tree.branches", {}),
        _with("product_tree.branches", [{"branches": ["x"]}]),
        _with("product_tree", _deep(200)),
        document(("fixed", RHEL9, "pkg:rpm/redhat/curl?arch=src")),
    ],
)
def test_a_damaged_document_is_refused_whole(tmp_path, bad):
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    (source,) = build_database((tmp_path / "bad.json",), tmp_path / "db").sources
    assert (source.advisories, source.refused) == (0, 1)


def test_relations_in_a_circle_end(tmp_path):
    made = document(("fixed", RHEL9, "pkg:rpm/redhat/curl@1-1.el9?arch=src"))
    relation = made["product_tree"]["relationships"][0]
    relation["relates_to_product_reference"] = relation["full_product_name"]["product_id"]
    (tmp_path / "bad.json").write_text(json.dumps(made))
    assert build_database((tmp_path / "bad.json",), tmp_path / "db").sources[0].refused == 1


CURL = json.loads((FEEDS / "red-hat-cve-2023-38545.json").read_text())


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ("7.76.1-23.el9", "7.76.1-23.el9_2.4"),
        ("7.76.1-23.el9_2.3", "7.76.1-23.el9_2.4"),
        ("7.76.1-23.el9_2.4", None),
        ("7.76.1-23.el9_2.5", None),
        ("7.76.1-26.el9", "7.76.1-26.el9_3.2"),
        ("7.76.1-26.el9_3.1", "7.76.1-26.el9_3.2"),
        ("7.76.1-26.el9_3.2", None),
        ("7.76.1-29.el9_4.1", None),
    ],
)
def test_a_real_document(scanned, version, fixed):
    found = scanned(rpm("libcurl-minimal", version, "curl"), CURL).vulnerabilities
    assert [(item.advisory, item.severity, item.fixed) for item in found] == (
        [("CVE-2023-38545", "high", fixed)] if fixed else []
    )


def test_a_real_document_about_what_is_not_affected(scanned):
    assert scanned(rpm("libcurl", "7.61.1-22.el8", "curl"), CURL, OTHER, release=("rhel", "8.6")).vulnerabilities == ()
