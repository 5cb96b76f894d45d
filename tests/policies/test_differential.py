"""The content packs decide the same on the embedded engine and on OPA, on good input and on what is left of it when broken."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcp_server.policy.guard import Guarded

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
PACKS = ("residency", "least_privilege", "platform", "workloads", "cluster", "wellarchitected", "cost", "health")
JUNK: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, 1e300, "", "x", "CN", "*", "中", "2026-02-30", [], {}, [None], ["x", 1], {"kind": "x"}
]  # fmt: skip


def files() -> list[Path]:
    """The modules and data of the content packs, tests left out."""
    modules = [path for name in PACKS for path in (POLICIES / "checks" / name).rglob("*.rego")]
    config = [
        POLICIES / "config" / name
        for name in ("residency", "least_privilege", "platform", "cluster", "wellarchitected", "metrics")
    ]
    return sorted(path for path in modules if not path.name.endswith("_test.rego")) + config


@pytest.fixture(scope="module")
def opa() -> str:
    found = shutil.which("opa") or shutil.which("opa", path=str(Path.home() / "go" / "bin"))
    if found is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("opa is not installed")
        pytest.skip("opa is not installed")
    return found


@pytest.fixture(scope="module")
def engine() -> Guarded:
    modules, config = [], {}
    for path in files():
        if path.is_dir():
            config[path.name] = json.loads((path / "data.json").read_text("utf-8"))
        else:
            modules.append((str(path.relative_to(POLICIES)), path.read_text("utf-8")))
    guarded = Guarded(modules, {"config": config})
    assert guarded.problems == []
    return guarded


def samples() -> dict[str, list[Any]]:
    """Entry point -> inputs that mean something."""
    transfer = json.loads((ROOT / "examples" / "policy" / "transfer-cn-sg.json").read_text("utf-8"))
    grants = yaml.safe_load((ROOT / "examples" / "policy" / "grants.yaml").read_text("utf-8"))
    workload = json.loads(
        json.dumps(yaml.safe_load((ROOT / "examples" / "workload.yaml").read_text("utf-8")), default=str)
    )
    manifests = yaml.safe_load_all((ROOT / "examples" / "policy" / "deployment.yaml").read_text("utf-8"))
    cluster = [
        {"source": "kubernetes", "type": item["kind"], "address": f"{item['kind']}/x", "path": "a", "values": item}
        for item in manifests
    ]
    cloud = [
        {"source": "terraform", "type": kind, "address": f"{kind}.a", "path": "p", "values": values, "unknown": ["acl"],
         "refers": ["aws_s3_bucket.a"]}
        for kind, values in (
            ("aws_s3_bucket", {"acl": "public-read"}),
            ("aws_s3_bucket_versioning", {"versioning_configuration": [{"status": "Enabled"}]}),
            ("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "to_port": 22}]}),
            ("alicloud_security_group_rule", {"type": "ingress", "cidr_ip": "0.0.0.0/0", "port_range": "22/22"}),
            ("aws_lambda_function", {"environment": [{"variables": {"API_TOKEN": "abc"}}]}),
            ("aws_cloudwatch_log_group", {"retention_in_days": 30}),
        )
    ]  # fmt: skip
    services = [
        {"source": "compose", "type": "compose.service", "address": "services/a", "path": "a", "values": {
            "image": "x:1", "ports": ["80:80"], "environment": {"NVIDIA_VISIBLE_DEVICES": "all"}, "cap_add": ["SYS_ADMIN"],
            "volumes": ["/etc:/etc"], "gpus": [{"count": -1}]}},
        {"source": "kubernetes", "type": "ResourceClaim", "address": "ResourceClaim/c", "path": "a", "values": {
            "spec": {"devices": {"config": [{"opaque": {"parameters": {"sharing": {"strategy": "MPS"}}}}]}}}},
        {"source": "kubernetes", "type": "NetworkPolicy", "address": "NetworkPolicy/n", "path": "a", "values": {
            "apiVersion": "networking.k8s.io/v1", "spec": {"podSelector": {"matchExpressions": [
                {"key": "app", "operator": "In", "values": ["x"]}]}, "ingress": [{}]}}},
    ]  # fmt: skip
    europe = {**transfer, "origin": "DE", "safeguards": [{"kind": "scc", "valid_until": "2027-01-01"}, "art49_contract"],
              "date": "2026-11-24", "frequency": "once"}  # fmt: skip
    america = {"data_classes": ["phi"], "origin": "US", "destination": "CN", "recipient": {"role": "business_associate"},
               "purpose": "operations", "safeguards": ["baa"], "volumes": {"persons": 20000},
               "transaction": "vendor_agreement"}  # fmt: skip
    metrics = [
        {"id": "g", "kind": "gpu", "step_minutes": 10, "job": None, "samples": [{"gpu": 99, "memory": 97}] * 12},
        {"id": "t", "kind": "tenant", "quota": 8, "used": 9},
        {"id": "e", "kind": "inference", "ready_replicas": 1, "standby": True},
        {"id": "j", "kind": "training", "checkpoint_age_minutes": 500},
    ]
    roles = [
        {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]},
        {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"},
         "subjects": [{"kind": "User", "name": "bob"}]},
    ]  # fmt: skip
    access = [grants, {"objects": roles, "usage": grants["usage"], "usage_window_days": 90}]
    return {
        "residency.decision": [transfer, europe, america],
        "least_privilege.decision": access,
        "least_privilege.proposal.grants": access,
        "least_privilege.proposal.replay": access,
        "platform.decision": [{"resources": cluster}, {"resources": cloud}],
        "cluster.decision": [
            {"resources": [*cluster, *services], "credentials": [], "embedded": []},
            {
                "resources": services,
                "beside": cluster,
                "credentials": [{"address": "services/a", "path": "a", "at": ["x"]}],
                "embedded": [{"address": "x", "path": "a", "at": [], "value": {"sharing": {}}}],
            },
        ],
        "wellarchitected.decision": [{"workload": workload, "date": "2026-11-24"}],
        "health.decision": [{"resources": metrics}],
    }


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*at, key))


def broken(value: Any, chance: random.Random) -> Any:
    """`value` with one to three places removed or replaced by junk."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 3))):
        known = list(places(value))
        if not known:
            return value
        *way, last = chance.choice(known)
        here = value
        for key in way:
            here = here[key]
        if isinstance(here, dict) and chance.random() < 0.3:
            del here[last]
        else:
            here[last] = copy.deepcopy(chance.choice(JUNK))
    return value


