"""What every store of the log promises, in this machine's files or in PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_server.audit.errors import AuditUnavailable, LogBusy, LogDamaged
from mcp_server.audit.keys import read_card
from mcp_server.audit.log import AuditLog
from mcp_server.audit.proofs import prove_consistency, prove_record
from mcp_server.audit.reading import acknowledged, record, records
from mcp_server.audit.records import Rest, lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.verify import verify
from mcp_server.secrets import KeyUnusable


def events(directory: Path) -> list[str]:
    return [record.fields().get("event", "") for record in records(directory)]


def test_a_log_begins_goes_on_and_verifies(store, directory: Path) -> None:
    async def run() -> list[int]:
        indices = []
        for _ in range(2):
            log = await store.open(directory)
            receipts = [
                await log.append(lifecycle("x", {"n": number}), rest=lambda: ({}, b"sealed")) for number in range(5)
            ]
            assert all(receipt.checkpoint for receipt in receipts)
            assert receipts[-1].checkpoint == (await log.flush()).checkpoint.short
            indices += [receipt.index for receipt in receipts]
            await log.close()
        return indices

    assert asyncio.run(run()) == [1, 2, 3, 4, 5, 8, 9, 10, 11, 12]
    assert events(directory) == (["log.started"] + ["x"] * 5 + ["log.stopped"]) * 2
    assert record(directory, 3).content == b"sealed"
    assert verify(directory).sound


def test_callers_that_wait_together_share_a_commit(store, directory: Path) -> None:
    async def run() -> int:
        log = await store.open(directory)

        async def caller() -> None:
            for _ in range(10):
                assert (await log.append(lifecycle("x"))).checkpoint

        await asyncio.gather(*(caller() for _ in range(40)))
        await log.close()
        return verify(directory).checkpoints

    assert asyncio.run(run()) < 100


def test_a_caller_that_gives_up_does_not_disturb_the_others(store, directory: Path) -> None:
    async def run() -> None:
        log = await store.open(directory)
        waiting = [asyncio.create_task(log.append(lifecycle("x"))) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[2].cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each).__name__ for each in done].count("Receipt") == 4
        await log.close()

    asyncio.run(run())
    assert verify(directory).sound


def test_two_processes_cannot_write_one_directory(store, directory: Path) -> None:
    code = """
import asyncio, pathlib, sys
from mcp_server.audit.opening import open_log
from mcp_server.audit.settings import AuditSettings
asyncio.run(open_log(pathlib.Path(sys.argv[1]), AuditSettings.model_validate_json(sys.argv[2])))
"""

    async def run() -> None:
        log = await store.open(directory)
        with pytest.raises(LogBusy):
            await store.open(directory)
        command = [sys.executable, "-c", code, str(directory.parent), store.settings().model_dump_json()]
        other = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        assert "LogBusy" in other.stderr
        assert (await log.append(lifecycle("x"))).checkpoint
        await log.close()
        await (await store.open(directory)).close()

    asyncio.run(run())
    assert verify(directory).sound


def test_an_intent_whose_process_is_gone_gets_an_unknown_outcome(store, directory: Path) -> None:
    code = """
import asyncio, os, pathlib, sys
from mcp_server.audit.opening import open_log
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
async def main():
    log = await open_log(pathlib.Path(sys.argv[1]), AuditSettings.model_validate_json(sys.argv[2]))
    intent = {**lifecycle("x"), "kind": "call", "phase": "intent", "tenant": "acme", "actor": {"id": "p"}, "tool": {"name": "t"}}
    done = await log.append(intent)
    await log.append({**intent, "phase": "outcome", "parent": done.index})
    await log.append(intent)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    more = {"postgres_timeout": 0.5}
    settings = store.settings(**more).model_dump_json()
    subprocess.run([sys.executable, "-c", code, str(directory.parent), settings], timeout=60)

    async def reopen() -> list[dict]:
        log = await store.open(directory, **more)
        alive = await log.append({**lifecycle("x"), "kind": "call", "phase": "intent", "tenant": "acme"})
        found: list[dict] = []
        while not found:
            await asyncio.sleep(0.05)
            await log.flush()
            found = [each.fields() for each in records(directory) if each.fields().get("event") == "outcome.unknown"]
        assert alive.index not in {each["parent"] for each in found}
        await log.append({**lifecycle("x"), "kind": "call", "phase": "outcome", "parent": alive.index})
        await log.close()
        return found

    unknown = asyncio.run(asyncio.wait_for(reopen(), 60))
    assert [(each["parent"], each["outcome"]["status"], each["tenant"]) for each in unknown] == [(3, "unknown", "acme")]
    assert verify(directory).sound


def test_new_calls_are_denied_while_a_required_sink_is_behind(store, directory: Path) -> None:
    call = {**lifecycle("x"), "kind": "call", "phase": "intent"}

    async def run() -> None:
        log = await store.open(directory)
        begun = await log.append(call)
        log.hold("soc", True)
        with pytest.raises(AuditUnavailable, match="sink is behind"):
            await log.append(call)
        await log.append({**call, "phase": "outcome", "parent": begun.index})
        await log.append(lifecycle("of the log itself"))
        log.hold("soc", False)
        done = await log.append(call)
        await log.append({**call, "phase": "outcome", "parent": done.index})
        await log.close()

    asyncio.run(run())


