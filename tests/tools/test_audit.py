"""audit_search and audit_verify over a real log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mcp_server.audit.clock import event_id
from mcp_server.audit.errors import NoSuchRecord
from mcp_server.audit.log import AuditLog
from mcp_server.audit.merkle import included
from mcp_server.audit.notes import VerifierKey, open_checkpoint
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.audit.trail import Trail
from mcp_server.calls import Call, Decision, Origin, Outcome, Principal
from tools.audit import (
    TOOLS,
    AuditSearchAnswer,
    AuditSearchArguments,
    AuditTrail,
    AuditVerifyArguments,
    audit_search,
    audit_verify,
)
from tools.registry import ToolRegistry


@dataclass
class Context:
    """A ToolContext that judges as the shipped verdict policy does."""

    caller: Principal
    trail: Trail

    def service(self, kind: type) -> Any:
        assert kind is AuditTrail
        return self.trail

    async def verdict(self, report: Any) -> str:
        return "fail" if report.findings else "unknown" if report.coverage.skipped else "pass"


def who(subject: str, tenant: str = "acme", *roles: str) -> Principal:
    return Principal(subject, "https://id.example", "oidc", tenant, roles or ("viewer",))


CALLS = [
    ("ann", "acme", "model_hash", "ok", "pass", "sha256:aa", "trace1"),
    ("ann", "acme", "image_scan", "ok", "fail", "sha256:bb", "trace1"),
    ("ben", "acme", "model_hash", "denied", "", "", ""),
    ("ann", "other", "model_hash", "ok", "pass", "sha256:aa", "trace2"),
]
"""Recorded at indexes 1, 2, 3, 4, behind log.started at 0."""


async def record_call(trail: Trail, caller: Principal, name: str) -> None:
    call = Call(event_id(), "tools/call", name, {}, caller, Origin("http"), time.time())
    recorder = Recorder(trail._log, trail._subjects)
    tool = replace(TOOLS[0], name=name)
    await recorder.outcome(call, Decision(allow=True), Outcome("ok", None), tool=tool, intent=None, durable=True)


@pytest.fixture
def with_trail(tmp_path: Path) -> Callable[[Callable[[Trail], Awaitable[None]]], None]:
    registry = ToolRegistry()
    registry.add(*TOOLS)

    def run(body: Callable[[Trail], Awaitable[None]]) -> None:
        async def inner() -> None:
            log = await AuditLog.open(tmp_path / "audit")
            subjects = SubjectKeys(tmp_path / TABLE, log.keys.tenant_key)
            recorder = Recorder(log, subjects)
            trail = Trail(log, subjects)
            for subject, tenant, name, status, verdict, digest, trace in CALLS:
                origin = Origin("http", trace_id=trace)
                call = Call(event_id(), "tools/call", name, {"n": 1}, who(subject, tenant), origin, time.time())
                tool = next(iter(registry))
                named = replace(tool, name=name)
                outcome = Outcome(status, None, verdict=verdict, subject_digest=digest)
                await recorder.outcome(call, Decision(allow=True), outcome, tool=named, intent=None, durable=False)
            try:
                await body(trail)
            finally:
                trail.close()
                subjects.close()
                await log.close()

        asyncio.run(inner())

    return run


@pytest.mark.parametrize(
    ("caller", "arguments", "found"),
    [
        (who("ann"), {}, [2, 1]),
        (who("ben"), {}, [3]),
        (who("ann", "other"), {}, [4]),
        (who("nobody"), {}, []),
        (who("ann"), {"actor": "ben"}, []),
        (who("eve", "acme", "auditor"), {}, [3, 2, 1]),
        (who("eve", "acme", "admin"), {"actor": "ben"}, [3]),
        (who("eve", "acme", "auditor"), {"actor": "nobody"}, []),
        (who("ann"), {"tool": "image_scan"}, [2]),
        (who("ann"), {"verdict": "pass"}, [1]),
        (who("eve", "acme", "auditor"), {"status": "denied"}, [3]),
        (who("eve", "acme", "auditor"), {"subject_digest": "sha256:aa"}, [1]),
        (who("eve", "acme", "auditor"), {"trace_id": "trace1"}, [2, 1]),
        (who("eve", "acme", "auditor"), {"trace_id": "trace2"}, []),
        (who("ann"), {"since": "2100-01-01T00:00:00Z"}, []),
        (who("ann"), {"until": "2100-01-01T00:00:00Z"}, [2, 1]),
        (who("ann"), {"until": "2001-01-01T00:00:00"}, []),
    ],
)
def test_callers_find_their_own_records_and_auditors_those_of_their_tenant(
    with_trail, caller, arguments, found
) -> None:
    async def body(trail: Trail) -> None:
        answer = await audit_search(AuditSearchArguments(**arguments), Context(caller, trail))
        assert [record.index for record in answer.records] == found
        assert all(record.actor for record in answer.records)

    with_trail(body)


def test_pages_follow_one_another_without_gap_or_overlap(with_trail) -> None:
    async def body(trail: Trail) -> None:
        context, seen, before = Context(who("eve", "acme", "auditor"), trail), [], None
        while True:
            answer = await audit_search(AuditSearchArguments(limit=1, before=before), context)
            seen += [record.index for record in answer.records]
            before = answer.next
            if before is None:
                break
        assert seen == [3, 2, 1]

    with_trail(body)


def test_a_record_is_proved_against_a_checkpoint_that_anybody_can_check(with_trail) -> None:
    async def body(trail: Trail) -> None:
        answer = await audit_verify(AuditVerifyArguments(index=2), Context(who("ann"), trail))
        assert answer.verdict == "pass"
        assert "record 2 is in it" in answer.summary
        proof = answer.proof
        assert proof is not None
        key = VerifierKey.parse(proof.key)
        checkpoint = open_checkpoint(proof.checkpoint, {key.id: key})
        path = [bytes.fromhex(step) for step in proof.path]
        assert included(bytes.fromhex(proof.leaf), 2, checkpoint.size, path, checkpoint.root)

    with_trail(body)


@pytest.mark.parametrize("index", [0, 3, 4, 5, 10**15])
def test_anothers_record_and_an_absent_one_are_refused_in_the_same_words(with_trail, index: int) -> None:
    async def body(trail: Trail) -> None:
        with pytest.raises(NoSuchRecord) as caught:
            await audit_verify(AuditVerifyArguments(index=index), Context(who("ann"), trail))
        assert str(caught.value) == f"there is no record {index} that you may see"

    with_trail(body)


def test_an_altered_log_fails_and_the_place_is_named(with_trail, tmp_path: Path) -> None:
    async def body(trail: Trail) -> None:
        context = Context(who("ann"), trail)
        assert (await audit_verify(AuditVerifyArguments(), context)).verdict == "pass"
        segment = next((tmp_path / "audit" / "segments").iterdir())
        data = bytearray(segment.read_bytes())
        at = data.index(b'"seq":2,')
        data[at + 6] ^= 1
        segment.write_bytes(bytes(data))
        answer = await audit_verify(AuditVerifyArguments(), context)
        assert answer.verdict == "fail"
        assert answer.findings[0].evidence == "record 2"
        assert "checksum" in answer.findings[0].title
        segment.write_bytes(bytes(data[:at] + b"2" + data[at:])[: len(data)])
        data[at + 6] ^= 1
        segment.write_bytes(bytes(data))

    with_trail(body)


def test_the_log_is_followed_page_by_page_without_gap_or_repeat(with_trail) -> None:
    async def body(trail: Trail) -> None:
        context = Context(who("aud", "acme", "auditor"), trail)
        seen: list[int] = []
        after = -1
        while True:
            page = await audit_search(AuditSearchArguments(after=after, limit=2), context)
            seen += [record.index for record in page.records]
            assert page.next is not None
            if not page.records:
                break
            after = page.next
        assert seen == [1, 2, 3]
        assert page.next == after  # nothing new: go on from there

        waiting = asyncio.create_task(audit_search(AuditSearchArguments(after=after, wait_seconds=20), context))
        await asyncio.sleep(0)
        await record_call(trail, who("aud", "acme", "auditor"), "audit_search")
        await record_call(trail, who("ben"), "image_scan")
        found = await waiting
        assert [record.tool for record in found.records] == ["image_scan"]  # not one's own searching

        ann = Context(who("ann"), trail)
        assert [each.index for each in (await audit_search(AuditSearchArguments(after=-1), ann)).records] == [1, 2]
        stranger = Context(who("zoe"), trail)
        assert await audit_search(AuditSearchArguments(after=3), stranger) == AuditSearchAnswer(records=(), next=3)

    with_trail(body)


@pytest.mark.parametrize("arguments", [{"after": 1, "before": 2}, {"wait_seconds": 1}, {"after": -2}])
def test_following_backwards_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        AuditSearchArguments(**arguments)
