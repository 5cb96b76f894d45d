"""What a team writes over the shipped configuration is read by a rule, or refused where it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcp_server.policy.errors import PolicyInvalid
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.store import read_packs


def packs(tmp_path: Path, topic: str, data: Any, **settings: Any) -> Any:
    place = tmp_path / "team" / "config" / topic
    place.mkdir(parents=True)
    (place / "data.json").write_text(json.dumps(data))
    return read_packs(PolicySettings(packs=(tmp_path / "team",), **settings)).data["config"][topic]


RULE = {"id": "x", "effect": "allow", "origins": ["AE"], "destinations": ["SA"], "message": "m", "reference": "r"}


@pytest.mark.parametrize(
    ("topic", "data", "words"),
    [
        (
            "authz",
            {"tenant": {"barred": ["x"]}},
            r"data\.config\.authz\.tenant is read by no rule; did you mean 'tenants'",
        ),
        ("authz", {"tenants": {"bared": ["x"]}}, "did you mean 'barred'"),
        ("authz", {"tools": {"model_sign": {"role": ["admin"]}}}, "did you mean 'roles'"),
        ("authz", {"roles": {"x": {"grants": [{"kind": "tool", "family": ["*"]}]}}}, r"grants\[0\]\.family"),
        ("authz", {"conditions": {"x": {"tools": ["y"], "hour": {}}}}, "did you mean 'hours'"),
        ("authz", {"conditions": {"x": {"approval": {"approver": 2}}}}, "did you mean 'approvers'"),
        (
            "authz",
            {"conditions": {"x": {"hours": {"from": 9, "till": 18}}}},
            "did you mean .until.",
        ),
        ("authz", {"file_roots": {"tenant": {}}}, "did you mean 'tenants'"),
        ("authz", {"break_glass": {"role": ["x"]}}, "did you mean 'roles'"),
        (
            "residency",
            {"routes": [{"orgins": ["CN"]}]},
            r"routes\[0\]\.orgins is read by no rule; did you mean 'origins'",
        ),
        ("residency", {"routes": [{"volumes": {"person": 1}}]}, "did you mean 'persons'"),
        ("residency", {"rules": [{**RULE, "data_class": []}]}, "did you mean 'data_classes'"),
        ("residency", {"rules": [{**RULE, "effect": "alow"}]}, "effect must be one of allow, deny, needs_step"),
        ("residency", [], "must hold an object"),
        ("metrics", {"idle_percents": 3}, "did you mean 'idle_percent'"),
        ("resideny", {"rules": []}, r"data\.config\.resideny is read by no rule; data\.config\.residency is"),
    ],
)
def test_what_no_rule_reads_is_refused_by_its_place(tmp_path: Path, topic: str, data: Any, words: str) -> None:
    with pytest.raises(PolicyInvalid, match=words):
        packs(tmp_path, topic, data)


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("authz", {"roles": {"x": {"description": "d", "grants": []}}, "tenants": {"barred": ["t"], "comment": "why"}}),
        ("authz", {"conditions": {"x": {"tools": ["y"], "purposes": ["z"], "approval": {"approvers": 2}}}}),
        ("residency", {"routes": [{"origins": ["CN"], "exporter": {"cii_operator": False}}], "rules": [RULE]}),
        ("residency", {"routes": ["no object"], "rules": 7}),
        ("our_own", {"anything": {"goes": True}}),
    ],
)
def test_what_is_read_and_what_is_the_teams_own_is_taken(tmp_path: Path, topic: str, data: Any) -> None:
    assert packs(tmp_path, topic, data)


def test_a_team_that_replaces_packages_has_keys_of_its_own(tmp_path: Path) -> None:
    assert packs(tmp_path, "authz", {"own": 1}, replace_packages=("yumen.authz",))["own"] == 1
