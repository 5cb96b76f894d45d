"""The SIEM's copy against the ledger: what was left out, repeated, edited or slipped in is listed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from mcp_server.audit.events import event_of
from mcp_server.audit.formats.rendering import line
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import records
from mcp_server.audit.reconcile import reconcile
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.calls import Decision, Outcome

FORMATS = ["json", "ocsf", "ocsf-1.9", "ecs", "cef", "leef"]


@pytest.fixture
def ledger(directory: Path, tmp_path: Path, principal, call) -> tuple[Path, SubjectKeys]:
    async def run() -> SubjectKeys:
        log = await AuditLog.open(directory)
        subjects = SubjectKeys(tmp_path / TABLE, log.keys.tenant_key)
        recorder = Recorder(log, subjects)
        for number in range(30):
            outcome = Outcome("ok", {"n": number}, verdict="pass" if number % 3 else "")
            made = call(principal(f"user {number % 4}=|"), trace_id="4bf92f", address="203.0.113.9")
            await recorder.outcome(made, Decision(allow=True), outcome, tool=None, intent=None, durable=False)
        await log.close()
        return subjects

    return directory, asyncio.run(run())


def exported(ledger: tuple[Path, SubjectKeys], name: str, *, personal: bool = True) -> list[str]:
    directory, subjects = ledger
    return [line(event_of(record, subjects if personal else None), name) for record in records(directory)]


def wrap_splunk(text: str) -> str:
    return json.dumps({"preview": False, "result": {"_time": "x", "_raw": text, "host": "splunk"}})


def wrap_elastic(text: str) -> str:
    document = json.loads(text)
    document["host"] = {"name": "added by the agent"}
    return json.dumps({"_index": "i", "_id": "1", "_source": document})


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("personal", [True, False])
def test_a_whole_copy_is_complete_however_it_is_wrapped(ledger, name: str, personal: bool) -> None:
    lines = exported(ledger, name, personal=personal)
    wraps = [
        str,
        wrap_splunk,
        *([wrap_elastic] if name not in ("cef", "leef") else [lambda text: f"<110>1 host {text}"]),
    ]
    for wrap in wraps:
        result = reconcile(ledger[0], [wrap(text) for text in reversed(lines)], ledger[1])
        assert (result.complete, result.matched, result.unreadable) == (True, 32, 0), result


@pytest.mark.parametrize("name", FORMATS)
def test_gaps_repeats_edits_and_strangers_are_listed(ledger, name: str) -> None:
    lines = exported(ledger, name)
    status = {
        "json": '"status":"ok"',
        "ocsf": '"severity_id":1',
        "ocsf-1.9": '"severity_id":1',
        "ecs": '"status":"ok"',
        "cef": "outcome=ok",
        "leef": "outcome=ok",
    }[name]
    assert status in lines[12]
    lines[12] = lines[12].replace(status, status.replace("ok", "no").replace(":1", ":3"))
    stranger = lines[20].replace(f"{json.dumps('log')}", '"log"')
    del lines[5:8]
    del lines[-2:]
    lines += [lines[0], lines[0], "2026 sshd[1]: unrelated", stranger.replace("yumen.local/", "other.local/")]
    result = reconcile(ledger[0], lines, ledger[1])
    assert not result.complete
    assert result.missing == [(5, 7), (30, 31)]
    assert result.duplicated == 2
    assert [index for index, _ in result.altered] == [12]
    assert "changed" in result.altered[0][1]
    assert result.unreadable == 1
    assert len(result.foreign) == 1


def test_an_edited_actor_is_found(ledger) -> None:
    lines = exported(ledger, "json")
    lines[3] = lines[3].replace("user 2=|", "user 1=|")
    result = reconcile(ledger[0], lines, ledger[1])
    assert result.altered == [(3, "content.subject was changed")]


def test_after_an_erasure_the_rest_still_reconciles(ledger) -> None:
    lines = exported(ledger, "ecs")
    ledger[1].destroy("acme", "user 2=|")
    assert reconcile(ledger[0], lines, ledger[1]).complete


def test_a_part_of_the_log_can_be_asked_for(ledger) -> None:
    lines = exported(ledger, "json")[10:20]
    assert reconcile(ledger[0], lines, ledger[1], first=10, until=20).complete
    assert reconcile(ledger[0], lines, ledger[1], first=9, until=21).missing == [(9, 9), (20, 20)]


def test_an_altered_ledger_proves_nothing(ledger) -> None:
    lines = exported(ledger, "json")
    segment = next((ledger[0] / "segments").iterdir())
    data = bytearray(segment.read_bytes())
    data[900] ^= 1
    segment.write_bytes(bytes(data))
    result = reconcile(ledger[0], lines, ledger[1])
    assert not result.complete
    assert result.ledger


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '{"log":1,"seq":"x","leaf":1,"envelope":2}', "CEF:0|", "LEEF:2.0|a|b|x09|seq=²", "[" * 500],
)
def test_lines_that_are_nothing_are_counted(ledger, text: str) -> None:
    assert reconcile(ledger[0], [text], ledger[1]).unreadable == 1
