"""Residency on calls, through the whole gate: allowed, refused with the law and the missing step, unknown never a pass.

With the server behind a socket and a real client: test_residency_served.py.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.app import open_parts
from mcp_server.audit import reading
from mcp_server.audit.clock import event_id
from mcp_server.calls import Call, Method, Origin, Principal
from mcp_server.config import Settings
from mcp_server.errors import Denied, ResultWithheld
from mcp_server.inspect import personal_data
from mcp_server.policy.residency import ResidencySettings, read_judgement
from scanners.errors import YumenError
from scanners.sources.interface import SourceFailed

MAIL, CARD = "write to alice@example.org", "身份证号 11010519491231002X"
ROUTE = {
    "origins": ["CN"],
    "destinations": ["SG"],
    "purpose": "support",
    "legal_basis": "contract",
    "volumes": {"persons": 5000, "sensitive_persons": 0},
    "exporter": {"cii_operator": False},
    "safeguards": ["notice", "impact_assessment"],
}
BACK = {
    "id": "org.back",
    "origins": ["SG"],
    "destinations": ["CN"],
    "effect": "allow",
    "message": "Results may go back",
    "reference": "Board decision 3",
}
Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]
Records = list[dict[str, Any]]


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    (tmp_path / "root").mkdir()

    def make(*, routes: Any = (), rules: Any = (), **residency: Any) -> Settings:
        pack = tmp_path / "team" / "config" / "residency"
        pack.mkdir(parents=True, exist_ok=True)
        (pack / "data.json").write_text(json.dumps({"routes": list(routes), "rules": list(rules)}))
        place = {"scheme": "s3", "endpoint": "http://127.0.0.1:9", "anonymous": True}
        return Settings.model_validate(
            {
                "data_dir": tmp_path / "data",
                "paths": {"roots": [tmp_path / "root"]},
                "residency": residency,
                "sources": {
                    "places": [{**place, "place": "abroad", "jurisdiction": "SG"}, {**place, "place": "nowhere"}]
                },
                "policy": {"packs": [tmp_path / "team"], "deadline": 10.0},
            }
        )

    return make


def at_the_gate(settings: Settings, scenario: Callable[[Ask], Coroutine[Any, Any, Any]]) -> Records:
    """Let `scenario` make calls, and give back the policy part of each call's record."""

    async def run() -> None:
        async with open_parts(settings) as parts:

            async def ask(
                text: str = MAIL, by: str = "CN", name: str = "pii_detect", method: Method = "tools/call", **more: Any
            ) -> dict[str, Any]:
                who = Principal("alice", "test", "local", "acme", roles=("operator",), jurisdiction=by)
                arguments = more or {"text": text}
                call = Call(event_id(), method, name, arguments, who, Origin("local"), time.time(), size=100)
                return dict((await parts.gate.pass_through(call, lambda *_: None)).result)

            await scenario(ask)

    asyncio.run(run())
    found = [record.fields() for record in reading.records(settings.data_dir / "audit")]
    return [record["policy"] for record in found if record.get("kind") == "call"]


def refused(ask: Ask, words: str, **call: Any) -> Coroutine[Any, Any, None]:
    async def check() -> None:
        with pytest.raises(Denied, match=words):
            await ask(**call)

    return check()


def test_data_that_stays_where_it_is_passes_and_the_record_says_so(settings: Callable[..., Settings]) -> None:
    async def scenario(ask: Ask) -> None:
        assert (await ask())["counts"] == {"EMAIL_ADDRESS": 1}

    (record,) = at_the_gate(settings(enforce="deny", jurisdiction="CN"), scenario)
    assert record["allow"] is True
    assert record["reasons"] == ["residency_allow", "residency_result_allow"]


def test_a_transfer_with_everything_in_place_passes(settings: Callable[..., Settings]) -> None:
    async def scenario(ask: Ask) -> None:
        await ask()

    (record,) = at_the_gate(settings(enforce="deny", jurisdiction="SG", routes=[ROUTE], rules=[BACK]), scenario)
    assert record["rules"] == ["data.yumen.checks.residency.china_outbound", "data.yumen.checks.residency.regional"]


