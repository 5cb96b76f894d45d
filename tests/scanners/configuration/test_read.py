"""Configuration is read as written, with bounds, and what cannot be read is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanners.configuration import documents
from scanners.configuration.read import read_configuration, read_document
from scanners.errors import LimitReached, UnreadableInput, YumenError

PLAN: dict[str, Any] = {
    "format_version": "1.2",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "address": "aws_s3_bucket.a[0]",
                    "mode": "managed",
                    "type": "aws_s3_bucket",
                    "values": {"acl": "private"},
                },
                {"address": "data.aws_region.now", "mode": "data", "type": "aws_region", "values": {}},
            ],
            "child_modules": [
                {
                    "address": "module.log",
                    "resources": [
                        {"address": "module.log.aws_s3_bucket_logging.b", "type": "aws_s3_bucket_logging", "values": {}}
                    ],
                }
            ],
        }
    },
    "resource_changes": [
        {
            "address": "aws_s3_bucket.a[0]",
            "change": {"after_unknown": {"id": True, "tags": {}, "logging": [{"x": True}]}},
        }
    ],
    "configuration": {
        "root_module": {
            "resources": [],
            "module_calls": {
                "log": {
                    "module": {
                        "resources": [
                            {
                                "address": "aws_s3_bucket_logging.b",
                                "expressions": {
                                    "bucket": {"references": ["aws_s3_bucket.a[0].id", "aws_s3_bucket.a", "var.name"]},
                                    "target": [{"prefix": {"references": ["local.x", "data.aws_region.now.name"]}}],
                                },
                            }
                        ]
                    }
                }
            },
        }
    },
}


def test_a_plan_gives_managed_resources_with_unknowns_and_references(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN))
    bucket, logging = read_configuration(path).resources
    assert (bucket.source, bucket.type, bucket.address) == ("terraform", "aws_s3_bucket", "aws_s3_bucket.a[0]")
    assert bucket.values == {"acl": "private"}
    assert bucket.unknown == ("id", "logging")
    assert logging.refers == ("module.log.aws_s3_bucket.a",)


def test_a_text_that_the_configuration_itself_says_is_told_from_one_that_is_given(tmp_path: Path) -> None:
    values = {"password": "planned", "token": "default", "key": "overridden", "count": 7}
    plan = {
        "planned_values": {"root_module": {"resources": [{"address": "a.x[0]", "type": "a", "values": values}]}},
        "configuration": {
            "root_module": {
                "variables": {"t": {"default": "default"}, "k": {"default": "its default"}, "n": {}},
                "resources": [
                    {
                        "address": "a.x",
                        "expressions": {
                            "password": {"constant_value": "planned"},
                            "token": {"references": ["var.t"]},
                            "key": {"references": ["var.k"]},
                            "count": {"constant_value": 7},
                            "none": {"references": ["var.n", 7]},
                            "odd": {"references": [7]},
                            "block": [{"constant_value": "x"}],
                        },
                    }
                ],
            }
        },
    }
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    (resource,) = read_configuration(path).resources
    assert resource.literals == ("password", "token")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_plan_is_read_as_a_shell_wrote_it(tmp_path: Path, encoding: str) -> None:
    """PowerShell redirects into UTF-16."""
    mark = "\ufeff" if encoding.endswith(("-le", "-be")) else ""
    path = tmp_path / "plan.json"
    path.write_bytes((mark + json.dumps(PLAN)).encode(encoding))
    assert len(read_configuration(path).resources) == 2


def test_manifests_lists_and_several_documents(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n}\n---\n---\n"
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {generateName: p-}}\n"
    )
    found = read_configuration(path).resources
    assert [resource.address for resource in found] == ["Service/n/a", "Pod/p-"]


@pytest.mark.parametrize(
    ("document", "types"),
    [
        (
            {"configurationItems": [{"resourceType": "AWS::S3::Bucket", "configuration": '{"a": 1}'}]},
            ["AWS::S3::Bucket"],
        ),
        (
            {"ResourceList": [{"ResourceType": "ACS::OSS::Bucket", "ResourceId": "b", "Configuration": {"a": 1}}]},
            ["ACS::OSS::Bucket"],
        ),
        (
            {"Resources": {"ResourceList": [{"ResourceType": "ACS::ECS::Disk", "Configuration": "{"}]}},
            ["ACS::ECS::Disk"],
        ),
        ([{"type": "aws_ebs_volume", "id": "v", "attributes": {"encrypted": True}}], ["aws_ebs_volume"]),
    ],
)
def test_inventories_of_both_clouds_and_the_plain_form(tmp_path: Path, document: Any, types: list[str]) -> None:
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps(document))
    assert [resource.type for resource in read_configuration(path).resources] == types


def test_supplementary_configuration_and_region_become_values(tmp_path: Path) -> None:
    item = {
        "resourceType": "AWS::S3::Bucket",
        "resourceName": "b",
        "awsRegion": "eu-central-1",
        "configuration": {"name": "b"},
        "supplementaryConfiguration": {
            "PublicAccessBlockConfiguration": '{"blockPublicAcls": true}',
            "note": "{broken",
        },
    }
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps({"configurationItems": [item]}))
    (resource,) = read_configuration(path).resources
    assert resource.values == {
        "name": "b",
        "PublicAccessBlockConfiguration": {"blockPublicAcls": True},
        "note": "{broken",
        "region": "eu-central-1",
    }


def test_a_folder_is_read_in_order_and_its_digest_depends_on_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps(PLAN))
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "c.json").write_text("{")
    (tmp_path / "readme.txt").write_text("no")
    first = read_configuration(tmp_path)
    assert (first.files, len(first.resources), first.skipped) == (1, 2, ())
    (tmp_path / "b.json").rename(tmp_path / "a.json")
    assert read_configuration(tmp_path).digest != first.digest


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps(PLAN))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.json").symlink_to(outside)
    found = read_configuration(folder)
    assert found.resources == ()
    assert [entry.what for entry in found.skipped] == ["link.json"]


BAD = [
    ("a.json", b""),
    ("a.json", b"{"),
    ("a.json", b"\xff\xfe"),
    ("a.json", b'{"a": 1e999}'),
    ("a.json", b'{"a": NaN}'),
    ("a.json", b"[" * 2000 + b"]" * 2000),
    ("a.json", b"[" * 200 + b"]" * 200),
    ("a.yaml", b"a: [1, 2"),
    ("a.yaml", b"a: 1\na: 2\n"),
    ("a.json", b"\xff\xfe{\x00}"),
    ("a.json", b"\xff\xfe\x00\xd8{\x00"),
    ("a.yaml", b"on: 1\n1: 2\n"),
    ("a.yaml", b"2: 1\n'2': 2\n"),
    ("a.yaml", b"a: !!python/object/apply:os.system [id]\n"),
    ("a.yaml", b"a: .inf\n"),
    ("a.yaml", b"a: 99999999999999999999999\n"),
    ("a.yaml", b"? [a, b]\n: c\n"),
    ("a.yaml", b"a: &a [*a]\n"),
    ("a.yaml", b"a: 2026-13-45\n"),
    ("a.yaml", b"\x00\x01"),
    ("a.yaml", b"{" * 300 + b"}" * 300),
]


@pytest.mark.parametrize(("name", "data"), BAD, ids=[repr(data[:20]) for _, data in BAD])
def test_what_cannot_be_read_is_a_typed_error(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(YumenError):
        read_configuration(path)


def test_a_small_file_cannot_become_a_huge_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_NODES", 10_000)
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(LimitReached):
        documents.parse_yaml("\n".join(lines).encode())


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 3)
    with pytest.raises(LimitReached):
        documents.parse_json(b"[1,2]")


def test_yaml_says_its_keys_and_dates_as_text() -> None:
    (value,) = documents.parse_yaml(b"on: 2026-11-24\n2: x\n2026-01-01: y\n")
    assert value == {"true": "2026-11-24", "2": "x", "2026-01-01": "y"}


@pytest.mark.parametrize("text", ["[]", "1", ""])
def test_a_document_is_one_object(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(UnreadableInput):
        read_document(path)
