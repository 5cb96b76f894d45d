"""A report that the server signed is proven by its key alone; whatever was changed is refused."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcp_server.app import open_parts
from mcp_server.attestation import AttestationRejected, Attester, verify
from mcp_server.audit.clock import event_id
from mcp_server.audit.keys import read_card
from mcp_server.audit.notes import Signer
from mcp_server.calls import Call, Origin, Principal
from mcp_server.cli import main
from mcp_server.config import Settings

SIGNER, OTHER = Signer("logs.example/yumen", b"\x01" * 32), Signer("logs.example/yumen", b"\x02" * 32)
DOCUMENT = b'{"met": 3}'


def attested(signer: Signer = SIGNER, document: bytes = DOCUMENT) -> dict[str, Any]:
    text = Attester(signer).attest(
        document, name="r.json", predicate_type="https://p.example/1", predicate={"date": "d"}
    )
    envelope: dict[str, Any] = json.loads(text)
    return envelope


def checked(envelope: Any, document: bytes = DOCUMENT) -> Any:
    return verify(document, json.dumps(envelope).encode(), [SIGNER.verifier])


def test_what_was_signed_is_proven() -> None:
    proven = checked(attested())
    assert (proven.key, proven.name, dict(proven.predicate)) == (SIGNER.verifier, "r.json", {"date": "d"})


def test_a_replaced_key_still_proves_what_it_signed() -> None:
    envelope = json.dumps(attested()).encode()
    assert verify(DOCUMENT, envelope, [OTHER.verifier, SIGNER.verifier]).key == SIGNER.verifier


def payload(envelope: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The envelope with another statement, signed anew by the same key."""
    statement = json.loads(base64.b64decode(envelope["payload"])) | changes
    raw = json.dumps(statement).encode()
    return signed(raw, envelope["payloadType"])


def signed(raw: bytes, kind: str, signer: Signer = SIGNER) -> dict[str, Any]:
    from scanners.signatures.dsse import pre_authentication_encoding

    signature = base64.b64encode(signer.raw(pre_authentication_encoding(kind, raw))).decode()
    return {
        "payloadType": kind,
        "payload": base64.b64encode(raw).decode(),
        "signatures": [{"keyid": "x", "sig": signature}],
    }


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: attested(OTHER), "no key"),
        (lambda: attested(document=b"other"), "not the one"),
        (lambda: attested() | {"payload": base64.b64encode(b"{}").decode()}, "no key"),
        (lambda: attested() | {"payloadType": "text/plain"}, "no key"),
        (lambda: attested() | {"signatures": []}, "cannot be read"),
        (lambda: attested() | {"signatures": [{"keyid": SIGNER.verifier.text, "sig": "AAAA"}]}, "no key"),
        (lambda: attested(OTHER) | {"signatures": [{"keyid": SIGNER.verifier.text, "sig": "AAAA"}]}, "no key"),
        (lambda: signed(b"{}", "text/plain"), "not a statement"),
        (lambda: signed(b"[1", "application/vnd.in-toto+json"), "cannot be read"),
        (lambda: signed(b"{}", "application/vnd.in-toto+json"), "not a statement"),
        (lambda: payload(attested(), _type="https://other.example"), "not a statement"),
        (lambda: payload(attested(), subject=[]), "not a statement"),
        (lambda: payload(attested(), predicate=None), "not a statement"),
        (lambda: [], "cannot be read"),
        (lambda: {}, "cannot be read"),
    ],
)
def test_whatever_else_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(AttestationRejected, match=words):
        checked(make())


def test_a_checkpoint_of_the_log_is_no_attestation_and_the_other_way_round() -> None:
    note = SIGNER.sign("logs.example/yumen\n1\nAAAA\n")
    signature = base64.b64decode(note.rsplit(" ", 1)[1])[4:]
    envelope = attested()
    envelope["signatures"] = [{"sig": base64.b64encode(signature).decode()}]
    with pytest.raises(AttestationRejected, match="no key"):
        checked(envelope)


def test_a_report_is_verified_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path / "data", "policy": {"deadline": 10.0}})

    async def report() -> dict[str, Any]:
        async with open_parts(settings) as parts:
            who = Principal("alice", "test", "local", "acme", roles=("analyst",))
            arguments = {"frameworks": ["gdpr"], "format": "html", "date": "2026-11-24"}
            call = Call(
                event_id(), "tools/call", "compliance_report", arguments, who, Origin("local"), time.time(), 100
            )
            return dict((await parts.gate.pass_through(call, lambda *_: None)).result)

    answer = asyncio.run(report())
    whole, page, envelope = tmp_path / "report.json", tmp_path / "report.html", tmp_path / "report.dsse.json"
    whole.write_text(json.dumps(answer))
    page.write_text(answer["document"])
    envelope.write_text(answer["attestation"])
    card = read_card(tmp_path / "data" / "audit")
    assert card is not None

    def run(*words: object) -> tuple[int, str]:
        code = main(["compliance", "verify", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    here = ("--data-dir", tmp_path / "data")
    code, said = run(whole, *here)
    assert code == 0
    assert "compliance-report.html: signed by" in said
    assert "date 2026-11-24, verdict unknown" in said
    assert run(page, "--attestation", envelope, "--key", card.keys[0].text)[0] == 0
    assert "no key" in run(whole, "--key", OTHER.verifier.text)[1]
    page.write_text(answer["document"] + " ")
    code, said = run(page, "--attestation", envelope, *here)
    assert code == 4
    assert "not the one that was signed" in said
    assert run(page, *here)[0] == 4
    assert "no log" in run(whole, "--data-dir", tmp_path / "elsewhere")[1]
    assert run(tmp_path / "missing", *here)[0] == 4
