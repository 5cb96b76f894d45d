"""The whole scan: image and database in, findings and honest coverage out."""

from __future__ import annotations

import json
from datetime import date

import pytest
from pydantic import TypeAdapter

from scanners.findings import Finding
from scanners.images.bases import known_base
from scanners.images.platforms import scan_platforms
from scanners.images.scan import ImageScan, scan_image
from scanners.images.sources import open_image
from scanners.images.sources.interface import NoSuchImage
from scanners.vulnerabilities.build import build_database

TODAY = date(2026, 6, 1)


@pytest.fixture
def database(tmp_path):
    def make(*advisories, updated="2026-05-30T00:00:00Z"):
        folder = tmp_path / "feed"
        folder.mkdir()
        for number, (identity, ecosystem, name, fixed, more) in enumerate(advisories):
            events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
            affected = {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
            record = {"id": identity, "modified": updated, "affected": [affected], **more}
            (folder / f"{number}.json").write_text(json.dumps(record))
        return build_database((folder,), tmp_path / "v.sqlite").path

    return make


@pytest.fixture
def debian(image, layer, samples):
    base = layer().file("etc/os-release", samples.debian).file("var/lib/dpkg/status", samples.dpkg("bash", "5.2-1"))
    return image(base, layer().file("opt/Django-3.2.dist-info/METADATA", samples.python("Django", "3.2")))


def test_findings_name_package_fix_layer_and_every_identifier(debian, database):
    critical = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}
    path = database(
        ("PYSEC-1", "PyPI", "django", "3.2.2", {"aliases": ["CVE-2021-1"], "summary": "Bad thing"}),
        ("GHSA-1", "PyPI", "django", "3.2.4", {"aliases": ["CVE-2021-1"], **critical}),
        ("DEBIAN-CVE-2024-2", "Debian:12", "bash", None, {"aliases": ["CVE-2024-2"]}),
        ("PYSEC-2", "PyPI", "django", "3.1", {}),
    )
    scan = scan_image(debian, path, today=TODAY)
    django, bash = vulnerable(scan)
    assert (django.severity, django.remediation) == ("critical", "Upgrade Django to 3.2.4")
    assert django.references[:3] == ("CVE-2021-1", "GHSA-1", "PYSEC-1")
    assert "Bad thing" in django.title
    assert django.location.layer == scan.image.layers[1]
    assert (bash.severity, bash.location.layer) == ("high", scan.image.layers[0])
    assert "nobody rated it" in bash.evidence
    assert scan.report.coverage.skipped == ()
    assert scan.report.coverage.data == {"Debian:12": "2026-05-30T00:00:00Z", "PyPI": "2026-05-30T00:00:00Z"}
    assert scan.packages == {"deb (debian)": 1, "PyPI": 1}
    assert scan.report.subject.digest == scan.image.manifest


def test_the_answer_survives_the_way_through_the_worker(debian, database):
    scan = scan_image(debian, database(("PYSEC-1", "PyPI", "django", None, {})), today=TODAY)
    adapter = TypeAdapter(ImageScan)
    assert adapter.validate_json(adapter.dump_json(scan)) == scan


def test_the_same_image_and_data_give_the_same_answer(debian, database):
    path = database(("PYSEC-1", "PyPI", "django", None, {}))
    assert scan_image(debian, path, today=TODAY) == scan_image(debian, path, today=TODAY)


def vulnerable(scan: ImageScan) -> list[Finding]:
    return [finding for finding in scan.report.findings if finding.rule == "image.package.vulnerable"]


def notes(scan: ImageScan) -> str:
    return "; ".join(f"{note.what}: {note.why}" for note in scan.report.coverage.skipped)


def test_without_a_database_nothing_is_called_clean(debian):
    assert "yumen db build" in notes(scan_image(debian, None, today=TODAY))


def test_an_ecosystem_without_advisories_is_said(debian, database):
    scan = scan_image(debian, database(("PYSEC-1", "PyPI", "x", None, {})), today=TODAY)
    assert "1 packages: the database has no advisories for Debian:12" in notes(scan)


def test_old_data_is_said_and_used_all_the_same(debian, database):
    path = database(
        ("PYSEC-1", "PyPI", "django", None, {}), ("D-1", "Debian:12", "x", None, {}), updated="2026-04-01T00:00:00Z"
    )
    scan = scan_image(debian, path, today=TODAY)
    assert "last updated 61 days ago" in notes(scan)
    assert len(vulnerable(scan)) == 1
    assert scan_image(debian, path, today=TODAY, maximum_age=61).report.coverage.skipped == ()


def test_data_of_no_known_age_is_said(debian, database):
    scan = scan_image(
        debian, database(("PYSEC-1", "PyPI", "django", None, {}), updated="0001-01-01T00:00:00Z"), today=TODAY
    )
    assert "does not say how old" in notes(scan)


