"""What changed between two images."""

from __future__ import annotations

import json

import pytest

from scanners.images.compare import compare_images
from scanners.vulnerabilities.build import build_database


@pytest.fixture
def compared(layout, layer, samples, tmp_path):
    def look(before, after, *, configs=({}, {}), advisories=()):
        roots = []
        for name, content, config in zip(("before", "after"), (before, after), configs, strict=True):
            builder = layout(name)
            layers = [item.bytes() for item in content]
            roots.append(builder.index(builder.manifest(layers, config={"config": config})))
        (tmp_path / "feed").mkdir()
        for identity, name, fixed in advisories:
            span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
            affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [span]}
            record = {"id": identity, "modified": "2026-01-01T00:00:00Z", "affected": [affected]}
            (tmp_path / "feed" / f"{identity}.json").write_text(json.dumps(record))
        database = build_database((tmp_path / "feed",), tmp_path / "db").path if advisories else None
        return compare_images(*roots, database)

    return look


def test_packages_and_vulnerabilities(compared, layer, samples):
    def packages(**versions):
        top = layer()
        for name, version in versions.items():
            top.file(f"opt/{name}.dist-info/METADATA", samples.python(name, version))
        return [top]

    result = compared(
        packages(kept="1", upgraded="1", removed="1"),
        packages(kept="1", upgraded="2", added="1"),
        advisories=[("P-1", "upgraded", "2"), ("P-2", "added", "9"), ("P-3", "kept", "9")],
    )
    assert [(item.change, item.name, item.before, item.after) for item in result.packages] == [
        ("added", "added", None, "1"),
        ("removed", "removed", "1", None),
        ("changed", "upgraded", "1", "2"),
    ]
    assert [found.advisory for found in result.appeared] == ["P-2"]
    assert [found.advisory for found in result.mended] == ["P-1"]
    assert [finding.references[0] for finding in result.report.findings] == ["P-2"]
    assert result.report.subject.digest == result.after.manifest


def test_files(compared, layer):
    base = (
        layer().file("same", "x" * 100).file("content", "a").file("mode", "m").file("gone", "g").symlink("link", "same")
    )
    other = (
        layer()
        .file("same", "x" * 100)
        .file("content", "b")
        .file("mode", "m", 0o755)
        .file("new", "n")
        .symlink("link", "new")
    )
    changes = {(item.change, item.path, item.what) for item in compared([base], [other]).files}
    assert changes == {
        ("changed", "content", "content"),
        ("changed", "mode", "mode"),
        ("removed", "gone", ""),
        ("added", "new", ""),
        ("changed", "link", "link"),
    }


def test_what_a_shared_layer_holds_is_the_same(compared, layer):
    result = compared([layer().file("a").file("b")], [layer().file("a").file("b"), layer().whiteout("a").file("c")])
    assert {(item.change, item.path) for item in result.files} == {("removed", "a"), ("added", "c")}


def test_configuration_without_the_values_of_variables(compared, layer):
    before = {"User": "app", "Env": ["TOKEN=old-value", "PATH=/bin"], "Labels": {"v": "1"}}
    after = {
        "User": "root",
        "Env": ["TOKEN=new-value", "PATH=/bin"],
        "Labels": {"v": "2"},
        "ExposedPorts": {"80/tcp": {}},
    }
    result = compared([layer().file("a")], [layer().file("a")], configs=(before, after))
    assert {(item.change, item.setting) for item in result.configuration} == {
        ("changed", "User"),
        ("changed", "Env.TOKEN"),
        ("changed", "Labels.v"),
        ("added", "ExposedPorts.80/tcp"),
    }
    assert "new-value" not in str(result)
    assert "image.config.root_user" in {finding.rule for finding in result.report.findings}
