"""Yumen knows whether what it imported is itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_server import installation
from mcp_server.config import load

REPOSITORY = Path(__file__).parents[2]


def test_the_packages_under_test_are_the_installed_ones() -> None:
    installation.verify_packages()
    assert [check.subject for check in installation.packages()] == ["mcp_server", "tools", "scanners", "policies"]


def test_a_same_named_package_elsewhere_on_the_path_is_an_error_at_start(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "__init__.py").write_text("")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "mcp_server.cli", "call", "policy_list", "--data-dir", str(tmp_path / "data")]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert ran.returncode == 4
    assert "foreign_package" in ran.stderr
    assert str(tmp_path / "policies") in ran.stderr


@pytest.mark.slow
def test_a_changed_file_of_a_wheel_is_named(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    for part in (*installation.PACKAGES, "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (REPOSITORY / part).is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copy(REPOSITORY / part, source / part)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", str(site)]
    subprocess.run([*pip, str(source)], check=True, capture_output=True)
    (site / "mcp_server" / "gate.py").write_text("# nothing stands here now\n")
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r});"
        "from mcp_server import installation;"
        "print([check.words for check in installation.packages() if not check.ok])"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True)
    assert "changed since installation: mcp_server/gate.py" in ran.stdout, ran.stdout + ran.stderr


def test_the_doctor_says_in_words_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    os.chmod(tmp_path / "data", 0o755)
    settings = load(
        None,
        {
            "data_dir": str(tmp_path / "data"),
            "paths": {"roots": [str(tmp_path / "absent")]},
            "server": {"http": "0.0.0.0:1"},
        },
    )
    wrong = [check for check in installation.environment(settings) if not check.ok]
    assert {check.subject for check in wrong} == {"data directory", "root", "network"}
    assert all(check.words for check in wrong)


def test_the_rules_have_one_digest_until_a_file_of_theirs_changes(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    rules = tmp_path / "rules.yaml"
    rules.write_text("a: 1\n")
    before = installation.rules_digest(tmp_path)
    assert before == installation.rules_digest(tmp_path) != installation.rules_digest()
    rules.write_text("a: 2\n")
    changed = installation.rules_digest(tmp_path)
    rules.rename(tmp_path / "other.yaml")
    assert len({before, changed, installation.rules_digest(tmp_path)}) == 3
