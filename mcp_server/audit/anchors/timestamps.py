"""Checkpoints time-stamped by an RFC 3161 authority: proof that they existed, kept as token files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import httpx
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from mcp_server.audit.anchors.witness import AnchorUnavailable
from mcp_server.audit.keys import write_durably
from mcp_server.audit.notes import parse_checkpoint, parse_note


class Timestamps:
    """One authority, and the folder with its tokens: `<size>.note` and `<size>.tsr`. Blocking."""

    def __init__(self, url: str, roots: Path, folder: Path, *, timeout: float) -> None:
        self._url = url
        self._roots = roots
        self._folder = folder
        self._timeout = timeout

    def stamp(self, note: str) -> datetime:
        """Have the note stamped and keep the token; the time that it states. Raises AnchorUnavailable."""
        data = note.encode()
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            answer = httpx.post(
                self._url,
                content=request.as_bytes(),
                headers={"Content-Type": "application/timestamp-query"},
                timeout=self._timeout,
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise AnchorUnavailable("the time-stamping authority cannot be reached", detail=repr(error)) from error
        moment = self._verified(answer.content, data, nonce=request.nonce)
        size = parse_checkpoint(parse_note(note).text).size
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(self._folder / f"{size:020d}.tsr", answer.content, mode=0o644)
        write_durably(self._folder / f"{size:020d}.note", data, mode=0o644)
        return moment

    def newest(self) -> str | None:
        """The newest note whose token verifies; None when there is none. Raises AnchorUnavailable for a bad token."""
        for path in sorted(self._folder.glob("*.note"), reverse=True):
            data = path.read_bytes()
            self._verified(path.with_suffix(".tsr").read_bytes(), data)
            return data.decode()
        return None

    def _verified(self, token: bytes, data: bytes, *, nonce: int | None = None) -> datetime:
        try:
            builder = VerifierBuilder(nonce=nonce)
            for root in load_pem_x509_certificates(self._roots.read_bytes()):
                builder = builder.add_root_certificate(root)
            response = decode_timestamp_response(token)
            builder.build().verify_message(response, data)
            moment: datetime = response.tst_info.gen_time
        except (VerificationError, ValueError, OSError) as error:
            raise AnchorUnavailable("a time-stamp does not verify", detail=str(error)) from error
        return moment
