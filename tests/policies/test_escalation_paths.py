"""Every escalation path of the configuration is found whole, and not found where any one action of it is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from mcp_server.policy.guard import Guarded
from mcp_server.policy.packs import SHIPPED, load_pack

PACK = load_pack(SHIPPED)
PATHS: list[dict[str, Any]] = PACK.data["config"]["least_privilege"]["escalation"]
RULE = "least_privilege.escalation."


def granted(system: str, principal: str, actions: Sequence[str]) -> dict[str, Any]:
    """A grant of exactly these actions, everywhere, as each system writes it."""
    match system:
        case "kubernetes":
            rules = []
            for action in actions:
                resource, _, verb = action.rpartition(":")
                group, _, name = resource.partition("/")
                rules.append({"apiGroups": ["" if group == "core" else group], "resources": [name], "verbs": [verb]})
            return {"system": system, "principal": principal, "rules": rules}
        case "mcp":
            return {"system": system, "principal": principal, "tools": list(actions)}
        case _:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            return {"system": system, "principal": principal, "policy": {"Version": "1", "Statement": [statement]}}


def found(grants: Sequence[dict[str, Any]]) -> set[tuple[str, str]]:
    """(principal, path) of every escalation that is told."""
    guarded = Guarded([(module.path, module.text) for module in PACK.modules if not module.is_test], PACK.data)
    document = {"grants": list(grants), "usage": [], "usage_window_days": 90}
    answer = guarded.evaluate("data.yumen.checks.least_privilege.decision", json.dumps(document))
    assert answer is not None
    return {
        (finding["principal"], finding["rule"].removeprefix(RULE))
        for finding in json.loads(answer)["findings"]
        if finding["rule"].startswith(RULE)
    }


@pytest.mark.parametrize("system", ["aws", "alibaba", "kubernetes", "mcp"])
def test_every_path_is_found_whole_and_only_whole(system: str) -> None:
    paths = [path for path in PATHS if path["system"] == system]
    assert paths
    whole = [granted(system, path["id"], path["all_of"]) for path in paths]
    parts = [
        granted(system, f"{path['id']} without {missing}", [action for action in path["all_of"] if action != missing])
        for path in paths
        if len(path["all_of"]) > 1
        for missing in path["all_of"]
    ]
    told = found([*whole, *parts])
    assert {path["id"] for path in paths} - {path for principal, path in told if principal == path} == set()
    assert {(principal, path) for principal, path in told if principal.startswith(f"{path} without ")} == set()
