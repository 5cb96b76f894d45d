"""`yumen audit …` on a real directory, as an operator uses it."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
from pathlib import Path

import pytest

from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.log import AuditLog
from mcp_server.audit.notes import Checkpoint, Signer
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import TABLE, SubjectKeys
from mcp_server.calls import Decision
from mcp_server.commands.audit import register
from scanners.errors import YumenError


def yumen(data_dir: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    arguments = parser.parse_args(["audit", *words, "--data-dir", str(data_dir)])
    return int(arguments.run(arguments))


@pytest.fixture
def data_dir(tmp_path: Path, principal, call) -> Path:
    async def fill() -> None:
        log = await AuditLog.open(tmp_path / "audit")
        subjects = SubjectKeys(tmp_path / TABLE, log.keys.tenant_key)
        recorder = Recorder(log, subjects)
        for _ in range(3):
            await recorder.intent(call(principal()), Decision(allow=True), tool=None)
        subjects.close()
        await log.close()

    asyncio.run(fill())
    return tmp_path


def segment(data_dir: Path) -> Path:
    return next((data_dir / "audit" / "segments").iterdir())


def test_verify_says_what_was_verified(data_dir: Path, capsys) -> None:
    assert yumen(data_dir, "verify") == 0
    out = capsys.readouterr().out
    assert "records  5 in 1 segments" in out
    assert out.endswith("VERIFIED\n")


def test_verify_names_a_flipped_byte(data_dir: Path, capsys) -> None:
    data = bytearray(segment(data_dir).read_bytes())
    at = data.index(b'"seq":2')
    data[at] ^= 1
    segment(data_dir).write_bytes(bytes(data))
    assert yumen(data_dir, "verify") == 1
    out = capsys.readouterr().out
    assert "record 2: checksum does not match its bytes" in out
    assert "NOT VERIFIED" in out


def test_verify_names_a_cut_tail(data_dir: Path, capsys) -> None:
    data = segment(data_dir).read_bytes()
    end = data.rindex(b'"seq":3') - 200
    segment(data_dir).write_bytes(data[: data.rindex(b"\n", 0, end) + 1])
    assert yumen(data_dir, "verify") == 1
    assert "the log was cut: it ends with record 2, but 5 records were acknowledged" in capsys.readouterr().out


def test_verify_with_a_checkpoint_kept_elsewhere_sees_a_rollback(data_dir: Path, tmp_path: Path, capsys) -> None:
    seed = base64.b64decode((data_dir / "audit" / "keys" / "signing.key").read_text())
    hashes = StoredHashes(data_dir / "audit" / "hashes")
    origin = json.loads((data_dir / "audit" / "log.json").read_text())["origin"]
    signer = Signer(origin, seed)
    kept = tmp_path / "kept"
    kept.write_text(signer.sign(Checkpoint(origin, 4, hashes.root(4)).body))
    hashes.close()
    assert yumen(data_dir, "verify", "--checkpoint", str(kept)) == 0
    kept.write_text(signer.sign(Checkpoint(origin, 9, bytes(32)).body))
    assert yumen(data_dir, "verify", "--checkpoint", str(kept)) == 1
    assert "9 records were acknowledged" in capsys.readouterr().out
    kept.write_text(signer.sign(Checkpoint(origin, 3, bytes(32)).body))
    assert yumen(data_dir, "verify", "--checkpoint", str(kept)) == 1
    assert "the first 3 records are not those of" in capsys.readouterr().out


def test_show_prints_envelope_and_content(data_dir: Path, capsys) -> None:
    assert yumen(data_dir, "show", "2") == 0
    out = capsys.readouterr().out
    assert '"seq": 2' in out
    assert '"subject": "ann"' in out


def test_show_without_the_subject_key_says_so(data_dir: Path, capsys) -> None:
    (data_dir / TABLE).unlink()
    assert yumen(data_dir, "show", "2") == 0
    assert "sealed; its key is not here or was destroyed" in capsys.readouterr().out


def test_tail_prints_a_line_a_record(data_dir: Path, capsys) -> None:
    assert yumen(data_dir, "tail", "-n", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "log.stopped" in lines[1]
    assert "ann" in lines[0]


def test_reading_works_while_a_server_writes(data_dir: Path, capsys) -> None:
    async def run() -> None:
        log = await AuditLog.open(data_dir / "audit")
        assert yumen(data_dir, "verify") == 0
        await log.close()

    asyncio.run(run())
    assert "records  9 in" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("verify",), ("show", "1"), ("tail",)])
def test_a_directory_without_a_log_is_said_to_be_one(tmp_path: Path, words) -> None:
    with pytest.raises(YumenError, match="no audit log"):
        yumen(tmp_path, *words)


def test_a_record_that_is_not_there(data_dir: Path) -> None:
    with pytest.raises(YumenError, match="no record 99"):
        yumen(data_dir, "show", "99")
