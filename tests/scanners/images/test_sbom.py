"""Bills of materials out and in."""

from __future__ import annotations

import dataclasses
import io
import json
from datetime import date

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model import v3_0_1 as spdx3

from scanners.errors import TargetMissing, UnreadableInput
from scanners.images.observing import list_packages
from scanners.images.sbom import read_bill, write_cyclonedx, write_spdx, write_spdx3
from scanners.images.scan import scan_image
from scanners.vulnerabilities.build import build_database

NOW = "2026-06-01T00:00:00Z"


@pytest.fixture
def listing(image, layer, samples):
    status = samples.dpkg("libssl3", "3.0.1-1+b1", source="openssl (3.0.1-1)")
    base = layer().file("etc/os-release", samples.debian).file("var/lib/dpkg/status", status)
    python = layer().file("opt/x.dist-info/METADATA", samples.python("Zope.Interface", "5.0"))
    node = python.file("srv/node_modules/@s/b/package.json", '{"name": "@s/b", "version": "1.0.0", "license": "Odd-1"}')
    return list_packages(image(base, node))


@pytest.mark.parametrize("write", [write_cyclonedx, write_spdx, write_spdx3])
def test_what_is_written_can_be_read_again(listing, tmp_path, write):
    path = tmp_path / "bill.json"
    path.write_text(json.dumps(write(listing, NOW)))
    bill = read_bill(path)
    assert bill.skipped == ()
    assert {(p.type, p.name.lower().replace(".", "-"), p.version, p.names_in("Debian:12")) for p in bill.packages} == {
        ("deb", "libssl3", "3.0.1-1+b1", (("openssl", "3.0.1-1"),)),
        ("pypi", "zope-interface", "5.0", (("zope-interface", "5.0"),)),
        ("npm", "@s/b", "1.0.0", (("@s/b", "1.0.0"),)),
    }
    assert bill.distribution is not None
    assert bill.distribution.ecosystems == ("Debian:12", "Debian")


def test_package_urls(listing):
    purls = {component.get("purl") for component in write_cyclonedx(listing, NOW)["components"]}
    assert purls == {
        None,
        "pkg:deb/debian/libssl3@3.0.1-1%2Bb1?arch=amd64&distro=debian-12&upstream=openssl%403.0.1-1",
        "pkg:pypi/zope-interface@5.0",
        "pkg:npm/%40s/b@1.0.0",
    }


def test_the_documents_have_the_shape_of_their_standard(listing):
    cyclonedx, spdx = write_cyclonedx(listing, NOW), write_spdx(listing, NOW)
    assert (cyclonedx["bomFormat"], cyclonedx["specVersion"], spdx["spdxVersion"]) == ("CycloneDX", "1.6", "SPDX-2.3")
    references = [cyclonedx["metadata"]["component"]["bom-ref"], *(item["bom-ref"] for item in cyclonedx["components"])]
    assert len(references) == len(set(references))
    assert {"license": {"name": "Odd-1"}} in [
        choice for item in cyclonedx["components"] for choice in item.get("licenses", ())
    ]
    identities = {package["SPDXID"] for package in spdx["packages"]} | {"SPDXRef-DOCUMENT"}
    assert all({link["spdxElementId"], link["relatedSpdxElement"]} <= identities for link in spdx["relationships"])
    assert write_cyclonedx(listing, NOW) == cyclonedx


def test_cyclonedx_is_valid_by_its_schema(listing):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(write_cyclonedx(listing, NOW))) is None


def test_spdx_3_is_valid_by_the_model_s_own_reader(listing):
    """spdx-python-model is made from the published SHACL model and refuses what breaks it."""
    objects = spdx3.SHACLObjectSet()
    document = write_spdx3(listing, NOW)
    spdx3.JSONLDDeserializer().read(io.BytesIO(json.dumps(document).encode()), objects)
    assert objects.link() == set(), "every reference leads somewhere"
    (bill,) = objects.foreach_type(spdx3.software_Sbom)
    (image,) = bill.rootElement
    assert image.software_packageVersion == listing.image.manifest
    assert {one.name for one in objects.foreach_type(spdx3.software_Package) if one.software_packageUrl} == {
        package.name for package in listing.packages
    }
    (contains,) = (
        one for one in objects.foreach_type(spdx3.Relationship) if one.relationshipType.endswith("/contains")
    )
    assert len(contains.to) == len(listing.packages) + 1
    licences = objects.foreach_type(spdx3.simplelicensing_LicenseExpression)
    assert {one.simplelicensing_licenseExpression for one in licences} == {"MIT", "LicenseRef-Odd-1"}
    assert write_spdx3(listing, NOW) == document


def test_spdx_3_of_an_image_without_packages(image, layer):
    objects = spdx3.SHACLObjectSet()
    document = write_spdx3(list_packages(image(layer().file("a"))), NOW)
    spdx3.JSONLDDeserializer().read(io.BytesIO(json.dumps(document).encode()), objects)
    assert objects.link() == set()
    assert "Not examined" in next(iter(objects.foreach_type(spdx3.software_Sbom))).comment


