"""Every format on every kind of record; OCSF against the schema that its authors publish."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from mcp_server.audit.events import Event, event_of
from mcp_server.audit.formats.cef import cef
from mcp_server.audit.formats.leef import leef
from mcp_server.audit.formats.ocsf import ocsf, ocsf_1_9
from mcp_server.audit.formats.rendering import DOCUMENTS, line
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import records
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.calls import Decision, Origin, Outcome, Reason
from tools.audit import TOOLS
from tools.registry import Tool

SCHEMA = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
# github.com/ocsf/ocsf-schema at a5cfc68e (Apache-2.0), compiled, reduced to the classes that Yumen writes, to the profiles
# that it uses and to what they reach, without descriptions.
UNRELEASED = Path(__file__).parent / "published" / "ocsf-1.9.0-dev.json"
SCHEMA_1_9 = OcsfJsonSchemaEmbedded(json.loads(UNRELEASED.read_text()))
ORIGIN = Origin("http", "2026-07-28", "7", "cli", "203.0.113.9", "4bf92f", "00f067")
ALLOWED = Decision(allow=True, reasons=(Reason("role", "ok"),), revision="sha256:x")


def finding(rule: str, severity: str = "high") -> dict[str, str]:
    return {"rule": rule, "severity": severity, "title": "t"}


def named(name: str, family: str, risk: str = "read") -> Tool:
    return replace(TOOLS[0], name=name, family=family, risk=risk)


OUTCOMES = [
    (
        "image_scan",
        "images",
        Outcome("ok", {"findings": [finding("CVE-2024-1"), finding("GHSA-x", "low")]}, verdict="fail"),
    ),
    ("image_scan", "images", Outcome("ok", {"findings": []}, verdict="pass", subject_digest="sha256:aa")),
    ("policy_evaluate", "policies", Outcome("ok", {"findings": [finding("residency.eu")]}, verdict="fail")),
    ("policy_evaluate", "policies", Outcome("ok", {}, verdict="unknown")),
    (
        "model_verify",
        "models",
        Outcome("ok", {"findings": [finding("model.digest.changed", "critical")]}, verdict="fail"),
    ),
    ("model_hash", "models", Outcome("ok", {}, duration=0.5)),
    ("model_hash", "models", Outcome("timeout", error_code="limit_reached")),
]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    from mcp_server.audit.clock import event_id
    from mcp_server.calls import Call, Principal

    directory = tmp_path_factory.mktemp("formats")
    who = Principal("ann=|\\\n\t", "https://id.example", "oidc", "acme", ("analyst",), frozenset({"s"}), client="app")

    def call(name: str, method: str = "tools/call") -> Call:
        return Call(event_id(), method, name, {"limit": 1}, who, ORIGIN, 0.0)

    async def fill() -> list[Event]:
        log = await AuditLog.open(directory / "audit")
        subjects = SubjectKeys(directory / TABLE, log.keys.tenant_key)
        recorder = Recorder(log, subjects)
        for name, family, outcome in OUTCOMES:
            await recorder.outcome(call(name), ALLOWED, outcome, tool=named(name, family), intent=None, durable=False)
        changing = call("pii_redact")
        intent = await recorder.intent(changing, ALLOWED, tool=named("pii_redact", "personal_data", "change"))
        await recorder.outcome(
            changing, ALLOWED, Outcome("ok", {}), tool=named("pii_redact", "x", "change"), intent=intent, durable=True
        )
        await recorder.outcome(call("", "tools/list"), ALLOWED, Outcome("ok", {}), tool=None, intent=None, durable=True)
        await recorder.refused(ORIGIN, status="denied", error_code="protocol.404", principal=who)
        await recorder.refused(Origin("http"), status="denied", error_code="unauthenticated")
        await recorder.lifecycle("policy.swapped", {"revision": "sha256:y"})
        await log.close()
        return [event_of(record, subjects) for record in records(log.directory)]

    return asyncio.run(fill())


def problems_of(schema: OcsfJsonSchemaEmbedded, document: dict[str, Any]) -> list[str]:
    name = schema.lookup_class_name_from_uid(document["class_uid"])
    validator = Draft202012Validator(schema.get_class_schema(name, document["metadata"].get("profiles", [])))
    return [f"{name} {list(problem.path)}: {problem.message}" for problem in validator.iter_errors(document)]


def test_ocsf_1_9_carries_leaf_and_place_in_the_record_integrity_profile(events: list[Event]) -> None:
    for event in events:
        document = ocsf_1_9(event)
        assert problems_of(SCHEMA_1_9, document) == []
        (attestation,) = document["attestation_list"]
        assert attestation["uid"] == f"{event.origin}/{document['metadata']['sequence']}"
        assert attestation["chain_uid"] == event.origin
        assert attestation["fingerprint"]["value"] == event.leaf
        assert "record_integrity" in document["metadata"]["profiles"]
        assert "record_integrity" not in document["unmapped"]
        attestation["fingerprint"]["value"] = ""
        attestation["fingerprint"].pop("algorithm_id")
        assert any("algorithm_id" in problem for problem in problems_of(SCHEMA_1_9, document))


def test_every_ocsf_event_is_valid_and_of_its_class(events: list[Event]) -> None:
    classes = []
    for event in events:
        document = ocsf(event)
        assert problems_of(SCHEMA, document) == []
        assert document["type_uid"] == document["class_uid"] * 100 + document["activity_id"]
        integrity = document["unmapped"]["record_integrity"]["attestation"]
        assert (integrity["fingerprint"]["value"], integrity["sequence"]) == (event.leaf, event.index)
        classes.append(document["class_uid"])
    assert classes == [6002, 2002, 2004, 2003, 2003, 2004, 6003, 6003, 6003, 6003, 6003, 6003, 6003, 6002, 6002]


def test_uids_are_unique_and_stable(events: list[Event]) -> None:
    assert len({event.uid for event in events}) == len(events)


@pytest.mark.parametrize("name", ["json", "ocsf", "ocsf-1.9", "ecs", "cef", "leef"])
def test_every_line_is_one_line_and_names_leaf_and_place(events: list[Event], name) -> None:
    for event in events:
        text = line(event, name)
        assert "\n" not in text
        assert "\r" not in text
        assert event.leaf in text
        assert str(event.index) in text
        if name in DOCUMENTS:
            assert json.loads(text)


def test_cef_escapes_what_would_break_it(events: list[Event]) -> None:
    text = cef(events[1])
    assert text.startswith("CEF:0|Yumen|Yumen|1|call.outcome|image_scan|7|")
    assert "suser=ann\\=|\\\\\\n\t" in text


def test_leef_has_no_delimiter_inside_values(events: list[Event]) -> None:
    head, _, pairs = leef(events[1]).partition("|x09|")
    assert head.count("|") == 4
    assert "usrName=ann=|\\  " in pairs.split("\t")


def test_without_content_only_pseudonyms_leave(events: list[Event]) -> None:
    for event in events:
        bare = Event(event.index, event.leaf, event.fields, None)
        for name in ("json", "ocsf", "ocsf-1.9", "ecs", "cef", "leef"):
            text = line(bare, name)
            assert "ann" not in text.replace("scann", "")
            assert "203.0.113.9" not in text


def test_a_page_of_a_real_event_is_readable(events: list[Event], tmp_path: Path) -> None:
    document = ocsf(events[6])
    assert document["message"] == "model_hash ok"
    assert document["api"] == {"operation": "model_hash", "service": {"name": "yumen"}, "request": {"uid": "7"}}
    assert document["actor"]["idp"] == {"name": "https://id.example"}
    assert document["duration"] == 500