def test_a_missing_step_is_named_with_its_law(settings: Callable[..., Settings]) -> None:
    async def scenario(ask: Ask) -> None:
        await refused(ask, "CN to server: Conclude the standard contract.*第8条", text=CARD)
        await refused(ask, "standard contract", name="admit_model", method="prompts/get", target=CARD)

    volumes = {"volumes": {"persons": 5000, "sensitive_persons": 20}}
    records = at_the_gate(settings(enforce="deny", jurisdiction="SG", routes=[ROUTE | volumes]), scenario)
    assert [(record["allow"], record["reasons"]) for record in records] == [(False, ["residency_needs_step"])] * 2


def test_no_yes_is_remembered(settings: Callable[..., Settings]) -> None:
    async def scenario(ask: Ask) -> None:
        await ask(MAIL)
        # The same caller and tool: access is answered from memory, the data in the arguments is looked at again.
        await refused(ask, "'volumes.sensitive_persons' is missing", text=CARD)
        await ask(MAIL)

    records = at_the_gate(settings(enforce="deny", jurisdiction="SG", routes=[ROUTE], rules=[BACK]), scenario)
    assert [record["allow"] for record in records] == [True, False, True]


@pytest.mark.parametrize("size", [100, 40_000])
def test_a_large_text_is_examined_too(settings: Callable[..., Settings], size: int) -> None:
    async def scenario(ask: Ask) -> None:
        await ask(text="word " * (size // 5))
        await refused(ask, "'volumes.sensitive_persons' is missing", text="word " * (size // 5) + CARD)

    at_the_gate(settings(enforce="deny", jurisdiction="SG", routes=[ROUTE], rules=[BACK]), scenario)


def test_what_cannot_be_examined_in_time_is_not_known(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_data, "_SECONDS", 0.001)

    async def scenario(ask: Ask) -> None:
        await refused(ask, "'entities' is missing", text="word " * 100_000)

    (record,) = at_the_gate(settings(enforce="deny", jurisdiction="CN"), scenario)
    assert record["reasons"] == ["residency_unknown"]


def test_a_result_that_may_not_go_back_is_withheld(settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "root" / "m").mkdir()
    (tmp_path / "root" / "m" / "11010519491231002X.bin").write_bytes(b"weights")
    only_business = BACK | {"data_classes": ["business"]}

    async def scenario(ask: Ask) -> None:
        await ask(name="policy_list", prefix="residency")
        with pytest.raises(ResultWithheld, match="server to CN: No regime") as raised:
            await ask(name="model_hash", target=str(tmp_path / "root" / "m"))
        assert "11010519491231002X" not in str(raised.value)

    given = settings(enforce="deny", jurisdiction="SG", routes=[ROUTE], rules=[only_business])
    known, withheld = at_the_gate(given, scenario)
    assert known["reasons"] == ["residency_allow", "residency_result_allow"]
    assert (withheld["allow"], withheld["reasons"]) == (False, ["residency_allow", "residency_result_unknown"])


def test_over_a_border_errors_carry_nothing_personal(settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "root" / "alice@example.org").write_bytes(b"no model")

    async def scenario(ask: Ask) -> None:
        with pytest.raises(YumenError) as raised:
            await ask(name="model_verify", target=str(tmp_path / "root" / "alice@example.org"), public_key="absent")
        assert "alice@example.org" not in str(raised.value)

    at_the_gate(settings(enforce="deny", jurisdiction="SG", routes=[ROUTE], rules=[BACK]), scenario)


def test_the_decision_log_has_both_transfers_and_no_argument(settings: Callable[..., Settings], tmp_path: Path) -> None:
    given = settings(enforce="deny", jurisdiction="CN")
    log = given.policy.model_copy(update={"decision_log": tmp_path / "decisions.jsonl"})

    async def scenario(ask: Ask) -> None:
        await ask()

    at_the_gate(given.model_copy(update={"policy": log}), scenario)
    text = (tmp_path / "decisions.jsonl").read_text()
    access, arguments, result = (json.loads(line) for line in text.splitlines())
    assert access["path"] == "yumen/authz/decision"
    assert [event["path"] for event in (arguments, result)] == ["yumen/checks/call_transfer/decision"] * 2
    call = access["decision_id"]
    assert [event["decision_id"] for event in (arguments, result)] == [f"{call}/residency/in", f"{call}/residency/out"]
    assert [event["input"]["direction"] for event in (arguments, result)] == ["in", "out"]
    assert (arguments["result"]["decision"], arguments["input"]["entities"]) == ("allow", ["EMAIL_ADDRESS"])
    assert "alice@example.org" not in text


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"by": ""}, "'caller.jurisdiction' is missing"),
        ({"by": "US"}, "recipient.covered_person"),
        ({"by": "JP"}, "No regime and no regional rule covers this transfer"),
        ({}, "'legal_basis' is missing"),
    ],
)
def test_unknown_is_never_a_pass(settings: Callable[..., Settings], call: dict[str, Any], words: str) -> None:
    async def scenario(ask: Ask) -> None:
        await refused(ask, words, **call)

    (record,) = at_the_gate(settings(enforce="deny", jurisdiction="SG"), scenario)
    assert record["allow"] is False
    assert set(record["reasons"]) == {"residency_unknown"}


