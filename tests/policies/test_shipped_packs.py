"""The shipped Rego: well formed, tested, documented, and the same on OPA."""

from __future__ import annotations

import asyncio
import json
import subprocess

import pytest

from mcp_server.policy.metadata import read_annotations
from mcp_server.policy.packs import SHIPPED, Pack, load_pack
from mcp_server.policy.testing import check, run_tests, warnings

SEVERITIES = {"critical", "high", "medium", "low", "info"}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(SHIPPED)


def test_the_pack_has_no_problems(pack: Pack) -> None:
    asyncio.run(check(pack))
    assert asyncio.run(warnings(pack)) == ()


def test_every_test_of_the_pack_passes_and_they_reach_its_lines(pack: Pack) -> None:
    result = asyncio.run(run_tests(pack, coverage=True))
    assert [str(failure.problem) for failure in result.failures] == []
    assert len(result.passed) > 100
    assert result.coverage >= 0.95


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
        [opa, "test", "--bundle", str(SHIPPED), "--format", "json", "--timeout", "90s"],
        capture_output=True,
        timeout=110,
        check=False,
    )
    results = json.loads(ran.stdout)
    assert [f"{result['package']}.{result['name']}" for result in results if result.get("fail")] == []
    ours = asyncio.run(run_tests(pack))
    assert {f"{result['package']}.{result['name']}" for result in results} == set(ours.passed)


@pytest.mark.service
def test_opa_finds_nothing_wrong_with_the_pack(opa: str) -> None:
    ran = subprocess.run([opa, "check", "--bundle", str(SHIPPED)], capture_output=True, timeout=100, check=False)
    assert ran.stderr == b""