@pytest.mark.parametrize(
    ("release", "database_file", "said"),
    [
        ("ID=alpine\nVERSION_ID=3.11.6\nPRETTY_NAME='Alpine Linux v3.11'", "lib/apk/db/installed", "since 2021-11-01"),
        ('ID="debian"\nVERSION_ID="9"', "var/lib/dpkg/status", "since 2022-06-30"),
        ("ID=ubuntu\nVERSION_ID=18.04", "var/lib/dpkg/status", "since 2023-05-31"),
    ],
)
def test_an_end_of_life_distribution_is_a_finding(image, layer, samples, database, release, database_file, said):
    content = samples.apk("x", "1-r0") if "apk" in database_file else samples.dpkg("x", "1")
    target = image(layer().file("etc/os-release", release).file(database_file, content))
    scan = scan_image(target, None, today=TODAY)
    assert scan.report.findings[0].rule == "image.os.end_of_life"
    assert said in scan.report.findings[0].title


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"etc/os-release": "ID=hobbyos\nVERSION_ID=1", "var/lib/dpkg/status": "DPKG"}, "no advisories for hobbyos 1"),
        ({"var/lib/dpkg/status": "DPKG"}, "a distribution that the image does not name"),
        ({"etc/os-release": "ID=debian\nVERSION_ID=12", "opt/x.dist-info/METADATA": "PY"}, "no package database"),
        ({"bin/app": "binary"}, "nothing could be looked up"),
    ],
)
def test_silence_is_never_taken_for_cleanliness(image, layer, samples, database, files, said):
    contents = {"DPKG": samples.dpkg("x", "1"), "PY": samples.python("x", "1")}
    builder = layer()
    for path, content in files.items():
        builder.file(path, contents.get(content, content))
    assert said in notes(scan_image(image(builder), database(("P-1", "PyPI", "q", None, {})), today=TODAY))


def test_a_version_that_cannot_be_read_is_unknown(image, layer, samples, database):
    target = image(layer().file("opt/x.dist-info/METADATA", samples.python("thing", "not-a-version")))
    scan = scan_image(target, database(("PYSEC-1", "PyPI", "thing", "2.0", {})), today=TODAY)
    assert vulnerable(scan) == []
    assert "'not-a-version' is not a PyPI version" in notes(scan)


def test_one_upgrade_is_offered_for_all_that_it_mends(debian, database):
    path = database(
        ("P-1", "PyPI", "django", "3.2.9", {}),
        ("P-2", "PyPI", "django", "3.2.10", {}),
        ("P-3", "PyPI", "django", None, {}),
    )
    (upgrade,) = scan_image(debian, path, today=TODAY).upgrades
    assert (upgrade.package, upgrade.to, upgrade.mends) == ("Django", "3.2.10", ("P-1", "P-2"))


def test_what_is_built_from_one_source_is_upgraded_together(image, layer, samples, database):
    status = samples.dpkg("libssl3", "3.0.1-1", source="openssl") + samples.dpkg("openssl", "3.0.1-1")
    root = image(layer().file("etc/os-release", samples.debian).file("var/lib/dpkg/status", status))
    path = database(*((f"D-{number}", "Debian:12", "openssl", f"3.0.{number}-1", {}) for number in (2, 3)))
    scan = scan_image(root, path, today=TODAY)
    (upgrade,) = scan.upgrades
    assert len(scan.vulnerabilities) == 4
    assert (upgrade.package, upgrade.to, upgrade.packages) == ("openssl", "3.0.3-1", ("libssl3", "openssl"))
    assert sorted(upgrade.mends) == ["D-2", "D-3"]


def test_what_is_used_in_attacks_is_high_whatever_its_score(debian, database, tmp_path):
    low = {"aliases": ["CVE-2021-1234"], "database_specific": {"severity": "LOW"}}
    catalogue = {"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-2021-1234", "dateAdded": "2026-05-05"}]}
    database(("P-1", "PyPI", "django", "4", low))
    (tmp_path / "feed" / "kev.json").write_text(json.dumps(catalogue))
    scan = scan_image(debian, build_database((tmp_path / "feed",), tmp_path / "v.sqlite").path, today=TODAY)
    assert (scan.vulnerabilities[0].severity, scan.vulnerabilities[0].exploited) == ("high", "2026-05-05")
    assert "used in attacks since 2026-05-05" in vulnerable(scan)[0].evidence


