"""Receivers are killed, slowed, made to lie and to refuse; nothing that the log holds fails to arrive."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from pathlib import Path

import pytest
from ports import free_port

from mcp_server.audit.errors import AuditUnavailable, LogDamaged
from mcp_server.audit.keeper import keep
from mcp_server.audit.log import AuditLog
from mcp_server.audit.reading import Tailer, records
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.sinks.interface import SinkUnavailable
from mcp_server.audit.sinks.settings import TlsSettings
from mcp_server.audit.sinks.stream import connect
from mcp_server.secrets import KeyUnusable


def names(directory: Path) -> list[str]:
    return [record.fields()["event"] for record in records(directory)]


async def caught_up(keeper) -> None:
    while any(pump.status.lag for pump in keeper.pumps):
        await asyncio.sleep(0.02)


# -- reading the log forward


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_a_tailer_reads_every_record_once_over_segments(directory: Path, write_log, batch: int) -> None:
    write_log(directory, commits=40, each=2, segment_bytes=4096)
    whole = list(records(directory))
    for start in (0, 1, 41, 81, 82):
        tailer, seen = Tailer(directory, start), []
        while got := tailer.read(len(whole), batch):
            seen += got
        assert [(each.index, each.envelope, each.content) for each in seen] == [
            (each.index, each.envelope, each.content) for each in whole[start:]
        ]


# -- file


def seqs(*paths: Path) -> list[int]:
    return [json.loads(line)["seq"] for path in paths for line in path.read_text().splitlines()]


def test_a_file_gets_every_event_once_and_rotates(pumped, fill, tmp_path: Path) -> None:
    path = tmp_path / "out" / "audit.jsonl"

    async def body(log, keeper) -> None:
        await fill(log, 300)

    pumped(body, {"kind": "file", "name": "f", "path": path, "rotate_bytes": 30_000, "batch": 50})
    parts = sorted(path.parent.glob("audit.jsonl.*"))
    assert len(parts) > 3
    assert seqs(*parts, *([path] if path.exists() else [])) == list(range(301))


def test_a_file_renamed_by_somebody_else_is_begun_anew(pumped, fill, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"

    async def body(log, keeper) -> None:
        await fill(log, 30)
        await caught_up(keeper)
        path.rename(tmp_path / "moved")
        await fill(log, 30)

    pumped(body, {"kind": "file", "name": "f", "path": path})
    assert seqs(tmp_path / "moved", path) == list(range(61))


def test_a_torn_line_is_dropped_and_the_event_written_again(pumped, fill, tmp_path: Path, directory: Path) -> None:
    path = tmp_path / "audit.jsonl"

    async def body(log, keeper) -> None:
        await fill(log, 10)

    pumped(body, {"kind": "file", "name": "f", "path": path})
    path.write_text(path.read_text()[:-30])
    (directory / "cursors" / "f.json").write_text(json.dumps({"log": origin_of(directory), "next": 10}))
    pumped(body, {"kind": "file", "name": "f", "path": path})
    assert seqs(path) == list(range(len(seqs(path))))


def origin_of(directory: Path) -> str:
    return str(json.loads((directory / "log.json").read_text())["origin"])


def test_a_file_that_cannot_be_written_never_stops_a_call(pumped, fill, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be")

    async def body(log, keeper) -> None:
        await fill(log, 50)
        while not keeper.problems:
            await asyncio.sleep(0.01)
        assert "cannot be written" in keeper.problems[0]
        (tmp_path / "blocked").unlink()

    pumped(body, {"kind": "file", "name": "f", "path": tmp_path / "blocked" / "audit.jsonl"})
    assert seqs(tmp_path / "blocked" / "audit.jsonl") == list(range(51))


# -- rsyslog


@pytest.mark.service
@pytest.mark.parametrize("kind", ["syslog", "relp"])
def test_rsyslog_killed_mid_stream_loses_nothing(
    rsyslog, certificates: Path, pumped, fill, directory: Path, kind: str
) -> None:
    sink: dict[str, object] = {"kind": kind, "name": "s", "host": "127.0.0.1", "batch": 100}
    if kind == "syslog":
        tls = {
            "ca": certificates / "ca.pem",
            "certificate": certificates / "client.pem",
            "key": certificates / "client.key",
        }
        sink |= {"port": rsyslog.tls_port, "tls": tls}
    else:
        sink |= {"port": rsyslog.relp_port, "tls": None}
    # What rsyslog has taken and not yet written is in its memory, and dies with it.
    sink |= {"settle_seconds": 0.3, "replay": 2000}
    name = {"syslog": "tls", "relp": "relp"}[kind]

    async def body(log, keeper) -> None:
        for _ in range(3):
            before = len(rsyslog.received(name))
            await fill(log, 1000)
            while len(rsyslog.received(name)) == before:
                await asyncio.sleep(0.01)
            rsyslog.kill()
            await fill(log, 50)
            await asyncio.to_thread(rsyslog.start)
        await caught_up(keeper)
        while len(rsyslog.received(name)) < log.committed.checkpoint.size - 2:
            await asyncio.sleep(0.02)

    pumped(body, sink)
    assert rsyslog.received(name) >= set(range(3 * 1050 + 1))


def test_a_receiver_that_loses_what_it_acknowledged_gets_it_again(pumped, fill) -> None:
    """RELP's acknowledgement means that the event stands in a queue, and a queue in memory dies with its process."""
    connections: list[set[int]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: set[int] = set()
        connections.append(held)
        first = len(connections) == 1
        while not (first and len(held) == 20):
            try:
                number, command = (await reader.readuntil(b" "))[:-1], (await reader.readuntil(b" "))[:-1]
                size = int(await reader.readuntil(b" "))
                data = await reader.readexactly(size)
                await reader.readexactly(1)
            except asyncio.IncompleteReadError:
                break
            if command == b"syslog":
                held.add(int(json.loads(data[data.index(b"{") :])["seq"]))
            writer.write(number + b" rsp 6 200 OK\n")
            await writer.drain()
        writer.close()

    async def body(log, keeper) -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        async with server:
            await fill(log, 60)
            await caught_up(keeper)

    port = free_port()
    sink = {"kind": "relp", "name": "s", "host": "127.0.0.1", "port": port, "tls": None, "settle_seconds": 0.1}
    pumped(body, sink | {"batch": 10})
    assert connections[0] == set(range(20))
    assert set().union(*connections[1:]) >= set(range(61))


@pytest.mark.parametrize(
    ("ca", "certificate"),
    [("stranger", "client"), ("ca", "impostor")],
    ids=["receiver not trusted", "client not trusted"],
)
@pytest.mark.service
def test_a_wrong_certificate_is_refused_on_either_side(
    rsyslog, certificates: Path, pumped, fill, ca, certificate
) -> None:
    tls = {
        "ca": certificates / f"{ca}.pem",
        "certificate": certificates / f"{certificate}.pem",
        "key": certificates / f"{certificate}.key",
    }

    async def body(log, keeper) -> None:
        await fill(log, 5)
        while not keeper.problems:
            await asyncio.sleep(0.01)
        assert keeper.pumps[0].status.acknowledged == 0
        keeper.pumps[0].drain = _no_drain

    async def _no_drain(seconds: float) -> None:
        return None

    sink = {"kind": "syslog", "name": "s", "host": "127.0.0.1", "port": rsyslog.tls_port, "tls": tls, "replay": 0}
    pumped(body, sink)
    assert rsyslog.received("tls") == set()


def test_nothing_goes_in_the_clear_to_another_machine() -> None:
    with pytest.raises(SinkUnavailable, match="in the clear"):
        asyncio.run(connect("log.example.org", 514, None, 1))


def test_a_tls_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("not a certificate")
    with pytest.raises(KeyUnusable):
        asyncio.run(connect("127.0.0.1", 1, TlsSettings(ca=tmp_path / "ca"), 1))
    assert ssl.HAS_TLSv1_2


# -- HTTP receivers


class Splunk:
    """HEC with indexer acknowledgement: an event is indexed some time after it was taken, or lost on the way."""

    def __init__(self) -> None:
        self.indexed: set[int] = set()
        self.taken: dict[int, set[int]] = {}
        self.calls = 0

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        self.calls += 1
        if headers.get("Authorization") != "Splunk t0ken":
            return 401, {"text": "Invalid token", "code": 4}
        if path == "/services/collector/event":
            if self.calls % 7 == 3:
                return 503, {"text": "Server is busy", "code": 9}
            number = len(self.taken)
            self.taken[number] = {json.loads(line)["event"]["seq"] for line in body.splitlines()}
            if self.calls % 11 == 5:
                return 0, None
            return 200, {"text": "Success", "code": 0, "ackId": number}
        asked = json.loads(body)["acks"]
        if self.calls % 5 == 4:
            return 200, {"acks": {str(number): False for number in asked}}
        for number in asked:
            self.indexed |= self.taken[number]
        return 200, {"acks": {str(number): True for number in asked}}


class Elastic:
    """_bulk: some items are throttled, some can never be taken, and ids make repeats harmless."""

    def __init__(self) -> None:
        self.stored: dict[str, int] = {}
        self.calls = 0

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        assert path == "/_bulk"
        assert headers["Content-Type"] == "application/x-ndjson"
        self.calls += 1
        if self.calls % 6 == 2:
            return 0, None
        lines = body.splitlines()
        items = []
        for action, document in zip(lines[::2], lines[1::2], strict=True):
            uid = json.loads(action)["create"]["_id"]
            seq = json.loads(document)["yumen"]["seq"]
            if uid in self.stored:
                items.append(
                    {"create": {"_id": uid, "status": 409, "error": {"type": "version_conflict_engine_exception"}}}
                )
            elif seq == 33:
                items.append({"create": {"_id": uid, "status": 400, "error": {"type": "mapper_parsing_exception"}}})
            elif self.calls % 5 == 3 and seq % 13 == 7:
                items.append(
                    {"create": {"_id": uid, "status": 429, "error": {"type": "es_rejected_execution_exception"}}}
                )
            else:
                self.stored[uid] = seq
                items.append({"create": {"_id": uid, "status": 201}})
        if self.calls % 6 == 4:
            return 0, None
        return 200, {"errors": True, "items": items}


class Collector:
    """OTLP/HTTP: busy at times, rejects one record for good."""

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.calls = 0

    def __call__(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        assert path == "/v1/logs"
        self.calls += 1
        if self.calls % 4 == 2:
            return 503, {}
        (resource,) = json.loads(body)["resourceLogs"]
        found = []
        for record in resource["scopeLogs"][0]["logRecords"]:
            pairs = {pair["key"]: pair["value"] for pair in record["attributes"]}
            found.append(int(pairs["yumen.seq"]["intValue"]))
            assert int(record["timeUnixNano"]) > 10**18
        if 44 in found:
            self.kept += [seq for seq in found if seq != 44]
            return 200, {"partialSuccess": {"rejectedLogRecords": "1", "errorMessage": "too odd"}}
        self.kept += found
        return 200, {}


def test_hec_events_count_only_once_indexed(receiver, pumped, fill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUMEN_TEST_HEC", "t0ken")
    splunk = Splunk()
    service = receiver(splunk)

    async def body(log, keeper) -> None:
        await fill(log, 600)
        await caught_up(keeper)

    sink = {"kind": "hec", "name": "h", "url": service.url, "token": "env:YUMEN_TEST_HEC", "batch": 40}
    pumped(body, sink)
    assert splunk.indexed >= set(range(601))


def test_bulk_items_are_judged_one_by_one(receiver, pumped, fill, directory: Path) -> None:
    elastic = Elastic()
    service = receiver(elastic)

    async def body(log, keeper) -> None:
        await fill(log, 600)
        await caught_up(keeper)

    pumped(body, {"kind": "bulk", "name": "b", "url": service.url, "batch": 40})
    assert set(elastic.stored.values()) >= set(range(601)) - {33}
    assert len(elastic.stored) == len(set(elastic.stored.values()))
    rejected = next(record.fields() for record in records(directory) if record.fields()["event"] == "sink.rejected")
    assert rejected["details"]["records"] == [33]


def test_otlp_records_are_exported_or_reported(receiver, pumped, fill, directory: Path) -> None:
    collector = Collector()
    service = receiver(collector)

    async def body(log, keeper) -> None:
        await fill(log, 600)
        await caught_up(keeper)

    pumped(body, {"kind": "otlp", "name": "o", "url": service.url, "batch": 40})
    assert set(collector.kept) >= set(range(601)) - {44}
    assert "sink.rejected" in names(directory)


def test_a_receiver_killed_and_started_again_gets_everything(receiver, pumped, fill) -> None:
    elastic = Elastic()
    service = receiver(elastic)

    async def body(log, keeper) -> None:
        for _ in range(4):
            await fill(log, 200)
            await asyncio.to_thread(service.stop)
            await fill(log, 100)
            service.start()
        await caught_up(keeper)

    pumped(body, {"kind": "bulk", "name": "b", "url": service.url, "batch": 30})
    assert set(elastic.stored.values()) >= set(range(1201)) - {33}


def test_a_dead_sink_does_not_slow_a_call(receiver, pumped, fill) -> None:
    def hanging(path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        time.sleep(0.5)
        return 0, None

    async def body(log, keeper) -> None:
        await fill(log, 500)
        assert log.committed.checkpoint.size == 501
        assert keeper.pumps[0].status.lag == 501
        keeper.pumps[0].drain = _skip

    async def _skip(seconds: float) -> None:
        return None

    pumped(body, {"kind": "bulk", "name": "b", "url": receiver(hanging).url})


def test_a_lagging_sink_is_an_event_and_denies_calls_where_configured(receiver, pumped, directory: Path) -> None:
    healthy = False
    elastic = Elastic()

    def answer(path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        return elastic(path, headers, body) if healthy else (503, {})

    service = receiver(answer)

    async def body(log, keeper) -> None:
        nonlocal healthy
        call = {**lifecycle("x"), "kind": "call", "phase": "outcome", "tenant": "acme"}
        await log.append(call)
        with pytest.raises(AuditUnavailable, match="sink is behind"):
            while True:
                await log.append(call)
                await asyncio.sleep(0.005)
        await log.append({**call, "parent": 1})
        assert keeper.pumps[0].status.lagging
        healthy = True
        while keeper.pumps[0].status.lagging:
            await asyncio.sleep(0.02)
        await log.append(call)

    pumped(body, {"kind": "bulk", "name": "b", "url": service.url, "max_lag": 20, "on_lag": "deny"})
    seen = [record.fields().get("event") for record in records(directory)]
    assert "sink.lagging" in seen
    assert "sink.caught-up" in seen


def test_cursors_survive_a_restart_and_are_bound_to_their_log(pumped, fill, tmp_path: Path, directory: Path) -> None:
    path = tmp_path / "out.jsonl"
    sink = {"kind": "file", "name": "f", "path": path}

    async def body(log, keeper) -> None:
        await fill(log, 20)

    pumped(body, sink)
    pumped(body, sink)
    seen = seqs(path)
    assert seen == list(range(len(seen)))
    assert len(seen) == 42 + 1
    (directory / "cursors" / "f.json").write_text('{"log":"another.example/log","next":5}')
    with pytest.raises(LogDamaged, match="another log"):
        pumped(body, sink)
    (directory / "cursors" / "f.json").write_text("{")
    with pytest.raises(LogDamaged, match="not readable"):
        pumped(body, sink)


@pytest.mark.parametrize(
    "sink",
    [
        {"kind": "file", "name": "f"},
        {"kind": "carrier-pigeon", "name": "f"},
        {"kind": "hec", "name": "f", "url": "ftp://x", "token": "env:X"},
        {"kind": "file", "name": "../f", "path": "x"},
        {"kind": "file", "name": "f", "path": "x", "formt": "ocsf"},
    ],
)
def test_settings_that_are_wrong_are_refused(sink) -> None:
    with pytest.raises(ValueError):
        AuditSettings(sinks=(sink,))


def test_without_personal_content_only_pseudonyms_leave(
    pumped, principal, call, tmp_path: Path, directory: Path
) -> None:
    from mcp_server.audit.recorder import Recorder
    from mcp_server.audit.subjects import TABLE, SubjectKeys
    from mcp_server.calls import Decision, Outcome

    async def inner() -> None:
        sinks = tuple(
            {"kind": "file", "name": name, "path": tmp_path / name, "personal": name == "with"}
            for name in ("with", "without")
        )
        settings = AuditSettings(sinks=sinks)
        log = await AuditLog.open(directory, settings)
        subjects = SubjectKeys(tmp_path / TABLE, log.keys.tenant_key)
        async with keep(log, settings, subjects, drain_seconds=10):
            await Recorder(log, subjects).outcome(
                call(principal("ann.smith")), Decision(), Outcome("ok", {}), tool=None, intent=None, durable=True
            )
        await log.close()

    asyncio.run(inner())
    assert "ann.smith" in (tmp_path / "with").read_text()
    assert "ann.smith" not in (tmp_path / "without").read_text()
    assert os.stat(tmp_path / "with").st_mode & 0o007 == 0
