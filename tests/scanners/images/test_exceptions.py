"""VEX and waivers: they settle what they name, for as long as they say, and only when the operator put them there."""

from __future__ import annotations

import json
from datetime import date

import pytest

from scanners.images.exceptions import read_exceptions
from scanners.images.vulnerable import Vulnerable

IMAGE = "sha256:" + "a" * 64
TODAY = date(2026, 6, 1)


def vulnerable(package: str = "django", version: str = "3.2", kind: str = "pypi") -> Vulnerable:
    return Vulnerable(
        package, version, "PyPI", f"pkg:{kind}/{package}@{version}", "CVE-2021-1", ("CVE-2021-1", "GHSA-1"), "high", True,
        "4.0", "x", "sha256:l", "", "range", "", (),
    )  # fmt: skip


def waiver(**changes: object) -> list[dict[str, object]]:
    entry = {
        "vulnerability": "CVE-2021-1",
        "reason": "The code path is not reachable",
        "expires": "2026-06-01",
        "approved_by": "kim",
    }
    return [{key: value for key, value in (entry | changes).items() if value is not None}]


def openvex(
    product: object = "pkg:pypi/django@3.2", status: str = "not_affected", name: str = "CVE-2021-1"
) -> dict[str, object]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "statements": [
            {
                "vulnerability": {"name": name},
                "products": [product],
                "status": status,
                "justification": "vulnerable_code_not_present",
            }
        ],
    }


def csaf(status: str = "known_not_affected", purl: str = "pkg:pypi/django@3.2") -> dict[str, object]:
    product = {"product_id": "P1", "name": "x", "product_identification_helper": {"purl": purl}}
    return {
        "document": {"category": "csaf_vex"},
        "product_tree": {"branches": [{"branches": [{"product": product}]}]},
        "vulnerabilities": [{"cve": "CVE-2021-1", "product_status": {status: ["P1"]}}],
    }


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (waiver(), "waived"),
        (waiver(expires="2026-05-31"), None),
        (waiver(vulnerability="GHSA-1"), "waived"),
        (waiver(vulnerability="CVE-2021-2"), None),
        (waiver(package="pkg:pypi/django"), "waived"),
        (waiver(package="pkg:pypi/flask"), None),
        (waiver(package="pkg:pypi/django@3.1"), None),
        (waiver(image=IMAGE), "waived"),
        (waiver(image="sha256:" + "b" * 64), None),
        (openvex(), "not_affected"),
        (openvex(status="fixed"), "fixed"),
        (openvex(status="affected"), None),
        (openvex(status="under_investigation"), None),
        (openvex("pkg:npm/django@3.2"), None),
        (openvex("pkg:pypi/django"), "not_affected"),
        (
            openvex({"@id": f"pkg:oci/app@{IMAGE.replace(':', '%3A')}", "subcomponents": [{"@id": "pkg:pypi/django"}]}),
            "not_affected",
        ),
        (openvex({"@id": f"pkg:oci/app@{IMAGE}", "subcomponents": [{"@id": "pkg:pypi/flask"}]}), None),
        (openvex({"@id": "pkg:oci/app"}), None),
        (csaf(), "not_affected"),
        (csaf("known_affected"), None),
        (csaf(purl="pkg:pypi/django@9"), None),
    ],
)
def test_what_settles_and_what_does_not(tmp_path, document, status):
    suffix = "yaml" if isinstance(document, list) else "json"
    (tmp_path / f"x.{suffix}").write_text(json.dumps(document))  # JSON is YAML
    exceptions = read_exceptions(tmp_path)
    assert exceptions.troubles == []
    left, settled = exceptions.settle([vulnerable()], {IMAGE}, TODAY)
    assert [item.status for item in settled] == ([status] if status else [])
    assert len(left) + len(settled) == 1


def spoken(*words: tuple[str, str | None]) -> dict[str, object]:
    """OpenVEX with a statement for each (status, day)."""
    statements = [
        openvex(status=status)["statements"][0] | ({"timestamp": day} if day else {}) for status, day in words
    ]
    return {"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2026-02-01T00:00:00Z", "statements": statements}