def test_what_an_operator_settled_is_listed_apart(debian, database, tmp_path):
    folder = tmp_path / "exceptions"
    folder.mkdir()
    entry = {
        "vulnerability": "P-1",
        "reason": "Not reachable in this image",
        "expires": "2026-07-01",
        "approved_by": "kim",
    }
    (folder / "w.yaml").write_text(json.dumps([entry]))
    path = database(("P-1", "PyPI", "django", "4", {}))
    scan = scan_image(debian, path, exceptions=folder, today=TODAY)
    assert vulnerable(scan) == []
    assert (scan.suppressed[0].advisory, scan.suppressed[0].expires) == ("P-1", "2026-07-01")
    assert scan_image(debian, path, exceptions=folder, today=date(2026, 7, 2)).suppressed == ()


FLAW = ("DEBIAN-CVE-2021-1", "Debian:12", "openssl", "1.1.1n-0+deb12u1", {})


def test_what_comes_from_the_base_image_is_said(layout, layer, samples, database, tmp_path):
    base = (
        layer().file("etc/os-release", samples.debian).file("var/lib/dpkg/status", samples.dpkg("openssl", "1.1.1-1"))
    )
    own = layer().file("opt/django.dist-info/METADATA", samples.python("django", "3.2"))
    below, above = base.bytes(), own.bytes()
    builder = layout("base")
    with open_image(builder.index(builder.manifest([below]))) as image:
        (tmp_path / "bases").mkdir()
        (tmp_path / "bases/debian.json").write_text(known_base(image, "debian:12").model_dump_json())
    builder = layout("app")
    root = builder.index(builder.manifest([below, above]))
    scan = scan_image(root, database(FLAW, ("P-1", "PyPI", "django", "4", {})), bases=tmp_path / "bases", today=TODAY)
    assert (scan.base.name, scan.base.layers, scan.base.how) == ("debian:12", 1, "known")
    assert {found.package: found.in_base for found in scan.vulnerabilities} == {"openssl": True, "django": False}


def several_platforms(layout, layer, samples, *, direct: bool = False):
    """An image for two platforms: the same flaw in both, a credential in one."""
    builder = layout()
    children = []
    for name, extra in (("amd64", None), ("arm64", "AKIA" + "Q3EGTVQXJ2L4N6P7")):
        content = (
            layer()
            .file("etc/os-release", samples.debian)
            .file("var/lib/dpkg/status", samples.dpkg("openssl", "1.1.1d-0+deb12u1"))
        )
        if extra:
            content.file("app/.env", f"KEY={extra}")
        platform = {"os": "linux", "architecture": name}
        children.append(builder.manifest([content.bytes()], architecture=name, platform=platform))
    kind = "application/vnd.oci.image.index.v1+json"
    index = builder.json({"schemaVersion": 2, "mediaType": kind, "manifests": children}, kind)
    return builder.index(*children) if direct else builder.index(index), children, index


@pytest.mark.parametrize("direct", [False, True])
def test_every_platform_of_an_image_is_scanned(layout, layer, samples, database, direct):
    root, children, index = several_platforms(layout, layer, samples, direct=direct)
    data = database(FLAW)
    scan = scan_platforms(root, data, today=TODAY)
    assert [(one.platform, one.image.manifest) for one in scan.platforms] == [
        (f"linux/{name}", child["digest"]) for name, child in zip(("amd64", "arm64"), children, strict=True)
    ]
    assert (scan.report.subject.digest == index["digest"]) is not direct
    alone = scan_image(root, data, platform="linux/amd64", today=TODAY)
    assert len(scan.vulnerabilities) == len(alone.vulnerabilities) == scan.platforms[1].vulnerability_count == 1
    secret = next(finding for finding in scan.report.findings if finding.rule == "image.secret")
    assert secret.evidence.endswith("only on linux/arm64")
    others = [finding for finding in scan.report.findings if finding.rule != "image.secret"]
    assert not any("only on" in finding.evidence for finding in others)


def test_a_platform_that_is_not_here_is_unread_and_not_clean(layout, layer, samples, database):
    root, children, _ = several_platforms(layout, layer, samples)
    (root / "blobs/sha256" / children[1]["digest"][7:]).unlink()
    data = database(FLAW)
    scan = scan_platforms(root, data, today=TODAY)
    assert [one.platform for one in scan.platforms] == ["linux/amd64"]
    assert any(one.what == "linux/arm64" and "not here" in one.why for one in scan.report.coverage.skipped)
    (root / "blobs/sha256" / children[0]["digest"][7:]).unlink()
    with pytest.raises(NoSuchImage):
        scan_platforms(root, data, today=TODAY)


def test_all_platforms_of_an_image_for_one_only(debian, database):
    data = database(FLAW)
    assert scan_platforms(debian, data, today=TODAY) == scan_image(debian, data, today=TODAY)


def test_several_images_are_not_several_platforms(layout, layer, samples, database):
    builder = layout()
    root = builder.index(*(builder.manifest([layer().file(name).bytes()]) for name in ("a", "b")))
    with pytest.raises(NoSuchImage, match="several images"):
        scan_platforms(root, database(FLAW), today=TODAY)
