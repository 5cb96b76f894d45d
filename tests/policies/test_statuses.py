"""Every shipped check passes, fails, is unknown and does not apply: enumerated from the pack, so that a new one has to.

The inputs stand in the test module beside each check, in the rule `statuses`: id -> status -> input, or {input, config}
where it takes a configuration that does not ship. A check that cannot give one of the four says so in its METADATA
(`custom.statuses`), and a package that decides nothing itself names none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import pytest

from mcp_server.policy.catalogue import describe
from mcp_server.policy.guard import Guarded
from mcp_server.policy.metadata import read_annotations
from mcp_server.policy.packs import SHIPPED, load_pack
from mcp_server.policy.process import LoadedRule
from scanners.compliance.assessment import Attestation, CheckResult, Status, assess
from scanners.compliance.frameworks import Control, Framework, read_frameworks
from tools.policies import PolicyDescription

STATUSES = ("pass", "fail", "unknown", "not_applicable")
SAID: Mapping[str, str] = {
    "allow": "pass",
    "pass": "pass",
    "deny": "fail",
    "fail": "fail",
    "needs_step": "fail",
    "unknown": "unknown",
    "indeterminate": "unknown",
}
PACK = load_pack(SHIPPED)
DATE = "2026-11-24"


def loaded(data: Mapping[str, Any]) -> Guarded:
    """The shipped pack with its tests, over `data`."""
    guarded = Guarded([(module.path, module.text) for module in PACK.modules], data)
    assert guarded.problems == []
    return guarded


@cache
def engine() -> Guarded:
    return loaded(PACK.data)


def value(path: str, document: Any = None) -> Any:
    """What a rule says of `document`; None if nothing."""
    asked, guarded = {} if document is None else document, engine()
    if isinstance(asked, dict) and asked.keys() == {"input", "config"}:
        given = {topic: PACK.data["config"][topic] | of for topic, of in asked["config"].items()}
        asked, guarded = asked["input"], loaded({"config": PACK.data["config"] | given})
    text = guarded.evaluate(path, json.dumps(asked))
    return None if text is None else json.loads(text)


@cache
def checks() -> Mapping[str, PolicyDescription]:
    """The package of each id."""
    rules = [
        LoadedRule(module.file, ".".join(module.package), rule.name, rule.line, rule.is_function)
        for module in engine().syntax
        for rule in module.rules
    ]
    return {policy.id: policy for policy in describe(PACK, rules) if policy.id}


@cache
def principles() -> frozenset[str]:
    """Ids of the Well-Architected principles, each a check of its own."""
    return frozenset(f"wellarchitected.{name}" for name in PACK.data["config"]["wellarchitected"]["principles"])


@cache
def declared() -> Mapping[str, tuple[str, ...]]:
    """Id -> the statuses that its METADATA says it can give."""
    found = {}
    for module in PACK.modules:
        for note in read_annotations(module.path, module.text):
            custom = note.values.get("custom", {})
            if note.of_package and "id" in custom:
                found[custom["id"]] = tuple(custom.get("statuses", STATUSES))
    return {**found, **dict.fromkeys(principles(), STATUSES)}


@cache
def cases() -> Mapping[str, Mapping[str, Any]]:
    """Id -> status -> an input that has it."""
    found: dict[str, Mapping[str, Any]] = {}
    for module in engine().syntax:
        if module.file.endswith("_test.rego") and any(rule.name == "statuses" for rule in module.rules):
            own = value(f"data.{'.'.join(module.package)}.statuses")
            assert not found.keys() & own.keys(), module.file
            found |= own
    return found


def status(check: str, document: Any) -> str:
    """What `check` says of `document`, read as `policy_evaluate` and the report read it."""
    if check in principles():
        return str(_reviewed(json.dumps(document))[check.removeprefix("wellarchitected.")])
    policy = checks()[check]
    entry = [rule for rule in policy.rules if rule.entrypoint]
    if entry:
        said = value(entry[0].path, document)
        if isinstance(said, dict):
            said = said["decision"] if "decision" in said else {True: "allow", False: "deny"}[said["allow"]]
        return SAID[said]
    found = {rule.name: value(rule.path, document) for rule in policy.rules if rule.name in READ}
    assert {"deny", "missing", "examined"} <= found.keys(), check
    for name, means in READ.items():
        if found.get(name):
            return means
    return "not_applicable"


READ = {"deny": "fail", "missing": "unknown", "steps": "fail", "examined": "pass"}


@cache
def _reviewed(document: str) -> Mapping[str, str]:
    said = value("data.yumen.checks.wellarchitected.statuses", json.loads(document))
    assert isinstance(said, dict)
    return said


def test_every_check_has_an_input_for_each_of_its_statuses() -> None:
    assert {check: set(of) for check, of in cases().items()} == {
        check: set(of) for check, of in declared().items() if of
    }


def test_metadata_names_statuses_that_exist() -> None:
    assert set(checks()) <= set(declared())
    for check, of in declared().items():
        assert set(of) <= set(STATUSES), check


@pytest.mark.parametrize("check", sorted(check for check, of in declared().items() if of))
def test_a_check_says_what_is_so(check: str) -> None:
    assert {wanted: status(check, document) for wanted, document in cases()[check].items()} == {
        wanted: wanted for wanted in cases()[check]
    }


CONTROLS = [(framework, control) for framework in read_frameworks().values() for control in framework.controls]


@pytest.mark.parametrize(
    ("framework", "control"), CONTROLS, ids=[f"{framework.id}/{control.id}" for framework, control in CONTROLS]
)
def test_a_control_stands_as_its_checks_and_answers_do(framework: Framework, control: Control) -> None:
    answers: dict[str, Literal["yes", "no", "not_applicable"]] = {
        "pass": "yes",
        "fail": "no",
        "not_applicable": "not_applicable",
    }

    def stands(of: Status, answered: Status) -> Status:
        results = {check: CheckResult(check, of, ("seen",)) for check in control.checks}
        answer = answers.get(answered)
        said = Attestation(answer, ("e",), "a person", DATE) if answer else None
        given = {f"{framework.id}/{control.id}": said} if said else {}
        (found,) = (
            found for found in assess(framework, results, given, (), date=DATE).controls if found.control == control.id
        )
        return found.status

    assert control.checks or control.question
    for wanted in STATUSES:
        assert stands(wanted, wanted) == wanted  # type: ignore[arg-type]
    if control.question:
        assert stands("pass", "unknown") == "unknown"
    if control.checks:
        assert stands("unknown", "pass") == "unknown"


@pytest.mark.parametrize("check", sorted({check for _, control in CONTROLS for check in control.checks}))
def test_a_control_asks_for_checks_that_there_are(check: str) -> None:
    assert check in declared() or check.startswith("tool.")