@pytest.mark.service
@pytest.mark.parametrize("entrypoint", sorted(samples()))
def test_both_engines_decide_the_same(entrypoint: str, opa: str, engine: Guarded, tmp_path: Path) -> None:
    chance = random.Random(entrypoint)
    good = samples()[entrypoint]
    inputs = [
        *good,
        *(broken(chance.choice(good), chance) for _ in range(30 if "wellarchitected" in entrypoint else 150)),
        {},
        [],
        None,
        "x",
        7,
    ]
    path = tmp_path / "inputs.json"
    path.write_text(json.dumps(inputs))
    rule = f"data.yumen.checks.{entrypoint}"
    query = f'[said | some document in input; said := object.get({{"v": {rule}}}, "v", null) with input as document]'
    data = [argument for path in files() for argument in ("-d", _argument(path))]
    ran = subprocess.run(
        [opa, "eval", *data, "-i", str(path), "--strict-builtin-errors", "-f", "raw", query],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[:2000]
    expected = json.loads(ran.stdout)
    assert len(expected) == len(inputs)
    for document, said in zip(inputs, expected, strict=True):
        answer = engine.evaluate(rule, json.dumps(document))
        assert answer is not None
        assert json.loads(answer) == said, json.dumps(document)


def _argument(path: Path) -> str:
    """Data goes under the place that its folder gives it."""
    return f"config.{path.name}:{path / 'data.json'}" if path.is_dir() else str(path)
