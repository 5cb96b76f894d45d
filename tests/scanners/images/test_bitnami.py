"""Bitnami's components, as its images and its advisories name them."""

from __future__ import annotations

import json
from datetime import date

import pytest

from scanners.images.observing import list_packages
from scanners.images.scan import scan_image
from scanners.vulnerabilities.build import build_database
from scanners.vulnerabilities.versions import UnparsableVersion, bitnami
from tests.scanners.images.conftest import DEBIAN, dpkg_entry
from tests.scanners.images.test_programs import program

PURL = "pkg:bitnami/redis@7.4.1-2?arch=amd64&distro=debian-12"


def document(*purls: str) -> str:
    packages = [
        {"name": "x", "versionInfo": "1", "externalRefs": [{"referenceType": "cpe23Type", "referenceLocator": "cpe:x"},
         {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]}
        for purl in purls
    ]  # fmt: skip
    return json.dumps({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "packages": packages})


def advisory(**affected: object) -> dict[str, object]:
    package = {"ecosystem": "Bitnami", "name": "redis", "purl": "pkg:bitnami/redis"}
    return {
        "id": "BIT-redis-2024-1",
        "modified": "2026-01-01T00:00:00Z",
        "aliases": ["CVE-2024-1"],
        "affected": [{"package": package, **affected}],
    }


def semver(*events: dict[str, str]) -> dict[str, object]:
    return {"ranges": [{"type": "SEMVER", "events": list(events)}]}


@pytest.fixture
def system(layer):
    return layer().file("etc/os-release", DEBIAN).file("var/lib/dpkg/status", dpkg_entry("bash", "5.2"))


def components(root) -> list[str]:
    return [package.purl() for package in list_packages(root).packages if package.type == "bitnami"]


TAGS = f"SPDXVersion: SPDX-2.3\nPackageName: Redis\nExternalRef: PACKAGE-MANAGER purl {PURL}\n"


@pytest.mark.parametrize("content", [document(PURL, "pkg:maven/org/x@1"), TAGS, "\ufeff" + document(PURL)])
def test_an_spdx_document_names_them(image, system, content):
    root = image(system.file("opt/bitnami/redis/.spdx-redis.spdx", content))
    assert components(root) == [PURL]


def test_the_older_list_is_read_too_and_counts_once(image, system):
    listed = {"redis": {"arch": "amd64", "distro": "debian-12", "type": "NAMI", "version": "7.4.1-2"},
              "wait-for-port": {"arch": "amd64", "distro": "debian-12", "type": "NAMI", "version": "1.0.9-1"}}  # fmt: skip
    root = image(
        system.file("opt/bitnami/redis/.spdx-redis.spdx", document(PURL))
        .file("opt/bitnami/.bitnami_components.json", json.dumps(listed))
    )  # fmt: skip
    assert components(root) == [PURL, "pkg:bitnami/wait-for-port@1.0.9-1?arch=amd64&distro=debian-12"]


def test_the_program_that_a_component_is_counts_once_and_another_apart(image, system):
    text = b"\0%s\0\0A%s-1707344000000000000\0"
    root = image(
        system.file("opt/bitnami/redis/.spdx-redis.spdx", document(PURL))
        .file("opt/bitnami/redis/bin/redis-server", program(text % (b"7.4.1", b"7.4.1host")), 0o755)
        .file("opt/bitnami/redis/bin/helper", program(b""), 0o755)
        .file("usr/local/bin/redis-server", program(text % (b"6.0.1", b"6.0.1host")), 0o755)
    )  # fmt: skip
    listing = list_packages(root)
    found = [(package.type, package.version) for package in listing.packages if package.name == "redis"]
    assert found == [("bitnami", "7.4.1-2"), ("generic", "6.0.1")]
    assert not listing.skipped


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".spdx-redis.spdx", "{"),
        (".spdx-redis.spdx", "[]"),
        (".spdx-redis.spdx", "{}"),
        (".spdx-redis.spdx", "\0\1\2"),
        (".spdx-redis.spdx", document("pkg:bitnami/redis")),
        (".spdx-redis.spdx", document("pkg:bitnami/@1")),
        (".bitnami_components.json", '{"redis": {"arch": "amd64"}}'),
        (".bitnami_components.json", '{"redis": 7}'),
    ],
)
def test_what_makes_no_sense_is_said(image, system, name, content):
    (skipped,) = list_packages(image(system.file(f"opt/bitnami/redis/{name}", content))).skipped
    assert skipped.what == f"opt/bitnami/redis/{name}"


@pytest.mark.parametrize(
    ("affected", "found"),
    [
        (semver({"introduced": "0"}, {"fixed": "7.4.2"}), True),
        (semver({"introduced": "0"}, {"fixed": "7.4.1"}), False),
        (semver({"introduced": "7.0.0"}, {"last_affected": "7.4.1"}), True),
        (semver({"introduced": "7.4.2"}), False),
        ({"versions": ["7.4.1"]}, True),
    ],
)
def test_advisories_speak_of_the_programs_own_version_whatever_the_build(tmp_path, image, system, affected, found):
    feed = tmp_path / "feed.json"
    feed.write_text(json.dumps(advisory(**affected)))
    database = build_database((feed,), tmp_path / "db", as_of="2026-01-01T00:00:00Z").path
    root = image(system.file("opt/bitnami/redis/.spdx-redis.spdx", document(PURL)))
    bill = tmp_path / "bill.json"
    bill.write_text(document(PURL))
    for target in (root, bill):
        scan = scan_image(target, database, today=date(2026, 1, 2))
        assert [item.purl for item in scan.vulnerabilities] == ([PURL] if found else [])


def test_without_bitnamis_advisories_they_are_unknown(tmp_path, image, system):
    feed = tmp_path / "feed.json"
    resolved = {"releases": {"bookworm": {"status": "resolved", "fixed_version": "5"}}}
    feed.write_text(json.dumps({"bash": {"CVE-2024-2": resolved}}))
    database = build_database((feed,), tmp_path / "db", as_of="2026-01-01T00:00:00Z").path
    scan = scan_image(
        image(system.file("opt/bitnami/redis/.spdx-redis.spdx", document(PURL))), database, today=date(2026, 1, 2)
    )
    assert any("no advisories for Bitnami" in item.why for item in scan.report.coverage.skipped)


def test_a_build_is_later_than_what_it_is_built_from():
    ascending = ["7.4.0", "7.4.1-rc.1", "7.4.1", "7.4.1-0", "7.4.1-2", "7.4.1-10", "7.4.2", "8.0.36.1"]
    assert sorted(ascending, key=bitnami.key) == ascending
    with pytest.raises(UnparsableVersion):
        bitnami.key("latest")
