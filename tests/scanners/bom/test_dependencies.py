"""Every pinned package is looked up; whatever is not pinned, or cannot be read, is said."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from scanners.bom.dependencies import check_dependencies
from scanners.bom.lockfiles import pinned
from scanners.errors import UnreadableInput
from scanners.images.catalogue.files import Senseless
from scanners.images.packages import Package
from scanners.vulnerabilities.build import build_database

TODAY = datetime.date(2026, 1, 8)


def osv(identity: str, ecosystem: str, name: str, fixed: str, **more: Any) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]
    affected = [{"package": {"ecosystem": ecosystem, "name": name}, "ranges": ranges}]
    return {"id": identity, "modified": "2026-01-01T00:00:00Z", "affected": affected, "summary": "bad", **more}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    folder = tmp_path / "advisories"
    folder.mkdir()
    records = [
        osv("PYSEC-1", "PyPI", "torch", "2.6.0", aliases=["CVE-2026-1"]),
        osv("RUSTSEC-1", "crates.io", "regex", "1.5.5"),
        osv("GO-1", "Go", "golang.org/x/net", "0.23.0"),
        osv("GHSA-1", "npm", "lodash", "4.17.21"),
    ]
    for record in records:
        (folder / f"{record['id']}.json").write_text(json.dumps(record))
    return build_database((folder,), tmp_path / "db.sqlite", as_of="2026-01-07T00:00:00Z").path


FILES: dict[str, tuple[str, list[tuple[str, str]], list[str]]] = {
    "requirements.txt": (
        "Torch==2.5.1 \\\n  --hash=sha256:aa\nnumpy>=2  # ranged\n\n-r more.txt\nx @ https://h/x.whl\n!!\nplain\n"
        "star==1.*\nextra[a,b]==1.0 ; python_version > '3'\n",
        [("Torch", "2.5.1"), ("extra", "1.0")],
        ["numpy", "-r more.txt", "x", "!!", "plain", "star"],
    ),
    "poetry.lock": ('[[package]]\nname = "torch"\nversion = "2.5.1"\n', [("torch", "2.5.1")], []),
    "uv.lock": (
        '[[package]]\nname = "own"\nversion = "0"\nsource = {editable = "."}\n[[package]]\nname = "a"\nversion = "1"\n',
        [("a", "1")],
        [],
    ),
    "pylock.toml": ('[[packages]]\nname = "a"\nversion = "1"\n[[packages]]\nname = "b"\n', [("a", "1")], ["b"]),
    "Pipfile.lock": (
        '{"default": {"a": {"version": "==1"}, "b": {"git": "x"}}, "develop": {"c": {"version": "==2"}}}',
        [("a", "1")],
        ["b"],
    ),
    "Cargo.lock": (
        '[[package]]\nname = "own"\nversion = "1"\n[[package]]\nname = "regex"\nversion = "1.5.4"\nsource = "registry"\n',
        [("regex", "1.5.4")],
        [],
    ),
    "go.mod": (
        "module example.com/own\ngo 1.22\nrequire golang.org/x/net v0.20.0\nrequire (\n"
        "\tgithub.com/a/b/v2 v2.0.1 // indirect\n)\n",
        [("golang.org/x/net", "0.20.0"), ("github.com/a/b/v2", "2.0.1")],
        [],
    ),
    "package-lock.json": (
        '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/lodash": {"version": "4.17.20"}}}',
        [("lodash", "4.17.20")],
        [],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_each_format_is_read(name: str) -> None:
    text, packages, unpinned = FILES[name]
    found = list(pinned(f"folder/{name}", text.encode()))
    assert [(one.name, one.version) for one in found if isinstance(one, Package)] == packages
    assert [one[0] for one in found if not isinstance(one, Package)] == unpinned


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("requirements.txt", "go.mod")])
@pytest.mark.parametrize("raw", [b"\xff\xfe", b"{", b"[[package", b"[" * 100_000, b'{"packages": 7, "default": []}'])
def test_broken_files_are_said_to_be_broken_or_name_nothing(name: str, raw: bytes) -> None:
    try:
        found = list(pinned(name, raw))
    except (Senseless, RecursionError):
        return
    assert found == []


def test_a_vulnerable_dependency_is_found_with_its_fix(tmp_path: Path, database: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in FILES:
        (project / name).write_text(FILES[name][0])
    checked = check_dependencies(project, database, today=TODAY)
    found = {one.package: one.fixed for one in checked.vulnerabilities}
    assert found == {
        "Torch": "2.6.0",
        "torch": "2.6.0",
        "regex": "1.5.5",
        "golang.org/x/net": "0.23.0",
        "lodash": "4.17.21",
    }
    assert {finding.rule for finding in checked.report.findings} == {"dependency.vulnerable"}
    assert checked.report.coverage.data["PyPI"] == "2026-01-07T00:00:00Z"
    assert "requirements.txt: numpy" in [skipped.what for skipped in checked.report.coverage.skipped]


def test_pinned_and_mended_dependencies_leave_nothing_open(tmp_path: Path, database: Path) -> None:
    (tmp_path / "frozen.txt").write_text("torch==2.6.0\n")
    report = check_dependencies(tmp_path / "frozen.txt", database, today=TODAY).report
    assert (report.findings, report.coverage.skipped) == ((), ())


def test_old_data_or_none_is_said(tmp_path: Path, database: Path) -> None:
    (tmp_path / "requirements.txt").write_text("torch==2.6.0\n")
    late = check_dependencies(tmp_path / "requirements.txt", database, today=TODAY + datetime.timedelta(days=60)).report
    none = check_dependencies(tmp_path / "requirements.txt", None).report
    assert late.coverage.skipped
    assert [skipped.what for skipped in none.coverage.skipped] == ["known vulnerabilities"]


def test_a_bill_of_materials_is_checked_too(tmp_path: Path, database: Path) -> None:
    components = [{"type": "library", "name": "torch", "version": "2.5.1", "purl": "pkg:pypi/torch@2.5.1"}]
    bom = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    (tmp_path / "bom.json").write_text(json.dumps(bom))
    checked = check_dependencies(tmp_path / "bom.json", database, today=TODAY)
    assert [one.advisory for one in checked.vulnerabilities] == ["CVE-2026-1"]


def test_nothing_to_read_is_an_error(tmp_path: Path, database: Path) -> None:
    (tmp_path / "notes.md").write_text("hello")
    for target in (tmp_path / "notes.md",):
        with pytest.raises(UnreadableInput):
            check_dependencies(target, database)