@pytest.mark.parametrize(
    "graph",
    [
        [7],
        [{"type": "software_Package", "externalIdentifier": 7}],
        [{"type": "software_Package", "externalIdentifier": [7]}],
    ],
)
def test_spdx_3_that_has_not_its_shape(tmp_path, graph):
    (tmp_path / "bill.json").write_text(json.dumps({"@graph": graph}))
    with pytest.raises(UnreadableInput):
        read_bill(tmp_path / "bill.json")


def test_spdx_3_of_other_tools(tmp_path):
    other = {"externalIdentifierType": "packageUrl", "identifier": "pkg:pypi/b@2"}
    graph = [
        {"type": "SpdxDocument", "name": "their bill"},
        {"@type": "https://spdx.org/rdf/3.0.1/terms/Software/software_Package", "software_packageUrl": "pkg:pypi/a@1"},
        {"type": "software_Package", "name": "b", "externalIdentifier": [other]},
        {"type": "software_Package", "name": "c"},
        {"type": "software_Package", "software_primaryPurpose": "container", "software_packageUrl": "pkg:oci/x@1"},
        {"type": "software_File", "name": "d"},
    ]
    (tmp_path / "bill.json").write_text(json.dumps({"@graph": graph}))
    bill = read_bill(tmp_path / "bill.json")
    assert (bill.name, [(one.name, one.version) for one in bill.packages]) == ("their bill", [("a", "1"), ("b", "2")])
    assert [one.what for one in bill.skipped] == ["c"]


def test_a_bill_is_scanned_like_the_image_it_was_made_of(listing, tmp_path):
    feed = tmp_path / "advisory.json"
    affected = {"package": {"ecosystem": "Debian:12", "name": "openssl"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.2-1"}]}]}  # fmt: skip
    feed.write_text(json.dumps({"id": "D-1", "modified": NOW, "affected": [affected]}))
    database = build_database((feed,), tmp_path / "db").path
    (tmp_path / "bill.json").write_text(json.dumps(write_spdx(listing, NOW)))
    scan = scan_image(tmp_path / "bill.json", database, today=date(2026, 6, 2))
    assert [(found.package, found.fixed) for found in scan.vulnerabilities] == [("libssl3", "3.0.2-1")]
    assert scan.image is None
    assert scan.report.subject.kind == "bill-of-materials"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"{}",
        b'{"bomFormat": "CycloneDX", "components": 7}',
        b'{"bomFormat": "CycloneDX", "components": [7]}',
        b'{"spdxVersion": "SPDX-2.3", "packages": [{"externalRefs": [7]}]}',
        b'{"spdxVersion": "SPDX-3.0"}',
        b'{"a":' * 5000,
    ],
)
def test_what_is_no_bill_is_refused(tmp_path, content):
    (tmp_path / "bill.json").write_bytes(content)
    with pytest.raises(UnreadableInput):
        scan_image(tmp_path / "bill.json", None)


def test_a_component_without_a_usable_package_url_is_noted(tmp_path):
    purls = ["", "pkg:pypi/x", "pkg:unheard/x@1", "not a purl", "pkg:pypi/x@"]
    components = [{"type": "library", "name": f"c{number}", "purl": purl} for number, purl in enumerate(purls)]
    (tmp_path / "bill.json").write_text(json.dumps({"bomFormat": "CycloneDX", "components": components}))
    bill = read_bill(tmp_path / "bill.json")
    assert (len(bill.packages), len(bill.skipped)) == (0, 5)
    with pytest.raises(TargetMissing):
        read_bill(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("licenses", "expression"),
    [
        (("MIT",), "MIT"),
        (("GPL-2+",), "GPL-2.0-or-later"),
        (("LGPL-2.1", "Expat"), "LGPL-2.1-only AND MIT"),
        (("GPL-2+ or Expat", "Zlib"), None),
        (("MIT OR Apache-2.0", "Zlib"), "(MIT OR Apache-2.0) AND Zlib"),
        (("do what you like", "MIT"), None),
    ],
)
def test_several_licences_are_one_expression_or_their_names(image, layer, samples, licenses, expression):
    listing = list_packages(image(layer().file("opt/x.dist-info/METADATA", samples.python("x", "1"))))
    package = dataclasses.replace(listing.packages[0], licenses=licenses)
    listing = dataclasses.replace(listing, packages=(package,))
    bill = write_cyclonedx(listing, NOW)
    (component,) = [part for part in bill["components"] if part["type"] == "library"]
    names = [{"license": {"name": text}} for text in licenses]
    assert component["licenses"] == ([{"expression": expression}] if expression else names)
    assert write_spdx(listing, NOW)["packages"][-1]["licenseDeclared"] == (expression or "NOASSERTION")
