"""A real Kafka broker, killed in the middle: nothing that the log holds and the broker can take fails to arrive."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from pydantic import ValidationError

from mcp_server.audit.reading import records
from mcp_server.audit.sinks.settings import KafkaSinkSettings

JARS = Path.home() / ".cache" / "yumen" / "kafka"
"""Where `.ci/run` puts what tests/support/kafka/pom.xml names."""
service = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(300)]


class Broker:
    """One broker that is its own controller (KRaft), in the clear and, beside it, by SASL/SCRAM over TLS."""

    def __init__(self, folder: Path, tls: Path) -> None:
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        with ExitStack() as held:
            probes = [held.enter_context(socket.socket()) for _ in range(3)]
            for probe in probes:
                probe.bind(("127.0.0.1", 0))
            self.port, controller, self.private_port = [probe.getsockname()[1] for probe in probes]
        store = folder / "server.pem"
        store.write_text((tls / "server.key").read_text() + (tls / "server.pem").read_text())
        self._properties = folder / "server.properties"
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller},"
            f"SASL_SSL://127.0.0.1:{self.private_port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "listener.name.sasl_ssl.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "listener.name.sasl_ssl.ssl.keystore.type": "PEM",
            "listener.name.sasl_ssl.ssl.keystore.location": str(store),
            "log.dirs": str(folder / "data"),
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "log.flush.interval.messages": "1",
            "message.max.bytes": "20000",
        }
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ",
                   "-S", "SCRAM-SHA-512=[name=yumen,password=open-sesame]", "-c").wait(60)  # fmt: skip

    def _java(self, *words: str) -> subprocess.Popen[bytes]:
        command = ["java", "-Xmx256m", "-cp", f"{JARS}/*", *words, str(self._properties)]
        log = (self._folder / "log").open("ab")
        return subprocess.Popen(command, stdout=log, stderr=log)

    def start(self) -> None:
        self.process = self._java("kafka.Kafka")
        probe = Producer({"bootstrap.servers": f"127.0.0.1:{self.port}", "log_level": 0})
        ends = time.monotonic() + 90
        while time.monotonic() < ends:
            try:
                probe.list_topics("probe", timeout=2)
            except Exception:
                continue
            return
        raise AssertionError((self._folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def read(self, topic: str) -> list[dict]:
        consumer = Consumer(
            {"bootstrap.servers": f"127.0.0.1:{self.port}", "group.id": "t", "enable.auto.commit": False}
        )
        partition = TopicPartition(topic, 0, 0)
        _, end = consumer.get_watermark_offsets(partition, timeout=30)
        consumer.assign([partition])
        found: list[dict] = []
        while len(found) < end:
            message = consumer.poll(10)
            assert message is not None
            assert message.error() is None
            found.append(json.loads(message.value()))
        consumer.close()
        return found


@pytest.fixture
def broker(tmp_path: Path, certificates: Path) -> Iterator[Broker]:
    if not JARS.is_dir() or shutil.which("java") is None:
        if os.environ.get("YUMEN_CI") == "1" and "YUMEN_NO_KAFKA" not in os.environ:
            pytest.fail("the Kafka broker is not there")
        pytest.skip("the Kafka broker is not there")
    server = Broker(tmp_path, certificates)
    try:
        server.start()
        yield server
    finally:
        server.kill()


async def caught_up(keeper) -> None:
    while any(pump.status.lag for pump in keeper.pumps):
        await asyncio.sleep(0.05)


def sink(broker: Broker, **more: object) -> dict[str, object]:
    return {
        "kind": "kafka", "name": "k", "brokers": [f"127.0.0.1:{broker.port}"], "topic": "audit", "tls": None,
        "timeout_seconds": 5, "batch": 50, **more,
    }  # fmt: skip


class TestBroker:
    pytestmark = service

    def test_a_killed_broker_loses_nothing(self, pumped, fill, directory: Path, broker: Broker) -> None:
        async def body(log, keeper) -> None:
            await fill(log, 200)
            while keeper.pumps[0].status.acknowledged < 50:
                await asyncio.sleep(0.05)
            await asyncio.to_thread(broker.kill)
            await fill(log, 100)
            await asyncio.to_thread(broker.start)
            await fill(log, 1, pad=25_000)  # larger than the broker takes, alone or not
            await caught_up(keeper)
            while keeper.pumps[0].status.acknowledged < 303:
                await asyncio.sleep(0.05)

        pumped(body, sink(broker))
        seen = {event["seq"] for event in broker.read("audit")}
        assert set(range(303)) - seen == {301}
        (report,) = [each.fields() for each in records(directory) if each.fields()["event"] == "sink.rejected"]
        assert report["details"]["records"] == [301]

    def test_only_the_right_password_over_verified_tls_delivers(
        self, pumped, fill, broker: Broker, certificates: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RIGHT", "open-sesame")
        monkeypatch.setenv("WRONG", "open-barley")
        brokers = [f"127.0.0.1:{broker.private_port}"]

        def private(name: str, password: str, ca: str) -> dict[str, object]:
            tls = {"ca": certificates / f"{ca}.pem"}
            return sink(broker, name=name, brokers=brokers, user="yumen", password=f"env:{password}", tls=tls)

        async def body(log, keeper) -> None:
            right, *wrong = keeper.pumps
            for pump in wrong:
                pump.drain = _no_drain
            await fill(log, 20)
            while right.status.lag or not all(pump.status.problem for pump in wrong):
                await asyncio.sleep(0.05)
            assert [pump.status.acknowledged for pump in wrong] == [0, 0]

        async def _no_drain(seconds: float) -> None:
            return None

        pumped(
            body, private("k", "RIGHT", "ca"), private("password", "WRONG", "ca"), private("ca", "RIGHT", "stranger")
        )
        assert {event["seq"] for event in broker.read("audit")} >= set(range(21))


@pytest.mark.parametrize(
    "wrong",
    [
        {"brokers": ["kafka.example:9092"], "tls": None},
        {"brokers": []},
        {"brokers": ["kafka.example:9093"], "topic": "a b"},
        {"brokers": ["kafka.example:9093"], "user": "yumen"},
        {"brokers": ["kafka.example:9093"], "acks": "1"},
    ],
)
def test_what_would_leak_or_lose_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        KafkaSinkSettings.model_validate({"kind": "kafka", "name": "k", "topic": "t", **wrong})
