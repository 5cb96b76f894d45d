"""Real rsyslog, certificates, and receivers that speak the real protocol bytes over loopback."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ports import free_port

from mcp_server.audit.keeper import Keeper, keep
from mcp_server.audit.log import AuditLog
from mcp_server.audit.records import lifecycle
from mcp_server.audit.settings import AuditSettings


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """ca.pem, server.pem/.key for 'localhost', client.pem/.key, and a stranger's ca."""
    folder = tmp_path / "tls"
    folder.mkdir()

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    for ca in ("ca", "stranger"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                f"/CN={ca}", "-keyout", f"{ca}.key", "-out", f"{ca}.pem")  # fmt: skip
    for name, ca in (("server", "ca"), ("client", "ca"), ("impostor", "stranger")):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout",
                f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        (folder / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days",
                "2", "-extfile", "ext", "-out", f"{name}.pem")  # fmt: skip
    return folder


class Rsyslog:
    """An rsyslogd of our own: RFC 5425 with client certificates, and RELP, into a file each."""

    def __init__(self, folder: Path, tls: Path) -> None:
        self.folder = folder
        self.tls_port, self.relp_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "rsyslog.conf").write_text(f"""
global(workDirectory="{folder}" maxMessageSize="64k"
  defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{tls}/ca.pem"
  defaultNetstreamDriverCertFile="{tls}/server.pem" defaultNetstreamDriverKeyFile="{tls}/server.key")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
module(load="imrelp")
template(name="raw" type="string" string="%msg%\\n")
ruleset(name="tls") {{ action(type="omfile" file="{folder}/tls.log" template="raw" flushOnTXEnd="on") }}
ruleset(name="relp") {{ action(type="omfile" file="{folder}/relp.log" template="raw" flushOnTXEnd="on") }}
input(type="imtcp" address="127.0.0.1" port="{self.tls_port}" ruleset="tls")
input(type="imrelp" address="127.0.0.1" port="{self.relp_port}" ruleset="relp")
""")

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["rsyslogd", "-n", "-f", str(self.folder / "rsyslog.conf"), "-i", str(self.folder / "pid")],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "errors").open("ab"),
        )
        for port in (self.tls_port, self.relp_port):
            for _ in range(3000):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.01)
            else:
                raise AssertionError((self.folder / "errors").read_text())

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def received(self, name: str) -> set[int]:
        """Sequence numbers of the whole events that were written."""
        found = set()
        path = self.folder / f"{name}.log"
        for text in path.read_text(errors="replace").splitlines() if path.exists() else ():
            try:
                found.add(int(json.loads(text)["seq"]))
            except (ValueError, KeyError, TypeError):
                continue  # a line that the kill tore
        return found


@pytest.fixture
def rsyslog(tmp_path: Path, certificates: Path) -> Iterator[Rsyslog]:
    if shutil.which("rsyslogd") is None:
        if os.environ.get("YUMEN_CI") == "1":
            pytest.fail("rsyslogd is not installed")
        pytest.skip("rsyslogd is not installed")
    folder = tmp_path / "rsyslog"
    folder.mkdir()
    server = Rsyslog(folder, certificates)
    try:
        server.start()
        yield server
    finally:
        server.kill()


class Receiver:
    """An HTTP service whose answers a test writes; can be slowed, broken and killed."""

    def __init__(self, answer: Callable[[str, dict[str, str], bytes], tuple[int, object]]) -> None:
        self.answer = answer
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, document = receiver.answer(self.path, dict(self.headers), body)
                if status == 0:  # die before answering
                    self.close_connection = True
                    self.connection.close()
                    return
                data = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(answer) -> Receiver:
        made.append(Receiver(answer))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def pumped(directory: Path) -> Callable[..., None]:
    """Run a body beside a log with sinks; the body gets the log and its keeper."""

    def run(body: Callable[[AuditLog, Keeper], Awaitable[None]], *sinks: dict[str, object]) -> None:
        async def inner() -> None:
            settings = AuditSettings(sinks=sinks)
            log = await AuditLog.open(directory, settings)
            try:
                async with keep(log, settings, drain_seconds=20) as keeper:
                    await body(log, keeper)
            finally:
                await log.close()

        asyncio.run(asyncio.wait_for(inner(), 100))

    return run


@pytest.fixture
def fill() -> Callable[..., Awaitable[None]]:
    async def append(log: AuditLog, count: int, pad: int = 200) -> None:
        for number in range(count):
            await log.append(lifecycle("test.event", {"n": number, "pad": "x" * pad}), durable=False)
            if number % 200 == 199:
                await log.flush()
        await log.flush()

    return append
