"""policy_explain and policy_test, through the whole gate: what is said, and that hostile Rego costs only itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mcp_server.app import open_parts
from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Origin, Principal
from mcp_server.config import Settings
from mcp_server.errors import InvalidArguments, NotFound
from mcp_server.policy import testing, workshop
from scanners.errors import LimitReached

RULE = "package mine\n\ndefault allow := false\n\nallow if {\n\tinput.x > 1\n\tinput.y == 2\n}\n"
TESTS = 'package mine_test\n\nimport data.mine\n\ntest_yes if mine.allow with input as {{"x": 3, "y": 2}}\n\n{more}\n'
ENDLESS = "\n".join(
    [
        "package mine_test",
        "n := numbers.range(1, 4000)",
        "test_endless if count({[a, b, c] | some a in n; some b in n; some c in n; a + b == c}) > 0",
    ]
)
Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


def through_the_gate(tmp_path: Path, scenario: Callable[[Ask], Coroutine[Any, Any, Any]], **policy: Any) -> Any:
    settings = Settings.model_validate({"data_dir": tmp_path / "data", "policy": {"deadline": 10.0} | policy})

    async def run() -> Any:
        async with open_parts(settings) as parts:

            async def ask(name: str, role: str = "analyst", **arguments: Any) -> dict[str, Any]:
                who = Principal("alice", "test", "local", "acme", roles=(role,))
                call = Call(event_id(), "tools/call", name, arguments, who, Origin("local"), time.time(), size=100)
                return dict((await parts.gate.pass_through(call, lambda *_: None)).result)

            return await scenario(ask)

    return asyncio.run(run())


def tried(tmp_path: Path, files: dict[str, str], **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = through_the_gate(tmp_path, lambda ask: ask("policy_test", files=files, **more))
    return answer


def test_a_decision_is_explained_by_file_and_line(tmp_path: Path) -> None:
    async def scenario(ask: Ask) -> None:
        told = await ask("policy_explain", policy="residency", input={"origin": "CN", "destination": "US"})
        assert told["rule"] == "data.yumen.checks.residency.decision"
        assert (told["defined"], told["value"]["decision"]) == (True, "unknown")
        places = {(step["file"], step["course"]) for step in told["steps"]}
        assert ("checks/residency/facts.rego", "held") in places
        assert ("checks/residency/residency.rego", "stopped") in places
        assert {step["file"].split("/")[1] for step in told["steps"]} == {"residency"}
        with pytest.raises(NotFound):  # an agent has no policies to read
            await ask("policy_explain", role="agent", policy="residency", input={})

    through_the_gate(tmp_path, scenario)


def test_rego_that_passes_its_tests_says_which_lines_they_left(tmp_path: Path) -> None:
    answer = tried(tmp_path, {"a.rego": RULE, "a_test.rego": TESTS.format(more="")}, coverage=True)
    assert (answer["verdict"], answer["passed"], answer["failed"]) == ("pass", ["data.mine_test.test_yes"], [])
    assert [file["file"] for file in answer["lines"]] == ["a.rego"]


@pytest.mark.parametrize(
    ("files", "verdict", "words"),
    [
        ({"a.rego": RULE}, "unknown", "no test"),
        ({"a_test.rego": TESTS.format(more="test_no if mine.allow"), "a.rego": RULE}, "fail", "1 of 2 test"),
        ({"a.rego": "package mine\n\nallow if {"}, "fail", "do not load"),
        ({"a.rego": "package mine\n\nallow := x"}, "fail", "do not load"),
        ({"a.rego": "package mine\n\nallow := nope(1)"}, "fail", "nope"),
        (
            {"a.rego": 'package mine\n\nallow if http.send({"method": "get", "url": "http://127.0.0.1"})'},
            "fail",
            "http.send",
        ),
        ({"a.rego": "package mine\n\nallow := opa.runtime().env"}, "fail", "opa.runtime"),
        ({"a.rego": "package yumen.authz\n\nallow := true"}, "fail", "belongs to"),
        ({"yumen/authz/data.json": '{"decision": 1}', "a.rego": RULE}, "fail", "do not load"),
        ({"data.json": "[" * 500 + "]" * 500}, "fail", "do not load"),
        ({"data.json": '{"a":' * 600 + "1" + "}" * 600}, "fail", "do not load"),
        ({"data.json": "{"}, "fail", "do not load"),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path: Path, files: dict[str, str], verdict: str, words: str) -> None:
    answer = tried(tmp_path, files)
    assert answer["verdict"] == verdict
    assert words in answer["summary"]
    assert "caller/" not in str(answer)


def test_the_pack_in_force_is_there_to_be_used_unless_the_files_stand_alone(tmp_path: Path) -> None:
    files = {"a_test.rego": 'package a_test\n\ntest_it if data.yumen.checks.residency.verdict == "unknown"\n'}
    assert tried(tmp_path, files)["verdict"] == "pass"
    assert tried(tmp_path, files, alone=True)["verdict"] == "fail"


@pytest.mark.parametrize(
    "path", ["../a.rego", "/a.rego", "a/../b.rego", ".a.rego", "a.txt", "data.yaml", "a//b.rego", "a.rego\n"]
)
def test_a_path_that_is_none_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidArguments, match="files"):
        tried(tmp_path, {path: "package a"})


def test_a_test_without_end_is_killed_and_the_gate_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "TEST_DEADLINE", 1.0)

    async def scenario(ask: Ask) -> None:
        trial = asyncio.ensure_future(ask("policy_test", files={"a_test.rego": ENDLESS}))
        while not trial.done():
            assert (await ask("policy_list"))["revision"]
            await asyncio.sleep(0.1)
        answer = await trial
        assert answer["verdict"] == "fail"
        assert "too long" in answer["summary"]

    through_the_gate(tmp_path, scenario, deadline=5.0)


def test_a_trial_that_does_not_finish_is_unknown_and_its_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "_LONGEST", 1.5)
    answer = tried(tmp_path, {"a_test.rego": ENDLESS}, alone=True)
    assert answer["verdict"] == "unknown"
    assert "1.5 seconds" in answer["coverage"]["skipped"][0]["why"]


def test_an_explanation_that_does_not_finish_is_an_error_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "_LONGEST", 0.01)
    with pytest.raises(LimitReached, match="longer than"):
        through_the_gate(tmp_path, lambda ask: ask("policy_explain", policy="residency", input={}))
