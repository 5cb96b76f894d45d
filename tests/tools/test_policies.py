"""policy_list and policy_evaluate over the shipped pack."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.policy.catalogue import Catalogue
from mcp_server.policy.decision import DecisionPoint
from mcp_server.policy.packs import SHIPPED, load_pack
from mcp_server.policy.resources import policy_resources
from mcp_server.policy.settings import PolicySettings
from mcp_server.policy.store import PolicyStore
from tools.policies import (
    TOOLS,
    EvaluateArguments,
    ListArguments,
    PolicyAnswer,
    PolicyListing,
    PolicyNotFound,
    evaluate_policy,
    list_policies,
    read_check,
    read_value,
)

TRANSFER = {
    "data_classes": ["personal"],
    "origin": "CN",
    "destination": "US",
    "date": "2026-11-24",
}


class Context:
    """A ToolContext as far as these tools use it."""

    def __init__(self, store: PolicyStore) -> None:
        self._catalogue = Catalogue(store)
        self._point = DecisionPoint(store)

    def service(self, kind: type) -> Any:
        return self._catalogue

    async def evaluate(self, entrypoint: str, document: Any) -> Any:
        return await self._point.evaluate(entrypoint, document)


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[..., Any]]:
    """Run one of the two tools with arguments."""
    with asyncio.Runner() as runner:
        store = runner.run(PolicyStore.open(PolicySettings(watch_interval=0, deadline=5)))
        context: Any = Context(store)
        yield lambda tool, arguments: runner.run(tool(arguments, context))
        runner.run(store.close())


@pytest.fixture(scope="module")
def evaluate(run: Callable[..., Any]) -> Callable[..., PolicyAnswer]:
    return lambda policy, document: run(evaluate_policy, EvaluateArguments(policy=policy, input=document))


def test_the_list_shows_packages_with_their_metadata_and_rules(run: Callable[..., Any]) -> None:
    listing: PolicyListing = run(list_policies, ListArguments())
    policies = {policy.id: policy for policy in listing.policies if policy.id}
    residency = policies["residency"]
    assert residency.package == "yumen.checks.residency"
    assert residency.title
    assert residency.references
    assert set(residency.remediation) == {"en", "zh"}
    assert residency.rules[0].path == "data.yumen.checks.residency.decision"
    assert residency.rules[0].entrypoint
    assert {"authz", "verdict", "residency", "least_privilege"} <= set(policies)
    assert not any(policy.package.endswith("_test") for policy in listing.policies)
    assert listing.revision == load_pack(SHIPPED).revision


def test_the_list_can_be_cut(run: Callable[..., Any]) -> None:
    listing: PolicyListing = run(list_policies, ListArguments(prefix="residency", rules=False))
    assert {policy.id for policy in listing.policies} > {"residency"}
    assert all("residency" in policy.package and policy.rules == () for policy in listing.policies)


@pytest.mark.parametrize(
    "name",
    ["residency", "yumen.checks.residency", "data.yumen.checks.residency", "data.yumen.checks.residency.decision"],
)
def test_a_policy_is_asked_by_any_of_its_names(evaluate: Callable[..., PolicyAnswer], name: str) -> None:
    answer = evaluate(name, TRANSFER)
    assert answer.policy.id == "residency"
    assert [rule.path for rule in answer.policy.rules] == ["data.yumen.checks.residency.decision"]
    assert answer.decision == "unknown"
    assert answer.verdict == "unknown"
    assert answer.missing
    assert answer.reasons
    assert {skipped.what for skipped in answer.coverage.skipped} == set(answer.missing)


def test_barred_data_is_denied_with_its_law(evaluate: Callable[..., PolicyAnswer]) -> None:
    answer = evaluate("residency", TRANSFER | {"data_classes": ["state_secret"]})
    assert (answer.decision, answer.verdict) == ("deny", "fail")
    assert any("数据安全法" in reason.reference for reason in answer.reasons)
    assert answer.findings[0].severity == "high"
    assert answer.findings[0].references
    assert answer.findings[0].remediation


def test_the_subject_is_the_input_whatever_the_order_of_its_keys(evaluate: Callable[..., PolicyAnswer]) -> None:
    one = evaluate("residency", TRANSFER).subject
    two = evaluate("residency", dict(reversed(TRANSFER.items()))).subject
    other = evaluate("residency", TRANSFER | {"origin": "DE"}).subject
    assert one == two
    assert one.digest != other.digest
    assert one.digest.startswith("sha256:")


def test_an_empty_input_never_passes(run: Callable[..., Any], evaluate: Callable[..., PolicyAnswer]) -> None:
    listing: PolicyListing = run(list_policies, ListArguments())
    for policy in listing.policies:
        if policy.id:
            try:
                answer = evaluate(policy.id, {})
            except PolicyNotFound:
                continue  # a library, not a check
            assert answer.verdict != "pass", policy.id


@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "data.yumen.checks.residency.nothing",
        "data",
        "input",
        "1 == 1",
        "data.yumen",
        "yumen.authz_test",
        " residency",
    ],
)
def test_what_is_no_policy_is_not_found(evaluate: Callable[..., PolicyAnswer], name: str) -> None:
    with pytest.raises(PolicyNotFound):
        evaluate(name, {})


@pytest.mark.parametrize("arguments", [{}, {"policy": "x"}, {"policy": "", "input": {}}, {"policy": "x", "input": []}])
def test_arguments_that_do_not_fit_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EvaluateArguments.model_validate(arguments)


@pytest.mark.parametrize(
    ("value", "decision"),
    [
        (True, "allow"),
        (False, "deny"),
        ("pass", "allow"),
        ("fail", "deny"),
        ("unknown", "unknown"),
        ({"allow": True}, "allow"),
        ({"allow": False}, "deny"),
        ({"allow": "yes"}, "unknown"),
        ({"decision": "allow"}, "allow"),
        ({"decision": "needs_step"}, "needs_step"),
        ({"decision": "allow", "missing": ["a"]}, "unknown"),
        ({"decision": "perhaps"}, "unknown"),
        ({"decision": "perhaps", "allow": True}, "unknown"),
        ({"decision": "allow", "missing": "a"}, "unknown"),
        ({"allow": "True"}, "unknown"),
        ("True", "unknown"),
        (None, "unknown"),
        (1, "unknown"),
        ("<undefined>", "unknown"),
        ("", "unknown"),
        ([], "unknown"),
        (["deny"], "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_value_is_a_decision_only_where_it_says_so(value: Any, decision: str) -> None:
    assert read_value(value).decision == decision


@pytest.mark.parametrize(
    ("values", "decision"),
    [
        ({"deny": [], "missing": [], "examined": ["a"]}, "allow"),
        ({"deny": [], "missing": [], "examined": []}, "unknown"),
        ({"deny": [], "missing": []}, "unknown"),
        ({"deny": [], "missing": ["a"], "examined": ["b"]}, "unknown"),
        ({"deny": [{"message": "no"}], "missing": ["a"], "examined": ["b"]}, "deny"),
        ({"deny": ["no"], "missing": [], "examined": ["b"]}, "deny"),
        ({"deny": None, "missing": [], "examined": ["b"]}, "unknown"),
        ({"deny": {}, "missing": [], "examined": ["b"]}, "unknown"),
        ({"deny": [], "missing": {"a": 1}, "examined": ["b"]}, "unknown"),
        ({"deny": [], "missing": [], "steps": [{"step": "sign"}], "examined": ["b"]}, "needs_step"),
        ({"deny": [], "missing": ["a"], "steps": [{"step": "sign"}], "examined": ["b"]}, "unknown"),
        ({"deny": [], "missing": [], "steps": [], "examined": ["b"]}, "allow"),
        ({}, "unknown"),
    ],
)
def test_a_check_passes_only_if_it_examined_something_and_missed_nothing(values: Any, decision: str) -> None:
    assert read_check(values).decision == decision


def test_every_file_of_the_pack_is_a_resource() -> None:
    async def scenario() -> dict[str, str]:
        store = await PolicyStore.open(PolicySettings(watch_interval=0, deadline=5))
        resources = policy_resources(store)
        assert policy_resources(store) is resources
        await store.close()
        return {resource.uri: resource.read() for resource in resources}

    texts = asyncio.run(scenario())
    assert texts["policy://authz/authz.rego"] == (SHIPPED / "authz" / "authz.rego").read_text()
    assert texts["policy://config/authz/data.json"].startswith("{")


def test_the_tools_only_read() -> None:
    assert [(tool.name, tool.risk) for tool in TOOLS] == [("policy_list", "read"), ("policy_evaluate", "read")]
    assert all(tool.input_schema["additionalProperties"] is False for tool in TOOLS)
