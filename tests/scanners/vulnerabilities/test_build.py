"""Building the database from feeds, good and hostile."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from scanners.errors import TargetMissing, UnreadableInput
from scanners.vulnerabilities.build import build_database
from scanners.vulnerabilities.database import Database, DatabaseUnusable
from scanners.vulnerabilities.matcher import Undecided, match

DATA = Path(__file__).parents[4] / "shared" / "data"

SECDB = """---
distroversion: v3.11
reponame: main
packages:
  - pkg:
      name: openssl
      secfixes:
        1.1.1g-r0:
          - CVE-2020-1967
        1.1.1d-r0:
          - CVE-2019-1547 CVE-2019-1549
        "0":
          - CVE-2019-0000
  - pkg:
      name: nothing
      secfixes:
"""
YAML = """id: PYSEC-2026-1
modified: 2026-02-03T04:05:06Z
affected:
- package: {name: Thing, ecosystem: PyPI}
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: '0'
    - fixed: 1.5
"""


def archive(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, content in members.items():
            out.writestr(zipfile.ZipInfo(name.replace("__", "/").replace("_", "."), (2025, 6, 7, 8, 9, 10)), content)
    return path


def test_a_zip_of_json_yaml_and_alpines_own_form(tmp_path, record):
    records = archive(tmp_path / "osv.zip", a__OSV_json=json.dumps(record("OSV-1", "x", [])), b_yaml=YAML, LICENSE="x")
    alpine = archive(tmp_path / "secdb.zip", v311__main_yaml=SECDB)
    built = build_database((records, alpine), tmp_path / "db")
    with Database(built.path) as database:
        assert database.ecosystems == {"Alpine:v3.11": "2025-06-07T08:09:10Z", "PyPI": "2026-02-03T04:05:06Z"}
        assert [(found.advisory.id, found.fixed) for found in match(database, "PyPI", "thing", "1.0")] == [
            ("PYSEC-2026-1", "1.5")
        ]
        found = list(match(database, "Alpine:v3.11", "openssl", "1.1.1c-r0"))
        assert [(item.advisory.id, item.fixed) for item in found] == [
            ("ALPINE-CVE-2019-1547", "1.1.1d-r0"),
            ("ALPINE-CVE-2019-1549", "1.1.1d-r0"),
            ("ALPINE-CVE-2020-1967", "1.1.1g-r0"),
        ]


def test_the_same_records_give_the_same_digest_in_any_order(tmp_path, record):
    one, two = record("OSV-1", "a", [{"introduced": "0"}]), record("OSV-2", "b", [{"introduced": "0"}])
    digests = []
    for number, records in enumerate([(one, two), (two, one)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for place, item in enumerate(records):
            (folder / f"{place}.json").write_text(json.dumps(item))
        digests.append(build_database((folder,), tmp_path / f"db{number}").digest)
    assert digests[0] == digests[1]


def test_of_a_record_that_comes_twice_the_newer_counts(database, record):
    old = record("OSV-1", "thing", [{"introduced": "0"}, {"fixed": "9"}])
    new = record("OSV-1", "thing", [{"introduced": "0"}, {"fixed": "2"}]) | {"modified": "2026-05-01T00:00:00Z"}
    for records in ((old, new), (new, old)):
        with database(*records) as opened:
            assert [found.fixed for found in match(opened, "PyPI", "thing", "1")] == ["2"]


def test_withdrawn_records_are_left_out_and_counted(build, record):
    built = build(record("OSV-1", "thing", [{"introduced": "0"}]) | {"withdrawn": "2026-01-01T00:00:00Z"},
                  record("OSV-2", "thing", [{"introduced": "0"}]))  # fmt: skip
    assert (built.sources[0].advisories, built.sources[0].withdrawn) == (1, 1)


def test_what_is_withdrawn_takes_back_older_copies_in_any_order(build, record):
    old = record("OSV-1", "thing", [{"introduced": "0"}])
    gone = old | {"modified": "2026-05-01T00:00:00Z", "withdrawn": "2026-05-01T00:00:00Z"}
    again = old | {"modified": "2026-06-01T00:00:00Z"}
    for records, left in (((old, gone), 0), ((gone, old), 0), ((gone, again), 1), ((again, gone), 1)):
        with Database(build(*records).path) as database:
            assert len(list(match(database, "PyPI", "thing", "1"))) == left


def test_the_date_of_the_data_can_be_said(build, record):
    built = build(record("OSV-1", "thing", []), as_of="2026-11-01T00:00:00Z")
    assert built.ecosystems == {"PyPI": "2026-11-01T00:00:00Z"}


def test_ratings_come_from_the_vector_or_the_word(database, record):
    vector = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}
    word = {"database_specific": {"severity": "MODERATE"}}
    inner = {"ecosystem_specific": {"urgency": "low**"}}
    with database(
        record("OSV-1", "t", [{"introduced": "0"}], **vector),
        record("OSV-2", "t", [{"introduced": "0"}], **word),
        record("OSV-3", "t", [{"introduced": "0"}], affected=inner),
        record("OSV-4", "t", [{"introduced": "0"}]),
    ) as opened:
        rated = [found.advisory.severity for found in match(opened, "PyPI", "t", "1")]
    assert rated == ["critical", "medium", "low", None]


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"id": 7}',
        b'{"id": "../../x", "affected": []}',
        b'{"id": "OSV-1", "affected": {}}',
        b'{"id": "OSV-1", "affected": [{"package": {"name": "x"}}]}',
        b'{"id": "OSV-1", "affected": [{"package": {"name": "x", "ecosystem": "PyPI"}, "ranges": "all"}]}',
        b'{"id": "OSV-1", "affected": [{"package": {"name": "x", "ecosystem": "PyPI"},'
        b' "ranges": [{"type": "ECOSYSTEM", "events": [{"invented": "0"}]}]}]}',
        json.dumps({"id": "OSV-1", "affected": [{}] * 30_000}).encode(),
    ],
)
def test_what_is_no_advisory_is_counted_and_named_and_the_rest_stays(build, record, bad):
    built = build(bad, record("OSV-9", "thing", []))
    assert (built.sources[0].advisories, built.sources[0].refused) == (1, 1)
    assert built.refusals[0].file == "advisories:0000.json"


@pytest.mark.parametrize(
    "bad",
    [
        "a: &a [x, x]\nb: [*a, *a]\n",
        "- " * 5000 + "x",
        "- " * 500_000 + "x",
        "? " * 500_000 + "x",
        "".join(" " * depth + "-\n" for depth in range(3000)),
        "[" * 5000,
        "!!python/object/apply:os.system ['touch /tmp/owned']",
        "a: [",
        "distroversion: ../../x\npackages: []\n",
        "distroversion: v3.1\npackages: [{pkg: 7}]\n",
    ],
)
def test_hostile_yaml_is_refused(tmp_path, bad):
    feed = archive(tmp_path / "feed.zip", bad_yaml=bad, good_yaml=YAML)
    assert build_database((feed,), tmp_path / "db").sources[0].refused == 1


def test_inputs_that_are_not_there_or_not_feeds(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 not really")
    (tmp_path / "note.txt").write_text("x")
    for name, error in (("none", TargetMissing), ("empty", UnreadableInput), ("bad.zip", UnreadableInput),
                        ("note.txt", UnreadableInput)):  # fmt: skip
        with pytest.raises(error):
            build_database((tmp_path / name,), tmp_path / "db")
    assert not (tmp_path / "db").exists()
    assert not list(tmp_path.glob(".db*"))


def test_a_failed_build_leaves_the_old_database(build, record, tmp_path):
    before = build(record("OSV-1", "thing", [])).path.read_bytes()
    with pytest.raises(TargetMissing):
        build_database((tmp_path / "nothing",), tmp_path / "db.sqlite")
    assert (tmp_path / "db.sqlite").read_bytes() == before


def test_what_is_not_a_database_is_said_to_be_none(tmp_path):
    with pytest.raises(TargetMissing, match="no vulnerability database"):
        Database(tmp_path / "none")
    (tmp_path / "text").write_text("not a database at all" * 100)
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE meta (key, value)").connection.close()
    for name in ("text", "other"):
        with pytest.raises(DatabaseUnusable):
            Database(tmp_path / name)


@pytest.mark.skipif(not DATA.is_dir(), reason="real advisory data is not here")
def test_real_feeds_are_read_without_a_refusal(tmp_path):
    built = build_database((DATA / "osv-go.zip", DATA / "alpine-secdb.zip"), tmp_path / "db")
    assert [source.refused for source in built.sources] == [0, 0]
    with Database(built.path) as database:
        found = {item.advisory.id: item.fixed for item in match(database, "Alpine:v3.11", "openssl", "1.1.1c-r0")}
    assert found["ALPINE-CVE-2019-1551"] == "1.1.1d-r3"


TRACKER = {
    "bash": {
        "CVE-2022-3715": {
            "description": "A flaw in bash",
            "releases": {
                "bookworm": {"status": "resolved", "fixed_version": "5.2-1", "urgency": "low"},
                "bullseye": {"status": "open", "urgency": "unimportant"},
                "trixie": {"status": "resolved", "fixed_version": "0", "urgency": "unimportant"},
                "sid": {"status": "resolved", "fixed_version": "5.2-1", "urgency": "low"},
                "buster": {"status": "undetermined", "urgency": "not yet assigned"},
            },
        }
    }
}
WOLFI = {
    "urlprefix": "https://packages.wolfi.dev",
    "reponame": "os",
    "packages": [{"pkg": {"name": "curl", "secfixes": {"8.4.0-r0": ["CVE-2023-38545"], "0": ["CVE-2000-0001"]}}}],
}
KEV = {
    "catalogVersion": "2026.11.01",
    "dateReleased": "2026-11-01T10:00:00.000Z",
    "vulnerabilities": [{"cveID": "CVE-2022-3715", "dateAdded": "2026-10-30", "knownRansomwareCampaignUse": "Known"}],
}
EPSS = "#model_version:v2025.03.14,score_date:2026-11-02T12:55:00Z\ncve,epss,percentile\nCVE-2022-3715,0.93210,0.9991\n"


def test_feeds_of_distributions_and_of_exploitation(tmp_path):
    import gzip

    for name, content in (("debian", TRACKER), ("wolfi", WOLFI), ("kev", KEV)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (tmp_path / "epss_scores-2026-11-02.csv.gz").write_bytes(gzip.compress(EPSS.encode()))
    names = ("debian.json", "wolfi.json", "kev.json", "epss_scores-2026-11-02.csv.gz")
    built = build_database(tuple(tmp_path / name for name in names), tmp_path / "db")
    assert {source.name: (source.advisories, source.last_update[:10]) for source in built.sources} == {
        "debian.json": (1, ""),
        "wolfi.json": (1, ""),
        "kev.json": (1, "2026-11-01"),
        "epss_scores-2026-11-02.csv.gz": (1, "2026-11-02"),
    }
    with Database(built.path) as database:
        assert set(database.ecosystems) == {"Debian:12", "Debian:11", "Debian:10", "Wolfi"}
        (resolved,) = match(database, "Debian:12", "bash", "5.1-1")
        (open_,) = match(database, "Debian:11", "bash", "99")
        (undetermined,) = match(database, "Debian:10", "bash", "99")
        assert (resolved.fixed, resolved.advisory.severity, open_.fixed) == ("5.2-1", "low", None)
        assert open_.advisory.severity == "info"
        assert isinstance(undetermined, Undecided)
        assert not list(match(database, "Debian:12", "bash", "5.2-1"))
        assert [found.fixed for found in match(database, "Wolfi", "curl", "8.3.0-r1")] == ["8.4.0-r0"]
        assert database.exploited(["CVE-2022-3715", "CVE-1"]) == {"CVE-2022-3715": "2026-10-30"}
        assert database.probabilities(["CVE-1", "CVE-2022-3715"]) == {"CVE-2022-3715": pytest.approx(0.9321)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("epss.csv", b"cve;epss\n"),
        ("epss.csv", b"cve,epss,percentile\nCVE-2022-1,7.0,1\n"),
        ("epss.csv", b"cve,epss,percentile\n'; DROP TABLE,0.1,1\n"),
        ("epss.csv.gz", b"\x1f\x8bnot"),
        ("kev.json", b'{"catalogVersion": "1", "vulnerabilities": [{"cveID": 7}]}'),
        ("kev.json", b'{"catalogVersion": "1", "vulnerabilities": {}}'),
        ("tracker.json", b'{"bash": {"CVE-1": {"releases": {}}, "CVE-2": 7}}'),
        ("tracker.json", b'{"bash": {"CVE-2022-1": {"releases": {"bookworm": {"status": "invented"}}}}}'),
    ],
)
def test_such_feeds_when_they_are_damaged(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert build_database((tmp_path / name,), tmp_path / "db").sources[0].refused == 1