@pytest.mark.parametrize("value", [1.5, {"ключ": 1}, 1 << 60, object()])
def test_what_no_envelope_may_hold_is_refused_and_the_log_goes_on(store, directory: Path, value: object) -> None:
    async def run() -> None:
        log = await store.open(directory)
        with pytest.raises(AuditUnavailable):
            await log.append({**lifecycle("x"), "value": value})
        assert (await log.append(lifecycle("y"))).index == 2
        await log.close()

    asyncio.run(run())
    assert verify(directory).sound
    said = record(directory, 1).fields()
    assert (said["event"], said["reduced"]) == ("x", "not canonical")
    assert "value" not in said


def test_a_record_that_cannot_be_made_costs_no_other_record(store, directory: Path) -> None:
    def broken() -> Rest:
        raise ZeroDivisionError("a secret")

    async def run() -> None:
        log = await store.open(directory)
        wrong, *right = await asyncio.gather(
            log.append({**lifecycle("x"), "phase": "intent", "tenant": "acme" * 100}, rest=broken),
            *(log.append(lifecycle("y")) for _ in range(3)),
            return_exceptions=True,
        )
        assert isinstance(wrong, AuditUnavailable)
        assert "secret" not in wrong.diagnostics()
        assert not any(isinstance(receipt, BaseException) for receipt in right)
        await log.close()
        # Its call was refused: nothing is open that would need an outcome.
        await (await store.open(directory)).close()

    asyncio.run(run())
    assert verify(directory).sound
    assert events(directory).count("outcome.unknown") == 0
    said = record(directory, 1).fields()
    assert said["reduced"] == "not canonical"
    assert "tenant" not in said  # longer than what a record in part holds


def test_a_record_that_is_too_large_is_refused(store, directory: Path) -> None:
    async def run() -> None:
        log = await store.open(directory, max_record_bytes=4096)
        with pytest.raises(AuditUnavailable, match="too large"):
            await log.append(lifecycle("x", {"pad": "y" * 5000}))
        with pytest.raises(AuditUnavailable, match="too large"):
            await log.append(lifecycle("x"), rest=lambda: ({}, b"y" * 5000))
        await log.close()

    asyncio.run(run())
    assert [record(directory, index).fields().get("reduced") for index in (1, 2)] == ["too large", "too large"]


def test_a_clock_that_jumps_is_recorded(store, directory: Path) -> None:
    async def run() -> None:
        log = await store.open(directory)
        event = lifecycle("x")
        for shift in (0, 1_000_000, -3_600_000_000, -3_600_000_000):
            await log.append({**event, "time": int(event["time"]) + shift})
        await log.close()

    asyncio.run(run())
    jumps = [
        fields["details"]["by_us"]
        for record in records(directory)
        if (fields := record.fields())["event"] == "clock.jumped"
    ]
    assert len(jumps) == 2
    assert jumps[0] == -3_601_000_000
    assert verify(directory).sound


def test_every_record_is_proved_across_segments(store, directory: Path) -> None:
    async def run() -> None:
        log = await store.open(directory, segment_bytes=4096)
        for number in range(30):
            await log.append(lifecycle("x", {"n": number, "pad": "y" * 300}))
        await log.close()

    asyncio.run(run())
    card = read_card(directory)
    assert card is not None
    assert len(list((directory / "segments").iterdir())) > 2
    for index in range(acknowledged(directory)):
        proof, envelope = prove_record(directory, index)
        proof.verify(envelope, card.by_id)
    assert prove_consistency(directory, 7).old == 7


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"origin": "another.example/log"}, LogDamaged),
        ({"signing_key": "env:YUMEN_TEST_NO_SUCH_VARIABLE"}, KeyUnusable),
        ({"signing_key": "AAAA"}, KeyUnusable),
        ({"digest_key": "file:/nonexistent/key"}, KeyUnusable),
    ],
)
def test_settings_that_do_not_fit_the_log_are_refused(store, directory: Path, changed, error) -> None:
    async def run() -> None:
        await (await store.open(directory)).close()
        with pytest.raises(error):
            await store.open(directory, **changed)
        await (await store.open(directory)).close()

    asyncio.run(run())
    assert verify(directory).sound


def test_one_kind_of_store_does_not_write_in_the_directory_of_the_other(store, directory: Path, tmp_path: Path) -> None:
    async def run() -> None:
        await (await store.open(directory)).close()
        if store.kind == "postgres":
            with pytest.raises(LogDamaged, match="copy of a log in PostgreSQL"):
                await AuditLog.open(directory, store.settings(postgres=""))
        else:
            (tmp_path / "dsn").touch(mode=0o600)
            (tmp_path / "dsn").write_text("host=127.0.0.1 port=1")
            settings = AuditSettings(origin="log.example/x", signing_key="env:A", digest_key="env:B")
            with pytest.raises(LogDamaged, match="log of its own"):
                await store.open(
                    directory, **settings.model_dump(exclude={"postgres"}), postgres=f"file:{tmp_path}/dsn"
                )

    size = asyncio.run(run()) or acknowledged(directory)
    assert (verify(directory).size, verify(directory).sound) == (size, True)
