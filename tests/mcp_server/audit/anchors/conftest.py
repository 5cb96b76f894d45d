"""A witness and a time-stamping authority, each a real HTTP service on the loopback interface."""

from __future__ import annotations

import base64
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mcp_server.audit.anchors.witness import CosignerKey
from mcp_server.audit.errors import BadNote
from mcp_server.audit.merkle import consistent
from mcp_server.audit.notes import VerifierKey, open_checkpoint


class WitnessService:
    """c2sp.org/tlog-witness as its text says it: trust a log's key, remember one checkpoint, cosign only growth."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self.key = CosignerKey("witness.example/w1", self.private.public_key().public_bytes_raw())
        self.trusted: dict[bytes, VerifierKey] = {}
        self.size, self.root = 0, sha256(b"").digest()
        self.answer_with: tuple[int, str] | None = None
        self.url = ""

    def answer(self, body: str) -> tuple[int, str]:
        if self.answer_with:
            return self.answer_with
        head, _, note = body.partition("\n\n")
        first, *steps = head.split("\n")
        old = int(first.removeprefix("old "))
        try:
            checkpoint = open_checkpoint(note, self.trusted)
        except BadNote:
            return 403, ""
        if old > checkpoint.size:
            return 400, ""
        if old != self.size:
            return 409, f"{self.size}\n"
        proof = [base64.b64decode(step) for step in steps]
        if old == checkpoint.size and checkpoint.root != self.root:
            return 409, f"{self.size}\n"
        if not consistent(old, self.root, checkpoint.size, checkpoint.root, proof):
            return 422, ""
        self.size, self.root = checkpoint.size, checkpoint.root
        now = int(time.time())
        signature = self.private.sign(f"cosignature/v1\ntime {now}\n{checkpoint.body}".encode())
        raw = self.key.id + struct.pack(">Q", now) + signature
        return 200, f"\u2014 {self.key.name} {base64.b64encode(raw).decode()}\n"


def serve(answer) -> tuple[HTTPServer, str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, body = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def witness() -> Iterator[WitnessService]:
    service = WitnessService()

    def answer(path: str, body: bytes) -> tuple[int, str, bytes]:
        if path != "/w/add-checkpoint":
            return 404, "text/plain", b""
        status, text = service.answer(body.decode())
        return status, "text/x.tlog.size" if status == 409 else "text/plain", text.encode()

    server, url = serve(answer)
    service.url = f"{url}/w"
    yield service
    server.shutdown()
    server.server_close()


_TSA = """
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = tsa1
[tsa1]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """URL and root certificate of an authority run by `openssl ts`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path / "tsa"
    folder.mkdir()
    config = folder / "conf"
    config.write_text(_TSA.format(folder=folder))
    (folder / "serial").write_text("01\n")

    def openssl(*words: object) -> None:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=folder)

    new = ("req", "-config", config, "-newkey", "rsa:2048", "-nodes")
    openssl(
        *new, "-x509", "-days", 2, "-subj", "/CN=root", "-extensions", "root", "-keyout", "root.key", "-out", "root.pem"
    )
    openssl(*new, "-subj", "/CN=tsa", "-keyout", "tsa.key", "-out", "tsa.csr")
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", 2,
            "-extfile", config, "-extensions", "leaf", "-out", "tsa.pem")  # fmt: skip

    def answer(_: str, body: bytes) -> tuple[int, str, bytes]:
        (folder / "query").write_bytes(body)
        openssl("ts", "-reply", "-config", config, "-section", "tsa1", "-queryfile", "query", "-out", "reply")
        return 200, "application/timestamp-reply", (folder / "reply").read_bytes()

    server, url = serve(answer)
    yield url, folder / "root.pem"
    server.shutdown()
    server.server_close()