@pytest.mark.parametrize(
    ("document", "settled"),
    [
        (spoken(("not_affected", "2026-01-01T00:00:00Z"), ("affected", "2026-03-01T00:00:00Z")), False),
        (spoken(("affected", "2026-03-01T00:00:00Z"), ("not_affected", "2026-01-01T00:00:00Z")), False),
        (spoken(("affected", "2026-01-01T00:00:00Z"), ("fixed", "2026-03-01T00:00:00+08:00")), True),
        (spoken(("under_investigation", "2026-01-01T00:00:00Z"), ("not_affected", None)), True),
        (spoken(("under_investigation", "2026-03-01T00:00:00Z"), ("not_affected", None)), False),
        (spoken(("not_affected", None), ("affected", None)), False),
    ],
)
def test_the_last_word_counts_and_of_two_at_once_the_one_that_settles_nothing(tmp_path, document, settled):
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert bool(read_exceptions(tmp_path).settle([vulnerable()], {IMAGE}, TODAY)[1]) is settled


def test_a_word_of_one_document_is_taken_back_by_a_later_one(tmp_path):
    for name, status, day in (("a", "known_not_affected", "2026-01-01"), ("b", "known_affected", "2026-02-01")):
        document = csaf(status)
        document["document"]["tracking"] = {"current_release_date": f"{day}T00:00:00.000Z"}
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    assert read_exceptions(tmp_path).settle([vulnerable()], {IMAGE}, TODAY)[1] == []
    (tmp_path / "w.yaml").write_text(json.dumps(waiver()))  # the operator's own decision stands
    assert [item.status for item in read_exceptions(tmp_path).settle([vulnerable()], {IMAGE}, TODAY)[1]] == ["waived"]


@pytest.mark.parametrize(
    ("product", "helper", "status"),
    [
        (f"pkg:oci/app@{IMAGE}", None, "not_affected"),
        ("pkg:oci/app@sha256:" + "b" * 64, None, None),
        ("pkg:oci/app", None, None),
        ("pkg:generic/some-os@9", None, None),  # there it is not affected; here it may be
        ("pkg:generic/some-os@9", "pkg:pypi/django@3.2", "not_affected"),
    ],
)
def test_a_part_of_a_product_in_csaf(tmp_path, product, helper, status):
    document = csaf()
    whole = {"product_id": "W", "name": "x"} | ({"product_identification_helper": {"purl": helper}} if helper else {})
    document["product_tree"]["full_product_names"] = [
        {"product_id": "I", "name": "image", "product_identification_helper": {"purl": product}}
    ]
    document["product_tree"]["relationships"] = [
        {"category": "default_component_of", "product_reference": "P1", "relates_to_product_reference": "I",
         "full_product_name": whole}
    ]  # fmt: skip
    document["vulnerabilities"][0]["product_status"] = {"known_not_affected": ["W"]}
    (tmp_path / "x.json").write_text(json.dumps(document))
    exceptions = read_exceptions(tmp_path)
    assert exceptions.troubles == []
    settled = exceptions.settle([vulnerable()], {IMAGE, "sha256:" + "c" * 64}, TODAY)[1]
    assert [item.status for item in settled] == ([status] if status else [])


def test_a_product_by_its_identifiers_or_hash(tmp_path):
    by_purl = {"@id": "https://example.org/x", "identifiers": {"purl": "pkg:pypi/django@3.2"}}
    by_hash = {"@id": "app", "hashes": {"sha-256": IMAGE[7:]}, "subcomponents": [{"@id": "pkg:pypi/django"}]}
    for product in (by_purl, by_hash):
        (tmp_path / "x.json").write_text(json.dumps(openvex(product)))
        assert read_exceptions(tmp_path).settle([vulnerable()], {IMAGE}, TODAY)[1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.json", json.dumps(spoken(("not_affected", "yesterday")))),
        ("x.json", json.dumps(openvex(status="harmless"))),
        ("x.yaml", json.dumps(waiver(reason=None))),
        ("x.yaml", json.dumps(waiver(expires=None))),
        ("x.yaml", json.dumps(waiver(approved_by=None))),
        ("x.yaml", json.dumps(waiver(packge="typo"))),
        ("x.yaml", json.dumps(waiver(reason="short"))),
        ("x.yaml", "a: ["),
        ("x.json", "{"),
        ("x.json", "[]"),
        ("x.json", '{"@context": "https://openvex.dev/ns"}'),
        ("x.json", '{"@context": "https://openvex.dev/ns", "statements": [{"status": "fixed"}]}'),
        ("x.json", '{"other": "document"}'),
    ],
)
def test_a_file_that_cannot_be_read_settles_nothing_and_is_named(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    exceptions = read_exceptions(tmp_path)
    assert exceptions.statements == {}
    assert name in exceptions.troubles[0].what


def test_no_folder_is_no_exception(tmp_path):
    assert read_exceptions(tmp_path / "none").statements == {}
