"""Text files: read once, named by what was read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from scanners.errors import LimitReached, TargetMissing, TargetRefused, YumenError
from scanners.texts import TextFile, TextNotUtf8, read_text_file


def test_text_and_digest_come_from_one_reading(tmp_path: Path) -> None:
    data = "\ufeff身份证\n".encode()
    path = tmp_path.resolve() / "a.txt"
    path.write_bytes(data)
    assert read_text_file(path, limit=100) == TextFile("身份证\n", f"sha256:{hashlib.sha256(data).hexdigest()}")


def test_bad_files(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "latin").write_bytes("Müller".encode("latin-1"))
    (root / "large").write_bytes(b"x" * 101)
    (root / "folder").mkdir()
    (root / "link").symlink_to("large")
    os.mkfifo(root / "fifo")
    table: list[tuple[str, type[YumenError], str]] = [
        ("latin", TextNotUtf8, "byte 1"),
        ("large", LimitReached, "100 bytes"),
        ("folder", TargetRefused, "regular file"),
        ("link", TargetRefused, "link"),
        ("fifo", TargetRefused, "regular file"),
        ("absent", TargetMissing, "nothing"),
    ]
    for name, error, said in table:
        with pytest.raises(error, match=said):
            read_text_file(root / name, limit=100)
