"""What the gate's records say, and what they must never hold."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from mcp_server.audit.errors import AuditUnavailable
from mcp_server.audit.opening import open_subjects
from mcp_server.audit.reading import record, records
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.redaction import ArgumentView, shape
from mcp_server.audit.subjects import SubjectKeys
from mcp_server.audit.views import content_of
from mcp_server.calls import Decision, Origin, Outcome, Reason
from tools.answers import Arguments
from tools.registry import Tool


class WriteArguments(Arguments):
    target: str = Field(default="")
    mode: str = Field(default="mask", json_schema_extra={"enum": ["mask", "hash"]})
    text: str = ""


class Written(BaseModel):
    done: bool = True


async def nothing(arguments: object, context: object) -> BaseModel:
    raise NotImplementedError


TOOL = Tool("write_it", "Write", "Writes", "test", "change", WriteArguments, Written, nothing, targets=("target",))
ALLOWED = Decision(allow=True, reasons=(Reason("role", "the role allows it", "authz.role"),), revision="sha256:pack")

With = Callable[[Callable[[Recorder], Awaitable[None]]], SubjectKeys]


@pytest.fixture
def recording(store, directory: Path, tmp_path: Path) -> With:
    def run(body: Callable[[Recorder], Awaitable[None]]) -> SubjectKeys:
        async def inner() -> SubjectKeys:
            log = await store.open(directory)
            subjects = open_subjects(tmp_path, store.settings(), log.keys)
            await body(Recorder(log, subjects, server="yumen"))
            await log.close()
            return subjects

        return asyncio.run(inner())

    return run


def test_intent_and_outcome_say_who_what_why_and_how_it_ended(store, recording, directory, principal, call) -> None:
    made = call(
        principal(),
        "write_it",
        {"target": "a/b", "mode": "hash", "text": "Ann, 555-0100"},
        trace_id="4bf92f",
        span_id="00f067",
    )

    async def body(recorder: Recorder) -> None:
        intent = await recorder.intent(made, ALLOWED, tool=TOOL)
        assert intent.checkpoint is not None
        outcome = Outcome("ok", {"verdict": "pass"}, verdict="pass", subject_digest="sha256:ab", duration=0.25)
        receipt = await recorder.outcome(made, ALLOWED, outcome, tool=TOOL, intent=intent, durable=False)
        assert (receipt.checkpoint is None) == (store.kind == "files")
        assert receipt.event_id == made.id

    subjects = recording(body)
    intent, outcome = record(directory, 1), record(directory, 2)
    fields = outcome.fields()
    assert intent.fields()["phase"] == "intent"
    assert fields["parent"] == 1
    assert fields["tenant"] == "acme"
    assert fields["actor"] == {
        "id": fields["actor"]["id"], "issuer": "https://id.example", "method": "oidc", "roles": ["analyst"],
    }  # fmt: skip
    assert fields["tool"] == {"name": "write_it", "family": "test", "risk": "change", "digest": TOOL.digest}
    assert fields["policy"]["reasons"] == ["role"]
    assert fields["outcome"]["status"] == "ok"
    assert fields["outcome"]["duration_us"] == 250_000
    assert fields["trace"] == {"trace": "4bf92f", "span": "00f067"}
    assert fields["resources"] == ["sha256:ab"]
    assert content_of(fields, outcome, subjects) == {
        "subject": "ann",
        "arguments": {"target": "a/b", "mode": "hash", "text": {"text": 13}},
        "reasons": ["the role allows it"],
    }


def test_no_argument_text_name_or_address_is_readable_in_the_segments(recording, directory, principal, call) -> None:
    secrets = ["ann.smith@example.org", "s3cr3t-value", "203.0.113.9", "no-such-tool-for-ann"]

    async def body(recorder: Recorder) -> None:
        who = principal(secrets[0])
        arguments = {"text": secrets[1], "deep": [{"key": secrets[1]}], secrets[1]: 1}
        made = call(who, secrets[3], arguments, address=secrets[2], client_name=secrets[0])
        await recorder.intent(made, ALLOWED, tool=TOOL)
        refused = Outcome("denied", error_code="not_found")
        await recorder.outcome(made, Decision(), refused, tool=None, intent=None, durable=False)
        origin = Origin("http", address=secrets[2], request_id=secrets[1] + " x")
        await recorder.refused(origin, status="denied", error_code="x", principal=who)

    recording(body)
    raw = b"".join(path.read_bytes() for path in (directory / "segments").iterdir())
    assert [secret for secret in secrets if secret.encode() in raw] == []


def test_a_request_without_identity_is_recorded_too(recording, directory) -> None:
    async def body(recorder: Recorder) -> None:
        await recorder.refused(Origin("http", address="203.0.113.9"), status="denied", error_code="unauthenticated")

    subjects = recording(body)
    found = record(directory, 1)
    fields = found.fields()
    assert (fields["kind"], fields["outcome"]) == ("refusal", {"status": "denied", "error": "unauthenticated"})
    assert content_of(fields, found, subjects) == {"address": "203.0.113.9"}


def test_a_refused_request_of_a_proven_caller_is_recorded_under_that_caller(recording, directory, principal) -> None:
    async def body(recorder: Recorder) -> None:
        origin = Origin("http", address="203.0.113.9")
        who = principal("ann")
        await recorder.refused(origin, status="denied", error_code="body_too_large", principal=who, unreported=7)

    subjects = recording(body)
    found = record(directory, 1)
    fields = found.fields()
    assert (fields["tenant"], fields["actor"]["method"]) == ("acme", "oidc")
    assert fields["outcome"] == {"status": "denied", "error": "body_too_large", "unreported": 7}
    assert content_of(fields, found, subjects) == {"address": "203.0.113.9", "subject": "ann"}


def test_digests_of_equal_arguments_match_within_a_tenant_only(recording, directory, principal, call) -> None:
    async def body(recorder: Recorder) -> None:
        for who in (principal("a", "one"), principal("b", "one"), principal("a", "two")):
            await recorder.intent(call(who, "write_it", {"text": "yes"}), ALLOWED, tool=TOOL)

    recording(body)
    digests = [fields["arguments"]["digest"] for found in records(directory, 1, until=4) if (fields := found.fields())]
    assert digests[0] == digests[1] != digests[2]


def test_what_utf8_cannot_hold_is_recorded_all_the_same(recording, directory, principal, call) -> None:
    async def body(recorder: Recorder) -> None:
        made = call(principal("a\ud800"), "t\ud800", {"x\ud800": "\ud800", "big": 1 << 80, "nan": float("nan")})
        await recorder.outcome(made, ALLOWED, Outcome("ok", {"y": "\udfff"}), tool=None, intent=None, durable=True)

    recording(body)
    assert record(directory, 1).fields()["outcome"]["status"] == "ok"


def test_a_destroyed_key_leaves_content_unreadable_and_the_log_sound(recording, directory, principal, call) -> None:
    async def body(recorder: Recorder) -> None:
        await recorder.intent(call(principal(), "write_it"), ALLOWED, tool=TOOL)

    subjects = recording(body)
    found = record(directory, 1)
    assert content_of(found.fields(), found, subjects) is not None
    assert subjects.destroy("acme", "ann") is not None
    assert subjects.destroy("acme", "ann") is None
    assert content_of(found.fields(), found, subjects) is None
    assert subjects.obtain("acme", "ann").pseudonym != found.fields()["actor"]["id"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("free text", {"text": 9}),
        (5, 5),
        (True, True),
        (None, None),
        (4111111111111111, {"number": 16}),
        (-3.5, -3.5),
        ([1, "a"], [1, {"text": 1}]),
        (list(range(50)), {"list": 50}),
        ({"plain": 1, "ann@example.org": 2, "id4711": 3}, {"plain": 1, "key 1": 2, "key 2": 3}),
        ([[[[[["deep"]]]]]], [[[[[{"list": 1}]]]]]),
        ({f"k{'x' * n}": n for n in range(20)}, {f"k{'x' * n}": n for n in range(16)} | {"…": 4}),
    ],
)
def test_the_default_view_keeps_shapes_and_harmless_values_only(value, shown) -> None:
    assert shape(value) == shown


def test_choices_are_kept_only_as_the_schema_lists_them() -> None:
    view = ArgumentView(TOOL)
    assert view.of({"mode": "mask"}) == {"mode": "mask"}
    assert view.of({"mode": "ann@example.org"}) == {"mode": {"text": 15}}


@pytest.mark.parametrize(
    ("result", "evidence"),
    [
        ({}, {"rules": "sha256:r"}),
        (
            {"database": "sha256:d", "coverage": {"data": {"Debian:12": "2026-05-30T00:00:00Z"}}},
            {"rules": "sha256:r", "database": "sha256:d", "data": {"Debian:12": "2026-05-30T00:00:00Z"}},
        ),
        ({"database": None, "coverage": {"data": {}}}, {"rules": "sha256:r"}),
        ({"database": 7, "coverage": []}, {"rules": "sha256:r"}),
        ({"coverage": {"data": {"a name of ann": "x"}}}, {"rules": "sha256:r", "more": 1}),
    ],
)
def test_the_record_of_a_verdict_says_by_what_it_was_reached(
    store, directory, tmp_path, principal, call, result, evidence
) -> None:
    async def run() -> None:
        log = await store.open(directory)
        recorder = Recorder(log, open_subjects(tmp_path, store.settings(), log.keys), rules="sha256:r")
        made = call(principal(), "image_scan")
        for verdict in ("fail", ""):
            outcome = Outcome("ok", result, verdict=verdict)
            await recorder.outcome(made, ALLOWED, outcome, tool=TOOL, intent=None, durable=True)
        await log.close()

    asyncio.run(run())
    assert record(directory, 1).fields()["evidence"] == evidence
    assert "evidence" not in record(directory, 2).fields()


def test_what_no_envelope_may_hold_is_recorded_in_part(recording, directory, principal, call) -> None:
    """A team's own entity types need not be ASCII: the record still says who did what, and how it ended."""
    made = call(principal(), "write_it", {"text": "x"})
    found = Outcome("ok", {"done": True}, inspected={"out": {"员工号": 2}})

    async def body(recorder: Recorder) -> None:
        with suppress(AuditUnavailable):  # from PostgreSQL, which every record waits for
            await recorder.outcome(made, ALLOWED, found, tool=TOOL, intent=None, durable=False)

    recording(body)
    said = record(directory, 1).fields()
    assert said["reduced"] == "not canonical"
    assert (said["id"], said["tool"], said["outcome"]) == (made.id, {"name": "write_it"}, {"status": "ok"})
