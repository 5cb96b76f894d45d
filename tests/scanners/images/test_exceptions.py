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
    left, settled = exceptions.settle([vulnerable()], IMAGE, TODAY)
    assert [item.status for item in settled] == ([status] if status else [])
    assert len(left) + len(settled) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
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
