"""A timestamp authority (RFC 3161) by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path

CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/tsa.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


class TimestampAuthority:
    """Works in a folder that holds its certificate, tsa.pem, and its key, tsa.key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))

    def stamp(self, message: bytes, *, token: bool = False) -> bytes:
        """The authority's answer over the message, DER; with `token`, only the token in it."""
        (self._folder / "message").write_bytes(message)
        self._openssl("-query", "-data", "message", "-sha256", "-cert", "-out", "query")
        kind = ("-token_out",) if token else ()
        self._openssl("-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply", *kind)
        return (self._folder / "reply").read_bytes()

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", "ts", *arguments], cwd=self._folder, capture_output=True, check=True)
