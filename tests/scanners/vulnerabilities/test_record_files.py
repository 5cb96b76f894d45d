"""Archives of records, as publishers offer them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
import zstandard

from scanners.errors import UnreadableInput
from scanners.vulnerabilities import record_files
from scanners.vulnerabilities.build import build_database


def tar(path: Path, *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    """A tar archive, compressed as its name says."""
    compression = {".gz": "gz", ".xz": "xz", ".bz2": "bz2"}.get(path.suffix, "")
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode=f"w:{compression}") as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.type = len(content), 1_750_000_000, kind
            entry.linkname = "/etc/passwd"
            archive.addfile(entry, io.BytesIO(content))
    data = plain.getvalue()
    path.write_bytes(zstandard.compress(data) if path.suffix == ".zst" else data)
    return path


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"])
def test_a_tar_archive_of_any_compression(tmp_path, record, suffix):
    members = [("osv/OSV-1.json", json.dumps(record("OSV-1", "x", [])).encode()), ("osv/README", b"hello")]
    (source,) = build_database((tar(tmp_path / f"feed{suffix}", *members),), tmp_path / "db").sources
    assert (source.advisories, source.refused) == (1, 0)


def test_an_archive_is_as_old_as_its_newest_file_where_records_have_no_date(tmp_path):
    secdb = b"distroversion: v3.20\npackages: [{pkg: {name: x, secfixes: {1-r0: [CVE-2024-0001]}}}]\n"
    (source,) = build_database((tar(tmp_path / "a.tar.gz", ("main.yaml", secdb)),), tmp_path / "db").sources
    assert source.last_update == "2025-06-15T15:06:40Z"


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"])
def test_archives_that_are_cut_off_or_are_none(tmp_path, record, suffix):
    members = [(f"{n}.json", json.dumps(record(f"OSV-{n}", "x" * 999, [])).encode()) for n in range(200)]
    whole = tar(tmp_path / f"feed{suffix}", *members)
    for content in (whole.read_bytes()[: whole.stat().st_size // 2], b"not an archive at all" * 99, b""):
        whole.write_bytes(content)
        with pytest.raises(UnreadableInput):
            build_database((whole,), tmp_path / "db")


def test_links_in_an_archive_are_not_followed(tmp_path):
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        with pytest.raises(UnreadableInput, match="no advisory files"):
            build_database((tar(tmp_path / "a.tar", ("a.json", b""), kind=kind),), tmp_path / "db")


def test_an_archive_that_unpacks_to_too_much(tmp_path, monkeypatch, record):
    monkeypatch.setattr(record_files, "MAXIMUM_ARCHIVE", 10_000)
    with pytest.raises(UnreadableInput, match="unpacks to more"):
        build_database((tar(tmp_path / "a.tar.gz", ("a.json", b" " * 20_000)),), tmp_path / "db")
    monkeypatch.setattr(record_files, "MAXIMUM_FILE", 1_000)
    with pytest.raises(UnreadableInput, match="larger than"):
        build_database((tar(tmp_path / "a.tar.gz", ("a.json", b" " * 2_000)),), tmp_path / "db")
