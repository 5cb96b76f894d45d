"""Erasure of a data subject: their key is destroyed, a tombstone is recorded, and a certificate says so.

Envelopes, hashes and proofs stay. What becomes unreadable is the content that lay beside them, and with the key's row
goes the only link between the person and the pseudonym in the envelopes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from mcp_server.audit.clock import event_id, stamp
from mcp_server.audit.errors import BadNote, LogBusy, NoSuchRecord
from mcp_server.audit.interface import Log
from mcp_server.audit.keys import write_durably
from mcp_server.audit.notes import VerifierKey, parse_note
from mcp_server.audit.opening import open_log, open_subjects
from mcp_server.audit.reading import FOLDER, records
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.records import Envelope
from mcp_server.audit.settings import AuditSettings
from mcp_server.audit.subjects import SubjectKeys

CERTIFICATES: Final = "certificates"
REQUESTS: Final = "requests"
_HEADER: Final = "yumen certificate of destruction v1"
_WAIT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof, signed by the log's key, that a subject's sealing key was destroyed. It does not name the subject."""

    origin: str
    pseudonym: str
    erased_at: str
    """RFC 3339."""
    records: int
    """How many records held content sealed with the key."""
    tombstone: int
    """Index of the record that announced the erasure."""

    @property
    def text(self) -> str:
        return "\n".join(
            [
                _HEADER,
                self.origin,
                f"subject {self.pseudonym}",
                f"time {self.erased_at}",
                f"records {self.records}",
                f"tombstone {self.tombstone}",
                "method AES-256-GCM key destroyed; envelopes, hashes and proofs kept",
                "",
            ]
        )


def read_certificate(note: str, keys: Sequence[VerifierKey]) -> Certificate:
    """A certificate that one of the log's keys signed. Raises BadNote."""
    parsed = parse_note(note)
    by_id = {key.id: key for key in keys}
    good = [
        key_id
        for _, key_id, signature in parsed.signatures
        if key_id in by_id and by_id[key_id].verify(parsed.text.encode(), signature)
    ]
    lines = parsed.text.split("\n")
    if not good or lines[0] != _HEADER or len(lines) != 8:
        raise BadNote("this is not a certificate of destruction signed by this log")
    values = [line.partition(" ")[2] for line in lines[2:6]]
    return Certificate(lines[1], values[0], values[1], int(values[2]), int(values[3]))


def _count(directory: Path, pseudonym: str) -> int:
    needle = f'"id":"{pseudonym}"'.encode()
    return sum(1 for record in records(directory) if record.content is not None and needle in record.envelope)


def _envelope(phase: str, pseudonym: str, reason: str) -> Envelope:
    return {
        "kind": "erasure",
        "phase": phase,
        "event": f"erasure.{'begun' if phase == 'intent' else 'done'}",
        "id": event_id(),
        "actor": {"id": pseudonym},
        "details": {"reason": reason[:500]},
        **stamp(),
    }


async def erase(
    log: Log,
    subjects: SubjectKeys,
    tenant: str,
    subject: str,
    *,
    reason: str = "",
    recorder: Recorder | None = None,
) -> tuple[Certificate, str]:
    """Destroy a subject's key; the certificate and its signed note, which is kept in the log's directory, too.

    The tombstone is durable before the key goes, and its outcome after it; a crash between the two leaves an intent
    whose outcome is recorded as unknown, and erasing again completes it.
    Raises NoSuchRecord when nothing is kept of the subject, AuditUnavailable.
    """
    key = await asyncio.to_thread(subjects.find, tenant, subject)
    if key is None:
        raise NoSuchRecord(
            "nothing is kept of this subject in this tenant", remedy="check the tenant and the exact subject"
        )
    begun = await log.append(_envelope("intent", key.pseudonym, reason))
    await asyncio.to_thread(subjects.destroy, tenant, subject)
    if recorder is not None:
        recorder.forget(tenant, subject)
    count = await asyncio.to_thread(_count, log.directory, key.pseudonym)
    outcome = _envelope("outcome", key.pseudonym, reason)
    moment = stamp()
    certificate = Certificate(log.origin, key.pseudonym, _rfc3339(int(moment["time"])), count, begun.index)
    note = log.keys.signer.sign(certificate.text)
    outcome |= {
        "parent": begun.index,
        "outcome": {"status": "ok"},
        "resources": [f"sha256:{sha256(note.encode()).hexdigest()}"],
    }
    await log.append(outcome)
    folder = log.directory / CERTIFICATES
    await asyncio.to_thread(_keep, folder, f"{begun.index:020d}.note", note)
    return certificate, note


def _keep(folder: Path, name: str, note: str) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    write_durably(folder / name, note.encode())


def _rfc3339(micros: int) -> str:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- asking a running server, which alone may write the log --------------------------------------------------------------


async def erase_in(data_dir: Path, settings: AuditSettings, tenant: str, subject: str, reason: str) -> str:
    """Erase from outside: by opening the log, or, while a server holds it, by asking that server. The signed note.

    Raises NoSuchRecord, and LogBusy when the server does not answer.
    """
    try:
        log = await open_log(data_dir, settings)
    except LogBusy:
        return await _ask(data_dir / FOLDER, tenant, subject, reason)
    subjects = open_subjects(data_dir, settings, log.keys)
    try:
        return (await erase(log, subjects, tenant, subject, reason=reason))[1]
    finally:
        subjects.close()
        await log.close()


async def _ask(directory: Path, tenant: str, subject: str, reason: str) -> str:
    folder = directory / REQUESTS
    folder.mkdir(mode=0o700, exist_ok=True)
    request = folder / f"{event_id()}.erase"
    answer = request.with_suffix(".answer")
    asked = {"tenant": tenant, "subject": subject, "reason": reason}
    await asyncio.to_thread(write_durably, request, orjson.dumps(asked))
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            while not answer.exists():
                await asyncio.sleep(0.05)
    except TimeoutError:
        request.unlink(missing_ok=True)
        raise LogBusy("the server that holds the log did not answer", remedy="stop it and try again") from None
    said: dict[str, Any] = orjson.loads(answer.read_bytes())
    answer.unlink()
    if "error" in said:
        raise NoSuchRecord(str(said["error"]))
    return str(said["note"])


async def answer_requests(log: Log, subjects: SubjectKeys, recorder: Recorder | None) -> None:
    """Serve the erasures that were asked for in the log's directory; only its owner can write there."""
    for request in sorted((log.directory / REQUESTS).glob("*.erase")):
        try:
            asked = orjson.loads(request.read_bytes())
            _, note = await erase(
                log, subjects, asked["tenant"], asked["subject"], reason=asked.get("reason", ""), recorder=recorder
            )
            said = {"note": note}
        except NoSuchRecord as error:
            said = {"error": error.message}
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            said = {"error": f"malformed request: {error}"}
        request.unlink()
        await asyncio.to_thread(write_durably, request.with_suffix(".answer"), orjson.dumps(said))