def test_a_store_abroad_is_a_place_that_the_call_reaches(settings: Callable[..., Settings]) -> None:
    async def scenario(ask: Ask) -> None:
        with pytest.raises(SourceFailed):  # allowed: business data may go there; nobody listens there
            await ask(name="model_hash", target="s3://abroad/m")
        await refused(ask, "CN to s3://abroad", name="model_hash", target="s3://abroad/patient-11010519491231002X")
        await refused(ask, "places.s3://nowhere.jurisdiction", name="model_hash", target="s3://nowhere/m")

    at_the_gate(settings(enforce="deny", jurisdiction="CN"), scenario)


def test_where_it_only_records_the_call_goes_on_with_the_reasons_in_its_record(
    settings: Callable[..., Settings],
) -> None:
    async def scenario(ask: Ask) -> None:
        await ask()

    (record,) = at_the_gate(settings(enforce="record", jurisdiction="SG"), scenario)
    assert record["allow"] is True
    assert set(record["reasons"]) == {"residency_unknown", "residency_result_unknown"}


def test_where_it_is_off_nobody_asks(settings: Callable[..., Settings]) -> None:
    async def scenario(ask: Ask) -> None:
        await ask(by="")

    (record,) = at_the_gate(settings(), scenario)
    assert record["reasons"] == []


def test_a_policy_that_fails_refuses(settings: Callable[..., Settings], tmp_path: Path) -> None:
    broken = settings(enforce="deny", jurisdiction="CN")
    (tmp_path / "team" / "x.rego").write_text("package yumen.checks.call_transfer\n\ndecision := 1 / 0\n")
    policy = broken.policy.model_copy(update={"replace_packages": ("yumen.checks.call_transfer",)})

    async def scenario(ask: Ask) -> None:
        await refused(ask, "policy")

    (record,) = at_the_gate(broken.model_copy(update={"policy": policy}), scenario)
    assert record["reasons"][0].startswith("residency_")


def test_enforcing_needs_to_know_where_the_server_is() -> None:
    with pytest.raises(ValidationError, match="jurisdiction"):
        ResidencySettings(enforce="deny")
    with pytest.raises(ValidationError, match="jurisdiction"):
        ResidencySettings(enforce="deny", jurisdiction="China")


@pytest.mark.parametrize(
    "said",
    [
        None,
        "allow",
        {"decision": "allow"},
        {"decision": "allow", "reasons": []},
        {"decision": "allow", "reasons": [1]},
        {"decision": "allow", "reasons": [{"message": 1, "reference": "", "rule": ""}]},
        {"decision": True, "reasons": [{"message": "", "reference": "", "rule": ""}]},
    ],
)
def test_an_answer_that_is_no_decision_is_no_yes(said: Any) -> None:
    allowed, reasons = read_judgement(said)
    assert not allowed
    assert [reason.code for reason in reasons] == ["residency_malformed"]
