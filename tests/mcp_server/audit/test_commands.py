"""`yumen audit …` on a real directory, as an operator uses it."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
from pathlib import Path

import pytest

from mcp_server.audit.errors import LogDamaged
from mcp_server.audit.frames import CHECKPOINT, scan
from mcp_server.audit.hashes import StoredHashes
from mcp_server.audit.index import Index
from mcp_server.audit.notes import Checkpoint, Signer
from mcp_server.audit.opening import open_subjects
from mcp_server.audit.recorder import Recorder
from mcp_server.audit.subjects import TABLE
from mcp_server.calls import Decision
from mcp_server.commands.audit import register
from scanners.errors import YumenError


def yumen(data_dir: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    config = ["--config", str(data_dir / "yumen.toml")] if (data_dir / "yumen.toml").exists() else []
    arguments = parser.parse_args(["audit", *words, "--data-dir", str(data_dir), *config])
    return int(arguments.run(arguments))


@pytest.fixture
def data_dir(store, tmp_path: Path, principal, call) -> Path:
    async def fill() -> None:
        log = await store.open(tmp_path / "audit")
        subjects = open_subjects(tmp_path, store.settings(), log.keys)
        recorder = Recorder(log, subjects)
        for _ in range(3):
            await recorder.intent(call(principal()), Decision(allow=True), tool=None)
        subjects.close()
        await log.close()

    asyncio.run(fill())
    store.configure(tmp_path)
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
    commits = [frame.end for frame in scan(data) if frame.kind == CHECKPOINT]
    segment(data_dir).write_bytes(data[: max(end for end in commits if end < data.rindex(b'"seq":3'))])
    assert yumen(data_dir, "verify") == 1
    assert "the log was cut: it ends with record 2, but 5 records were acknowledged" in capsys.readouterr().out


def test_verify_with_a_checkpoint_kept_elsewhere_sees_a_rollback(data_dir: Path, tmp_path: Path, capsys) -> None:
    own_key, shared_key = data_dir / "audit" / "keys" / "signing.key", data_dir / "signing_key"
    seed = base64.b64decode((own_key if own_key.exists() else shared_key).read_text())
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


def test_show_prints_the_records_of_a_call(data_dir: Path, capsys) -> None:
    assert yumen(data_dir, "show", "2") == 0
    one = capsys.readouterr().out
    call = json.loads(one)["envelope"]["id"]
    assert yumen(data_dir, "show", call) == 0
    assert one in capsys.readouterr().out
    for absent, says in (("x", "neither"), (f"{call[:-12]}000000000000", "no record of the call")):
        with pytest.raises(YumenError, match=says):
            yumen(data_dir, "show", absent)


def test_show_without_the_subject_key_says_so(data_dir: Path, capsys) -> None:
    (data_dir / TABLE).unlink(missing_ok=True)
    (data_dir / "yumen.toml").unlink()
    assert yumen(data_dir, "show", "2") == 0
    assert "sealed; its key is not here or was destroyed" in capsys.readouterr().out


def test_tail_prints_a_line_a_record(data_dir: Path, capsys) -> None:
    assert yumen(data_dir, "tail", "-n", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "log.stopped" in lines[1]
    assert "ann" in lines[0]


def test_reading_works_while_a_server_writes(store, data_dir: Path, capsys) -> None:
    async def run() -> None:
        log = await store.open(data_dir / "audit")
        assert yumen(data_dir, "verify") == 0
        await log.close()

    asyncio.run(run())
    # In PostgreSQL three intents stay open for now: their replica may still be at work.
    assert f"records  {9 if store.kind == 'files' else 6} in" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("verify",), ("show", "1"), ("tail",)])
def test_a_directory_without_a_log_is_said_to_be_one(tmp_path: Path, words) -> None:
    with pytest.raises(YumenError, match="no audit log"):
        yumen(tmp_path, *words)


def test_a_record_that_is_not_there(data_dir: Path) -> None:
    with pytest.raises(YumenError, match="no record 99"):
        yumen(data_dir, "show", "99")


def test_pruning_and_holds(store, data_dir: Path, capsys) -> None:
    for words in (("prune",), ("prune", "--dry-run")):
        assert yumen(data_dir, *words) == 0
        assert "nothing is due" in capsys.readouterr().out
    assert yumen(data_dir, "hold", "set", "case 7", "--since", "2026-01-01") == 0
    assert yumen(data_dir, "hold", "set", "case 8") == 0
    assert yumen(data_dir, "hold", "release", "case 8") == 0
    capsys.readouterr()
    assert yumen(data_dir, "hold", "list") == 0
    assert capsys.readouterr().out.splitlines() == ["case 7  1767225600 to 1000000000000 (Unix seconds)"]
    assert yumen(data_dir, "hold", "set") == 2


def test_a_key_is_rotated(store, data_dir: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    if store.kind == "files":
        assert yumen(data_dir, "rotate-key") == 0
    else:
        assert yumen(data_dir, "rotate-key") == 2
        assert "--new-key" in capsys.readouterr().err
        monkeypatch.setenv("NEW_KEY", base64.b64encode(bytes(range(32))).decode())
        assert yumen(data_dir, "rotate-key", "--new-key", "env:NEW_KEY") == 0
        assert "one replica after the other" in capsys.readouterr().err
    assert yumen(data_dir, "verify") == 0


def test_a_copy_is_not_written_without_the_configuration(store, data_dir: Path) -> None:
    if store.kind == "files":
        assert yumen(data_dir, "hold", "list") == 0  # no copy, and no configuration is needed
        return
    (data_dir / "yumen.toml").unlink()
    for words in (("prune",), ("hold", "list"), ("rotate-key",), ("erase", "--subject", "ann")):
        with pytest.raises(LogDamaged, match="copy of a log in PostgreSQL"):
            yumen(data_dir, *words)


def test_erase_and_evidence(data_dir: Path, tmp_path: Path, capsys) -> None:
    assert yumen(data_dir, "erase", "--subject", "ann", "--tenant", "acme", "--reason", "request 17") == 0
    assert "records 3" in capsys.readouterr().out
    assert yumen(data_dir, "show", "2") == 0
    assert "destroyed" in capsys.readouterr().out
    with pytest.raises(YumenError, match="nothing is kept"):
        yumen(data_dir, "erase", "--subject", "ann", "--tenant", "acme")
    assert yumen(data_dir, "prove", "2", "-o", str(tmp_path / "record")) == 0
    assert yumen(data_dir, "consistency", "3") == 0
    assert yumen(data_dir, "checkpoint") == 0
    assert yumen(data_dir, "index", "rebuild") == 0
    assert yumen(data_dir, "export", str(tmp_path / "tiles")) == 0
    assert yumen(data_dir, "verify") == 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), ["1", "2", "3"]),
        (("-n", "2"), ["2", "3"]),
        (("--before", "3", "-n", "1"), ["2"]),
        (("--actor", "ann"), ["1", "2", "3"]),
        (("--since", "2100-01-01"), []),
        (("--tool", "no_such_tool"), []),
    ],
)
def test_search_finds_by_what_is_asked(data_dir: Path, capsys, words, found) -> None:
    assert yumen(data_dir, "search", "--tenant", "acme", *words) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == found
    assert yumen(data_dir, "search", "--tenant", "acme", "--actor", "nobody") == 1


def test_search_follows_while_a_server_writes_and_indexes(store, data_dir: Path, principal, call) -> None:
    config = ["--config", str(data_dir / "yumen.toml")]
    words = ["audit", "search", "--tenant", "acme", "--follow", "-n", "1", "--data-dir", str(data_dir), *config]

    async def run() -> list[str]:
        log = await store.open(data_dir / "audit")
        subjects = open_subjects(data_dir, store.settings(), log.keys)
        recorder, index = Recorder(log, subjects), Index(data_dir / "audit")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mcp_server.cli", *words, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        lines = [(await process.stdout.readline()).decode()]
        for _ in range(5):
            receipt = await recorder.intent(call(principal("ben")), Decision(allow=True), tool=None)
            index.catch_up((await log.flush()).checkpoint.size)
            lines.append((await process.stdout.readline()).decode())
            assert lines[-1].split()[0] == str(receipt.index)
        process.kill()
        await process.wait()
        index.close()
        subjects.close()
        await log.close()
        return lines

    lines = asyncio.run(asyncio.wait_for(run(), 60))
    assert all("ben" in line for line in lines[1:])
