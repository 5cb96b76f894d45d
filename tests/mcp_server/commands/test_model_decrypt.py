"""`yumen model decrypt`: nothing is written before the gate has let it pass and the content is what was expected."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

pyrage = pytest.importorskip("pyrage")

WEIGHTS = b"weights" * 50_000
DIGEST = f"sha256:{hashlib.sha256(WEIGHTS).hexdigest()}"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "age.key").write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    (tmp_path / "yumen.toml").write_text(
        f'data_dir = "{tmp_path}/data"\n[paths]\nroots = ["{tmp_path}/root"]\n[policy]\ndeadline = 10.0\n'
        f'[models.decryption_keys]\nvault = "file:{tmp_path}/age.key"\n'
    )
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "model.bin.age").write_bytes(pyrage.encrypt(WEIGHTS, [identity.to_public()]))
    return tmp_path


def decrypt(place: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [
        sys.executable,
        "-m",
        "mcp_server.cli",
        "model",
        "decrypt",
        *words,
        "--config",
        str(place / "yumen.toml"),
    ]
    return subprocess.run(command, capture_output=True, check=False, env={**os.environ, "NO_COLOR": "1"})


def test_the_content_is_written_once_it_is_known_to_be_the_right_one(place: Path) -> None:
    done = decrypt(place, "model.bin.age", "--key", "vault", "--expect", DIGEST)
    assert (done.returncode, done.stdout) == (0, WEIGHTS), done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("model.bin.age", "--key", "vault", "--expect", "sha256:" + "0" * 64), 1),
        (("model.bin.age", "--key", "nobody", "--expect", DIGEST), 4),
        (("../age.key", "--key", "vault", "--expect", DIGEST), 4),
        (("missing.age", "--key", "vault", "--expect", DIGEST), 4),
    ],
)
def test_otherwise_nothing_is_written(place: Path, words: tuple[str, ...], code: int) -> None:
    done = decrypt(place, *words)
    assert (done.returncode, done.stdout) == (code, b""), done.stderr
    assert b"AGE-SECRET" not in done.stderr
    assert b"Traceback" not in done.stderr
