"""The shipped Rego: well formed, tested, documented, and the same on OPA."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mcp_server.policy.metadata import read_annotations
from mcp_server.policy.packs import SHIPPED, Pack, load_pack
from mcp_server.policy.testing import check, run_tests

SEVERITIES = {"critical", "high", "medium", "low", "info"}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(SHIPPED)


@pytest.fixture(scope="module")
def opa() -> str:
    """The reference implementation, where it is installed."""
    found = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))
    if found is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("opa is not installed")
        pytest.skip("opa is not installed")
    return found


def test_the_pack_has_no_problems(pack: Pack) -> None:
    asyncio.run(check(pack))


def test_every_test_of_the_pack_passes(pack: Pack) -> None:
    result = asyncio.run(run_tests(pack))
    assert [str(failure.problem) for failure in result.failures] == []
    assert len(result.passed) > 100


def test_every_module_is_tested(pack: Pack) -> None:
    """Each package under authz and checks has a test module that mentions it, or its parent's does."""
    tests = "\n".join(module.text for module in pack.modules if module.is_test)
    for module in pack.modules:
        if not module.is_test and not module.path.startswith("lib/"):
            names = module.package.split(".")
            assert any(".".join(names[:depth]) in tests for depth in (len(names), len(names) - 1)), module.path


def test_metadata_is_well_formed_and_ids_are_unique(pack: Pack) -> None:
    ids: dict[str, str] = {}
    for module in pack.modules:
        for note in read_annotations(module.path, module.text):
            custom = note.values.get("custom", {})
            if not note.of_package or "id" not in custom:
                continue
            assert custom["id"] not in ids, (module.path, ids.get(custom["id"]))
            ids[custom["id"]] = module.path
            assert note.values["title"], module.path
            assert custom["severity"] in SEVERITIES, module.path
            assert set(custom["remediation"]) >= {"en", "zh"}, module.path
            assert custom["applies_to"], module.path
    assert {"authz", "verdict", "residency", "least_privilege"} <= set(ids)


@pytest.mark.service
def test_every_test_of_the_pack_passes_on_opa_too(opa: str, pack: Pack) -> None:
    ran = subprocess.run(
        [opa, "test", "--bundle", str(SHIPPED), "--format", "json"], capture_output=True, timeout=100, check=False
    )
    results = json.loads(ran.stdout)
    assert [f"{result['package']}.{result['name']}" for result in results if result.get("fail")] == []
    ours = asyncio.run(run_tests(pack))
    assert {f"{result['package']}.{result['name']}" for result in results} == set(ours.passed)


@pytest.mark.service
def test_opa_finds_nothing_wrong_with_the_pack(opa: str) -> None:
    ran = subprocess.run([opa, "check", "--bundle", str(SHIPPED)], capture_output=True, timeout=100, check=False)
    assert ran.stderr == b""
